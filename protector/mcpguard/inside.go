package mcpguard

import (
	"context"
	"errors"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"example.com/resourceserver/protector"
)

// inside decides about what is about to run, if that was not what was decided about
// in front of the server, and gives it the token.
func (g *gate) inside(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, request mcp.Request) (mcp.Result, error) {
		p, ok := g.passOf(request)
		if !ok {
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: "The request did not come by the guard."}
		}
		ctx, release, err := g.admit(ctx, p, g.running(method, request))
		if err != nil {
			return nil, err
		}
		defer release()
		return next(ctx, method, request)
	}
}

func (g *gate) running(method string, request mcp.Request) *operation {
	if call, ok := request.(*mcp.CallToolRequest); ok && call.Params != nil {
		return g.known.named(methodCallTool, call.Params.Name)
	}
	return g.known.named(method, "")
}

// admit returns the context in which the operation runs. What the client does with
// its connection is the SDK's affair, and no reason here to end that context: a
// client may come back for the answer.
func (g *gate) admit(ctx context.Context, p *pass, op *operation) (context.Context, func(), error) {
	rule := op.rule
	if p.has(op) {
		rule = op.life
	}
	if rule == nil { // it has been decided, and lasts
		return valuesOf(ctx, p.request), func() {}, nil
	}
	until, release := context.WithCancel(context.WithoutCancel(p.request.Context()))
	r, err := g.guard.Check(p.request.WithContext(until), rule)
	if err != nil {
		release()
		return nil, nil, refusalOf(err)
	}
	limited, end := context.WithCancelCause(ctx)
	forget := context.AfterFunc(r.Context(), func() { end(context.Cause(r.Context())) })
	return valuesOf(limited, r), func() { forget(); release(); end(nil) }, nil
}

// refusalOf says what the guard says to clients.
func refusalOf(err error) error {
	refusal := &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "The request could not be handled."}
	if e := (*protector.Error)(nil); errors.As(err, &e) {
		refusal.Message = e.Description
		if e.Status < http.StatusInternalServerError {
			refusal.Code = jsonrpc.CodeInvalidRequest
		}
	}
	return refusal
}

// values are those of the request in hand. The context of a session has those of the
// request that began it, the token of that time among them.
type values struct {
	context.Context
	request context.Context
}

// valuesOf leaves out how the request ends, which is no value, and is asked for as one
// by the package context.
func valuesOf(ctx context.Context, r *http.Request) context.Context {
	return values{ctx, context.WithoutCancel(r.Context())}
}

func (v values) Value(key any) any {
	if value := v.request.Value(key); value != nil {
		return value
	}
	return v.Context.Value(key)
}
