package grpcguard_test

import (
	"context"
	"net"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// patience is for what never takes long, unless it is broken.
const patience = 20 * time.Second

// method is a method of a service that no protobuf compiler has made. Its handler
// takes an empty message and answers with what say says.
type method struct {
	name           string // "/package.Service/Method"
	client, server bool   // streams
	say            func(context.Context) string
}

// register registers methods, by their services.
func register(server *grpc.Server, methods ...method) {
	services := make(map[string]*grpc.ServiceDesc)
	for _, m := range methods {
		service, name := path.Split(m.name[1:])
		service = strings.TrimSuffix(service, "/")
		if services[service] == nil {
			services[service] = &grpc.ServiceDesc{ServiceName: service, HandlerType: (*any)(nil)}
		}
		desc := services[service]
		if m.client || m.server {
			desc.Streams = append(desc.Streams, grpc.StreamDesc{
				StreamName: name, Handler: m.stream, ClientStreams: m.client, ServerStreams: m.server,
			})
			continue
		}
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: name, Handler: m.unary})
	}
	for _, desc := range services {
		server.RegisterService(desc, nil)
	}
}

func (m method) unary(
	_ any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor,
) (any, error) {
	message := new(emptypb.Empty)
	if err := decode(message); err != nil {
		return nil, err
	}
	answer := func(ctx context.Context, _ any) (any, error) { return wrapperspb.String(m.say(ctx)), nil }
	if interceptor == nil {
		return answer(ctx, message)
	}
	return interceptor(ctx, message, &grpc.UnaryServerInfo{FullMethod: m.name}, answer)
}

func (m method) stream(_ any, ss grpc.ServerStream) error {
	if err := ss.RecvMsg(new(emptypb.Empty)); err != nil {
		return err
	}
	return ss.SendMsg(wrapperspb.String(m.say(ss.Context())))
}

// serve serves until the test ends, and returns the address.
func serve(tb testing.TB, server *grpc.Server) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	go server.Serve(listener)
	tb.Cleanup(server.Stop)
	return listener.Addr().String()
}

func dial(tb testing.TB, addr string, options ...grpc.DialOption) *grpc.ClientConn {
	options = append([]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}, options...)
	conn, err := grpc.NewClient(addr, options...)
	require.NoError(tb, err)
	tb.Cleanup(func() { conn.Close() })
	return conn
}

// outcome is what a client of grpc-go learns.
type outcome struct {
	text            string
	header, trailer metadata.MD
	err             error
}

// call makes a call with metadata in pairs.
func call(t testing.TB, conn *grpc.ClientConn, m method, pairs ...string) (o outcome) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, pairs...)
	answer := new(wrapperspb.StringValue)
	defer func() { o.text = answer.GetValue() }()
	if !m.client && !m.server {
		o.err = conn.Invoke(ctx, m.name, new(emptypb.Empty), answer, grpc.Header(&o.header), grpc.Trailer(&o.trailer))
		return o
	}
	desc := &grpc.StreamDesc{ClientStreams: m.client, ServerStreams: m.server}
	stream, err := conn.NewStream(ctx, desc, m.name)
	if o.err = err; err != nil {
		return o
	}
	stream.SendMsg(new(emptypb.Empty)) // what it fails with is what RecvMsg says
	stream.CloseSend()
	o.err = stream.RecvMsg(answer)
	o.header, _ = stream.Header()
	o.trailer = stream.Trailer()
	return o
}

func bearer(token string) []string { return []string{"authorization", "Bearer " + token} }

// statuses are the statuses of HTTP that the codes stand for.
var statuses = map[codes.Code]int{
	codes.OK: 200, codes.InvalidArgument: 400, codes.Unauthenticated: 401, codes.PermissionDenied: 403,
	codes.Unavailable: 503, codes.Internal: 500,
}

// details returns the reason of a status, and how long to wait in seconds.
func details(t testing.TB, s *status.Status) (reason, after string) {
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			require.Equal(t, "oauth", d.GetDomain())
			reason = d.GetReason()
		case *errdetails.RetryInfo:
			after = strconv.Itoa(int(d.GetRetryDelay().AsDuration().Seconds()))
		}
	}
	return reason, after
}

// headerOf is metadata as fields of HTTP.
func headerOf(mds ...metadata.MD) http.Header {
	header := make(http.Header)
	for _, md := range mds {
		for name, values := range md {
			for _, value := range values {
				header.Add(name, value)
			}
		}
	}
	return header
}
