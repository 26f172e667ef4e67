package introspection

import (
	"fmt"
	"time"
)

// Reason says why a token was rejected. The values are stable, and fit a
// metric's label.
type Reason string

// The reasons a token is rejected for.
const (
	// Malformed: it is empty, too long, or not of the characters a bearer
	// token is made of (RFC 6750 §2.1). The endpoint was not asked.
	Malformed Reason = "malformed"
	// Inactive: the endpoint says active is false.
	Inactive Reason = "inactive"
	// Expired: exp has passed, whatever active says.
	Expired Reason = "expired"
	// NotYetValid: nbf is still to come.
	NotYetValid Reason = "not_yet_valid"
	// WrongIssuer: iss is not Config.Issuer.
	WrongIssuer Reason = "issuer"
	// WrongAudience: aud names none of Config.Audiences.
	WrongAudience Reason = "audience"
	// WrongTokenType: it is not an access token, or the answer does not say.
	WrongTokenType Reason = "token_type"
	// WrongConfirmation: cnf binds the token in a way that is not understood,
	// so that nobody could check it.
	WrongConfirmation Reason = "confirmation"
	// MissingMember: a required member is not there.
	MissingMember Reason = "missing_claim"
	// WrongMember: a member is of the wrong JSON type or out of range.
	WrongMember Reason = "claim_type"
)

// Error says that a token is no good. It repeats nothing of the token or of the
// answer about it.
type Error struct {
	Reason Reason
	// Member is the member of the answer that decided, if one did.
	Member string
}

// Error is for logs, not for the client.
func (e *Error) Error() string {
	if e.Member == "" {
		return fmt.Sprintf("introspection: token rejected: %s", e.Reason)
	}
	return fmt.Sprintf("introspection: token rejected: %s (%s)", e.Reason, e.Member)
}

// InvalidToken is true: a resource server answers 401 invalid_token.
func (e *Error) InvalidToken() bool { return true }

// InvalidTokenReason is the Reason, for logs and counters.
func (e *Error) InvalidTokenReason() string { return string(e.Reason) }

// Failure says why nothing could be learnt about a token. The values are
// stable, and fit a metric's label.
type Failure string

// The failures of the endpoint, of the way to it, and of our own.
const (
	// CredentialsRefused: the endpoint does not take our credentials, or does
	// not let us ask. This one does not pass by itself: an operator is needed.
	CredentialsRefused Failure = "credentials_refused"
	// NoCredentials: our credentials could not be made ready; the token source
	// or the signer failed.
	NoCredentials Failure = "no_credentials"
	// Unreachable: no answer came, and not for want of time.
	Unreachable Failure = "unreachable"
	// TimedOut: no whole answer came within Config.Timeout.
	TimedOut Failure = "timed_out"
	// BadStatus: the status was not 200. Redirects are of this kind.
	BadStatus Failure = "status"
	// BadContentType: the answer does not call itself JSON.
	BadContentType Failure = "content_type"
	// TooLarge: the answer is longer than Config.MaxAnswerBytes.
	TooLarge Failure = "too_large"
	// BadAnswer: the answer is not one JSON object with a boolean active.
	BadAnswer Failure = "answer"
	// Busy: Config.MaxConcurrentCalls are under way. The endpoint was not
	// asked.
	Busy Failure = "busy"
	// Suspended: the endpoint failed repeatedly, or asked for a rest, and is
	// being left alone for a moment.
	Suspended Failure = "suspended"
	// Abandoned: the requester's context ended before the answer came.
	Abandoned Failure = "abandoned"
)

// UnavailableError says that nothing could be learnt about a token: it may be
// good. A resource server answers 503, never 401.
type UnavailableError struct {
	Failure Failure
	// Status is the endpoint's HTTP status, 0 if there was none.
	Status int

	err        error
	retryAfter time.Duration
}

// Error is for the operator, not for the client.
func (e *UnavailableError) Error() string {
	text := "introspection: cannot tell: " + string(e.Failure)
	if e.Failure == CredentialsRefused {
		text = "introspection: THE ENDPOINT REFUSES OUR OWN CREDENTIALS: correct Config.Credentials, or what the server lets this client ask"
	}
	if e.Status != 0 {
		text += fmt.Sprintf(" (HTTP status %d)", e.Status)
	}
	if e.err != nil {
		text += ": " + e.err.Error()
	}
	return text
}

// Unwrap is the cause, where there is one.
func (e *UnavailableError) Unwrap() error { return e.err }

// RetryAfter is how long to wait before it makes sense to ask again: at least
// a second.
func (e *UnavailableError) RetryAfter() time.Duration { return max(e.retryAfter, time.Second) }
