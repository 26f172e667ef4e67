package connectguard

import (
	"net/http"
	"slices"
)

// answering sets the fields that the answer to a call needs which was let through,
// and returns the writer for its handler.
func answering(w http.ResponseWriter, fields http.Header) http.ResponseWriter {
	set(w.Header(), fields)
	if caching := fields.Get("Cache-Control"); caching != "" {
		return &uncached{ResponseWriter: w, caching: caching}
	}
	return w
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
	if !u.begun && status >= 200 {
		u.begun = true
		u.Header().Set("Cache-Control", u.caching)
	}
	u.ResponseWriter.WriteHeader(status)
}

func (u *uncached) Write(b []byte) (int, error) {
	u.begin()
	return u.ResponseWriter.Write(b)
}

// Flush is what handlers of streams ask for.
func (u *uncached) Flush() {
	u.begin()
	http.NewResponseController(u.ResponseWriter).Flush()
}

// Unwrap is for [http.ResponseController].
func (u *uncached) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func (u *uncached) begin() {
	if !u.begun {
		u.WriteHeader(http.StatusOK)
	}
}
