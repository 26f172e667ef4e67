package introspection

import (
	"fmt"
	"time"
)

// Reason says why a token was rejected. The values are stable, and fit a
// metric's label.
type Reason string

// The reasons. New ones may be added.
const (
	ReasonTooLarge     Reason = "too_large"     // longer than Config.MaxTokenBytes; the endpoint was not asked
	ReasonMalformed    Reason = "malformed"     // not made as bearer tokens are (RFC 6750 §2.1); the endpoint was not asked
	ReasonInactive     Reason = "inactive"      // active is false
	ReasonClaimType    Reason = "claim_type"    // a member has a wrong JSON type or an impossible value
	ReasonTokenType    Reason = "token_type"    // not an access token, or the answer does not say
	ReasonIssuer       Reason = "issuer"        // iss is not Config.Issuer
	ReasonAudience     Reason = "audience"      // aud names none of Config.Audiences
	ReasonMissingClaim Reason = "missing_claim" // one of Config.RequiredMembers is absent or null
	ReasonExpired      Reason = "expired"       // exp has passed, whatever active says
	ReasonNotYetValid  Reason = "not_yet_valid" // nbf has not come
	ReasonConfirmation Reason = "confirmation"  // cnf binds the token by a method that is not understood
)

// Error says that a token is no good. It repeats nothing of the token or of the
// answer about it but the name of a member.
type Error struct {
	Reason Reason
	// Name is the member of the answer that decided, where it is one.
	Name string
}

// Error is for logs, not for the client.
func (e *Error) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("introspection: token rejected: %s", e.Reason)
	}
	return fmt.Sprintf("introspection: token rejected: %s (%s)", e.Reason, e.Name)
}

// InvalidToken is true: a resource server answers 401 invalid_token.
func (e *Error) InvalidToken() bool { return true }

// InvalidTokenReason is the Reason, for logs and counters.
func (e *Error) InvalidTokenReason() string { return string(e.Reason) }

// Failure says why nothing could be learnt about a token. The values are
// stable, and fit a metric's label.
type Failure string

// The failures of the endpoint, of the way to it, and of our own. New ones may
// be added.
const (
	// FailureCredentialsRefused: the endpoint does not take our credentials,
	// or does not let us ask. It does not pass by itself: an operator is needed.
	FailureCredentialsRefused Failure = "credentials_refused"

	FailureNoCredentials Failure = "no_credentials" // the token source or the signer failed
	FailureUnreachable   Failure = "unreachable"    // no answer, and not for want of time
	FailureTimedOut      Failure = "timed_out"      // no whole answer within Config.Timeout
	FailureStatus        Failure = "status"         // a status other than 200, redirects included
	FailureContentType   Failure = "content_type"   // the answer does not call itself JSON
	FailureTooLarge      Failure = "too_large"      // longer than Config.MaxAnswerBytes
	FailureAnswer        Failure = "answer"         // not one JSON object with a boolean active
	FailureBusy          Failure = "busy"           // Config.MaxConcurrentCalls are under way; not asked
	FailureSuspended     Failure = "suspended"      // left alone after failures or at its own wish; not asked
	FailureAbandoned     Failure = "abandoned"      // the requester's context ended first
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
	if e.Failure == FailureCredentialsRefused {
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
