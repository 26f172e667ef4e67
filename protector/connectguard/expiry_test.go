package connectguard_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/connectguard"
)

type stream = connect.BidiStream[empty, text]

// limited is a service whose one procedure is a stream with a handler of the test's.
type limited struct {
	handle   func(context.Context, *stream) error
	handled  chan error         // what the handler returned
	begun    chan struct{}      // the handler runs
	withdraw context.CancelFunc // ends the token
	config   protector.Config
	policy   protector.Policy
}

func newLimited(handle func(context.Context, *stream) error) *limited {
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

// open starts a stream of alice's.
func (l *limited) open(t *testing.T, protocol connect.ClientOption) *connect.BidiStreamForClient[empty, text] {
	middleware := newMiddleware(t, newGuard(t, l.config), connectguard.Config{
		Policies: map[string]protector.Policy{live: l.policy},
	})
	url := serve(t, middleware.Wrap(connect.NewBidiStreamHandler(live, func(ctx context.Context, s *stream) error {
		close(l.begun)
		err := l.handle(ctx, s)
		l.handled <- err
		return err
	}, connect.WithInterceptors(middleware.Interceptor()))))
	s := connect.NewClient[empty, text](newClient(t, true), url+live, protocol).CallBidiStream(t.Context())
	add(s.RequestHeader(), bearer("alice"))
	require.NoError(t, s.Send(nil)) // the header alone
	<-l.begun
	return s
}

func receive(_ context.Context, s *stream) error {
	_, err := s.Receive()
	return err
}

// requireEnded says that the client was told that its token has ended.
func requireEnded(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*connect.Error](err)
	require.True(t, ok, err)
	require.Equal(t, connect.CodeUnauthenticated, e.Code(), err)
	require.Equal(t, "The access token is not valid.", e.Message())
	reason, _ := details(t, e)
	require.Equal(t, "INVALID_TOKEN", reason)
}

// Whatever a handler does when its token ends, it is woken, and the client learns
// why in its own protocol.
//
// checklist 220
func TestStreamsEndWithTheirToken(t *testing.T) {
	for name, handle := range map[string]func(context.Context, *stream) error{
		"waits for a message": receive,
		"watches the context": func(ctx context.Context, _ *stream) error { <-ctx.Done(); return ctx.Err() },
		"ends in peace":       func(ctx context.Context, _ *stream) error { <-ctx.Done(); return nil },
		"has its own words":   func(ctx context.Context, _ *stream) error { <-ctx.Done(); return errors.New("internals") },
		"has sent": func(ctx context.Context, s *stream) error {
			s.Send(&text{Value: "a"})
			return receive(ctx, s)
		},
	} {
		for protocol, option := range protocols {
			t.Run(name+"/"+protocol, func(t *testing.T) {
				l := newLimited(handle)
				s := l.open(t, option)
				l.withdraw()
				<-l.handled
				var err error
				for err == nil { // what was sent before comes first
					_, err = s.Receive()
				}
				requireEnded(t, err)
				var e *connect.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, protocol != "gRPC", e.Meta().Get("Www-Authenticate") != "", e.Meta())
			})
		}
	}
}

// Behind the end of its token, a handler that does not care gets nothing and sends
// nothing, and learns the same.
//
// checklist 220
func TestNothingPassesAfterTheEnd(t *testing.T) {
	var received, sent error
	l := newLimited(func(ctx context.Context, s *stream) error {
		<-ctx.Done()
		_, received = s.Receive()
		sent = s.Send(new(text))
		return nil
	})
	s := l.open(t, connect.WithGRPC())
	l.withdraw()
	answer, err := s.Receive()
	requireEnded(t, err)
	require.Nil(t, answer)
	<-l.handled
	requireEnded(t, received)
	requireEnded(t, sent)
}

// A client that does not read is cut off, since no word can reach it. This waits for
// the five seconds that a handler has.
func TestDeafClients(t *testing.T) {
	t.Parallel()
	l := newLimited(func(_ context.Context, s *stream) error {
		return s.Send(&text{Value: string(make([]byte, 16<<20))}) // more than fits into any window
	})
	middleware := newMiddleware(t, newGuard(t, l.config), connectguard.Config{
		Policies: map[string]protector.Policy{live: l.policy},
	})
	handled := make(chan error, 1)
	url := serve(t, middleware.Wrap(connect.NewBidiStreamHandler(live, func(ctx context.Context, s *stream) error {
		err := l.handle(ctx, s)
		handled <- err
		return err
	}, connect.WithInterceptors(middleware.Interceptor()))))
	body, end := io.Pipe()
	defer end.Close()
	r, err := http.NewRequest(http.MethodPost, url+live, body)
	require.NoError(t, err)
	r.Header = bearer("alice")
	r.Header.Set("Content-Type", "application/grpc")
	response, err := newClient(t, true).Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = response.Body.Read(make([]byte, 1)) // so the handler sends
	require.NoError(t, err)
	l.withdraw()
	require.Error(t, <-handled)
}

// The clock of the guard stands still, so what passes is the timer's own time.
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
	_, err := l.open(t, connect.WithGRPC()).Receive()
	requireEnded(t, err)
}

// A client that ends its stream, and a handler that does, are not told about tokens.
func TestOtherEnds(t *testing.T) {
	l := newLimited(receive)
	s := l.open(t, connect.WithGRPC())
	require.NoError(t, s.CloseRequest())
	require.ErrorContains(t, <-l.handled, "EOF")
	_, err := s.Receive()
	require.Equal(t, connect.CodeUnknown, connect.CodeOf(err))

	l = newLimited(func(ctx context.Context, s *stream) error { return s.Send(&text{Value: whoami(ctx)}) })
	answer, err := l.open(t, connect.WithGRPC()).Receive()
	require.NoError(t, err)
	require.Equal(t, "alice", answer.GetValue())
}

// Over HTTP/1, a handler that waits for a message is woken too, and no later call
// meets the connection that was woken.
//
// checklist 220
func TestHTTP1(t *testing.T) {
	session, withdraw := context.WithCancel(t.Context())
	middleware := newMiddleware(t, newGuard(t, protector.Config{}), connectguard.Config{
		Policies: map[string]protector.Policy{
			live: {UntilExpiry: true, Withdrawn: func(protector.Token) context.Context { return session }}, "/a.B/C": {},
		},
	})
	begun, handled := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.Handle("/a.B/C", say(whoami).unary("/a.B/C"))
	mux.Handle(live, connect.NewClientStreamHandler(live, func(
		_ context.Context, s *connect.ClientStream[empty],
	) (*connect.Response[text], error) {
		close(begun)
		for s.Receive() {
		}
		close(handled)
		return nil, s.Err()
	}, connect.WithInterceptors(middleware.Interceptor())))
	url, client := serve(t, middleware.Wrap(mux)), newClient(t, false)
	s := connect.NewClient[empty, text](client, url+live).CallClientStream(t.Context())
	add(s.RequestHeader(), bearer("alice"))
	require.NoError(t, s.Send(new(empty)))
	<-begun
	withdraw()
	<-handled
	_, err := s.CloseAndReceive()
	requireEnded(t, err)
	o := unary(client)(t.Context(), url+"/a.B/C", bearer("alice"))
	require.NoError(t, o.err)
	require.Equal(t, "alice", o.text)
}

// The words of a handler are its own when its client has left.
func TestTheClientLeaves(t *testing.T) {
	l := newLimited(nil)
	middleware := newMiddleware(t, newGuard(t, l.config), connectguard.Config{
		Policies: map[string]protector.Policy{live: l.policy},
	})
	ctx, leave := context.WithCancel(t.Context())
	handler := middleware.Wrap(connect.NewUnaryHandler(live, func(ctx context.Context, _ *connect.Request[empty]) (
		*connect.Response[text], error,
	) {
		leave()
		<-ctx.Done()
		return nil, connect.NewError(connect.CodeAborted, errors.New("own words"))
	}, connect.WithInterceptors(middleware.Interceptor())))
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, live, http.NoBody)
	r.Header = bearer("alice")
	r.Header.Set("Content-Type", "application/proto")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	require.Contains(t, w.Body.String(), "own words")
}

// A unary call that gives up because its token has ended says so. One that has an
// answer all the same gives it, and the connection goes on.
func TestUnaryCallsEndWithTheirToken(t *testing.T) {
	for name, failure := range map[string]error{"gives up": context.Canceled, "has it": nil} {
		for version, protocol := range map[string]connect.ClientOption{
			"1": protocols["connect"], "2": protocols["connect"],
			"1, gRPC-Web": protocols["gRPC-Web"], "2, gRPC": protocols["gRPC"],
		} {
			t.Run(name+"/HTTP "+version, func(t *testing.T) {
				session, withdraw := context.WithCancel(t.Context())
				middleware := newMiddleware(t, newGuard(t, protector.Config{}), connectguard.Config{
					Policies: map[string]protector.Policy{live: {
						UntilExpiry: true,
						Withdrawn: func(token protector.Token) context.Context {
							if token.(*row).user == "bob" {
								return nil
							}
							return session
						},
					}},
				})
				url := serve(t, middleware.Wrap(connect.NewUnaryHandler(live, func(
					ctx context.Context, _ *connect.Request[empty],
				) (*connect.Response[text], error) {
					if whoami(ctx) == "bob" {
						return connect.NewResponse(&text{Value: "bob"}), nil
					}
					withdraw()
					<-ctx.Done()
					return connect.NewResponse(&text{Value: "answer"}), failure
				}, connect.WithInterceptors(middleware.Interceptor()))))
				call := unary(newClient(t, version[0] == '2'), protocol)
				o := call(t.Context(), url+live, bearer("alice"))
				if failure == nil {
					require.NoError(t, o.err)
					require.Equal(t, "answer", o.text)
				} else {
					requireEnded(t, o.err)
				}
				require.Equal(t, "bob", call(t.Context(), url+live, bearer("bob")).text)
			})
		}
	}
}

// A connection of HTTP/1 is given up for a stream that may have to be woken, and for no
// other call.
func TestConnections(t *testing.T) {
	middleware := newMiddleware(t, newGuard(t, protector.Config{}), connectguard.Config{
		Policies: map[string]protector.Policy{live: {UntilExpiry: true}, "/a.B/C": {}},
	})
	url := serve(t, middleware.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	for _, tt := range []struct {
		procedure, contentType string
		closed                 bool
	}{
		{live, "application/proto", false}, {live, "application/json", false},
		{live, "application/connect+proto", true}, {live, "application/grpc-web+proto", true},
		{live, "Application/Connect+JSON", true}, {"/a.B/C", "application/connect+proto", false},
	} {
		r, err := http.NewRequest(http.MethodPost, url+tt.procedure, nil)
		require.NoError(t, err)
		r.Header = bearer("alice")
		r.Header.Set("Content-Type", tt.contentType)
		response, err := newClient(t, false).Do(r)
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, tt.closed, response.Close, tt)
	}
}

type closable struct{ closed chan struct{} }

func (c closable) Read([]byte) (int, error) { <-c.closed; return 0, errors.New("closed") }
func (c closable) Close() error             { close(c.closed); return nil }

// Where nobody knows of deadlines, the body is closed, and the context ends with the
// call.
func TestForeignWriter(t *testing.T) {
	l := newLimited(nil)
	middleware := newMiddleware(t, newGuard(t, l.config), connectguard.Config{
		Policies: map[string]protector.Policy{live: l.policy},
	})
	var seen context.Context
	handler := middleware.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = r.Context()
		require.NoError(t, seen.Err())
		if r.Header.Get("X-Wait") != "" {
			l.withdraw()
			r.Body.Read(make([]byte, 1))
		}
	}))
	for _, wait := range []string{"", "yes"} {
		r, err := http.NewRequest(http.MethodPost, live, closable{make(chan struct{})})
		require.NoError(t, err)
		r.Header = bearer("alice")
		r.Header.Set("X-Wait", wait)
		r.Header.Set("Content-Type", "application/connect+proto")
		handler.ServeHTTP(httptest.NewRecorder(), r) // which has no deadlines
		require.Error(t, seen.Err())
	}
}
