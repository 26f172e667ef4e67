package mcpguard_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/mcpguard"
)

// checklist 165, 210
func TestRefusals(t *testing.T) {
	var last atomic.Pointer[protector.Decision]
	url, s := serveUsual(t, protector.Config{
		Resource: "https://api.example/mcp", AuthorizationServers: []string{"https://as.example"}, ScopeInChallenge: true,
		OnDecision: func(_ context.Context, d protector.Decision) { last.Store(&d) },
	})
	short := `error="insufficient_scope".* scope="read write"`
	for _, tt := range []struct {
		name, token, body string
		status            int
		challenge, reason string
	}{
		{"no token", "", call("write"), 401, `^Bearer realm="api", .*scope="read"`, "no_credentials"},
		{"no token, no message", "", "x", 401, `scope="read"`, "no_credentials"},
		{"bad token", "junk", call("read"), 401, `error="invalid_token"`, "unknown_token"},
		{"bad token, no message", "junk", "x", 401, `error="invalid_token"`, "unknown_token"},
		{"about nobody", "nobody", ping, 401, `error="invalid_token"`, "no_user"},
		{"about nobody, for a tool", "nobody", call("write"), 401, `error="invalid_token"`, "no_user"},
		{"outage", "outage", call("write"), 503, "", "unavailable"},
		{"no scope", "alice-none", ping, 403, `error="insufficient_scope".* scope="read"`, "insufficient_scope"},
		{"no scope, for a tool", "alice-none", call("write"), 403, short, "insufficient_scope"},
		{"half the scopes", "alice", call("write"), 403, short, "insufficient_scope"},
		{"the other half", "alice-write", call("write"), 403, short, "insufficient_scope"},
		{"in a batch", "alice", "[" + ping + "," + call("write") + "]", 403, short, "insufficient_scope"},
		{"first in a batch", "alice-none", "[" + call("write") + "," + ping + "]", 403, short, "insufficient_scope"},
		{"Base in a batch", "alice-none", "[" + ping + "," + ping + "]", 403, `scope="read"`, "insufficient_scope"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := post(t, url, tt.token, tt.body)
			require.Equal(t, tt.status, got.status, got.body)
			require.Regexp(t, tt.challenge, got.challenge)
			require.Equal(t, tt.reason, last.Load().Reason)
			require.NotContains(t, got.body, "text")
			if tt.status == 503 {
				require.NotEmpty(t, got.header.Get("Retry-After"))
				require.Empty(t, got.challenge)
				return
			}
			require.Contains(t, got.challenge,
				`resource_metadata="https://api.example/.well-known/oauth-protected-resource/mcp"`)
		})
	}
	require.Empty(t, s.text)
	require.Contains(t, post(t, url, "alice", call("read")).body, `"text: "`)
	require.Contains(t, post(t, url, "alice-all", call("write")).body, `"text: alice"`)
	got := post(t, url, "alice-all", "["+ping+","+strings.Replace(call("write"), `"id":1`, `"id":2`, 1)+"]")
	require.Equal(t, 200, got.status)
	require.Contains(t, got.body, `"text: alicealice"`)
}

// What is not the message of a client is refused before anybody acts upon it, and by
// 413 where it is too long to be one.
func TestBodies(t *testing.T) {
	s := newService()
	transport := stateless
	transport.MaxRequestBodyBytes = 1 << 10
	url := serve(t, newGuard(t, protector.Config{}), s,
		mcpguard.Config{Base: read, Tools: policies, Transport: transport})
	for name, tt := range map[string]struct {
		body   string
		status int
	}{
		"empty":                 {"", 400},
		"no JSON":               {"x", 400},
		"cut":                   {`{"jsonrpc":"2.0"`, 400},
		"null":                  {"null", 400},
		"text":                  {`"tools/call"`, 400},
		"empty batch":           {" []", 400},
		"batch of null":         {"[null]", 400},
		"batch of batches":      {"[[" + ping + "]]", 400},
		"cut batch":             {"[" + ping, 400},
		"not UTF-8":             {strings.Replace(call("read"), "read", "rea\xff", 1), 400},
		"something behind":      {call("read") + "x", 400},
		"a message behind":      {call("read") + call("write"), 400},
		"a batch behind":        {"[" + ping + "]" + call("write"), 400},
		"two methods":           {`{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}`, 400},
		"two methods, by case":  {`{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/list"}`, 400},
		"another case":          {`{"jsonrpc":"2.0","id":1,"Method":"ping"}`, 400},
		"another case, folded":  {`{"jsonrpc":"2.0","id":1,"method":"ping","param` + "\u017f" + `":{}}`, 400},
		"escaped":               {`{"jsonrpc":"2.0","id":1,"method":"ping","m\u0065thod":"tools/list"}`, 400},
		"method is no text":     {`{"jsonrpc":"2.0","id":1,"method":{}}`, 400},
		"method is null":        {`{"jsonrpc":"2.0","id":1,"method":null}`, 400},
		"two tools":             {message("tools/call", `{"name":"read","name":"write"}`), 400},
		"two tools, by case":    {message("tools/call", `{"name":"read","Name":"write"}`), 400},
		"tool is no text":       {message("tools/call", `{"name":["read"]}`), 400},
		"no parameters":         {`{"jsonrpc":"2.0","id":1,"method":"tools/call"}`, 400},
		"parameters are a list": {message("tools/call", `["read"]`), 400},
		"unknown method":        {message("tools/cal", `{"name":"read"}`), 400}, // the SDK says so
		"as long as it may be":  {pad(call("read"), 1<<10), 200},
		"too long":              {pad(call("read"), 1<<10+1), 413},
	} {
		t.Run(name, func(t *testing.T) {
			got := post(t, url, "alice", tt.body)
			require.Equal(t, tt.status, got.status, got.body)
			if name != "unknown method" {
				require.Equal(t, tt.status != 200, strings.Contains(got.body, `"error":"invalid_request"`), got.body)
			}
		})
	}
	require.Equal(t, 403, post(t, url, "alice-none", "["+call("read")+"]").status)
}

func pad(body string, n int) string { return body + strings.Repeat(" ", n-len(body)) }

// A body that was read otherwise in front of the server gets nobody in, if there is
// one.
func TestTheToolThatRuns(t *testing.T) {
	url, s := serveUsual(t, protector.Config{})
	for _, params := range []string{
		`"params":{"name":"write","Name":"read"}`,
		`"params":{"Name":"read","name":"write"}`,
		`"params":{"name":"read","name":"write"}`,
		`"params":{"name":"write"},"params":{"name":"read"}`,
		`"params":{"name":"write"},"Params":{"name":"read"}`,
		`"params":{"name":"write"},"Method":"ping"`,
		`"params":{"name":"write"},"method":"ping"`,
		`"params":{"name":"write"},"x":"\ud800"`,
		`"params":{"name":"writ\u0065"}`,
	} {
		post(t, url, "alice", `{"jsonrpc":"2.0","id":1,"method":"tools/call",`+params+`}`)
		require.Empty(t, s.text, params)
	}
}

// What another handler in front makes of a message is what counts inside.
func TestARequestThatIsRewritten(t *testing.T) {
	s := newService()
	guard := newGuard(t, protector.Config{})
	config := mcpguard.Config{Base: read, Tools: policies, Transport: stateless}
	handler, err := mcpguard.NewHandler(guard, s.Server, config)
	require.NoError(t, err)
	s.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, r mcp.Request) (mcp.Result, error) {
			if call, ok := r.(*mcp.CallToolRequest); ok {
				call.Params.Name = "write"
			}
			return next(ctx, method, r)
		}
	})
	url := listen(t, handler)
	require.Contains(t, post(t, url, "alice", call("read")).body, "does not permit")
	require.Empty(t, s.text)
	require.Contains(t, post(t, url, "alice-all", call("read")).body, "text: alice")
}

// A tool that nobody has thought of is closed, and its calls are seen.
func TestForgottenTools(t *testing.T) {
	var last atomic.Pointer[protector.Decision]
	url, s := serveUsual(t, protector.Config{
		OnDecision: func(_ context.Context, d protector.Decision) { last.Store(&d) },
	})
	s.tool("later", func(context.Context) string { panic("a tool without a policy has run") })
	for _, name := range []string{"later", "unknown", ""} {
		got := post(t, url, "alice-all", call(name))
		require.Equal(t, 200, got.status)
		require.Contains(t, got.body, `"error":{"code":-32600,"message":"The tool has no policy."}`)
		require.Equal(t, "no_policy", last.Load().Reason)
		require.Equal(t, 403, post(t, url, "alice-none", call(name)).status)
	}
}

// Methods have policies of their own, in the place of Base.
func TestMethods(t *testing.T) {
	url := serve(t, newGuard(t, protector.Config{}), newService(), mcpguard.Config{
		Base: read, Tools: policies, Transport: stateless,
		Methods: map[string]protector.Policy{"resources/read": write, "prompts/get": {}, "ping": {}},
	})
	resource, prompt := message("resources/read", `{"uri":"file:///r"}`), message("prompts/get", `{"name":"p"}`)
	require.Equal(t, 403, post(t, url, "alice", resource).status)
	require.Contains(t, post(t, url, "alice-all", resource).body, "the resource")
	require.Contains(t, post(t, url, "alice-none", prompt).body, "the prompt")
	require.Equal(t, 401, post(t, url, "", prompt).status)
	require.Equal(t, 200, post(t, url, "alice-none", ping).status)
	require.Equal(t, 403, post(t, url, "alice-none", message("prompts/list", "{}")).status)
	require.Equal(t, 403, post(t, url, "alice", "["+ping+","+resource+","+ping+"]").status)
}

// Whoever reaches the server another way reaches nothing.
func TestOtherTransports(t *testing.T) {
	_, s := serveUsual(t, protector.Config{})
	here, there := mcp.NewInMemoryTransports()
	session, err := s.Connect(t.Context(), there, nil)
	require.NoError(t, err)
	defer session.Close()
	client := mcp.NewClient(&mcp.Implementation{Name: "t", Version: "1"}, nil)
	_, err = client.Connect(t.Context(), here, nil)
	require.ErrorContains(t, err, "did not come by the guard")
	url := listen(t, mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s.Server }, &stateless))
	require.Contains(t, post(t, url, "alice-all", call("write")).body, "did not come by the guard")
	require.Empty(t, s.text)
}

// A policy's Check is asked once for each call, and what a token may do is decided by
// the one that came with it.
func TestChecks(t *testing.T) {
	var asked atomic.Int64
	check := func(context.Context, protector.Token) error { asked.Add(1); return nil }
	s := newService()
	tools := map[string]protector.Policy{"read": {Check: check}, "write": {Check: check, UntilExpiry: true}}
	url := serve(t, newGuard(t, protector.Config{}), s, mcpguard.Config{Transport: stateless, Tools: tools})
	require.Contains(t, post(t, url, "alice", call("read")).body, "text: ")
	require.EqualValues(t, 1, asked.Load())
	require.Contains(t, post(t, url, "alice", call("write")).body, "text: alice")
	require.EqualValues(t, 2, asked.Load())
}

// A check that cannot tell is no refusal, wherever it is asked.
func TestAnOutageInside(t *testing.T) {
	s := newService()
	guard := newGuard(t, protector.Config{})
	handler, err := mcpguard.NewHandler(guard, s.Server, mcpguard.Config{Transport: stateless,
		Tools: map[string]protector.Policy{"read": {}, "write": {Check: func(context.Context, protector.Token) error {
			return &protector.Error{Status: 503}
		}}}})
	require.NoError(t, err)
	url := listen(t, handler)
	require.Equal(t, 503, post(t, url, "alice", call("write")).status)
	s.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, r mcp.Request) (mcp.Result, error) {
			r.(*mcp.CallToolRequest).Params.Name = "write"
			return next(ctx, method, r)
		}
	})
	require.Contains(t, post(t, url, "alice", call("read")).body, `"code":-32603,"message":"The access token cannot be`)
	require.Empty(t, s.text)
}
