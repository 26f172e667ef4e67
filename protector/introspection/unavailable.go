package introspection

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Failure says why nothing could be learnt about a token. The values are
// stable, and fit a metric's label.
type Failure string

// The failures of the endpoint, of the way to it, and of our own. New ones may
// be added.
const (
	// FailureCredentialsRefused: the endpoint says, by an OAuth error (RFC 6749
	// §5.2), that it does not take our credentials, or does not let this client
	// ask. It does not pass by itself: an operator is needed. A bare 401 or 403 is
	// FailureStatus, because a firewall says that about a token too.
	FailureCredentialsRefused Failure = "credentials_refused"

	FailureNoCredentials Failure = "no_credentials" // the token source or the signer failed
	FailureUnreachable   Failure = "unreachable"    // no answer, and not for want of time
	FailureTimedOut      Failure = "timed_out"      // no whole answer within Config.Timeout
	FailureStatus        Failure = "status"         // a status other than 200, redirects included
	FailureContentType   Failure = "content_type"   // the answer does not call itself JSON
	FailureTooLarge      Failure = "too_large"      // longer than Config.MaxAnswerBytes
	FailureAnswer        Failure = "answer"         // not one JSON object with a boolean active
	FailureBusy          Failure = "busy"           // Config.MaxConcurrentCalls are under way or stuck; not asked
	FailureSuspended     Failure = "suspended"      // the endpoint could not be connected to of late; not asked
	FailureAbandoned     Failure = "abandoned"      // the requester's context ended first
)

// UnavailableError says that nothing could be learnt about a token: it may be
// good. A resource server answers 503, never 401.
type UnavailableError struct {
	Failure Failure
	// Status is the endpoint's HTTP status, 0 if there was none.
	Status int

	detail     string
	err        error
	retryAfter time.Duration
}

// Error is for the operator, not for the client.
func (e *UnavailableError) Error() string {
	text := "introspection: cannot tell: " + string(e.Failure)
	if e.Failure == FailureCredentialsRefused {
		text = "introspection: THE ENDPOINT REFUSES OUR OWN CREDENTIALS: " +
			"correct Config.Credentials, or what the server lets this client ask"
	}
	if e.Status != 0 {
		text += fmt.Sprintf(" (HTTP status %d)", e.Status)
	}
	if e.detail != "" {
		text += ": " + e.detail
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

// unavailable is the failure of a call that ended with err. It has a type of its own
// already, unless the caller's code did not return: nobody has looked at that one.
func unavailable(p *progress, err error) *UnavailableError {
	if u, ok := errors.AsType[*UnavailableError](err); ok {
		return u
	}
	if p.stage() == stageCredentials {
		return &UnavailableError{Failure: FailureNoCredentials, err: err}
	}
	return &UnavailableError{Failure: FailureUnreachable, err: err}
}

// late is the failure of a call that is given up at its time limit.
func late(p *progress) *UnavailableError {
	u := &UnavailableError{Failure: FailureTimedOut, err: context.DeadlineExceeded}
	switch p.stage() {
	case stageCredentials:
		u.Failure, u.detail = FailureNoCredentials, "the token source or the signer took longer than Config.Timeout"
	case stageConnecting:
		u.detail = "no connection within Config.Timeout"
	default:
		u.detail = "no whole answer within Config.Timeout"
	}
	return u
}
