package procedures

import (
	"context"
	"encoding/json"
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

// RefusalOf says how to tell an error of a protector's Check: in the words of its
// Answer, which are those that clients may read.
func RefusalOf(guard *protector.Protector, err error) Refusal {
	status, header, body := guard.Answer(err)
	var words struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	json.Unmarshal(body, &words) // two strings, of our own
	r := Refusal{Code: codeOf(status), Message: words.Description, Reason: strings.ToUpper(words.Error), Header: header}
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil { // rounded, and bounded
		r.RetryAfter = time.Duration(seconds) * time.Second
	}
	return r
}

// Ended returns the refusal by which a call has ended whose token has, or nil if that has
// not: it is the cause of the context's end.
func Ended(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	cause := context.Cause(ctx)
	if _, ok := errors.AsType[*protector.Error](cause); !ok {
		return nil
	}
	return cause
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

// Split parts the fields of an answer over HTTP: into those that mean something to a
// client of procedures, as the challenges do, and those that speak to caches and
// browsers. What describes a body is in neither, nor what RetryAfter says.
func Split(header http.Header) (metadata, web http.Header) {
	for name, values := range header {
		switch name {
		case "Content-Type", "Retry-After":
		case "X-Content-Type-Options", "Cache-Control", "Vary", "Access-Control-Expose-Headers":
			web = with(web, name, values)
		default:
			metadata = with(metadata, name, values)
		}
	}
	return metadata, web
}

func with(header http.Header, name string, values []string) http.Header {
	if header == nil {
		header = make(http.Header)
	}
	header[name] = values
	return header
}
