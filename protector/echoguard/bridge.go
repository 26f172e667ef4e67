package echoguard

import (
	"net/http"

	"github.com/labstack/echo/v5"
)

// bridge is the http.ResponseWriter of a protector that stands among handlers of
// echo. It leads back to where it came from.
type bridge struct {
	http.ResponseWriter
	c      *echo.Context
	err    error // for echo
	passed bool  // the protector has let the request through
	asked  bool  // a handler of echo answers the refusal
}

// WriteHeader leaves the status to whoever has been asked for one, if they have
// answered, or are about to.
func (b *bridge) WriteHeader(status int) {
	if b.asked && (b.err != nil || b.answered()) {
		return
	}
	b.ResponseWriter.WriteHeader(status)
}

func (b *bridge) answered() bool {
	response, err := echo.UnwrapResponse(b.ResponseWriter)
	return err == nil && response.Committed
}

// Unwrap is for [http.ResponseController] and [echo.UnwrapResponse].
func (b *bridge) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// bridgeOf finds the bridge that a protector was given, inside what it made of it,
// or nil.
func bridgeOf(w http.ResponseWriter) *bridge {
	for {
		switch inner := w.(type) {
		case *bridge:
			return inner
		case interface{ Unwrap() http.ResponseWriter }:
			w = inner.Unwrap()
		default:
			return nil
		}
	}
}
