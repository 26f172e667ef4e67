package mcpguard_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/mcpguard"
	"example.com/resourceserver/scopes"
)

// nameless is a token that does not say who it is about.
type nameless struct{ scope string }

func (n nameless) Scopes() scopes.Set { return scopes.Parse(n.scope) }
func (nameless) ExpiresAt() time.Time { return time.Time{} }

// Every fault is found before the first request, and all of them at once.
func TestFaults(t *testing.T) {
	good, blank := newGuard(t, protector.Config{}), protector.Policy{Scopes: []string{" "}}
	logging := newGuard(t, protector.Config{Logger: slog.New(slog.DiscardHandler)})
	unnamed := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (*nameless, error) { return nil, nil }),
	}})
	for name, tt := range map[string]struct {
		guard  *protector.Protector
		config mcpguard.Config
		faults []string
	}{
		"nil guard":  {nil, mcpguard.Config{Tools: policies}, []string{"mcpguard: protector: NewRule was called on a nil"}},
		"zero guard": {new(protector.Protector), mcpguard.Config{Tools: policies}, []string{"nil or zero Protector"}},
		"policies": {good, mcpguard.Config{
			Base: blank, Tools: map[string]protector.Policy{"read": blank, "b": {Optional: true}},
			Methods: map[string]protector.Policy{"prompts/get": blank},
		}, []string{
			"mcpguard: Config.Base: ", `mcpguard: Config.Tools["read"]: `, `mcpguard: Config.Methods["prompts/get"]: `,
			`mcpguard: Config.Tools["b"]: the policy is Optional`, `Config.Tools has no policy for the tool "write"`,
		}},
		"in shadow": {logging, mcpguard.Config{
			Base: protector.Policy{InsecureShadowUntil: time.Now().Add(time.Hour)}, Tools: policies,
		}, []string{"mcpguard: Config.Base: the policy has InsecureShadowUntil: leave that out"}},
		"Optional": {good, mcpguard.Config{
			Base: protector.Policy{Optional: true}, Tools: policies,
		}, []string{"mcpguard: Config.Base: the policy is Optional"}},
		"forgotten tools": {good, mcpguard.Config{}, []string{`for the tool "read"`, `for the tool "write"`}},
		"methods": {good, mcpguard.Config{
			Tools: policies, Methods: map[string]protector.Policy{"resource/read": read, "": read, "ping": read},
		}, []string{`policy for "resource/read", which is no method`, `policy for "", which is no method`}},
		"notification": {good, mcpguard.Config{
			Tools: policies, Methods: map[string]protector.Policy{"notifications/initialized": read},
		}, []string{`"notifications/initialized", which is no method of the server that is called`}},
		"tools as methods": {good, mcpguard.Config{
			Tools: policies, Methods: map[string]protector.Policy{"tools/call": read},
		}, []string{"state the policies in Config.Tools"}},
		"no limit": {good, mcpguard.Config{
			Tools: policies, Transport: mcp.StreamableHTTPOptions{MaxRequestBodyBytes: -1},
		}, []string{"MaxRequestBodyBytes is -1"}},
		"too large a limit": {good, mcpguard.Config{
			Tools: policies, Transport: mcp.StreamableHTTPOptions{MaxRequestBodyBytes: 64<<20 + 1},
		}, []string{"MaxRequestBodyBytes is 67108865"}},
		"no user": {unnamed, mcpguard.Config{Tools: policies}, []string{"mcpguard: Config.User is nil"}},
	} {
		t.Run(name, func(t *testing.T) {
			handler, err := mcpguard.NewHandler(tt.guard, newService().Server, tt.config)
			require.Nil(t, handler)
			for _, fault := range tt.faults {
				require.ErrorContains(t, err, fault)
			}
		})
	}
	_, err := mcpguard.NewHandler(good, nil, mcpguard.Config{})
	require.ErrorContains(t, err, "nil server")
	_, err = mcpguard.NewHandler(unnamed, newService().Server, mcpguard.Config{
		Tools: policies, User: func(protector.Token) string { return "someone" },
	})
	require.NoError(t, err)
}

// The tools of a server are on several pages, and only the forgotten ones are faults.
func TestManyTools(t *testing.T) {
	server := mcp.NewServer(&mcp.Implementation{Name: "t", Version: "1"}, &mcp.ServerOptions{PageSize: 3})
	s, tools := &service{Server: server}, map[string]protector.Policy{"of tomorrow": {}}
	for i := range 10 {
		name := fmt.Sprintf("tool%d", i)
		s.tool(name, func(context.Context) string { return "" })
		tools[name] = protector.Policy{}
	}
	delete(tools, "tool9")
	guard := newGuard(t, protector.Config{})
	_, err := mcpguard.NewHandler(guard, server, mcpguard.Config{Tools: tools})
	require.ErrorContains(t, err, `"tool9"`)
	require.NotContains(t, err.Error(), `"tool8"`)
	server.RemoveTools("tool9")
	_, err = mcpguard.NewHandler(guard, server, mcpguard.Config{Tools: tools})
	require.ErrorContains(t, err, "a server has one guard, and is of no use after a NewHandler that failed")
}

// A server has one guard: what one lets in, the other does not trust.
func TestTwoGuards(t *testing.T) {
	url, s := serveUsual(t, protector.Config{})
	require.Contains(t, post(t, url, "alice-all", call("write")).body, "text: alice")
	_, err := mcpguard.NewHandler(newGuard(t, protector.Config{}), s.Server, mcpguard.Config{Tools: policies})
	require.ErrorContains(t, err, "a server has one guard")
	require.ErrorContains(t, err, "did not come by the guard")
	require.Contains(t, post(t, url, "alice-all", call("write")).body, "did not come by the guard")
}

// A server without tools is none with forgotten ones.
func TestNoTools(t *testing.T) {
	server := mcp.NewServer(&mcp.Implementation{Name: "t", Version: "1"}, nil)
	_, err := mcpguard.NewHandler(newGuard(t, protector.Config{}), server, mcpguard.Config{})
	require.NoError(t, err)
}

// A tool that prints what it has got of the SDK prints no token.
func TestWhatToolsPrint(t *testing.T) {
	s := newService()
	printed := ""
	mcp.AddTool(s.Server, &mcp.Tool{Name: "print"},
		func(_ context.Context, r *mcp.CallToolRequest, _ arguments) (*mcp.CallToolResult, any, error) {
			text, err := json.Marshal(r.Extra.TokenInfo)
			require.NoError(t, err)
			printed = fmt.Sprintf("%s %v %+v %#v %v", text, r.Extra, *r.Extra.TokenInfo, r.Extra.TokenInfo, *r.Extra)
			for _, value := range r.Extra.TokenInfo.Extra {
				printed += fmt.Sprintf("%v %+v %#v %s %q %x %p", value, value, value, value, value, value, value)
			}
			return &mcp.CallToolResult{}, nil, nil
		})
	tools := map[string]protector.Policy{"read": {}, "write": {}, "print": {}}
	url := serve(t, newGuard(t, protector.Config{}), s, mcpguard.Config{Tools: tools, Transport: stateless})
	require.Equal(t, 200, post(t, url, "alice-all", call("print")).status)
	require.Contains(t, printed, "mcpguard.pass")
	require.NotContains(t, printed, "alice-all")
}
