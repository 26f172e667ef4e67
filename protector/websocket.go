package protector

import (
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"
)

// protocolField is where a WebSocket handshake offers subprotocols (RFC 6455 §4.1), as
// net/http spells it.
const protocolField = "Sec-Websocket-Protocol"

var (
	errNoProtocol = errors.New("a token with a slash or an equals sign is no WebSocket protocol (RFC 6455 §4.1)")
	errOnlyOffer  = errors.New("the handshake offers no protocol beside the one with the token, " +
		"so that none is left to answer with, and browsers want one")
)

// addWebSocket sets up the subprotocol that carries a token.
func (p *Protector) addWebSocket(config Config) []error {
	if config.WebSocketProtocol == "" {
		return nil
	}
	prefix := tokenProtocol(config.WebSocketProtocol + ".")
	p.sources = append(p.sources, source{
		scheme: p.schemeNamed(bearer), place: "a WebSocket protocol", field: "Sec-WebSocket-Protocol",
		find: prefix.tokens, withhold: prefix.withhold,
		// No browser sends the token by itself. But a page of another origin that sends
		// an Authorization field needs the leave of a preflight, and one that opens a
		// WebSocket needs nobody's: so its origin is judged here.
		ambient: true,
	})
	return nameFault("WebSocketProtocol", config.WebSocketProtocol)
}

// tokenProtocol is what the subprotocol that carries a token begins with.
//
// It is one entry, and not a name with the token behind it as the next: clients list
// protocols in the order that they prefer. The token is in it as it is, so one that
// RFC 6455 does not let be a protocol cannot be sent. Encoded, every token would have
// a second spelling, which nothing that keeps tokens out of logs knows.
type tokenProtocol string

// tokens finds the tokens that a handshake offers.
func (prefix tokenProtocol) tokens(r *http.Request) (tokens []string, _ *Error) {
	if !isHandshake(r) {
		return nil, nil
	}
	others := 0
	for protocol := range elements(offeredBy(r)) {
		token, ok := strings.CutPrefix(protocol, string(prefix))
		switch {
		case !ok:
			others++
		case strings.ContainsAny(token, "/="): // what else a token may hold, a protocol may
			return nil, errInvalidRequest(reasonMalformed, errNoProtocol)
		default:
			tokens = append(tokens, token)
		}
	}
	if len(tokens) > 0 && others == 0 {
		return nil, errInvalidRequest(reasonMalformed, errOnlyOffer)
	}
	return tokens, nil
}

// withhold returns what the handler is to see of the protocols: those without a token.
// A library chooses the one that it answers with from what the client has offered, and
// some take the first.
func (prefix tokenProtocol) withhold(r *http.Request) *withheld {
	var left []string
	for protocol := range elements(r.Header[protocolField]) {
		if !strings.HasPrefix(protocol, string(prefix)) {
			left = append(left, protocol)
		}
	}
	w := &withheld{key: r.Header.Get(keyField), offered: offeredBy(r)}
	w.left = []string{strings.Join(left, ", ")}
	return w
}

// withheld is what a handshake offered, and what is left of it in the request that the
// handler sees. Whoever looks for the token further in finds it here, and in this
// handshake only, which its key and its target tell from others: a context goes
// further than its request.
type withheld struct {
	key           string
	offered, left []string // the fields
}

// strip returns the request as the handler is to see it. It is a copy already.
func (w *withheld) strip(r *http.Request) *http.Request {
	if w != nil {
		r.Header = r.Header.Clone()
		r.Header[protocolField] = w.left
	}
	return r
}

// offeredBy returns the fields in which the client has offered protocols, whatever of
// them has been withheld further out.
func offeredBy(r *http.Request) []string {
	fields := r.Header[protocolField]
	for g := innermost(r.Context()); g != nil; g = g.outer {
		w := g.withheld
		if w != nil && w.key == r.Header.Get(keyField) && slices.Equal(fields, w.left) && g.target.covers(targetOf(r)) {
			return w.offered
		}
	}
	return fields
}

// keyField holds what tells a handshake from others: 16 random bytes (RFC 6455 §4.1).
const keyField = "Sec-Websocket-Key"

// isHandshake reports whether the request opens a WebSocket (RFC 6455 §4.2.1), by what
// the libraries look at. Those of HTTP/2 (RFC 8441) have another shape, which the
// libraries for net/http do not take.
func isHandshake(r *http.Request) bool {
	return r.Method == http.MethodGet && len(r.Header[keyField]) == 1 &&
		lists(r.Header["Upgrade"], "websocket") && lists(r.Header["Connection"], "upgrade")
}

// lists reports whether one of the elements is the word, in any letter case.
func lists(fields []string, word string) bool {
	for element := range elements(fields) {
		if equalFold(element, word) {
			return true
		}
	}
	return false
}

// elements returns those of a field that is a list (RFC 9110 §5.6.1), without the empty
// ones.
func elements(fields []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, field := range fields {
			for element := range strings.SplitSeq(field, ",") {
				if element = strings.Trim(element, " \t"); element != "" && !yield(element) {
					return
				}
			}
		}
	}
}
