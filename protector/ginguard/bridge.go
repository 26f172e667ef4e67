package ginguard

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// bridge is the http.ResponseWriter of a protector that stands among handlers of
// gin. It leads back to where it came from.
type bridge struct {
	gin.ResponseWriter
	c      *gin.Context
	passed bool // the protector has let the request through
	asked  bool // a handler of gin answers the refusal
}

// WriteHeader leaves the status to the handler that was asked for one.
func (b *bridge) WriteHeader(status int) {
	if !b.asked {
		b.ResponseWriter.WriteHeader(status)
	}
}

// Unwrap is for [http.ResponseController].
func (b *bridge) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// bridgeOf finds the bridge that a protector was given, inside what it made of it, or
// the innermost one that a handler was given, or nil.
func bridgeOf(w http.ResponseWriter) *bridge {
	for {
		switch inner := w.(type) {
		case *bridge:
			return inner
		case *overseen:
			w = inner.protector
		case interface{ Unwrap() http.ResponseWriter }:
			w = inner.Unwrap()
		default:
			return nil
		}
	}
}

// overseen is the gin.ResponseWriter of an answer about which the protector has a
// last word, at the moment when its header is sent.
type overseen struct {
	gin.ResponseWriter
	protector http.ResponseWriter
}

// WriteHeaderNow is where gin sends the header, at the latest.
func (w *overseen) WriteHeaderNow() {
	if !w.Written() {
		w.protector.WriteHeader(w.Status())
	}
	w.ResponseWriter.WriteHeaderNow()
}

func (w *overseen) Write(b []byte) (int, error) {
	w.WriteHeaderNow()
	return w.ResponseWriter.Write(b)
}

func (w *overseen) WriteString(s string) (int, error) {
	w.WriteHeaderNow()
	return w.ResponseWriter.WriteString(s)
}

func (w *overseen) Flush() {
	w.WriteHeaderNow()
	w.ResponseWriter.Flush()
}

// Unwrap is for [http.ResponseController].
func (w *overseen) Unwrap() http.ResponseWriter { return w.ResponseWriter }
