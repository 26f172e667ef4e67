package grpcguard_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/grpcguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// checklist 217, 218, 219
func TestRefusals(t *testing.T) {
	for name, kind := range map[string]method{
		"unary": {}, "server": {server: true}, "client": {client: true}, "bidirectional": {client: true, server: true},
	} {
		t.Run(name, func(t *testing.T) {
			service := refusals.NewCalls(t, "refusals."+name)
			addr := serve(t, newServer(t, service, kind))
			conn := dial(t, addr)
			service.TryCalls(t, func(t *testing.T, c refusals.Call) refusals.Reply {
				m := kind
				m.name = c.Procedure
				if strings.Contains(c.Fields.Get("Authorization"), "\t") {
					return replyOf(t, rawCall(t, addr, m, c.Fields)) // a client of grpc-go does not send it
				}
				var pairs []string
				for name, values := range c.Fields {
					for _, value := range values {
						pairs = append(pairs, name, value)
					}
				}
				return replyOf(t, call(t, conn, m, pairs...))
			})
		})
	}
}

func replyOf(t *testing.T, o outcome) refusals.Reply {
	s := status.Convert(o.err)
	reply := refusals.Reply{Status: statuses[s.Code()], Header: headerOf(o.header, o.trailer), Text: o.text}
	if o.err == nil {
		return reply
	}
	reason, after := details(t, s)
	reply.Text, reply.Reason = s.Message(), reason
	if after != "" {
		reply.Header.Set("Retry-After", after)
	}
	return reply
}

// newServer serves the routes, each by the interceptors of its guard, behind some
// that recover.
func newServer(t testing.TB, service *refusals.Service, kind method) *grpc.Server {
	guards := make(map[string][]*grpcguard.Interceptors)
	var methods []method
	for _, route := range service.Routes {
		for _, policy := range route.Policies {
			interceptors, err := grpcguard.New(route.Guard, grpcguard.Config{
				Policies: map[string]protector.Policy{route.Path: policy},
			})
			require.NoError(t, err)
			guards[route.Path] = append(guards[route.Path], interceptors)
		}
		m := kind
		m.name, m.say = route.Path, func(ctx context.Context) string { return service.Greet(ctx, nil) }
		methods = append(methods, m)
	}
	server := grpc.NewServer(
		grpc.ChainUnaryInterceptor(recoverUnary, func(
			ctx context.Context, message any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
		) (any, error) {
			for _, guard := range backward(guards[info.FullMethod]) {
				next := handler
				handler = func(ctx context.Context, message any) (any, error) { return guard.Unary(ctx, message, info, next) }
			}
			return handler(ctx, message)
		}),
		grpc.ChainStreamInterceptor(recoverStream, func(
			service any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler,
		) error {
			for _, guard := range backward(guards[info.FullMethod]) {
				next := handler
				handler = func(service any, ss grpc.ServerStream) error { return guard.Stream(service, ss, info, next) }
			}
			return handler(service, ss)
		}),
	)
	register(server, methods...)
	return server
}

func backward[T any](list []T) (reversed []T) {
	for i := range list {
		reversed = append(reversed, list[len(list)-1-i])
	}
	return reversed
}

func recoverUnary(
	ctx context.Context, message any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (answer any, err error) {
	defer recovered(&err)
	return handler(ctx, message)
}

func recoverStream(
	service any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler,
) (err error) {
	defer recovered(&err)
	return handler(service, ss)
}

func recovered(err *error) {
	if recover() != nil {
		*err = status.Error(codes.Internal, "broken")
	}
}
