package protector

import (
	"cmp"
	"net/http"
	"strconv"
	"time"
)

// Error is a refusal, or an outage, and how to answer it. It is what
// [Protector.Check] and [Protector.Acquire] return and what a caller's
// ErrorHandler gets. An authenticate function, a [Proof], a Policy's Check or a
// RequestCheck may return one to choose the answer; then only Status or Code
// needs to be set.
//
// Status, Code, Description, Scope, Params, Header and RetryAfter go to the
// client. Reason and Err stay inside. The token is in none of them.
type Error struct {
	// Status is the HTTP status, 400 to 599. Zero, or anything outside, is
	// replaced by the one that fits Code, or 403.
	Status int
	// Code is the error code of RFC 6750 §3.1, or another. Empty means that the
	// request had no credentials: the challenge carries no error attributes.
	Code string
	// Description is one sentence for the client's developer. The protector's
	// own are fixed and tell nothing about the token. Characters that an
	// error_description may not hold keep it out of the challenge; the body has
	// it all the same.
	Description string
	// Scope is the scope attribute of the challenge: what to ask for instead.
	Scope string
	// Params are further attributes of the challenge, written in this order
	// behind the others: acr_values and max_age of RFC 9470, for example. One
	// whose name or value does not fit its grammar is left out, and so is one
	// that the challenge has already.
	Params []Param
	// Header holds further fields of the answer, such as DPoP-Nonce. A field
	// that the protector sets itself, such as WWW-Authenticate, is not replaced.
	Header http.Header
	// Scheme is the authentication scheme whose challenge carries the error. It
	// is set by the protector.
	Scheme string
	// Reason is a short stable code for logs and counters.
	Reason string
	// RetryAfter, where positive, becomes the Retry-After field, in whole
	// seconds rounded up. A 503 has 5 seconds by default; one hour is the most.
	RetryAfter time.Duration
	// Err is the cause, or nil.
	Err error

	mismatch mismatch // for the log alone
}

// Error describes the refusal for an operator. The text is not sent to clients
// and never holds the token.
func (e *Error) Error() string {
	if e == nil { // in an error that is not nil: easily made, and no reason to crash
		return "protector: nil *Error"
	}
	text := "protector: " + strconv.Itoa(e.Status) + " " + cmp.Or(e.Code, codeUnauthorized)
	if e.Reason != "" && e.Reason != e.Code {
		text += " (" + e.Reason + ")"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// scope is the scope that is missing, or empty where nothing is.
func (e *Error) scope() string {
	if e == nil {
		return ""
	}
	return e.Scope
}

// under names the scheme that the request used, once, on the way out. A nil
// scheme is none.
func (e *Error) under(s *scheme) *Error {
	if e != nil && s != nil {
		e.Scheme = s.name
	}
	return e
}

// with adds what the proofs of a request want in its answer: that what was proved
// does not suffice is no reason to keep a nonce back.
func (e *Error) with(fields http.Header) *Error {
	if e == nil || len(fields) == 0 {
		return e
	}
	if e.Header == nil {
		e.Header = make(http.Header)
	}
	mergeFields(e.Header, fields)
	return e
}

// The refusals that the protector itself has to give.

// errNoCredentials tells apart, for the operator alone, who sent nothing and who
// forgot the word Bearer. An Authorization field that is overlooked is another's.
func errNoCredentials(r *http.Request, overlooked bool) *Error {
	reason := reasonNoCredentials
	if r.Header["Authorization"] != nil && !overlooked {
		reason = reasonOtherScheme
	}
	return &Error{Status: http.StatusUnauthorized, Description: describe(""), Reason: reason}
}

func errInvalidRequest(reason string, cause error) *Error {
	return newError(http.StatusBadRequest, codeInvalidRequest, reason, cause)
}

func errInvalidToken(reason string, cause error) *Error {
	return newError(http.StatusUnauthorized, codeInvalidToken, reason, cause)
}

func errForbidden(reason string, cause error) *Error {
	return newError(http.StatusForbidden, codeInsufficientScope, reason, cause)
}

// errCrossOrigin refuses rather than treating the request as anonymous: under
// Optional that would run a handler that another site chose to call.
func errCrossOrigin() *Error {
	return newError(http.StatusForbidden, codeAccessDenied, reasonCrossOrigin, nil)
}

func errUnavailable(cause error, token string) *Error {
	e := newError(http.StatusServiceUnavailable, codeUnavailable, reasonUnavailable, redact(cause, token))
	e.RetryAfter = retryAfter(cause)
	return e
}

// errProgram is the one 500. It is for a mistake in the program that only a
// request brings to light: 503 would have clients come back for ever.
func errProgram(reason string, cause error) *Error {
	return newError(http.StatusInternalServerError, codeServerError, reason, cause)
}

func newError(status int, code, reason string, cause error) *Error {
	return &Error{Status: status, Code: code, Description: describe(code), Reason: reason, Err: cause}
}
