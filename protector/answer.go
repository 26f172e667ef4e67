package protector

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// WriteError answers a request whose [Protector.Acquire] failed: status,
// challenge, Retry-After, Cache-Control and body, exactly as the middleware
// would have. Any other error is read as one of an authenticate function: 401
// if it says that the token is bad, 503 if it says nothing. A nil error is a
// mistake in the program and answered with 500, since the caller meant to
// refuse.
//
// The caller must not have written anything to w, and returns afterwards.
func (p *Protector) WriteError(w http.ResponseWriter, r *http.Request, err error) {
	r = withGrant(r, nobody)
	e, ok := errors.AsType[*Error](err)
	switch {
	case err == nil || ok && e == nil:
		e = errProgram(nil)
	case ok:
		e = e.completed("")
	default:
		e = fromAuthenticate(err, "")
	}
	p.answer(w, r, e)
}

// answer sets everything the protocol asks for before a caller's ErrorHandler
// runs, so that it cannot be forgotten there.
func (p *Protector) answer(w http.ResponseWriter, r *http.Request, e *Error) {
	h := w.Header()
	// They would describe the answer that is not given.
	h.Del("Content-Length")
	h.Del("Etag")
	h.Del("Last-Modified")
	h.Set("Cache-Control", "no-store")
	if fields := p.challenges(e); fields != nil {
		h["Www-Authenticate"] = fields
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", wholeSeconds(e.RetryAfter))
	}
	if p.errorHandler != nil {
		p.errorHandler(w, r, e)
		return
	}
	writeJSON(w, e)
}

func writeJSON(w http.ResponseWriter, e *Error) {
	body, _ := json.Marshal(struct { // two strings: cannot fail
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{cmp.Or(e.Code, codeUnauthorized), e.Description})
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(e.Status)
	w.Write(append(body, '\n'))
}

// wholeSeconds rounds up, since a client that comes back early comes in vain,
// and stops at an hour: a longer time was computed wrongly.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((min(d, time.Hour)+time.Second-1)/time.Second), 10)
}
