package mcpguard_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/mcpguard"
)

// FuzzMessage sends any body with a token that is good for one method and one tool:
// nothing else runs, and what runs was decided about in front of the server.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		call("read"), call("write"), ping, "[" + ping + "," + call("write") + "]", call("read") + call("write"),
		message("prompts/get", `{"name":"p"}`), message("resources/read", `{"uri":"file:///r"}`),
		message("tools/call", `{"name":"read","Name":"write"}`), message("tools/call", `{"n\u0061me":"write"}`),
		`{"jsonrpc":"2.0","id":1,"method":"ping","Method":"prompts/get","params":{"name":"p"}}`,
		`{"jsonrpc":"2.0","id":1,"result":{}}`, `{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		"[[" + call("write") + "]]", "\ufeff" + call("write"), call("wri\\u0074e"), call("\xff"),
	} {
		f.Add(seed)
	}
	var front []string // what this request was decided about before the SDK saw it
	note := func(name string) func(context.Context, protector.Token) error {
		return func(context.Context, protector.Token) error { front = append(front, name); return nil }
	}
	s := newService()
	var ran []string
	s.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, r mcp.Request) (mcp.Result, error) {
			if call, ok := r.(*mcp.CallToolRequest); ok {
				method += " " + call.Params.Name
			}
			ran = append(ran, method)
			return next(ctx, strings.Fields(method)[0], r)
		}
	})
	handler, err := mcpguard.NewHandler(newGuard(f, protector.Config{}), s.Server, mcpguard.Config{
		Base: write, Transport: stateless,
		Tools:   map[string]protector.Policy{"read": {Check: note("tools/call read")}, "write": write},
		Methods: map[string]protector.Policy{"ping": {Check: note("ping")}},
	})
	require.NoError(f, err)
	ran = nil
	f.Fuzz(func(t *testing.T, body string) {
		front, ran = nil, nil
		r := httptest.NewRequest(http.MethodPost, "http://localhost/", io.NopCloser(strings.NewReader(body)))
		r.Header = request(t, http.MethodPost, "http://localhost/", "alice", "").Header
		handler.ServeHTTP(httptest.NewRecorder(), r)
		require.Empty(t, s.text)
		for _, name := range ran {
			require.Contains(t, front, name)
		}
	})
}
