package mcpguard_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/internal/refusals"
	"example.com/resourceserver/protector/mcpguard"
)

// sink is a ResponseWriter that costs nothing.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

// What the guard adds is the difference between the first two rows, less the
// validation, which costs nothing here. The last row is what it is measured by.
func BenchmarkCall(b *testing.B) {
	guard, field, floor := refusals.Bench(b)
	someone := func(protector.Token) string { return "someone" }
	profile := protector.Policy{Scopes: []string{"profile email"}}
	newServer := func() *mcp.Server {
		s := &service{Server: mcp.NewServer(&mcp.Implementation{Name: "t", Version: "1"}, nil)}
		mcp.AddTool(s.Server, &mcp.Tool{Name: "read"},
			func(context.Context, *mcp.CallToolRequest, arguments) (*mcp.CallToolResult, any, error) {
				return &mcp.CallToolResult{}, nil, nil
			})
		return s.Server
	}
	guarded := func(policy protector.Policy) http.Handler {
		handler, err := mcpguard.NewHandler(guard, newServer(), mcpguard.Config{
			Tools: map[string]protector.Policy{"read": policy}, User: someone, Transport: stateless,
		})
		require.NoError(b, err)
		return handler
	}
	bare := newServer()
	lasting := profile
	lasting.UntilExpiry = true
	for _, bb := range []struct {
		name, field string
		handler     http.Handler
		status      int
	}{
		{"guard=none", field, mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return bare }, &stateless), 0},
		{"guard=tool", field, guarded(profile), 0},
		{"guard=tool/until-expiry", field, guarded(lasting), 0},
		{"guard=tool/refused", field, guarded(protector.Policy{Scopes: []string{"admin"}}), 403},
		{"guard=tool/no-token", "", guarded(profile), 401},
	} {
		b.Run(bb.name, func(b *testing.B) {
			r := request(b, http.MethodPost, "http://localhost/mcp", "", "")
			if bb.field != "" {
				r.Header.Set("Authorization", bb.field)
			}
			body := call("read")
			b.ReportAllocs()
			for b.Loop() {
				w := &sink{header: http.Header{}}
				r.Body = io.NopCloser(strings.NewReader(body))
				bb.handler.ServeHTTP(w, r)
				if w.status != bb.status && w.status != 200 {
					b.Fatal(w.status)
				}
			}
		})
	}
	b.Run("floor=RS256", func(b *testing.B) {
		for b.Loop() {
			require.True(b, floor())
		}
	})
}
