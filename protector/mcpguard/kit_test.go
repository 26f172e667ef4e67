package mcpguard_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/mcpguard"
	"example.com/resourceserver/scopes"
)

// row is a token of a table.
type row struct {
	user, scope string
	until       time.Time
}

func (r *row) Scopes() scopes.Set   { return scopes.Parse(r.scope) }
func (r *row) ExpiresAt() time.Time { return r.until }
func (r *row) Subject() string      { return r.user }

var rows = map[string]*row{
	"alice": {user: "alice", scope: "read"}, "alice-all": {user: "alice", scope: "read write"},
	"alice-none": {user: "alice"}, "alice-write": {user: "alice", scope: "write"},
	"bob": {user: "bob", scope: "read write"}, "nobody": {scope: "read write"},
}

func lookup(_ context.Context, token string) (*row, error) {
	if token == "outage" {
		return nil, fmt.Errorf("the table is gone")
	}
	return rows[token], nil
}

func newGuard(t testing.TB, config protector.Config) *protector.Protector {
	if config.Validators == nil {
		config.Validators = []protector.Validator{protector.Bearer(lookup)}
	}
	guard, err := protector.New(config)
	require.NoError(t, err)
	return guard
}

// service is an MCP server with two tools, of which "write" adds to what "read"
// returns, a prompt and a resource.
type service struct {
	*mcp.Server
	mu   sync.Mutex
	text string
	seen []http.Header // of calls
}

type arguments struct{}

func newService() *service {
	s := &service{Server: mcp.NewServer(&mcp.Implementation{Name: "t", Version: "1"}, nil)}
	s.tool("read", func(context.Context) string { return s.written("") })
	s.tool("write", func(ctx context.Context) string { return s.written(userOf(ctx)) })
	s.AddPrompt(&mcp.Prompt{Name: "p"}, func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return &mcp.GetPromptResult{Description: "the prompt"}, nil
	})
	s.AddResource(&mcp.Resource{URI: "file:///r", Name: "r"},
		func(context.Context, *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			return &mcp.ReadResourceResult{
				Contents: []*mcp.ResourceContents{{URI: "file:///r", Text: "the resource"}},
			}, nil
		})
	return s
}

func (s *service) tool(name string, answer func(context.Context) string) {
	mcp.AddTool(s.Server, &mcp.Tool{Name: name},
		func(ctx context.Context, r *mcp.CallToolRequest, _ arguments) (*mcp.CallToolResult, any, error) {
			s.mu.Lock()
			s.seen = append(s.seen, r.Extra.Header)
			s.mu.Unlock()
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: answer(ctx)}}}, nil, nil
		})
}

func (s *service) written(more string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text += more
	return "text: " + s.text
}

func userOf(ctx context.Context) string {
	token, _ := protector.CurrentToken[*row](ctx)
	return token.user
}

var (
	read     = protector.Policy{Scopes: []string{"read"}}
	write    = protector.Policy{Scopes: []string{"read write"}}
	policies = map[string]protector.Policy{"read": read, "write": write}
)

var stateless = mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true}

// serve returns the URL of a service behind the guard.
func serve(t testing.TB, guard *protector.Protector, s *service, config mcpguard.Config) string {
	handler, err := mcpguard.NewHandler(guard, s.Server, config)
	require.NoError(t, err)
	return listen(t, handler)
}

// serveUsual is serve without sessions.
func serveUsual(t testing.TB, config protector.Config) (string, *service) {
	s := newService()
	return serve(t, newGuard(t, config), s, mcpguard.Config{Base: read, Tools: policies, Transport: stateless}), s
}

// answer is what came back.
type answer struct {
	status    int
	challenge string
	header    http.Header
	body      string
}

func request(t testing.TB, method, url, token, body string, fields ...string) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Mcp-Protocol-Version", "2025-03-26")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return r
}

func post(t testing.TB, url, token, body string, fields ...string) answer {
	return do(t, http.DefaultTransport, request(t, http.MethodPost, url, token, body, fields...))
}

func do(t testing.TB, transport http.RoundTripper, r *http.Request) answer {
	response, err := transport.RoundTrip(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header.Get("WWW-Authenticate"), response.Header, string(text)}
}

func message(method, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, method, params)
}

func call(tool string) string {
	return message("tools/call", fmt.Sprintf(`{"name":%q,"arguments":{}}`, tool))
}

const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

// begin begins a session, and returns its name.
func begin(t testing.TB, url, token string) string {
	got := post(t, url, token, message("initialize",
		`{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"t","version":"1"}}`))
	require.Equal(t, 200, got.status, got.body)
	session := got.header.Get("Mcp-Session-Id")
	require.NotEmpty(t, session)
	initialized := `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	require.Equal(t, 202, post(t, url, token, initialized, "Mcp-Session-Id", session).status)
	return session
}

func listen(t testing.TB, handler http.Handler) string {
	api := httptest.NewServer(handler)
	t.Cleanup(api.Close)
	return api.URL
}
