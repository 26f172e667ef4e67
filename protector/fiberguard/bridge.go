package fiberguard

import (
	"maps"
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v3"
)

// bridge is the http.ResponseWriter of a protector that stands among handlers of
// fiber. It leads back to where it came from.
//
// fasthttp sends an answer when all handlers are through with it. So whatever the
// protector sets is carried over when somebody else may want to see it, and what a
// handler has set is there when the protector has its last word.
type bridge struct {
	c     fiber.Ctx
	err   error // for fiber
	begun bool  // an answer of the protector's own, or of the handler that it asks
	// Header holds the fields of the answer once somebody has asked, and before
	// those that were there then.
	header, before http.Header
}

// Header returns the fields of the answer as they are now, for changes.
func (b *bridge) Header() http.Header {
	if b.header == nil {
		b.header = make(http.Header)
		for name, value := range b.c.Response().Header.All() {
			b.header.Add(string(name), string(value))
		}
		b.before = maps.Clone(b.header) // values are replaced or appended to, and never changed in place
	}
	return b.header
}

// flush carries over what was changed.
func (b *bridge) flush() {
	if b.header == nil {
		return
	}
	for name := range b.before {
		if len(b.header[name]) == 0 {
			b.set(name, nil)
		}
	}
	for name, values := range b.header {
		if !slices.Equal(values, b.before[name]) {
			b.set(name, values)
		}
	}
	b.header, b.before = nil, nil
}

// set replaces the fields of a name, however fiber was asked to spell it.
func (b *bridge) set(name string, values []string) {
	to := &b.c.Response().Header
	var spellings []string
	for spelling := range to.All() {
		if http.CanonicalHeaderKey(string(spelling)) == name {
			spellings = append(spellings, string(spelling))
		}
	}
	for _, spelling := range spellings {
		to.Del(spelling)
	}
	for _, value := range values {
		to.Add(name, value)
	}
}

// WriteHeader begins an answer of the protector's own. What was written before is no
// part of it.
func (b *bridge) WriteHeader(status int) {
	if b.begun || status < http.StatusOK {
		return
	}
	b.begin(status)
}

func (b *bridge) begin(status int) {
	b.begun = true
	b.flush()
	b.c.Response().ResetBody()
	b.c.Status(status)
}

func (b *bridge) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	b.c.Response().AppendBody(p)
	return len(p), nil
}

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
