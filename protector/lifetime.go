package protector

import (
	"context"
	"math"
	"time"
)

// lifetime is how long a request lasts that a rule has let in: as long as its token.
// A nil lifetime has no end of its own.
type lifetime struct {
	now       func() time.Time
	withdrawn func(Token) context.Context // nil: nobody withdraws tokens
}

// refuses turns a request away whose token was withdrawn before it came.
func (l *lifetime) refuses(g *grant) *Error {
	if l == nil {
		return nil
	}
	if withdrawn := l.withdrawal(g.token); withdrawn != nil && withdrawn.Err() != nil {
		return errWithdrawn(withdrawn, g)
	}
	return nil
}

// limit returns a context that ends when the token does, and a function that ends it
// early, as the context that it was given does. It costs one timer, and two
// registrations where tokens can be withdrawn. No goroutine waits beside the request.
//
// The cause of the end is the refusal that a request would get which came then.
func (l *lifetime) limit(ctx context.Context, g *grant) (context.Context, func()) {
	var release func()
	if withdrawn := l.withdrawal(g.token); withdrawn != nil {
		limited, end := context.WithCancelCause(ctx)
		forget := context.AfterFunc(withdrawn, func() { end(errWithdrawn(withdrawn, g)) })
		context.AfterFunc(limited, func() { forget() }) // the session may last for days
		ctx, release = limited, func() { end(nil) }
	}
	expiry := endOf(g.token, l.now())
	if expiry.IsZero() {
		return ctx, release
	}
	// Config.Now tells how long it is until then, and no more: timers have a clock of their own.
	ctx, stop := context.WithTimeoutCause(ctx, expiry.Sub(l.now()), g.credential.scheme.expired)
	if release == nil {
		return ctx, stop
	}
	return ctx, func() { stop(); release() }
}

func (l *lifetime) withdrawal(token Token) context.Context {
	if l.withdrawn == nil {
		return nil
	}
	return l.withdrawn(token)
}

func errWithdrawn(withdrawn context.Context, g *grant) *Error {
	cause := redact(context.Cause(withdrawn), g.credential.token)
	return errInvalidToken(reasonRevoked, cause).under(g.credential.scheme)
}

// expired is the cause of the end of a context whose token has expired. Streams share
// it, so it says what it says by an *Error of its own for each who asks.
type expired struct{ scheme *scheme }

func (e *expired) refusal() *Error { return errInvalidToken(reasonExpired, nil).under(e.scheme) }
func (e *expired) Error() string   { return e.refusal().Error() }

// As makes the cause an [*Error] for [errors.As].
func (e *expired) As(target any) bool {
	refusal, ok := target.(**Error)
	if ok {
		*refusal = e.refusal()
	}
	return ok
}

const (
	// endPrecision is how exactly the end is found that a token does not state.
	endPrecision = time.Millisecond
	// longestLeeway is how far behind its ExpiresAt a token may be good. Nobody means
	// to forgive a clock more, and what is good for ever has no end to find.
	longestLeeway = time.Hour
	// longestLife is how far ahead an end is looked for: 146 years. Up to the last
	// instant that a time can be it would take a billion steps.
	longestLife time.Duration = math.MaxInt64 / 2
)

// endOf returns the first instant at which a token that is good now is not, or the
// zero time for a token without end.
//
// A [TimedToken] knows of leeway, and says only yes or no. One more method would be
// one more that every token has to get right, so it is asked about a few instants.
func endOf(token Token, now time.Time) time.Time {
	expiry := token.ExpiresAt()
	timed, ok := token.(TimedToken)
	if !ok || expiry.IsZero() {
		return expiry
	}
	expiry = now.Add(min(expiry.Sub(now), longestLife))
	good, over := now, expiry
	for leeway := time.Second; timed.ValidAt(over); leeway *= 2 {
		if leeway > longestLeeway {
			return over
		}
		good, over = over, expiry.Add(leeway)
	}
	for over.Sub(good) > endPrecision {
		if middle := good.Add(over.Sub(good) / 2); timed.ValidAt(middle) {
			good = middle
		} else {
			over = middle
		}
	}
	return over
}
