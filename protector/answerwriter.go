package protector

import (
	"bufio"
	"net"
	"net/http"
	"strings"
)

// answerWriter has a last word about an answer at the moment when its header is
// sent: the status, if the handler names none, and who may keep it. Both
// come too early before the handler runs, and too late afterwards.
//
// Flush and Hijack are here, beside Unwrap, for handlers that still ask for the
// old interfaces: event streams and WebSockets have their tokens in such places.
type answerWriter struct {
	http.ResponseWriter
	status int                 // of an answer for which the handler sets none
	mark   func(h http.Header) // the last word about caching; nil: there is none
	begun  bool
}

func (w *answerWriter) WriteHeader(status int) {
	if !w.begun && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.begun = true
		if w.mark != nil {
			w.mark(w.Header())
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *answerWriter) Write(b []byte) (int, error) {
	w.finish()
	return w.ResponseWriter.Write(b)
}

// FlushError sends the header, so it comes too late for anything afterwards.
func (w *answerWriter) FlushError() error {
	w.finish()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *answerWriter) Flush() { w.FlushError() }

// Hijack hands the connection over: whoever has it writes the whole answer.
func (w *answerWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.begun = true
	}
	return conn, buffered, err
}

// Unwrap is for [http.ResponseController].
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish has the last word if nobody has called WriteHeader. A status of 200 is
// left to net/http, so that those further out may still set fields.
func (w *answerWriter) finish() {
	switch {
	case w.begun:
	case w.status != http.StatusOK:
		w.WriteHeader(w.status)
	default:
		w.begun = true
		if w.mark != nil {
			w.mark(w.Header())
		}
	}
}

const noStore = "no-store"

// markUncacheable says that nobody may keep the answer, whatever the handler says.
func markUncacheable(h http.Header) { h.Set("Cache-Control", noStore) }

// markPrivate says Cache-Control: private, whatever the status: a 404 or a
// permanent redirect is stored by shared caches too. It leaves the handler's
// other directives alone, and drops public and s-maxage, which say the contrary.
func markPrivate(h http.Header) {
	directives := []string{"private"}
	for _, field := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(field, ",") {
			switch directive = strings.TrimSpace(directive); strings.ToLower(directive) {
			case "private", "no-store":
				return
			case "public", "":
			default:
				if name, _, _ := strings.Cut(directive, "="); !equalFold(name, "s-maxage") {
					directives = append(directives, directive)
				}
			}
		}
	}
	h.Set("Cache-Control", strings.Join(directives, ", "))
}
