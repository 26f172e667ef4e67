package protector

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The codes that go out as error, in the challenge and in the body.
const (
	codeInvalidRequest    = "invalid_request"    // RFC 6750 §3.1
	codeInvalidToken      = "invalid_token"      // RFC 6750 §3.1
	codeInsufficientScope = "insufficient_scope" // RFC 6750 §3.1
	codeAccessDenied      = "access_denied"
	codeUnavailable       = "temporarily_unavailable"
	codeServerError       = "server_error"
	codeUnauthorized      = "unauthorized" // in the body only: without credentials the challenge has no error
)

// The reasons, which stay inside. The package documentation explains them.
const (
	reasonNoCredentials      = "no_credentials"
	reasonOtherScheme        = "other_scheme"
	reasonMalformed          = "malformed_credentials"
	reasonSeveral            = "several_credentials"
	reasonTooLong            = "token_too_long"
	reasonUnreadableForm     = "unreadable_form"
	reasonCrossOrigin        = "cross_origin"
	reasonRequestCheck       = "request_check"
	reasonInvalidToken       = "invalid_token"
	reasonUnknownToken       = "unknown_token"
	reasonNoValidator        = "no_validator"
	reasonExpired            = "expired"
	reasonNotYetValid        = "not_yet_valid"
	reasonRevoked            = "revoked"
	reasonBound              = "bound_token"
	reasonInsufficientScope  = "insufficient_scope"
	reasonInsufficientGroups = "insufficient_groups"
	reasonInsufficientRoles  = "insufficient_roles"
	reasonInsufficientRights = "insufficient_entitlements"
	reasonPolicyCheck        = "policy_check"
	reasonUnavailable        = "unavailable"
	reasonCanceled           = "canceled"
	reasonBadRequirement     = "bad_requirement"
)

// Error is a refusal, or an outage, and how to answer it. It is what
// [Protector.Acquire] returns and what a caller's ErrorHandler gets. An
// authenticate function, a Policy's Check or a RequestCheck may return one to
// choose the answer; then only Status or Code needs to be set.
//
// Status, Code, Description, Scope and RetryAfter go to the client. Reason and
// Err stay inside. The token is in none of them.
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

// The sentences below are all that a client is told. They name no key, claim or
// expected value: a reason helps the one who probes more than the one who errs,
// and the operator has it in the log.

// errNoCredentials tells apart, for the operator alone, who sent nothing and who
// forgot the word Bearer.
func errNoCredentials(r *http.Request) *Error {
	reason := reasonNoCredentials
	if r.Header["Authorization"] != nil {
		reason = reasonOtherScheme
	}
	return &Error{Status: http.StatusUnauthorized, Description: describe(""), Reason: reason}
}

func errInvalidRequest(reason string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: codeInvalidRequest, Description: describe(codeInvalidRequest), Reason: reason}
}

func errInvalidToken(reason string) *Error {
	return &Error{Status: http.StatusUnauthorized, Code: codeInvalidToken, Description: describe(codeInvalidToken), Reason: reason}
}

func errForbidden(reason string) *Error {
	return &Error{Status: http.StatusForbidden, Code: codeInsufficientScope, Description: describe(codeInsufficientScope), Reason: reason}
}

func errUnavailable(err error) *Error {
	return &Error{
		Status: http.StatusServiceUnavailable, Code: codeUnavailable, Description: describe(codeUnavailable),
		Reason: reasonUnavailable, RetryAfter: retryAfter(err), Err: err,
	}
}

// errProgram is the one 500. It is for a mistake in the program that only a
// request brings to light: saying 503 would have clients come back for ever.
func errProgram(err error) *Error {
	return &Error{Status: http.StatusInternalServerError, Code: codeServerError, Description: describe(codeServerError), Reason: reasonBadRequirement, Err: err}
}

func describe(code string) string {
	switch code {
	case "":
		return "An access token is required."
	case codeInvalidRequest:
		return "The request is malformed, or carries its access token in a wrong way."
	case codeInvalidToken:
		return "The access token is not valid."
	case codeInsufficientScope:
		return "The access token does not permit this request."
	case codeAccessDenied:
		return "The request is not allowed."
	case codeUnavailable:
		return "The access token cannot be checked at the moment."
	case codeServerError:
		return "The request could not be handled."
	}
	return ""
}

// invalidTokenError is how other packages say that a token is no good, without
// either side importing the other.
type invalidTokenError interface {
	error
	InvalidToken() bool
}

// fromAuthenticate reads an error of an authenticate function. What does not
// say that the token is bad means that nobody could tell.
func fromAuthenticate(err error, token string) *Error {
	if e := stated(err, token); e != nil {
		return e
	}
	return errUnavailable(redact(err, token))
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
		return errUnavailable(redact(err, token))
	}
	otherwise.Err = redact(err, token)
	return otherwise
}

// stated returns the answer that err itself asks for, or nil.
func stated(err error, token string) *Error {
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		answer := e.completed(token)
		if answer.Code == "" {
			answer.Code, answer.Description = codeInvalidToken, cmp.Or(e.Description, describe(codeInvalidToken))
		}
		return answer
	}
	if e, ok := errors.AsType[invalidTokenError](err); ok && e.InvalidToken() {
		answer := errInvalidToken(reasonOf(err, token))
		answer.Err = redact(err, token)
		return answer
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

// completed returns a copy with everything filled in that its author left out.
// A copy, because the author may return the same value for every request.
func (e *Error) completed(token string) *Error {
	c := *e
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
	if token != "" && strings.Contains(c.Scope, token) { // it would be logged
		c.Scope = ""
	}
	if c.Err != nil {
		c.Err = redact(c.Err, token)
	}
	return &c
}

func statusOf(code string) int {
	switch code {
	case codeInvalidRequest:
		return http.StatusBadRequest
	case codeInvalidToken:
		return http.StatusUnauthorized
	case codeUnavailable:
		return http.StatusServiceUnavailable
	case codeServerError:
		return http.StatusInternalServerError
	}
	return http.StatusForbidden
}

func codeOf(status int) string {
	switch {
	case status == http.StatusBadRequest:
		return codeInvalidRequest
	case status == http.StatusServiceUnavailable:
		return codeUnavailable
	case status >= 500:
		return codeServerError
	}
	return codeInsufficientScope
}

// reasonOf returns the reason code that err carries.
func reasonOf(err error, token string) string {
	type reasoned interface {
		error
		InvalidTokenReason() string
	}
	if e, ok := errors.AsType[reasoned](err); ok {
		return tidyReason(e.InvalidTokenReason(), token, reasonInvalidToken)
	}
	return reasonInvalidToken
}

// tidyReason keeps a reason fit for a metric label: short, of few characters,
// and not the token by mistake.
func tidyReason(reason, token, otherwise string) string {
	const longest = 64
	if len(reason) > longest || !isToken(reason) || token != "" && strings.Contains(reason, token) {
		return otherwise
	}
	return reason
}

type retryAfterError interface {
	error
	RetryAfter() time.Duration
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

// redact returns err with a text that does not hold the token. Drivers and
// HTTP clients quote their arguments in errors, and errors end in logs.
func redact(err error, token string) error {
	if token == "" {
		return err
	}
	text := err.Error()
	escaped := url.QueryEscape(token)
	if !strings.Contains(text, token) && !strings.Contains(text, escaped) {
		return err
	}
	return &redacted{text: strings.NewReplacer(token, "[token]", escaped, "[token]").Replace(text), err: err}
}

type redacted struct {
	text string
	err  error
}

func (e *redacted) Error() string { return e.text }
func (e *redacted) Unwrap() error { return e.err }
