package protector

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"time"
)

// invalidTokenError is how other packages say that a token is no good, without
// either side importing the other.
type invalidTokenError interface {
	error
	InvalidToken() bool
}

// retryAfterError is how other packages say when to ask again.
type retryAfterError interface {
	error
	RetryAfter() time.Duration
}

// fromAuthenticate reads an error of an authenticate function or of a proof.
// What does not say that the token is bad means that nobody could tell.
func fromAuthenticate(ctx context.Context, err error, token string) *Error {
	answer := stated(err, token)
	if answer == nil {
		answer = errUnavailable(err, token)
	}
	if answer.Status == http.StatusServiceUnavailable && errors.Is(ctx.Err(), context.Canceled) {
		answer.Reason = reasonCanceled // the client has left; nobody was out of order
	}
	return answer
}

// fromCheck reads an error of a check of the caller's own, whose plain "no" is
// otherwise.
//
// A plain error is not taken for an outage here, as it is in fromAuthenticate:
// the function's whole purpose is to refuse, and errors.New("not the owner") is
// how that is written. An outage is recognized by what outages look like.
func fromCheck(err error, token string, otherwise *Error) *Error {
	if e := stated(err, token); e != nil {
		return e
	}
	if inconclusive(err) {
		return errUnavailable(err, token)
	}
	otherwise.Err = redact(err, token)
	return otherwise
}

// stated returns the answer that err itself asks for, or nil.
func stated(err error, token string) *Error {
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		answer := *e
		if answer.Code == "" && answer.Status == http.StatusUnauthorized {
			answer.Code = codeInvalidToken
		}
		return answer.completed(token)
	}
	if e, ok := errors.AsType[invalidTokenError](err); ok && e.InvalidToken() {
		refused := errInvalidToken(reasonOf(err, token), redact(err, token))
		refused.mismatch = mismatchOf(err, token)
		return refused
	}
	return nil
}

// inconclusive reports whether err is about the way to the answer and not the
// answer: a time-out, a cancelled context, a network fault, or an error that
// says when to try again.
func inconclusive(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	_, ok := errors.AsType[retryAfterError](err)
	return ok
}

// completed returns a copy with everything filled in that its author left out,
// and without what would give the token away. A copy, because the author may
// return the same value for every request.
func (e *Error) completed(token string) *Error {
	c := *e
	c.withhold(token)
	if c.Status < 400 || c.Status > 599 {
		c.Status = statusOf(c.Code)
	}
	if c.Code == "" && c.Status != http.StatusUnauthorized {
		c.Code = codeOf(c.Status)
	}
	if c.Description == "" {
		c.Description = describe(c.Code)
	}
	if c.RetryAfter <= 0 && c.Status == http.StatusServiceUnavailable {
		c.RetryAfter = retryAfter(c.Err)
	}
	c.Reason = tidyReason(c.Reason, token, cmp.Or(c.Code, reasonNoCredentials))
	if c.Err != nil {
		c.Err = redact(c.Err, token)
	}
	return &c
}

// withhold empties what quotes the token: it would be logged, by us or by what
// stands between us and the client.
func (e *Error) withhold(token string) {
	for _, text := range []*string{&e.Code, &e.Description, &e.Scope} {
		if quotes(*text, token) {
			*text = ""
		}
	}
	e.Params = slices.DeleteFunc(slices.Clone(e.Params), func(p Param) bool { return quotes(p.Value, token) })
	e.Header = e.Header.Clone()
	for name, values := range e.Header {
		if slices.ContainsFunc(values, func(value string) bool { return quotes(value, token) }) {
			delete(e.Header, name)
		}
	}
}

// retryAfter is when the client may try again: a second at least.
func retryAfter(err error) time.Duration {
	const unknown = 5 * time.Second
	if err == nil {
		return unknown
	}
	if e, ok := errors.AsType[retryAfterError](err); ok {
		return max(e.RetryAfter(), time.Second)
	}
	return unknown
}
