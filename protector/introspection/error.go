package introspection

import (
	"slices"
	"strings"
)

// Reason says why a token was rejected. The values are stable, and fit a
// metric's label.
type Reason string

// The reasons. New ones may be added.
const (
	ReasonTooLarge     Reason = "too_large"     // longer than Config.MaxTokenBytes; not asked about
	ReasonMalformed    Reason = "malformed"     // not made as bearer tokens are (RFC 6750 §2.1); not asked about
	ReasonInactive     Reason = "inactive"      // active is false
	ReasonClaimType    Reason = "claim_type"    // a member has a wrong JSON type or an impossible value
	ReasonTokenType    Reason = "token_type"    // not an access token
	ReasonIssuer       Reason = "issuer"        // iss is not Config.Issuer
	ReasonAudience     Reason = "audience"      // aud names none of Config.Audiences
	ReasonMissingClaim Reason = "missing_claim" // one of Config.RequiredMembers, or token_type, is absent or empty
	ReasonExpired      Reason = "expired"       // exp has passed, whatever active says
	ReasonNotYetValid  Reason = "not_yet_valid" // nbf has not come
	ReasonConfirmation Reason = "confirmation"  // cnf binds the token in a way that Config.Confirmations does not name
)

// Error says that a token is no good. Its text is made of fixed words and of the
// names of members: it repeats nothing of the token or of the answer, and may be
// logged. Sending it to the client would tell an attacker which check to work on.
type Error struct {
	Reason Reason
	// Name is the member of the answer that decided, where it is one.
	Name string

	detail   string
	mismatch *mismatch // behind a pointer, where nothing prints it; nil for none
}

type mismatch struct{ expected, received []string }

// Error describes the rejection for the operator.
func (e *Error) Error() string {
	text := "introspection: token rejected: " + string(e.Reason)
	if e.Name != "" {
		text += " (" + e.Name + ")"
	}
	if e.detail != "" {
		text += ": " + e.detail
	}
	return text
}

// InvalidToken is true: a resource server answers 401 invalid_token.
func (e *Error) InvalidToken() bool { return true }

// InvalidTokenReason is the Reason, for logs and counters.
func (e *Error) InvalidTokenReason() string { return string(e.Reason) }

// Mismatch returns which values the member e.Name may have here, by the config, and which
// it had: for [ReasonAudience] and [ReasonIssuer]. What was received is the server's word.
// It is cut to 4 values of 200 bytes, and not fit for a log before it is quoted. Both are
// nil for all others.
func (e *Error) Mismatch() (expected, received []string) {
	if e.mismatch == nil {
		return nil, nil
	}
	return slices.Clone(e.mismatch.expected), slices.Clone(e.mismatch.received)
}

// Bounds of what an error keeps of an answer.
const (
	maxReceived      = 4
	maxReceivedBytes = 200
)

// mismatched keeps what was compared: a few copies, which do not keep the answer.
func (e *Error) mismatched(expected, received []string) *Error {
	kept := make([]string, min(len(received), maxReceived))
	for i := range kept {
		text := received[i]
		if len(text) > maxReceivedBytes {
			text = strings.ToValidUTF8(text[:maxReceivedBytes], "") + "…"
		}
		kept[i] = strings.Clone(text)
	}
	e.mismatch = &mismatch{expected, kept}
	return e
}
