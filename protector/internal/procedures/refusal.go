package procedures

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/resourceserver/protector"
)

// Domain is the domain of a google.rpc.ErrorInfo whose reason is an error code of
// OAuth (RFC 6750 §3.1, and those that the registry of OAuth has besides).
const Domain = "oauth"

// Refusal is what a client is told of an error. Whatever else the error says stays
// inside.
type Refusal struct {
	Code       uint32 // of google.rpc.Code, whose numbers Connect has too
	Message    string
	Reason     string        // the error code, in the capitals that ErrorInfo asks for
	RetryAfter time.Duration // zero: nobody knows
	Header     http.Header   // the fields of an answer over HTTP
}

// RefusalOf says how to tell an error of a protector's Check.
func RefusalOf(guard *protector.Protector, err error) Refusal {
	state, header, _ := guard.Answer(err)
	r := Refusal{Code: codeOf(state), Reason: "UNAUTHORIZED", Header: header}
	if e, ok := errors.AsType[*protector.Error](err); ok && e != nil {
		r.Message = strings.ToValidUTF8(e.Description, "\uFFFD")
		r.Reason = strings.ToValidUTF8(strings.ToUpper(cmp.Or(e.Code, r.Reason)), "\uFFFD")
	}
	// Answer has rounded it, and bounded it.
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil {
		r.RetryAfter = time.Duration(seconds) * time.Second
	}
	return r
}

// The codes of google.rpc.Code that refusals have.
const (
	invalidArgument   = 3
	notFound          = 5
	permissionDenied  = 7
	resourceExhausted = 8
	internal          = 13
	unavailable       = 14
	unauthenticated   = 16
)

// codeOf is the inverse of how Connect makes statuses of codes. A malformed request
// is InvalidArgument and not Unauthenticated: to log in anew, which is what clients
// do upon the latter, would not mend it.
func codeOf(status int) uint32 {
	switch status {
	case http.StatusBadRequest:
		return invalidArgument
	case http.StatusUnauthorized:
		return unauthenticated
	case http.StatusNotFound:
		return notFound
	case http.StatusTooManyRequests:
		return resourceExhausted
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return unavailable
	}
	if status >= 500 {
		return internal
	}
	return permissionDenied
}
