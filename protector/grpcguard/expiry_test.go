package grpcguard_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/grpcguard"
)

// limited is a service whose one method is a stream with a handler of the test's.
type limited struct {
	handle   func(grpc.ServerStream) error
	handled  chan error         // what the handler returned
	begun    chan struct{}      // the handler runs
	withdraw context.CancelFunc // ends the token
	config   protector.Config
	policy   protector.Policy
	listen   func(testing.TB, *grpc.Server) string // serve, if nil
}

func newLimited(handle func(grpc.ServerStream) error) *limited {
	session, withdraw := context.WithCancel(context.Background())
	return &limited{
		handle: handle, handled: make(chan error, 1), begun: make(chan struct{}), withdraw: withdraw,
		policy: protector.Policy{
			UntilExpiry: true,
			Withdrawn:   func(protector.Token) context.Context { return session },
		},
	}
}

const live = "/a.Live/Stream"

// open starts a stream of alice's over a socket.
func (l *limited) open(t *testing.T) grpc.ClientStream {
	interceptors := newInterceptors(t, newGuard(t, l.config), grpcguard.Config{
		Policies: map[string]protector.Policy{live: l.policy},
	})
	server := grpc.NewServer(interceptors.ServerOptions()...)
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "a.Live", HandlerType: (*any)(nil),
		Streams: []grpc.StreamDesc{{StreamName: "Stream", ClientStreams: true, ServerStreams: true, Handler: l.serve}},
	}, nil)
	ctx := metadata.AppendToOutgoingContext(t.Context(), bearer("alice")...)
	desc := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	listen := serve
	if l.listen != nil {
		listen = l.listen
	}
	stream, err := dial(t, listen(t, server)).NewStream(ctx, desc, live)
	require.NoError(t, err)
	<-l.begun
	return stream
}

func (l *limited) serve(_ any, ss grpc.ServerStream) error {
	close(l.begun)
	err := l.handle(ss)
	l.handled <- err
	return err
}

func receive(ss grpc.ServerStream) error { return ss.RecvMsg(new(emptypb.Empty)) }

// requireEnded says that the client was told that its token has ended.
func requireEnded(t *testing.T, err error, trailer metadata.MD) {
	t.Helper()
	s := status.Convert(err)
	require.Equal(t, codes.Unauthenticated, s.Code(), err)
	require.Equal(t, "The access token is not valid.", s.Message())
	reason, _ := details(t, s)
	require.Equal(t, "INVALID_TOKEN", reason)
	require.Equal(t, []string{
		`Bearer realm="api", error="invalid_token", error_description="The access token is not valid."`,
	}, trailer["www-authenticate"])
}

// Whatever a handler does when its token ends, it is woken, and the client learns
// why. Nothing that the client does is needed for it.
//
// checklist 220
func TestStreamsEndWithTheirToken(t *testing.T) {
	for name, handle := range map[string]func(grpc.ServerStream) error{
		"waits for a message": receive,
		"waits for room": func(ss grpc.ServerStream) (err error) {
			for err == nil {
				err = ss.SendMsg(wrapperspb.String(string(make([]byte, 32<<10))))
			}
			return err
		},
		"watches the context": func(ss grpc.ServerStream) error { <-ss.Context().Done(); return ss.Context().Err() },
		"ends in peace":       func(ss grpc.ServerStream) error { <-ss.Context().Done(); return nil },
		"has its own words": func(ss grpc.ServerStream) error {
			<-ss.Context().Done()
			return errors.New("internals")
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLimited(handle)
			stream := l.open(t)
			l.withdraw()
			<-l.handled
			var err error
			for err == nil { // what was sent before comes first
				err = stream.RecvMsg(new(wrapperspb.StringValue))
			}
			requireEnded(t, err, stream.Trailer())
		})
	}
}

// serveHTTP has net/http serve, as one does who has other handlers on the same port.
func serveHTTP(tb testing.TB, server *grpc.Server) string {
	web := httptest.NewUnstartedServer(server)
	web.Config.Protocols = new(http.Protocols)
	web.Config.Protocols.SetUnencryptedHTTP2(true)
	web.Start()
	tb.Cleanup(web.Close)
	return strings.TrimPrefix(web.URL, "http://")
}

// The challenge is missing, since net/http lets none into a trailer.
//
// checklist 220
func TestStreamsOverNetHTTP(t *testing.T) {
	l := newLimited(receive)
	l.listen = serveHTTP
	stream := l.open(t)
	l.withdraw()
	require.Equal(t, codes.Unauthenticated, status.Code(<-l.handled))
	require.Equal(t, codes.Unauthenticated, status.Code(stream.RecvMsg(new(emptypb.Empty))))
}

// Behind the end of its token, a handler that does not care gets nothing and sends
// nothing, and learns the same.
//
// checklist 220
func TestNothingPassesAfterTheEnd(t *testing.T) {
	var received, sent, waiting error
	l := newLimited(func(ss grpc.ServerStream) error {
		waiting = receive(ss)
		received = receive(ss)
		sent = ss.SendMsg(new(emptypb.Empty))
		return nil
	})
	stream := l.open(t)
	l.withdraw()
	requireEnded(t, stream.RecvMsg(new(emptypb.Empty)), stream.Trailer())
	<-l.handled
	for _, err := range []error{waiting, received, sent} {
		require.Equal(t, codes.Unauthenticated, status.Code(err), err)
	}
}

// The end of a token and that of a call are told apart: a client that leaves, or
// whose deadline passes, is not told about tokens.
func TestOtherEnds(t *testing.T) {
	l := newLimited(receive)
	stream := l.open(t)
	require.NoError(t, stream.CloseSend())
	require.ErrorContains(t, <-l.handled, "EOF")
	require.Equal(t, codes.Unknown, status.Code(stream.RecvMsg(new(emptypb.Empty))))

	l = newLimited(func(ss grpc.ServerStream) error { return ss.SendMsg(wrapperspb.String(whoami(ss.Context()))) })
	stream = l.open(t)
	answer := new(wrapperspb.StringValue)
	require.NoError(t, stream.RecvMsg(answer))
	require.Equal(t, "alice", answer.GetValue())
}

// The words of a handler are its own when its client has left.
func TestTheClientLeaves(t *testing.T) {
	l := newLimited(nil)
	interceptors := newInterceptors(t, newGuard(t, l.config), grpcguard.Config{
		Policies: map[string]protector.Policy{live: l.policy},
	})
	ctx, leave := context.WithCancel(metadata.NewIncomingContext(t.Context(), metadata.Pairs(bearer("alice")...)))
	words := status.Error(codes.Aborted, "own words")
	_, err := interceptors.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: live},
		func(ctx context.Context, _ any) (any, error) { leave(); <-ctx.Done(); return nil, words })
	require.Equal(t, words, err)
}

// Time alone ends a stream too. The clock of the guard stands still, so what passes
// is the timer's own time, and no test waits for a certain one.
func TestExpiry(t *testing.T) {
	now := time.Now()
	l := newLimited(receive)
	l.policy.Withdrawn = nil
	l.config = protector.Config{
		Now: func() time.Time { return now },
		Validators: []protector.Validator{protector.Bearer(func(context.Context, string) (*row, error) {
			return &row{user: "alice", expiry: now.Add(20 * time.Millisecond)}, nil
		})},
	}
	stream := l.open(t)
	requireEnded(t, stream.RecvMsg(new(emptypb.Empty)), stream.Trailer())
	require.Equal(t, codes.Unauthenticated, status.Code(<-l.handled))
}

// A unary call that gives up because its token has ended says so. One that has an
// answer all the same gives it.
func TestUnaryCallsEndWithTheirToken(t *testing.T) {
	for name, tt := range map[string]struct {
		answer any
		err    error
		want   codes.Code
	}{
		"gives up":  {nil, context.Canceled, codes.Unauthenticated},
		"has it":    {"an answer", nil, codes.OK},
		"own words": {nil, status.Error(codes.NotFound, "internals"), codes.Unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLimited(nil)
			interceptors := newInterceptors(t, newGuard(t, l.config), grpcguard.Config{
				Policies: map[string]protector.Policy{live: l.policy},
			})
			ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs(bearer("alice")...))
			answer, err := interceptors.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: live},
				func(ctx context.Context, _ any) (any, error) {
					l.withdraw()
					<-ctx.Done()
					return tt.answer, tt.err
				})
			require.Equal(t, tt.want, status.Code(err))
			require.Equal(t, tt.answer, answer)
		})
	}
}

// foreignStream is a stream of a server that is not grpc's own.
type foreignStream struct {
	grpc.ServerStream
	ctx     context.Context
	trailer metadata.MD
	release chan struct{}
	sent    int
}

func (f *foreignStream) Context() context.Context  { return f.ctx }
func (f *foreignStream) SetTrailer(md metadata.MD) { f.trailer = md }
func (f *foreignStream) RecvMsg(any) error         { <-f.release; return nil }
func (f *foreignStream) SendMsg(any) error         { f.sent++; return nil }

// Where nobody can wake the transport, the handler is woken all the same, and what it
// sends goes nowhere.
func TestForeignStream(t *testing.T) {
	l := newLimited(nil)
	interceptors := newInterceptors(t, newGuard(t, l.config), grpcguard.Config{
		Policies: map[string]protector.Policy{live: l.policy},
	})
	ss := &foreignStream{
		ctx:     metadata.NewIncomingContext(t.Context(), metadata.Pairs(bearer("alice")...)),
		release: make(chan struct{}),
	}
	defer close(ss.release)
	err := interceptors.Stream(nil, ss, &grpc.StreamServerInfo{FullMethod: live}, func(_ any, ss grpc.ServerStream) error {
		require.NoError(t, ss.SendMsg(new(emptypb.Empty)))
		l.withdraw()
		waited := receive(ss)
		require.Error(t, ss.SendMsg(new(emptypb.Empty)))
		return waited
	})
	requireEnded(t, err, ss.trailer)
	require.Equal(t, 1, ss.sent)
}

// A context that Check has limited ends with the call, also where nothing else ends
// the one that the server gave.
func TestNothingIsLeftBehind(t *testing.T) {
	l := newLimited(nil)
	interceptors := newInterceptors(t, newGuard(t, l.config), grpcguard.Config{
		Policies: map[string]protector.Policy{live: l.policy},
	})
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs(bearer("alice")...))
	var seen []context.Context
	_, err := interceptors.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: live},
		func(ctx context.Context, _ any) (any, error) { seen = append(seen, ctx); return nil, ctx.Err() })
	require.NoError(t, err)
	err = interceptors.Stream(nil, &foreignStream{ctx: ctx}, &grpc.StreamServerInfo{FullMethod: live},
		func(_ any, ss grpc.ServerStream) error { seen = append(seen, ss.Context()); return ss.Context().Err() })
	require.NoError(t, err)
	for _, ctx := range seen {
		require.Error(t, ctx.Err())
	}
}
