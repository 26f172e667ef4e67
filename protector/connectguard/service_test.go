package connectguard_test

import (
	"context"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/connectguard"
	"example.com/resourceserver/scopes"
)

// patience is for what never takes long, unless it is broken.
const patience = 20 * time.Second

type (
	empty = emptypb.Empty
	text  = wrapperspb.StringValue
)

// say is what a handler answers with.
type say func(context.Context) string

func (s say) unary(procedure string, options ...connect.HandlerOption) http.Handler {
	return connect.NewUnaryHandler(procedure, func(ctx context.Context, _ *connect.Request[empty]) (
		*connect.Response[text], error,
	) {
		return connect.NewResponse(wrapperspb.String(s(ctx))), nil
	}, options...)
}

func (s say) server(procedure string, options ...connect.HandlerOption) http.Handler {
	return connect.NewServerStreamHandler(procedure, func(
		ctx context.Context, _ *connect.Request[empty], stream *connect.ServerStream[text],
	) error {
		return stream.Send(wrapperspb.String(s(ctx)))
	}, options...)
}

func (s say) bidirectional(procedure string, options ...connect.HandlerOption) http.Handler {
	return connect.NewBidiStreamHandler(procedure, func(
		ctx context.Context, stream *connect.BidiStream[empty, text],
	) error {
		if _, err := stream.Receive(); err != nil {
			return err
		}
		return stream.Send(wrapperspb.String(s(ctx)))
	}, options...)
}

// serve serves HTTP/1.1 and HTTP/2, and returns the URL.
func serve(tb testing.TB, handler http.Handler) string {
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Config.ErrorLog = log.New(watchful{tb}, "", 0)
	server.Start()
	tb.Cleanup(server.Close)
	return server.URL
}

// watchful reads the log of a server, which is where net/http complains of fields that
// may not be in a trailer.
type watchful struct{ tb testing.TB }

func (w watchful) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "trailer") {
		w.tb.Errorf("logged: %s", line)
	}
	return len(line), nil
}

// newClient returns a client for one version of HTTP.
func newClient(tb testing.TB, http2 bool) *http.Client {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetHTTP1(!http2)
	transport.Protocols.SetUnencryptedHTTP2(http2)
	tb.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// outcome is what a client learns.
type outcome struct {
	text   string
	header http.Header
	err    error
}

// A caller makes a call with these fields.
type caller func(ctx context.Context, url string, fields http.Header) outcome

func unary(client *http.Client, options ...connect.ClientOption) caller {
	return func(ctx context.Context, url string, fields http.Header) outcome {
		r := connect.NewRequest(new(empty))
		add(r.Header(), fields)
		answer, err := connect.NewClient[empty, text](client, url, options...).CallUnary(ctx, r)
		if err != nil {
			return outcome{err: err}
		}
		return outcome{answer.Msg.GetValue(), answer.Header(), nil}
	}
}

func server(client *http.Client, options ...connect.ClientOption) caller {
	return func(ctx context.Context, url string, fields http.Header) outcome {
		r := connect.NewRequest(new(empty))
		add(r.Header(), fields)
		stream, err := connect.NewClient[empty, text](client, url, options...).CallServerStream(ctx, r)
		if err != nil {
			return outcome{err: err}
		}
		defer stream.Close()
		if !stream.Receive() {
			return outcome{err: stream.Err()}
		}
		return outcome{stream.Msg().GetValue(), stream.ResponseHeader(), nil}
	}
}

func bidirectional(client *http.Client, options ...connect.ClientOption) caller {
	return func(ctx context.Context, url string, fields http.Header) outcome {
		stream := connect.NewClient[empty, text](client, url, options...).CallBidiStream(ctx)
		add(stream.RequestHeader(), fields)
		defer stream.CloseResponse()
		stream.Send(new(empty)) // what it fails with is what Receive says
		stream.CloseRequest()
		answer, err := stream.Receive()
		return outcome{answer.GetValue(), stream.ResponseHeader(), err}
	}
}

func add(header, fields http.Header) {
	for name, values := range fields {
		header[name] = values
	}
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// details returns the reason of an error, and how long to wait in seconds.
func details(t testing.TB, e *connect.Error) (reason, after string) {
	for _, detail := range e.Details() {
		value, err := detail.Value()
		require.NoError(t, err)
		switch d := value.(type) {
		case *errdetails.ErrorInfo:
			require.Equal(t, "oauth", d.GetDomain())
			reason = d.GetReason()
		case *errdetails.RetryInfo:
			after = strconv.Itoa(int(d.GetRetryDelay().AsDuration().Seconds()))
		}
	}
	return reason, after
}

// row is a row of an application's own table.
type row struct {
	user, scope string
	expiry      time.Time
}

func (r *row) Scopes() scopes.Set   { return scopes.Parse(r.scope) }
func (r *row) ExpiresAt() time.Time { return r.expiry }

func lookup(_ context.Context, token string) (*row, error) {
	return map[string]*row{
		"alice": {user: "alice", scope: "profile email"}, "bob": {user: "bob", scope: "profile"},
	}[token], nil
}

func newGuard(t testing.TB, config protector.Config) *protector.Protector {
	if config.Validators == nil {
		config.Validators = []protector.Validator{protector.Bearer(lookup)}
	}
	guard, err := protector.New(config)
	require.NoError(t, err)
	return guard
}

func newMiddleware(t testing.TB, guard *protector.Protector, config connectguard.Config) *connectguard.Middleware {
	middleware, err := connectguard.New(guard, config)
	require.NoError(t, err)
	return middleware
}

// whoami is what a handler says.
func whoami(ctx context.Context) string {
	if token, ok := protector.CurrentToken[*row](ctx); ok {
		return token.user
	}
	return "nobody"
}
