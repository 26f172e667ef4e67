package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

// service is the MCP server and its authorization server, on loopback.
type service struct {
	issuer *jwttest.Issuer
	url    string

	mu    sync.Mutex
	asked []string // scopes that the user was asked for
}

func start(t *testing.T, options mcp.StreamableHTTPOptions, consent func(string) string) *service {
	t.Helper()
	s := &service{issuer: jwttest.NewIssuer(t, jwttest.FirstKey("ES256"))}
	stop, err := serve("127.0.0.1:0", func(origin string) (http.Handler, error) {
		return newAuthorizationServer(s.issuer, origin, func(scope string) string {
			s.mu.Lock()
			defer s.mu.Unlock()
			names := strings.Fields(scope)
			slices.Sort(names) // the SDK has no order of its own
			s.asked = append(s.asked, strings.Join(names, " "))
			return consent(scope)
		}), nil
	})
	require.NoError(t, err)
	t.Cleanup(stop)
	stop, err = serve("127.0.0.1:0", func(origin string) (http.Handler, error) {
		s.url = origin + "/mcp"
		return newAPI(s.issuer.URL(), s.url, s.issuer, options, slog.New(slog.DiscardHandler))
	})
	require.NoError(t, err)
	t.Cleanup(stop)
	return s
}

// token is one for this server.
func (s *service) token(scope string, opts ...jwttest.TokenOption) string {
	good := []jwttest.TokenOption{jwttest.Subject("alice"), jwttest.Audience(s.url), jwttest.Scope(scope)}
	return s.issuer.Token(append(good, opts...)...)
}

var stateless = mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true}

// A client that knows the URL finds the authorization server by the refusal, a token
// for what it does first, and another when it does more.
//
// checklist 161, 162, 165, 166
func TestAClientFindsItsWay(t *testing.T) {
	for name, options := range map[string]mcp.StreamableHTTPOptions{"sessions": {}, "stateless": stateless} {
		t.Run(name, func(t *testing.T) {
			s := start(t, options, grantAll)
			require.NoError(t, tour(t.Context(), s.url, io.Discard))
			require.Equal(t, []string{"notes:read", "notes:read notes:write"}, s.asked)
		})
	}
}

// A user who does not grant what a tool needs does not get what it does.
func TestAUserWhoGrantsLess(t *testing.T) {
	s := start(t, mcp.StreamableHTTPOptions{}, func(string) string { return "notes:read" })
	session, err := connect(t.Context(), s.url, io.Discard)
	require.NoError(t, err)
	defer session.Close()
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "list_notes"})
	require.NoError(t, err)
	require.False(t, result.IsError)
	_, err = session.CallTool(t.Context(), &mcp.CallToolParams{Name: "add_note", Arguments: map[string]any{"text": "x"}})
	require.ErrorContains(t, err, "Forbidden")
	require.Equal(t, []string{"notes:read", "notes:read notes:write"}, s.asked, "it asked for the scopes of the refusal")
}

// answer is what came back.
type answer struct {
	status    int
	challenge string
	header    http.Header
	body      string
}

func post(t *testing.T, url, authorization, body string, fields ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Mcp-Protocol-Version", "2025-03-26")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return do(t, http.DefaultTransport, r)
}

func do(t *testing.T, transport http.RoundTripper, r *http.Request) answer {
	t.Helper()
	response, err := transport.RoundTrip(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header.Get("WWW-Authenticate"), response.Header, string(text)}
}

func call(tool string) string {
	arguments := map[string]string{"add_note": `{"text":"x"}`}[tool]
	if arguments == "" {
		arguments = "{}"
	}
	const form = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`
	return fmt.Sprintf(form, tool, arguments)
}

const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

// checklist 165
func TestRefusals(t *testing.T) {
	s := start(t, stateless, grantAll)
	short := `error="insufficient_scope".* scope="notes:read notes:write"`
	for _, tt := range []struct {
		name      string
		token     string
		body      string
		status    int
		challenge string
	}{
		{"no token", "", call("add_note"), 401, `^Bearer realm="api", .*scope="notes:read"`},
		{"expired", s.token("notes:read", jwttest.ExpiresIn(-time.Hour)), ping, 401, `error="invalid_token"`},
		{"for another", s.token("notes:read", jwttest.Audience("https://other.example")), ping, 401, `"invalid_token"`},
		{"about nobody", s.token("notes:read", jwttest.Without("sub")), ping, 401, `error="invalid_token"`},
		{"no scope", s.token(""), ping, 403, `error="insufficient_scope".* scope="notes:read"`},
		{"no scope, for a tool", s.token(""), call("add_note"), 403, short},
		{"half the scopes", s.token("notes:read"), call("add_note"), 403, short},
		{"the other half", s.token("notes:write"), call("add_note"), 403, short},
		{"in a batch", s.token("notes:read"), "[" + ping + "," + call("add_note") + "]", 403, short},
		{"no message", s.token("notes:read"), "x", 400, ""},
		{"too long", s.token("notes:read"), strings.Repeat("x", mcp.DefaultMaxRequestBodyBytes+1), 413, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			authorization := ""
			if tt.token != "" {
				authorization = "Bearer " + tt.token
			}
			got := post(t, s.url, authorization, tt.body)
			require.Equal(t, tt.status, got.status, got.body)
			require.Regexp(t, tt.challenge, got.challenge)
			require.NotContains(t, got.body, "notes")
			if tt.status == 401 || tt.status == 403 {
				metadata := strings.Replace(s.url, "/mcp", "/.well-known/oauth-protected-resource/mcp", 1)
				require.Contains(t, got.challenge, `resource_metadata="`+metadata+`"`)
			}
		})
	}
	got := post(t, s.url, "Bearer "+s.token("notes:read"), call("list_notes"))
	require.Equal(t, 200, got.status)
	require.Contains(t, got.body, `"notes":[]`, "nothing was added")
}

// An outage is nobody's fault, and no refusal.
func TestKeysOutOfReach(t *testing.T) {
	s := start(t, stateless, grantAll)
	s.issuer.Refuse()
	got := post(t, s.url, "Bearer "+s.token("notes:read"), ping)
	require.Equal(t, 503, got.status)
	require.NotEmpty(t, got.header.Get("Retry-After"))
	require.Empty(t, got.challenge)
}

// However a body is read in front of the server, it is the tool that runs which needs
// the scopes.
func TestBodiesThatAreReadInTwoWays(t *testing.T) {
	s := start(t, stateless, grantAll)
	for _, params := range []string{
		`"params":{"name":"add_note","Name":"list_notes","arguments":{"text":"x"}}`,
		`"params":{"Name":"list_notes","name":"add_note","arguments":{"text":"x"}}`,
		`"params":{"name":"list_notes","name":"add_note","arguments":{"text":"x"}}`,
		`"params":{"name":"add_note","arguments":{"text":"x"}},"params":{"name":"list_notes"}`,
		`"params":{"name":"add_note","arguments":{"text":"x"}},"Params":{"name":"list_notes"}`,
		`"params":{"name":"add_note","arguments":{"text":"x"}},"Method":"ping"`,
		`"params":{"name":"add_note","arguments":{"text":"x"}},"method":"ping"`,
		`"params":{"name":"add_note","arguments":{"text":"x"}},"x":"\ud800"`,
	} {
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call",` + params + `}`
		got := post(t, s.url, "Bearer "+s.token("notes:read"), body)
		require.NotContains(t, got.body, `"notes":["x"`, body)
	}
	got := post(t, s.url, "Bearer "+s.token("notes:read"), call("list_notes"))
	require.Contains(t, got.body, `"notes":[]`, "nothing was added")
	got = post(t, s.url, "Bearer "+s.token("notes:read notes:write"), call("add_note"))
	require.Contains(t, got.body, `"notes":["x"]`)
}

// begin begins a session, and returns its name.
func begin(t *testing.T, url, authorization string) string {
	t.Helper()
	got := post(t, url, authorization, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{`+
		`"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
	require.Equal(t, 200, got.status, got.body)
	session := got.header.Get("Mcp-Session-Id")
	require.NotEmpty(t, session)
	initialized := `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	require.Equal(t, 202, post(t, url, authorization, initialized, "Mcp-Session-Id", session).status)
	return session
}

// A session is its user's, and each call is judged by its own token.
func TestSessions(t *testing.T) {
	s := start(t, mcp.StreamableHTTPOptions{}, grantAll)
	all := "Bearer " + s.token("notes:read notes:write")
	session := begin(t, s.url, all)
	got := post(t, s.url, all, call("add_note"), "Mcp-Session-Id", session)
	require.Contains(t, got.body, `"notes":["x"]`)
	got = post(t, s.url, "Bearer "+s.token("notes:read"), call("add_note"), "Mcp-Session-Id", session)
	require.Equal(t, 403, got.status, "what the first token granted is gone with it")
	twice := strings.Replace(call("add_note"), `"name"`, `"Name":"list_notes","name"`, 1)
	got = post(t, s.url, "Bearer "+s.token("notes:read"), twice, "Mcp-Session-Id", session)
	require.NotContains(t, got.body, `"notes":["x","x"]`)
	bob := "Bearer " + s.token("notes:read", jwttest.Subject("bob"))
	got = post(t, s.url, bob, call("list_notes"), "Mcp-Session-Id", session)
	require.Equal(t, 403, got.status, "it is alice's session")
	require.NotContains(t, got.body, `"notes"`)
	got = post(t, s.url, "", call("list_notes"), "Mcp-Session-Id", session)
	require.Equal(t, 401, got.status)
}

// The program as a user runs it.
func TestRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, nil, writer, io.Discard) }()
	var out strings.Builder
	buffer := make([]byte, 4096)
	for !strings.Contains(out.String(), "Ctrl-C ends.\n") {
		n, err := reader.Read(buffer)
		require.NoError(t, err)
		out.Write(buffer[:n])
	}
	require.Contains(t, out.String(), `gets "buy milk"`)
	token := regexp.MustCompile(`TOKEN='(\S+)'`).FindStringSubmatch(out.String())[1]
	urls := regexp.MustCompile(`(?m)^curl -i (\S+)$`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, urls, 2)
	require.Equal(t, 403, post(t, urls[0][1], "Bearer "+token, call("add_note")).status)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, urls[1][1], nil)
	require.NoError(t, err)
	var metadata map[string]any
	require.NoError(t, json.Unmarshal([]byte(do(t, http.DefaultTransport, r).body), &metadata))
	require.Equal(t, urls[0][1], metadata["resource"])
	require.Equal(t, []any{"notes:read", "notes:write"}, metadata["scopes_supported"])
	cancel()
	require.NoError(t, <-ended)
	require.Error(t, run(t.Context(), []string{"-unknown"}, io.Discard, io.Discard))
}
