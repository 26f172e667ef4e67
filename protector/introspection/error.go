package introspection

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

	detail string
}

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
