package protector

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Answer says how the protocol answers an error of [Protector.Check] or
// [Protector.Acquire], for whoever has no http.ResponseWriter: the status, the
// fields (challenge, Retry-After, Cache-Control, Content-Type and what the error
// brings along), and a body of JSON. Header and body are the caller's own.
// Config.ErrorHandler is not asked.
//
// Any other error is read as one of an authenticate function: 401 if it says
// that the token is bad, 503 if it says nothing. A nil error is a mistake in the
// program and answered with 500, since the caller meant to refuse.
func (p *Protector) Answer(err error) (status int, header http.Header, body []byte) {
	e := answerable(err, nobody)
	header = make(http.Header)
	p.setFields(header, e)
	setContentType(header)
	return e.Status, header, e.body()
}

// WriteError answers a request by what [Protector.Answer] says of the error, or
// by Config.ErrorHandler: exactly as the middleware would have.
//
// The caller must not have written anything to w, and returns afterwards.
func (p *Protector) WriteError(w http.ResponseWriter, r *http.Request, err error) {
	g := nobody
	if p != nil && p.identity != nil {
		if known := innermost(r.Context()).from(p.identity); known != nil {
			g = known
		}
	}
	p.write(w, withoutCurrent(r), answerable(err, g))
}

// answerable reads an error that a handler found. The grant, where there is one,
// knows the scheme and the token.
func answerable(err error, g *grant) *Error {
	e, ok := errors.AsType[*Error](err)
	switch {
	case err == nil || ok && e == nil:
		return errProgram(reasonBadRequirement, nil)
	case ok && e.Scheme != "":
		return e.completed(g.credential.token)
	case ok:
		return e.completed(g.credential.token).under(g.credential.scheme)
	}
	answer := stated(err, g.credential.token)
	if answer == nil {
		answer = errUnavailable(err, g.credential.token)
	}
	return answer.under(g.credential.scheme)
}

// write sets everything the protocol asks for before a caller's ErrorHandler
// runs, so that it cannot be forgotten there.
func (p *Protector) write(w http.ResponseWriter, r *http.Request, e *Error) {
	p.setFields(w.Header(), e)
	if p != nil && p.errorHandler != nil {
		answer := &answerWriter{ResponseWriter: w, status: e.Status}
		p.errorHandler(answer, r, e)
		answer.finish()
		return
	}
	setContentType(w.Header())
	w.WriteHeader(e.Status)
	w.Write(e.body())
}

func (p *Protector) setFields(h http.Header, e *Error) {
	mergeFields(h, e.Header)
	// They would describe the answer that is not given.
	for _, name := range []string{"Content-Length", "Etag", "Last-Modified"} {
		delete(h, name)
	}
	h.Set("Cache-Control", "no-store")
	h.Del("Retry-After")
	if e.RetryAfter > 0 {
		h.Set("Retry-After", wholeSeconds(e.RetryAfter))
	}
	h.Del("Www-Authenticate")
	if fields := p.challenges(e); fields != nil {
		h["Www-Authenticate"] = fields
		if p.metadata != nil || p.schemeNamed(dpopScheme) != nil {
			// Their clients must read it, in browsers too (RFC 9449 §9, RFC 9728 §5.1).
			mergeFields(h, http.Header{"Access-Control-Expose-Headers": {"WWW-Authenticate"}})
		}
	}
}

// mergeFields sets fields that an error or a proof brings. What others write too
// is added to; of anything else, such as DPoP-Nonce, there must be one.
func mergeFields(h, fields http.Header) {
	for name, values := range fields {
		for _, value := range values {
			if !isToken(name) || !isFieldValue(value) {
				continue
			}
			switch canonical := http.CanonicalHeaderKey(name); canonical {
			case "Vary", "Access-Control-Expose-Headers", "Set-Cookie", "Link":
				if !slices.Contains(h[canonical], value) { // an inner middleware has the same proof's
					h.Add(canonical, value)
				}
			default:
				h.Set(canonical, value)
			}
		}
	}
}

// addVary adds the fields on which the answer depends, once.
func addVary(h http.Header, names string) {
	for _, field := range h["Vary"] {
		if field == names || strings.TrimSpace(field) == "*" {
			return
		}
	}
	h.Add("Vary", names)
}

func setContentType(h http.Header) {
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
}

func (e *Error) body() []byte {
	body, _ := json.Marshal(struct { // two strings: cannot fail
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{cmp.Or(e.Code, codeUnauthorized), e.Description})
	return append(body, '\n')
}

// wholeSeconds rounds up, since a client that comes back early comes in vain,
// and stops at an hour: a longer time was computed wrongly.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((min(d, time.Hour)+time.Second-1)/time.Second), 10)
}
