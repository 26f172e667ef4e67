package protector

import (
	"bufio"
	"net"
	"net/http"
	"strings"
)

// privateWriter marks successful answers as Cache-Control: private where the
// token was in the query (RFC 6750 §2.3), a cookie or a form. The field cannot
// be set before the handler runs, as the handler may set its own.
//
// Flush and Hijack are here, beside Unwrap, for handlers that still ask for the
// old interfaces: event streams and WebSockets are what query tokens are for.
type privateWriter struct {
	http.ResponseWriter
	begun bool
}

func (w *privateWriter) WriteHeader(status int) {
	if !w.begun && status >= 200 {
		w.begun = true
		if status < 300 {
			markPrivate(w.Header())
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *privateWriter) Write(b []byte) (int, error) {
	w.finish()
	return w.ResponseWriter.Write(b)
}

// FlushError sends the header, so it comes too late for the mark afterwards.
func (w *privateWriter) FlushError() error {
	w.finish()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *privateWriter) Flush() { w.FlushError() }

func (w *privateWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap is for [http.ResponseController].
func (w *privateWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish marks an answer whose status nobody set: it will be 200.
func (w *privateWriter) finish() {
	if !w.begun {
		w.begun = true
		markPrivate(w.Header())
	}
}

// markPrivate leaves the handler's other directives alone, and drops public,
// which says the contrary.
func markPrivate(h http.Header) {
	directives := []string{"private"}
	for _, field := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(field, ",") {
			switch directive = strings.TrimSpace(directive); strings.ToLower(directive) {
			case "private", "no-store":
				return
			case "public", "":
			default:
				directives = append(directives, directive)
			}
		}
	}
	h.Set("Cache-Control", strings.Join(directives, ", "))
}
