package introspection

import (
	"fmt"
	"time"
)

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
