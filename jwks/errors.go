package jwks

import (
	"errors"
	"fmt"
	"time"
)

// ErrUnavailable is reported, by errors.Is, when a [Remote] or a [KeyEndpoint] cannot say
// whether a key exists: no key set was ever loaded, the last good one is older than
// MaxStale, or an unknown kid could not be looked up. It says nothing about
// the token, so the right answer to a request is 503, not 401.
//
// The error that wraps it also has a method RetryAfter() time.Duration, the
// time until the next attempt is due (never less than a second).
var ErrUnavailable = errors.New("jwks: verification keys unavailable")

// unavailableError carries why and for how long. The type is not exported:
// the sentinel and the method are all that a caller can use.
type unavailableError struct {
	cause      error
	retryAfter time.Duration
}

func (e *unavailableError) Error() string {
	if e.cause == nil {
		return ErrUnavailable.Error()
	}
	return fmt.Sprintf("%v: %v", ErrUnavailable, e.cause)
}

func (e *unavailableError) Unwrap() []error {
	if e.cause == nil {
		return []error{ErrUnavailable}
	}
	return []error{ErrUnavailable, e.cause}
}

// RetryAfter is how long a client does well to wait before it asks again.
func (e *unavailableError) RetryAfter() time.Duration { return e.retryAfter }
