package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// Tokens that are bound to a key are proved once, however often the guard decides, and
// neither token nor proof goes any further. A tool that nobody has thought of is
// closed.
func TestProofsAndForgottenTools(t *testing.T) {
	issuer, alice, thief := jwttest.NewIssuer(t, jwttest.InMemory()), jwttest.NewClient(t), jwttest.NewClient(t)
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer, Confirmations: []string{"jkt"},
	})
	require.NoError(t, err)
	proofs, err := dpop.NewVerifier(dpop.Config{PublicOrigins: []string{"https://api.example.com"}})
	require.NoError(t, err)
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.DPoP(tokens.Validate, proofs)},
	})
	require.NoError(t, err)
	tools, err := newToolGuard(guard, user, protector.Policy{}, policies)
	require.NoError(t, err)
	server := newServer()
	var seen http.Header
	mcp.AddTool(server, &mcp.Tool{Name: "forgotten"},
		func(context.Context, *mcp.CallToolRequest, listNotes) (*mcp.CallToolResult, any, error) {
			t.Error("a tool without a policy has run")
			return nil, nil, nil
		})
	server.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, request mcp.Request) (mcp.Result, error) {
			seen = request.GetExtra().Header
			return next(ctx, method, request)
		}
	})
	api := httptest.NewTLSServer(tools.protect(server, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, DisableLocalhostProtection: true, // the host is the public one
	}))
	t.Cleanup(api.Close)

	token := issuer.Token(jwttest.Scope("notes:read notes:write"), jwttest.BoundTo(alice))
	send := func(client *jwttest.Client, tool string) answer {
		const url = "https://api.example.com/mcp"
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(call(tool)))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		r.Header.Set("Authorization", "DPoP "+token)
		return do(t, client.Transport(api.Client().Transport), r)
	}
	got := send(alice, "add_note")
	require.Equal(t, 200, got.status, got.body)
	require.Contains(t, got.body, `"notes":["x"]`)
	require.NotEmpty(t, seen)
	require.Equal(t, []string{"Bearer admitted"}, seen["Authorization"])
	require.NotContains(t, seen, "Dpop")
	require.Equal(t, 401, send(thief, "add_note").status)
	require.Contains(t, send(alice, "forgotten").body, "this tool has no policy")
	require.Contains(t, send(alice, "unknown").body, "error")
}

// The token that a tool finds is that of its own call, and not the one that began the
// session. A token about nobody begins none.
func TestTheTokenOfTheCall(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer,
	})
	require.NoError(t, err)
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(tokens.Validate)}})
	require.NoError(t, err)
	serve := func(user func(protector.Token) string) string {
		tools, err := newToolGuard(guard, user, protector.Policy{}, map[string]protector.Policy{"scope": {}})
		require.NoError(t, err)
		server := newServer()
		mcp.AddTool(server, &mcp.Tool{Name: "scope"},
			func(ctx context.Context, _ *mcp.CallToolRequest, _ listNotes) (*mcp.CallToolResult, noted, error) {
				token, _ := protector.CurrentToken[*jwt.Token](ctx)
				return nil, noted{[]string{token.Scopes().String()}}, nil
			})
		api := httptest.NewServer(tools.protect(server, nil))
		t.Cleanup(api.Close)
		return api.URL
	}
	url := serve(user)
	session := begin(t, url, "Bearer "+issuer.Token(jwttest.Scope("first")))
	got := post(t, url, "Bearer "+issuer.Token(jwttest.Scope("second")), call("scope"), "Mcp-Session-Id", session)
	require.Contains(t, got.body, `"notes":["second"]`)

	url = serve(func(protector.Token) string { return "" })
	require.Equal(t, 401, post(t, url, "Bearer "+issuer.Token(), ping).status)
}

// row is a token of a table.
type row struct{ until time.Time }

func (row) Scopes() scopes.Set     { return scopes.Parse("notes:read") }
func (r row) ExpiresAt() time.Time { return r.until }

// What the server sends by itself it sends no longer than the token is good.
func TestAStreamEndsWithItsToken(t *testing.T) {
	long, short := &row{time.Now().Add(time.Hour)}, &row{time.Now().Add(time.Second)}
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(
		func(_ context.Context, token string) (*row, error) {
			return map[string]*row{"long": long, "short": short}[token], nil
		},
	)}})
	require.NoError(t, err)
	alice := func(protector.Token) string { return "alice" }
	tools, err := newToolGuard(guard, alice, protector.Policy{}, nil)
	require.NoError(t, err)
	api := httptest.NewServer(tools.protect(newServer(), nil))
	t.Cleanup(api.Close)
	session := begin(t, api.URL, "Bearer long")

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.URL, nil)
	require.NoError(t, err)
	r.Header = http.Header{
		"Accept": {"text/event-stream"}, "Authorization": {"Bearer short"}, "Mcp-Session-Id": {session},
	}
	got := do(t, http.DefaultTransport, r) // returns when the stream ends
	require.Equal(t, 200, got.status)
	require.False(t, time.Now().Before(short.until))
}

func TestFaultsOfToolPolicies(t *testing.T) {
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (*jwt.Token, error) { return nil, nil }),
	}})
	require.NoError(t, err)
	blank := protector.Policy{Scopes: []string{" "}}
	_, err = newToolGuard(guard, user, blank, map[string]protector.Policy{"add_note": blank})
	require.ErrorContains(t, err, `tool "add_note"`)
	require.ErrorContains(t, err, "base: ")
}
