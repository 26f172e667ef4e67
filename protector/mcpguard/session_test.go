package mcpguard_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/mcpguard"
)

// A session is its user's, and each call is judged by its own token.
func TestSessions(t *testing.T) {
	s := newService()
	url := serve(t, newGuard(t, protector.Config{}), s, mcpguard.Config{Base: read, Tools: policies})
	session := begin(t, url, "alice-all")
	in := func(token, method, body string) answer {
		return do(t, http.DefaultTransport, request(t, method, url, token, body, "Mcp-Session-Id", session))
	}
	require.Contains(t, in("alice-all", "POST", call("write")).body, "text: alice")
	require.Equal(t, 403, in("alice", "POST", call("write")).status, "what the first token granted is gone with it")
	for _, tt := range []struct {
		token, method string
		status        int
	}{
		{"bob", "POST", 403}, {"bob", "GET", 403}, {"bob", "DELETE", 403}, {"", "POST", 401}, {"", "GET", 401},
		{"", "DELETE", 401}, {"junk", "POST", 401}, {"alice-none", "GET", 403}, {"alice-none", "DELETE", 403},
		{"outage", "GET", 503}, {"outage", "DELETE", 503}, {"alice", "PUT", 405}, {"alice", "HEAD", 405},
		{"", "PUT", 401}, {"", "HEAD", 401}, {"", "OPTIONS", 401}, {"", "post", 401},
	} {
		got := in(tt.token, tt.method, call("read"))
		require.Equal(t, tt.status, got.status, "%v: %s", tt, got.body)
		require.NotContains(t, got.body, "text")
	}
	require.Contains(t, in("alice", "POST", call("read")).body, "text: alice")
	require.Equal(t, 204, in("alice", "DELETE", "").status)
	require.Equal(t, 404, in("alice", "POST", call("read")).status)
}

// The token that a tool finds is that of its own call, and not the one that began the
// session; and what a tool may see of the request is neither token nor proof.
func TestTheTokenOfTheCall(t *testing.T) {
	s := newService()
	s.tool("scope", func(ctx context.Context) string {
		token, _ := protector.CurrentToken[*row](ctx)
		return "scope: " + token.scope
	})
	tools := map[string]protector.Policy{"scope": {}, "read": {}, "write": {}}
	url := serve(t, newGuard(t, protector.Config{}), s, mcpguard.Config{Tools: tools})
	session := begin(t, url, "alice-all")
	for token, want := range map[string]string{"alice": "read", "alice-none": "", "alice-all": "read write"} {
		require.Contains(t, post(t, url, token, call("scope"), "Mcp-Session-Id", session).body, `"scope: `+want+`"`)
	}
	require.Len(t, s.seen, 3)
	for _, header := range s.seen {
		require.Equal(t, []string{"Bearer admitted"}, header["Authorization"])
	}
}

// Users are told apart by issuer and subject, or as the service likes.
func TestUsers(t *testing.T) {
	one, other := jwttest.NewIssuer(t, jwttest.InMemory()), jwttest.NewIssuer(t)
	of := func(issuer *jwttest.Issuer) *jwt.Validator {
		tokens, err := jwt.NewValidator(jwt.Config{
			Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer,
		})
		require.NoError(t, err)
		return tokens
	}
	tokens, err := jwt.ByIssuer(of(one), of(other))
	require.NoError(t, err)
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(tokens.Validate)}})
	ofOne, ofOther := one.Token(jwttest.Subject("alice")), other.Token(jwttest.Subject("alice"))
	for name, tt := range map[string]struct {
		user   func(protector.Token) string
		status int
	}{
		"usual":   {nil, 403},
		"subject": {func(token protector.Token) string { return token.(*jwt.Token).Subject() }, 200},
		"nobody":  {func(protector.Token) string { return "" }, 401},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, guard, newService(), mcpguard.Config{Tools: policies, User: tt.user})
			if tt.status == 401 {
				require.Equal(t, 401, post(t, url, ofOne, ping).status)
				return
			}
			session := begin(t, url, ofOne)
			require.Equal(t, tt.status, post(t, url, ofOther, ping, "Mcp-Session-Id", session).status)
			require.Equal(t, 200, post(t, url, ofOne, ping, "Mcp-Session-Id", session).status)
		})
	}
}

// Tokens that are bound to a key are proved once, however often the guard decides,
// and a proof is good for one call.
func TestProofs(t *testing.T) {
	issuer, alice, thief := jwttest.NewIssuer(t, jwttest.InMemory()), jwttest.NewClient(t), jwttest.NewClient(t)
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer, Confirmations: []string{"jkt"},
	})
	require.NoError(t, err)
	proofs, err := dpop.NewVerifier(dpop.Config{PublicOrigins: []string{"https://api.example.com"}})
	require.NoError(t, err)
	guard := newGuard(t, protector.Config{
		Validators: []protector.Validator{protector.DPoP(tokens.Validate, proofs)},
	})
	s := newService()
	s.tool("last", func(context.Context) string { return "text: last" })
	transport := stateless
	transport.DisableLocalhostProtection = true // the host is the public one
	handler, err := mcpguard.NewHandler(guard, s.Server, mcpguard.Config{Transport: transport,
		Tools: map[string]protector.Policy{"read": read, "write": write, "last": {UntilExpiry: true}}})
	require.NoError(t, err)
	api := httptest.NewTLSServer(handler)
	t.Cleanup(api.Close)

	token := issuer.Token(jwttest.Scope("read write"), jwttest.BoundTo(alice))
	send := func(client *jwttest.Client, tool string, fields ...string) answer {
		r := request(t, "POST", "https://api.example.com/mcp", token, call(tool), fields...)
		r.Header.Set("Authorization", "DPoP "+token)
		return do(t, client.Transport(api.Client().Transport), r)
	}
	for _, tool := range []string{"read", "last"} {
		got := send(alice, tool)
		require.Equal(t, 200, got.status, got.body)
		require.Contains(t, got.body, "text: ")
	}
	require.Len(t, s.seen, 2)
	require.NotContains(t, s.seen[0], "Dpop")
	require.NotContains(t, fmt.Sprint(s.seen), token)
	require.Equal(t, 401, send(thief, "read").status)
	bearer := request(t, "POST", api.URL, token, call("read"))
	require.Equal(t, 401, do(t, api.Client().Transport, bearer).status)

	r := request(t, "POST", "https://api.example.com/mcp", "", call("read"), "Authorization", "DPoP "+token)
	var sent *http.Request
	first := do(t, alice.Transport(tap(func(r *http.Request) (*http.Response, error) {
		sent = r.Clone(t.Context())
		return api.Client().Transport.RoundTrip(r)
	})), r)
	require.Equal(t, 200, first.status)
	sent.Body = io.NopCloser(strings.NewReader(call("read")))
	require.Equal(t, 401, do(t, api.Client().Transport, sent).status, "the proof was used before")
}

type tap func(*http.Request) (*http.Response, error)

func (f tap) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// brief is a guard for two tokens of alice, of which "short" ends soon.
func brief(t *testing.T) (*protector.Protector, time.Time) {
	short := &row{user: "alice", until: time.Now().Add(time.Second)}
	return newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(
		func(_ context.Context, token string) (*row, error) {
			return map[string]*row{"long": {user: "alice", until: time.Now().Add(time.Hour)}, "short": short}[token], nil
		},
	)}}), short.until
}

// What the server sends by itself it sends no longer than the token is good.
func TestAStreamEndsWithItsToken(t *testing.T) {
	guard, until := brief(t)
	url := serve(t, guard, newService(), mcpguard.Config{Tools: policies})
	session := begin(t, url, "long")
	got := do(t, http.DefaultTransport, request(t, "GET", url, "short", "", "Mcp-Session-Id", session))
	require.Equal(t, 200, got.status) // it returns when the stream has ended
	require.False(t, time.Now().Before(until))
}

// A stream that a message asks for ends so, too.
func TestASubscriptionEndsWithItsToken(t *testing.T) {
	guard, until := brief(t)
	url := serve(t, guard, newService(), mcpguard.Config{Tools: policies, Transport: stateless})
	const version = "2026-07-28"
	body := message("subscriptions/listen", `{"notifications":{"toolsListChanged":true},"_meta":{`+
		`"io.modelcontextprotocol/protocolVersion":"`+version+`",`+
		`"io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},`+
		`"io.modelcontextprotocol/clientCapabilities":{}}}`)
	got := post(t, url, "short", body, "Mcp-Protocol-Version", version, "Mcp-Method", "subscriptions/listen")
	require.Equal(t, 200, got.status, got.body)
	require.Contains(t, got.body, "acknowledged")
	require.False(t, time.Now().Before(until))
}

// A tool whose policy says so ends with its token, and others do not. What has become
// of the connection is another matter: a client may come back for the answer.
func TestAToolEndsWithItsToken(t *testing.T) {
	guard, until := brief(t)
	ended, began, left := make(chan error, 1), make(chan struct{}, 1), make(chan struct{})
	s := newService()
	s.tool("bound", func(ctx context.Context) string {
		began <- struct{}{}
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return ""
	})
	s.tool("free", func(ctx context.Context) string {
		began <- struct{}{}
		<-left
		ended <- ctx.Err()
		return ""
	})
	url := serve(t, guard, s, mcpguard.Config{Tools: map[string]protector.Policy{
		"read": {}, "write": {}, "free": {}, "bound": {UntilExpiry: true},
	}})
	session := begin(t, url, "long")
	// The client leaves as soon as the tool runs.
	leave := func(tool string) {
		ctx, cancel := context.WithCancel(t.Context())
		r := request(t, "POST", url, "short", call(tool), "Mcp-Session-Id", session).WithContext(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if response, err := http.DefaultTransport.RoundTrip(r); err == nil {
				io.Copy(io.Discard, bufio.NewReader(response.Body))
				response.Body.Close()
			}
		}()
		<-began
		cancel()
		<-done
	}
	leave("free")
	close(left)
	require.NoError(t, <-ended)
	leave("bound")
	var refusal *protector.Error
	require.ErrorAs(t, <-ended, &refusal)
	require.Equal(t, "expired", refusal.Reason)
	require.False(t, time.Now().Before(until))
}

// A client that waits for a tool whose token has ended is told so.
func TestAToolThatDoesNotEnd(t *testing.T) {
	for name, transport := range map[string]mcp.StreamableHTTPOptions{"json": stateless, "events": {Stateless: true}} {
		t.Run(name, func(t *testing.T) {
			guard, until := brief(t)
			s, over := newService(), make(chan struct{})
			s.tool("stubborn", func(context.Context) string { <-over; return "text" })
			url := serve(t, guard, s, mcpguard.Config{Transport: transport, Tools: map[string]protector.Policy{
				"read": {}, "write": {}, "stubborn": {UntilExpiry: true},
			}})
			defer time.AfterFunc(2*time.Second, func() { close(over) }).Stop()
			got := post(t, url, "short", call("stubborn"))
			require.Equal(t, 401, got.status, got.body)
			require.Contains(t, got.challenge, `error="invalid_token"`)
			require.Equal(t, "no-store", got.header.Get("Cache-Control"))
			require.False(t, time.Now().Before(until))
		})
	}
}

// A client cancels what it has begun, and nobody else does. The context of a tool says
// why it has ended.
func TestCancellation(t *testing.T) {
	for name, policy := range map[string]protector.Policy{"lasting": {}, "until expiry": {UntilExpiry: true}} {
		t.Run(name, func(t *testing.T) {
			began, ended := make(chan struct{}), make(chan error, 1)
			s := newService()
			s.tool("wait", func(ctx context.Context) string {
				close(began)
				<-ctx.Done()
				ended <- context.Cause(ctx)
				return ""
			})
			url := serve(t, newGuard(t, protector.Config{}), s, mcpguard.Config{
				Tools: map[string]protector.Policy{"read": {}, "write": {}, "wait": policy},
			})
			session := begin(t, url, "alice")
			go func() {
				r := request(t, "POST", url, "alice", call("wait"), "Mcp-Session-Id", session)
				if response, err := http.DefaultTransport.RoundTrip(r); err == nil {
					response.Body.Close()
				}
			}()
			<-began
			cancel := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`
			require.Equal(t, 403, post(t, url, "bob", cancel, "Mcp-Session-Id", session).status)
			require.Equal(t, 401, post(t, url, "", cancel, "Mcp-Session-Id", session).status)
			require.Empty(t, ended)
			require.Equal(t, 202, post(t, url, "alice", cancel, "Mcp-Session-Id", session).status)
			require.Error(t, <-ended)
		})
	}
}

// A token that is withdrawn takes its streams along.
func TestWithdrawal(t *testing.T) {
	withdrawn, withdraw := context.WithCancel(t.Context())
	hold := func(protector.Token) context.Context { return withdrawn }
	began, stopped := make(chan struct{}), make(chan error, 1)
	s := newService()
	s.tool("bound", func(ctx context.Context) string {
		close(began)
		<-ctx.Done()
		stopped <- context.Cause(ctx)
		return ""
	})
	url := serve(t, newGuard(t, protector.Config{}), s, mcpguard.Config{
		Base:  protector.Policy{Withdrawn: hold},
		Tools: map[string]protector.Policy{"read": {}, "write": {}, "bound": {UntilExpiry: true, Withdrawn: hold}},
	})
	session := begin(t, url, "alice")
	var ended atomic.Int64
	for _, r := range []*http.Request{
		request(t, "GET", url, "alice", "", "Mcp-Session-Id", session),
		request(t, "POST", url, "alice", call("bound"), "Mcp-Session-Id", session),
	} {
		go func() {
			if response, err := http.DefaultTransport.RoundTrip(r); err == nil {
				io.Copy(io.Discard, response.Body)
			}
			ended.Add(1)
		}()
	}
	<-began
	withdraw()
	require.ErrorContains(t, <-stopped, "revoked")
	require.Eventually(t, func() bool { return ended.Load() == 2 }, 10*time.Second, time.Millisecond)
	require.Equal(t, 401, post(t, url, "alice", call("bound"), "Mcp-Session-Id", session).status)
}
