package mcpguard_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/internal/refusals"
	"example.com/resourceserver/protector/mcpguard"
)

// Each route of the table is an MCP server with one tool.
//
// checklist 6, 10, 14, 15, 16, 17
func TestTable(t *testing.T) {
	for name, transport := range map[string]mcp.StreamableHTTPOptions{
		"json": {Stateless: true, JSONResponse: true}, "events": {Stateless: true},
	} {
		t.Run(name, func(t *testing.T) {
			service := refusals.NewCalls(t, "refusals."+name)
			mux := http.NewServeMux()
			for _, route := range service.Routes {
				if refusals.HasTool(route) {
					mux.Handle(route.Path, greeter(t, service, route, transport))
				}
			}
			api := httptest.NewServer(refusals.Recover(mux))
			t.Cleanup(api.Close)
			service.TryTools(t, func(t *testing.T, c refusals.Call) refusals.Reply {
				r := request(t, http.MethodPost, api.URL+c.Procedure, "", call("greet"))
				for name, values := range c.Fields {
					r.Header[name] = values
				}
				return replyOf(t, do(t, http.DefaultTransport, r))
			})
		})
	}
}

// greeter is a server at a route, whose policy is for everything.
func greeter(
	t *testing.T, s *refusals.Service, route refusals.Route, transport mcp.StreamableHTTPOptions,
) http.Handler {
	greet := &service{Server: mcp.NewServer(&mcp.Implementation{Name: "t", Version: "1"}, nil)}
	greet.tool("greet", func(ctx context.Context) string { return s.Greet(ctx, nil) })
	handler, err := mcpguard.NewHandler(route.Guard, greet.Server, mcpguard.Config{
		Base: route.Policies[0], Tools: map[string]protector.Policy{"greet": route.Policies[0]}, Transport: transport,
	})
	require.NoError(t, err)
	return handler
}

// replyOf reads a refusal of the guard, or what the tool has said.
func replyOf(t *testing.T, got answer) refusals.Reply {
	reply := refusals.Reply{Status: got.status, Header: got.header}
	if got.status != http.StatusOK {
		var body struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		if got.status != http.StatusInternalServerError {
			require.NoError(t, json.Unmarshal([]byte(got.body), &body))
		}
		reply.Reason, reply.Text = strings.ToUpper(body.Error), body.Description
		return reply
	}
	text := got.body
	if _, data, ok := strings.Cut(text, "data: "); ok {
		text = data
	}
	var result struct {
		Result struct{ Content []struct{ Text string } }
	}
	require.NoError(t, json.Unmarshal([]byte(text), &result))
	require.Len(t, result.Result.Content, 1, got.body)
	reply.Text = result.Result.Content[0].Text
	return reply
}
