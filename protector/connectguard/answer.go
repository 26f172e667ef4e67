package connectguard

import (
	"net/http"
	"slices"
	"strings"
)

// answering sets the fields that the answer to a call needs which was let through,
// and returns the writer for its handler, and what is to be called behind that.
func answering(w http.ResponseWriter, fields http.Header) (answer http.ResponseWriter, finish func()) {
	set(w.Header(), fields)
	if caching := fields.Get("Cache-Control"); caching != "" {
		u := &uncached{ResponseWriter: w, caching: caching}
		return u, u.mark
	}
	return w, func() {}
}

// set sets the fields of an answer, a good one or not.
func set(header, fields http.Header) {
	for name, values := range fields {
		if name == "Vary" || name == "Access-Control-Expose-Headers" { // others have their own
			values = slices.Concat(header[name], values)
		}
		header[name] = values
	}
}

// uncached has the last word about who may keep an answer: the handler of a call that
// was sent as a GET may have its own.
type uncached struct {
	http.ResponseWriter
	caching string
	begun   bool
}

func (u *uncached) WriteHeader(status int) {
	if status >= 200 {
		u.mark()
	}
	u.ResponseWriter.WriteHeader(status)
}

func (u *uncached) Write(b []byte) (int, error) {
	u.mark()
	return u.ResponseWriter.Write(b)
}

// Flush is what handlers of streams ask for.
func (u *uncached) Flush() {
	u.mark()
	http.NewResponseController(u.ResponseWriter).Flush()
}

// Unwrap is for [http.ResponseController].
func (u *uncached) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func (u *uncached) mark() {
	if !u.begun { // else the header has gone out
		u.begun = true
		if !saysNoStore(u.Header()) {
			u.Header().Set("Cache-Control", u.caching)
		}
	}
}

// saysNoStore reports whether the handler is as strict as anybody can be
// (RFC 9111 §5.2.2.5).
func saysNoStore(header http.Header) bool {
	for _, field := range header["Cache-Control"] {
		for directive := range strings.SplitSeq(field, ",") {
			if strings.EqualFold(strings.TrimSpace(directive), "no-store") {
				return true
			}
		}
	}
	return false
}
