package protector_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

const (
	upgrade    = "Upgrade: websocket"
	connection = "Connection: Upgrade"
	nonce      = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
	offering   = "Sec-WebSocket-Protocol: "
)

// handshake is the fields of a WebSocket handshake, and further ones.
func handshake(fields ...string) []string {
	return slices.Concat([]string{upgrade, connection, nonce, "Sec-WebSocket-Version: 13"}, fields)
}

func with(fields []string, more ...string) []string { return slices.Concat(fields, more) }

// checklist 205
func TestWebSocketTokens(t *testing.T) {
	chat := handshake(offering + "chat, access_token.alice")
	closed := serve(t, newGuard(t, protector.Config{}).Require()(hello))
	require.Equal(t, 401, get(t, closed, "/", chat...).status)

	guard := newGuard(t, protector.Config{WebSocketProtocol: "access_token"})
	server := serve(t, guard.Require("profile")(hello))
	for _, tt := range []struct {
		name, method string
		headers      []string
		status       int
		error        string
	}{
		{"token", "GET", chat, 200, ""},
		{"token first", "GET", handshake(offering + "access_token.alice, chat"), 200, ""},
		{"in the middle", "GET", handshake(offering + "chat,\taccess_token.alice ,, soap"), 200, ""},
		{"two fields", "GET", handshake(offering+"chat", offering+"access_token.alice"), 200, ""},
		{"upgrade among others", "GET", []string{"Upgrade: h2c, WebSocket", "Connection: keep-alive, upgrade", nonce,
			offering + "chat, access_token.alice"}, 200, ""},
		{"by the header", "GET", handshake(offering+"chat", "Authorization: Bearer alice"), 200, ""},
		{"none", "GET", handshake(), 401, ""},
		{"no token", "GET", handshake(offering + "chat, access_token"), 401, ""},
		{"token in an entry of its own", "GET", handshake(offering + "access_token, alice"), 401, ""},
		{"other case", "GET", handshake(offering + "chat, Access_token.alice"), 401, ""},
		{"longer name", "GET", handshake(offering + "chat, access_tokens.alice"), 401, ""},
		{"bad", "GET", handshake(offering + "chat, access_token.mallory"), 401, "invalid_token"},
		{"short", "GET", handshake(offering + "chat, access_token.bob"), 403, "insufficient_scope"},
		{"too long", "GET", handshake(offering + "chat, access_token." + strings.Repeat("a", 20000)), 401, "invalid_token"},
		{"empty", "GET", handshake(offering + "chat, access_token."), 400, "invalid_request"},
		{"twice", "GET", handshake(offering + "chat, access_token.alice, access_token.alice"), 400, "invalid_request"},
		{"twice, in two fields", "GET", handshake(offering+"access_token.alice", offering+"chat, access_token.bob"), 400,
			"invalid_request"},
		{"nothing else offered", "GET", handshake(offering + "access_token.alice"), 400, "invalid_request"},
		{"nothing else but commas", "GET", handshake(offering + ", access_token.alice, ,"), 400, "invalid_request"},
		{"no protocol: slash", "GET", handshake(offering + "chat, access_token.a/b"), 400, "invalid_request"},
		{"no protocol: equals sign", "GET", handshake(offering + "chat, access_token.alice="), 400, "invalid_request"},
		{"not in the syntax", "GET", handshake(offering + "chat, access_token.al ice"), 400, "invalid_request"},
		{"quoted", "GET", handshake(offering + `chat, access_token."alice"`), 400, "invalid_request"},
		{"beside the header", "GET", with(chat, "Authorization: Bearer alice"), 400, "invalid_request"},
		{"beside another scheme", "GET", with(chat, "Authorization: Basic YTpi"), 200, ""},
		{"no handshake", "GET", []string{offering + "chat, access_token.alice"}, 401, ""},
		{"no upgrade", "GET", []string{connection, nonce, offering + "chat, access_token.alice"}, 401, ""},
		{"another upgrade", "GET", []string{"Upgrade: h2c", connection, nonce, offering + "chat, access_token.alice"}, 401,
			""},
		{"no connection", "GET", []string{upgrade, nonce, offering + "chat, access_token.alice"}, 401, ""},
		{"no key", "GET", []string{upgrade, connection, offering + "chat, access_token.alice"}, 401, ""},
		{"two keys", "GET", with(chat, nonce), 401, ""},
		{"POST", "POST", chat, 401, ""},
		{"HEAD", "HEAD", chat, 401, ""},
		{"another site", "GET", with(chat, "Origin: https://evil.example"), 403, "access_denied"},
		{"another site, by metadata", "GET", with(chat, "Sec-Fetch-Site: cross-site"), 403, "access_denied"},
		{"same site", "GET", with(chat, "Sec-Fetch-Site: same-site"), 403, "access_denied"},
		{"same origin", "GET", with(chat, "Sec-Fetch-Site: same-origin"), 200, ""},
		{"another site, by the header", "GET", handshake("Origin: https://evil.example", "Authorization: Bearer alice"), 200,
			""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(t, server, tt.method, "/", "", tt.headers...)
			require.Equal(t, tt.status, a.status, a.body)
			if tt.status == 200 {
				return
			}
			require.Equal(t, "no-store", a.header.Get("Cache-Control"))
			_, params := parseChallenge(t, a.challenges()[0])
			require.Equal(t, tt.error, params["error"])
		})
	}
}

func TestWebSocketFromATrustedOrigin(t *testing.T) {
	origins := http.NewCrossOriginProtection()
	require.NoError(t, origins.AddTrustedOrigin("https://app.example"))
	guard := newGuard(t, protector.Config{WebSocketProtocol: "t", CrossOrigin: origins})
	server := serve(t, guard.Require()(hello))
	offer := handshake(offering+"chat, t.alice", "Sec-Fetch-Site: cross-site")
	require.Equal(t, 200, get(t, server, "/", with(offer, "Origin: https://app.example")...).status)
	require.Equal(t, 403, get(t, server, "/", with(offer, "Origin: https://evil.example")...).status)
}

// openSocket answers as libraries do that take the first protocol that is offered.
var openSocket = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Connection", "Upgrade")
	w.Header().Set("Upgrade", "websocket")
	first, _, _ := strings.Cut(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",")
	w.Header().Set("Sec-WebSocket-Protocol", first)
	w.WriteHeader(http.StatusSwitchingProtocols)
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
})

// The handler is given no token to answer with.
//
// checklist 205, 203
func TestWebSocketTokenIsNotEchoed(t *testing.T) {
	guard := newGuard(t, protector.Config{WebSocketProtocol: "access_token"})
	handlers := map[string]http.Handler{
		"middleware": guard.Require()(openSocket),
		"optional":   guard.Optional()(openSocket),
		"nested":     guard.Require()(guard.Require("profile")(openSocket)),
		"check":      adapter(guard, newRule(t, guard, protector.Policy{}), openSocket),
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			for _, offer := range []string{
				"access_token.alice, chat", "chat, access_token.alice", "\taccess_token.alice\t,chat",
				",access_token.alice,,chat,", "access_token.alice\r\n" + offering + "chat",
			} {
				a := raw(t, serve(t, handler), "GET / HTTP/1.1\r\nHost: a\r\n"+
					strings.Join(handshake(offering+offer), "\r\n")+"\r\n\r\n")
				require.Equal(t, 101, a.status)
				require.Equal(t, []string{"chat"}, a.header["Sec-Websocket-Protocol"], offer)
				require.NotContains(t, fmt.Sprint(a), "alice")
				require.Equal(t, "private", a.header.Get("Cache-Control"))
			}
		})
	}
}

// Whoever is further out still has the request that came, and whoever is further in finds the token all the same.
//
// checklist 205, 197
func TestWithheldTokenIsFoundFurtherIn(t *testing.T) {
	rows := newTable()
	config := protector.Config{WebSocketProtocol: "access_token",
		Validators: []protector.Validator{protector.Bearer(rows.lookup)}}
	guard := newGuard(t, config)
	theirs := newTable()
	config.Validators = []protector.Validator{protector.Bearer(theirs.lookup)}
	other := newGuard(t, config)
	config.WebSocketProtocol = "session"
	another := newGuard(t, config)
	const path = "/"
	acquires := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tok, err := guard.Acquire(r, "email")
		if err != nil {
			guard.WriteError(w, r, err)
			return
		}
		fmt.Fprint(w, tok.(*token).user, " ", r.Header.Values("Sec-WebSocket-Protocol"))
	})
	for _, tt := range []struct {
		name    string
		handler http.Handler
		offer   string
		asked   int64
	}{
		{"the same", guard.Require()(guard.Require("profile")(acquires)), "access_token.alice, chat", 1},
		{"the path shortened", guard.Require()(http.StripPrefix("/", guard.Require()(acquires))),
			"access_token.alice, chat", 1},
		{"another protector between", guard.Require()(other.Require()(guard.Require()(acquires))),
			"access_token.alice, chat", 1},
		{"another name between", guard.Require()(another.Require()(guard.Require()(acquires))),
			"access_token.alice, session.bob, chat", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows.asked.Store(0)
			a := get(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				before := r.Header.Clone()
				tt.handler.ServeHTTP(w, r)
				require.Equal(t, before, r.Header)
			})), path, handshake(offering+tt.offer)...)
			require.Equal(t, "alice [chat]", a.body)
			require.Equal(t, tt.asked, rows.asked.Load())
		})
	}
}

// A context goes further than its request, and what a handshake has brought does not.
//
// checklist 197, 205
func TestWithheldTokenIsOfOneHandshake(t *testing.T) {
	guard := newGuard(t, protector.Config{WebSocketProtocol: "access_token"})
	inner := guard.Require()(hello)
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"the same", func(*http.Request) {}, 200},
		{"another key", func(r *http.Request) { r.Header.Set("Sec-WebSocket-Key", "x") }, 401},
		{"no key", func(r *http.Request) { r.Header.Del("Sec-WebSocket-Key") }, 401},
		{"another path", func(r *http.Request) { r.URL.Path, r.RequestURI = "/admin", "/admin" }, 401},
		{"another host", func(r *http.Request) { r.Host = "b.example" }, 401},
		{"another method", func(r *http.Request) { r.Method = "POST" }, 401},
		{"other protocols", func(r *http.Request) { r.Header.Set("Sec-WebSocket-Protocol", "soap") }, 401},
		{"no protocols", func(r *http.Request) { r.Header.Del("Sec-WebSocket-Protocol") }, 401},
		{"no handshake", func(r *http.Request) { r.Header.Del("Upgrade") }, 401},
		{"a context of its own", func(r *http.Request) { *r = *r.WithContext(context.Background()) }, 401},
		{"a token of its own", func(r *http.Request) {
			r.Header.Set("Sec-WebSocket-Protocol", "chat, access_token.bob")
		}, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				changed := r.Clone(r.Context())
				tt.change(changed)
				inner.ServeHTTP(w, changed)
			})))
			require.Equal(t, tt.status, get(t, server, "/", handshake(offering+"chat, access_token.alice")...).status)
		})
	}
}

// A refusal leaves nothing behind for whoever handles errors.
func TestNothingIsWithheldAfterARefusal(t *testing.T) {
	var guard *protector.Protector
	guard = newGuard(t, protector.Config{WebSocketProtocol: "t", ErrorHandler: func(w http.ResponseWriter, r *http.Request,
		e *protector.Error) {
		_, err := guard.Acquire(r)
		w.WriteHeader(e.Status)
		fmt.Fprint(w, err)
	}})
	server := serve(t, guard.Require()(guard.Require("user")(hello)))
	a := get(t, server, "/", handshake(offering+"chat, t.alice")...)
	require.Equal(t, 403, a.status)
	require.Contains(t, a.body, "no_credentials")
}

// checklist 205
func TestWebSocketsVary(t *testing.T) {
	guard := newGuard(t, protector.Config{WebSocketProtocol: "t", AmbientCookie: "c"})
	a := get(t, serve(t, guard.Optional()(hello)), "/")
	require.Equal(t, "Authorization, Cookie, Sec-WebSocket-Protocol", a.header.Get("Vary"))
}

// A check of the request may do what it likes with it.
func TestWebSocketChangedByACheck(t *testing.T) {
	guard := newGuard(t, protector.Config{WebSocketProtocol: "t", RequestCheck: func(r *http.Request) error {
		r.Header.Del("Sec-WebSocket-Key")
		return nil
	}})
	require.Equal(t, 200, get(t, serve(t, guard.Require()(hello)), "/", handshake(offering+"chat, t.alice")...).status)
}

// A thousand fields cost no more than they are long.
func TestWebSocketOffersWithoutToken(t *testing.T) {
	guard := newGuard(t, protector.Config{WebSocketProtocol: "t", Validators: []protector.Validator{
		protector.Bearer(instant)}})
	handler := guard.Require()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Authorization"] = []string{"Bearer alice"}
	w := &sink{header: http.Header{}}
	plain := testing.AllocsPerRun(100, func() { handler.ServeHTTP(w, r) })
	require.LessOrEqual(t, plain, 2.0, "a request that is no handshake pays nothing")
	for _, field := range handshake(offering + strings.Repeat("chat,", 1000)) {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { handler.ServeHTTP(w, r) }), plain+2)
}
