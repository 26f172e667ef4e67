package connectguard_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/connectguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// statuses are the statuses of HTTP that the codes stand for. Unknown is what clients
// make of a 500, and so of a panic.
var statuses = map[connect.Code]int{
	connect.CodeInvalidArgument: 400, connect.CodeUnauthenticated: 401, connect.CodePermissionDenied: 403,
	connect.CodeUnavailable: 503, connect.CodeInternal: 500, connect.CodeUnknown: 500,
}

// protocols are what clients speak.
var protocols = map[string]connect.ClientOption{
	"connect": connect.WithClientOptions(), "json": connect.WithProtoJSON(),
	"gRPC": connect.WithGRPC(), "gRPC-Web": connect.WithGRPCWeb(),
}

// checklist 217, 218, 219
func TestRefusals(t *testing.T) {
	for name, kind := range map[string]struct {
		handler func(say, string, ...connect.HandlerOption) http.Handler
		call    func(*http.Client, ...connect.ClientOption) caller
	}{
		"unary": {say.unary, unary}, "server": {say.server, server}, "bidirectional": {say.bidirectional, bidirectional},
	} {
		service := refusals.NewCalls(t, "refusals."+name)
		mux := http.NewServeMux()
		for _, route := range service.Routes {
			handler := kind.handler(func(ctx context.Context) string { return service.Greet(ctx, nil) }, route.Path)
			for i := range route.Policies {
				handler = newMiddleware(t, route.Guard, connectguard.Config{Policies: map[string]protector.Policy{
					route.Path: route.Policies[len(route.Policies)-1-i],
				}}).Wrap(handler)
			}
			mux.Handle(route.Path, handler)
		}
		url := serve(t, refusals.Recover(mux))
		for protocol, option := range protocols {
			call := kind.call(newClient(t, true), option)
			t.Run(name+"/"+protocol, func(t *testing.T) {
				service.TryCalls(t, func(t *testing.T, c refusals.Call) refusals.Reply {
					return replyOf(t, call(t.Context(), url+c.Procedure, c.Fields))
				})
			})
		}
	}
}

func replyOf(t *testing.T, o outcome) refusals.Reply {
	if o.err == nil {
		return refusals.Reply{Status: http.StatusOK, Header: o.header, Text: o.text}
	}
	e, ok := errors.AsType[*connect.Error](o.err)
	require.True(t, ok, o.err)
	reply := refusals.Reply{Status: statuses[e.Code()], Header: e.Meta(), Text: e.Message()}
	reason, after := details(t, e)
	reply.Reason = reason
	reply.Header.Del("Retry-After")
	if after != "" {
		reply.Header.Set("Retry-After", after)
	}
	return reply
}
