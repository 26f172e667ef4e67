package jwt

import (
	"slices"
	"strings"
)

// Reason says why a token was refused. The values are stable: log them, count
// them, compare with them. New ones may be added.
type Reason string

// The reasons, in the order in which the checks are made.
const (
	ReasonTooLarge       Reason = "too_large"        // longer than Config.MaxTokenBytes
	ReasonEncrypted      Reason = "encrypted"        // a JWE where a JWS has to be, or Config.Decrypt failed
	ReasonNotEncrypted   Reason = "not_encrypted"    // not a JWE, and Config.Decrypt is set
	ReasonMalformed      Reason = "malformed"        // not a compact JWS (RFC 7515 §7.1)
	ReasonHeader         Reason = "header"           // not one strict JSON object, or a parameter of a wrong type
	ReasonAlgorithm      Reason = "algorithm"        // alg is missing or not allowed (RFC 8725 §3.1)
	ReasonCritical       Reason = "critical"         // crit or b64 is present (RFC 7515 §4.1.11, RFC 7797)
	ReasonType           Reason = "type"             // typ or the profile's mark is another kind of token's (RFC 9068 §4)
	ReasonUnknownKey     Reason = "unknown_key"      // the issuer has no such key
	ReasonSignature      Reason = "signature"        // no key of the issuer verifies the signature
	ReasonClaims         Reason = "claims"           // the payload is not one strict JSON object
	ReasonUnknownIssuer  Reason = "unknown_issuer"   // ByIssuer has no validator for the iss claim, or Tenants no tenant
	ReasonIssuer         Reason = "issuer"           // iss is not Config.Issuer
	ReasonAudience       Reason = "audience"         // aud names none of Config.Audiences
	ReasonExpired        Reason = "expired"          // exp has passed
	ReasonNotYetValid    Reason = "not_yet_valid"    // nbf has not come
	ReasonIssuedInFuture Reason = "issued_in_future" // iat has not come
	ReasonMissingClaim   Reason = "missing_claim"    // a required claim is absent, null or empty
	ReasonClaimType      Reason = "claim_type"       // a claim has a wrong JSON type or an impossible value
	ReasonConfirmation   Reason = "confirmation"     // bound by a cnf method that nobody enforces (RFC 7800 §3.1)
)

// Error says that a token is not valid. Its text is made of fixed words and of
// the names of registered or configured claims and parameters: it never repeats
// any part of the token, and may be logged. Sending it to the client would tell
// an attacker which check to work on: answer invalid_token and nothing more.
type Error struct {
	// Reason is the check that failed.
	Reason Reason
	// Name is the header parameter or claim that failed, where it is one.
	Name string

	detail   string
	mismatch *mismatch // behind a pointer, where nothing prints it; nil for none
}

type mismatch struct{ expected, received []string }

// Error describes the failure for the operator.
func (e *Error) Error() string {
	text := "jwt: invalid token: " + short(string(e.Reason))
	if e.Name != "" {
		text += " (" + short(e.Name) + ")"
	}
	if e.detail != "" {
		text += ": " + e.detail
	}
	return text
}

// InvalidToken reports true: the token is no good, as opposed to an error that
// kept it from being judged. It lets other packages tell the two apart without
// importing this one.
func (e *Error) InvalidToken() bool { return true }

// InvalidTokenReason returns the reason as a string, for logs and counters.
func (e *Error) InvalidTokenReason() string { return string(e.Reason) }

// Mismatch returns which values the claim e.Name may have here, by the config, and
// which it had: for [ReasonAudience], and for [ReasonIssuer] where iss is at fault. The
// signature was good, so what was received is the issuer's word. It is cut to 4 values
// of 200 bytes, and not fit for a log before it is quoted. Both are nil for all others.
func (e *Error) Mismatch() (expected, received []string) {
	if e.mismatch == nil {
		return nil, nil
	}
	return slices.Clone(e.mismatch.expected), slices.Clone(e.mismatch.received)
}

// mismatched keeps what was compared: a few copies, which do not keep the token.
func (e *Error) mismatched(expected, received []string) *Error {
	kept := make([]string, min(len(received), maxReceived))
	for i := range kept {
		kept[i] = strings.Clone(short(received[i]))
	}
	e.mismatch = &mismatch{expected, kept}
	return e
}

// maxReceived is how many values of a claim an error keeps.
const maxReceived = 4

func invalid(reason Reason, name, detail string) *Error {
	return &Error{Reason: reason, Name: name, detail: detail}
}

// undecidedError says that a token could not be judged. Its text is as short as a
// log wants it, whatever the cause has to say; the whole cause is behind Unwrap.
type undecidedError struct {
	what  string
	cause error
}

func (e *undecidedError) Error() string {
	return "jwt: " + e.what + ": " + cut(e.cause.Error(), maxCause)
}
func (e *undecidedError) Unwrap() error { return e.cause }

// maxQuoted is how many bytes of a text that somebody else has written an error
// repeats.
const maxQuoted = 200

// maxCause is how many bytes an error repeats of why nobody can tell. A URL may come
// first, and what to do about it last, as where metadata are of another issuer.
const maxCause = 800

// short returns the beginning of a long text. A character that the end falls into is
// left out.
func short(text string) string { return cut(text, maxQuoted) }

func cut(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}
