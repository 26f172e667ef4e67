package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"example.com/resourceserver/protector"
)

// toolGuard stands in front of an MCP server that is reached by streamable HTTP. It
// decides twice, by the same rules. In front of the server, where a refusal is still
// an HTTP status with a challenge that a client can follow (MCP, Authorization, Scope
// Challenge Handling). And inside it, about the very tool that is run: the reading of
// a body in front of the server is a guess, which another reading may differ from.
//
// A tool without a policy is closed.
type toolGuard struct {
	guard *protector.Protector
	user  func(protector.Token) string
	token requirement            // any token that is good
	base  requirement            // whatever is no call of a tool
	tools map[string]requirement // calls of these
}

// requirement is a policy in two forms: in front of a handler, and to be asked.
type requirement struct {
	before func(http.Handler) http.Handler
	rule   *protector.Rule
}

// maxMessageBytes bounds what is read of a message, by somebody with a good token.
const maxMessageBytes = 1 << 20

// newToolGuard compiles the policies: base is for whatever a client does before and
// beside calling tools, and names what each client should ask for at first. A tool's
// policy names all that the tool needs. User names who a token is about, for sessions
// to be used by nobody else; a token about nobody is refused.
func newToolGuard(
	guard *protector.Protector, user func(protector.Token) string,
	base protector.Policy, tools map[string]protector.Policy,
) (*toolGuard, error) {
	g := &toolGuard{guard: guard, user: user, tools: map[string]requirement{}}
	var faults []error
	require := func(what string, policy protector.Policy) (r requirement) {
		var err error
		if r.rule, err = guard.NewRule(policy); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", what, err))
			return r
		}
		r.before = guard.RequirePolicy(policy)
		return r
	}
	g.token = require("any token", protector.Policy{UntilExpiry: true}) // an event stream ends with its token
	g.base = require("base", base)
	for name, policy := range tools {
		g.tools[name] = require(fmt.Sprintf("tool %q", name), policy)
	}
	return g, errors.Join(faults...)
}

// protect returns the handler for the server: it puts the guard in front of it, and
// into it.
func (g *toolGuard) protect(server *mcp.Server, options *mcp.StreamableHTTPOptions) http.Handler {
	server.AddReceivingMiddleware(g.inside)
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, options)
	// The SDK binds a session to the user that this middleware names. It decides
	// nothing: the token has been judged, and is not shown to it.
	named := auth.RequireBearerToken(g.tokenInfo, &auth.RequireBearerTokenOptions{AllowMissingExpiration: true})(handler)
	perTool := g.perTool(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		named.ServeHTTP(w, sealed(r))
	}))
	withToken, without := g.token.before(perTool), g.base.before(perTool)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			without.ServeHTTP(w, r) // the refusal says what to ask for
			return
		}
		withToken.ServeHTTP(w, r)
	})
}

// perTool decides about the tools that a message calls. What cannot be read, or is
// not known, is left to the server to refuse.
func (g *toolGuard) perTool(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessageBytes))
		if err != nil {
			g.guard.WriteError(w, r, &protector.Error{Status: http.StatusBadRequest, Code: "invalid_request", Err: err})
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler, called := next, calledTools(body)
		for name, tool := range g.tools {
			if slices.Contains(called, name) {
				handler = tool.before(handler)
			}
		}
		if len(called) == 0 {
			handler = g.base.before(handler)
		}
		handler.ServeHTTP(w, r)
	})
}

// calledTools returns the names of the tools that a message, or a batch of them,
// calls.
func calledTools(body []byte) (names []string) {
	type message struct {
		Method string
		Params struct{ Name string }
	}
	batch := make([]message, 1)
	if json.Unmarshal(body, &batch[0]) != nil && json.Unmarshal(body, &batch) != nil {
		return nil
	}
	for _, m := range batch {
		if m.Method == "tools/call" {
			names = append(names, m.Params.Name)
		}
	}
	return names
}

// inside decides about the tool that is about to run, and gives it the token.
func (g *toolGuard) inside(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, request mcp.Request) (mcp.Result, error) {
		r, ok := admittedRequest(request.GetExtra())
		if !ok {
			return nil, refusal("the request did not come by the guard")
		}
		needed := g.base
		if call, ok := request.(*mcp.CallToolRequest); ok {
			if needed, ok = g.tools[call.Params.Name]; !ok {
				return nil, refusal("this tool has no policy")
			}
		}
		r, err := g.guard.Check(r, needed.rule)
		if err != nil {
			return nil, refusal("this needs another token")
		}
		return next(values{ctx, r.Context()}, method, request)
	}
}

func refusal(text string) error {
	return &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: text}
}

// values are those of the request in hand. The context of a session has those of the
// request that began it, the token of that time among them.
type values struct {
	context.Context
	request context.Context
}

func (v values) Value(key any) any {
	if value := v.request.Value(key); value != nil {
		return value
	}
	return v.Context.Value(key)
}

// admittedKey is where a request carries the one that was admitted.
type admittedKey struct{}

// sealed returns the request as the SDK may see it: neither token nor proof.
func sealed(admitted *http.Request) *http.Request {
	r := admitted.Clone(context.WithValue(admitted.Context(), admittedKey{}, admitted))
	r.Header.Set("Authorization", "Bearer admitted")
	r.Header.Del("DPoP")
	return r
}

func (g *toolGuard) tokenInfo(ctx context.Context, _ string, _ *http.Request) (*auth.TokenInfo, error) {
	admitted := ctx.Value(admittedKey{})
	token, ok := protector.CurrentToken[protector.Token](ctx)
	if !ok || g.user(token) == "" {
		return nil, fmt.Errorf("%w: it names no user", auth.ErrInvalidToken)
	}
	return &auth.TokenInfo{UserID: g.user(token), Extra: map[string]any{"admitted": admitted}}, nil
}

func admittedRequest(extra *mcp.RequestExtra) (*http.Request, bool) {
	if extra == nil || extra.TokenInfo == nil {
		return nil, false
	}
	r, ok := extra.TokenInfo.Extra["admitted"].(*http.Request)
	return r, ok
}
