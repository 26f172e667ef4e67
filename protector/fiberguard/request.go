package fiberguard

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v3"
	"github.com/valyala/fasthttp"
)

// exchange is a request of net/http's kind and the way back, in one piece: most of
// what a guard costs here is memory.
type exchange struct {
	bridge
	request  http.Request
	location url.URL
	values   [usualFields]string
}

// usualFields is how many fields a request has, as a rule.
const usualFields = 8

// requestOf returns what net/http would have made of the request, or nil if that
// would have refused it. All texts are copies: fasthttp uses its buffers again, and
// a token, or a context with one, may be kept for longer than its request.
func (e *exchange) requestOf(c fiber.Ctx) *http.Request {
	sent := &c.Request().Header
	var t texts
	t.Grow(sharedText)
	target := t.copy(sent.RequestURI())
	location := e.locationOf(target)
	header := fieldsOf(sent, &t, e.values[:0])
	if location == nil || header == nil {
		return nil
	}
	host := t.copy(sent.Host())
	if location.Host != "" { // RFC 9112 §3.2.2
		host = location.Host
	}
	r := &e.request
	r.Method, r.RequestURI, r.URL, r.Host, r.Header = c.Method(), target, location, host, header
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	r.Body, r.ContentLength = http.NoBody, int64(max(sent.ContentLength(), -1))
	r.RemoteAddr, r.TLS = t.address(c.RequestCtx().RemoteAddr()), c.RequestCtx().TLSConnectionState()
	r.Pattern = c.FullPath() // for Decision, as http.ServeMux has it
	if r.ContentLength != 0 {
		r.Body = &body{request: c.Request()}
	}
	if ctx := c.Context(); ctx != r.Context() {
		r = r.WithContext(ctx)
	}
	return r
}

// locationOf reads a request target as net/http's server does (RFC 9112 §3.2). Most
// are paths that stand for themselves, and need no parser.
func (e *exchange) locationOf(target string) *url.URL {
	if isPlainPath(target) {
		e.location.Path = target
		return &e.location
	}
	location, err := url.ParseRequestURI(target)
	if err != nil {
		return nil
	}
	return location
}

// isPlainPath reports whether target is a path of slashes and unreserved characters
// (RFC 3986 §2.3), which have one spelling.
func isPlainPath(target string) bool {
	for i := range len(target) {
		switch c := target[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '/', c == '-', c == '.', c == '_', c == '~':
		default:
			return false
		}
	}
	return target != "" && target[0] == '/'
}

// fieldsOf returns every field, those of one name in their order, or nil if one of
// them is none that net/http would take.
func fieldsOf(sent *fasthttp.RequestHeader, t *texts, values []string) http.Header {
	raw := sent.RawHeaders()
	types, ok := scan(raw)
	if !ok {
		return nil
	}
	header, fields := make(http.Header), 0
	for name, value := range sent.All() {
		if key := canonical(name); key != "Host" { // which net/http has elsewhere
			values = append(values, t.copy(value))
			header[key] = values[fields : fields+1 : fields+1]
			fields++
		}
	}
	if len(header) < fields {
		collect(header, sent)
	}
	if len(types) > 1 {
		header["Content-Type"] = types
	}
	if header["Transfer-Encoding"] != nil {
		withoutTrailers(header, raw)
	}
	return header
}

// collect puts every value of a name beside the last. To look each name up before it is
// set would cost most requests more, which have none twice.
func collect(header http.Header, sent *fasthttp.RequestHeader) {
	clear(header)
	for name, value := range sent.All() {
		if key := canonical(name); key != "Host" {
			header[key] = append(header[key], string(value))
		}
	}
}

// withoutTrailers leaves out what came behind a body in chunks, which fasthttp adds to
// the fields: a proxy that removes those which clients are not to set need not look
// there (RFC 9110 §6.5.1). What middleware in front has added looks the same, and goes
// with it, so of each name there stay as many as were sent in front of the body.
func withoutTrailers(header http.Header, raw []byte) {
	sent := make(map[string]int)
	for line := range bytes.Lines(raw) {
		if name, _, field := bytes.Cut(line, colon); field {
			sent[canonical(name)]++
		}
	}
	for name, values := range header {
		switch n := sent[name]; {
		case n == 0:
			delete(header, name)
		case n < len(values):
			header[name] = values[:n]
		}
	}
}

// scan looks at the fields as they were sent, for what fasthttp makes of them unlike
// net/http: it keeps the last Content-Type and the last Host, and takes names with a
// space before the colon, which others take for the same name without.
func scan(raw []byte) (types []string, ok bool) {
	hosts := 0
	for line := range bytes.Lines(raw) {
		name, value, field := bytes.Cut(line, colon)
		switch {
		case !field:
		case bytes.IndexByte(name, ' ') >= 0:
			return nil, false
		case len(name) == len("Host") && bytes.EqualFold(name, []byte("Host")):
			hosts++
		case len(name) == len("Content-Type") && bytes.EqualFold(name, []byte("Content-Type")):
			types = append(types, string(bytes.TrimSpace(value)))
		}
	}
	return types, hosts <= 1 // RFC 9112 §3.2
}

var colon = []byte(":")

// canonical returns the canonical form of a name, and of those that most requests
// have without allocating.
func canonical(name []byte) string {
	switch string(name) {
	case "Authorization":
		return "Authorization"
	case "Host":
		return "Host"
	case "User-Agent":
		return "User-Agent"
	case "Accept":
		return "Accept"
	case "Accept-Encoding":
		return "Accept-Encoding"
	case "Content-Type":
		return "Content-Type"
	case "Content-Length":
		return "Content-Length"
	case "Cookie":
		return "Cookie"
	case "Dpop":
		return "Dpop"
	}
	return http.CanonicalHeaderKey(string(name))
}

// body is the body of a request, for those who read it: it costs nothing until then.
type body struct {
	request *fasthttp.Request
	from    io.Reader
}

func (b *body) Read(p []byte) (int, error) {
	if b.from == nil {
		if b.from = b.request.BodyStream(); b.from == nil {
			b.from = bytes.NewReader(b.request.Body())
		}
	}
	return b.from.Read(p)
}

// Close leaves the body to fasthttp, which has it.
func (b *body) Close() error { return nil }

// keepBody puts a streamed body back that the protector has read, which it replaces
// in r by what it has read.
func keepBody(c fiber.Ctx, r *http.Request) {
	if _, unread := r.Body.(*body); unread || !c.Request().IsBodyStream() {
		return
	}
	if read, err := io.ReadAll(r.Body); err == nil {
		c.Request().SetBodyRaw(read)
	}
}

// protocolField is where a WebSocket offers subprotocols, one of which may hold a token.
const protocolField = "Sec-Websocket-Protocol"

// keepProtocols leaves those that the protector has left, for the library that chooses
// one of them to answer with: Config.WebSocketProtocol withholds the one with the token.
func keepProtocols(c fiber.Ctx, r *http.Request) {
	left := r.Header[protocolField]
	if left == nil {
		return
	}
	sent := &c.Request().Header
	var spellings, values []string
	for name, value := range sent.All() {
		if canonical(name) == protocolField {
			spellings, values = append(spellings, string(name)), append(values, string(value))
		}
	}
	if slices.Equal(left, values) {
		return
	}
	for _, spelling := range spellings {
		sent.Del(spelling)
	}
	for _, value := range left {
		sent.Add(protocolField, value)
	}
}
