package grpcguard_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/grpcguard"
	"example.com/resourceserver/scopes"
)

// row is a row of an application's own table.
type row struct {
	user, scope string
	expiry      time.Time
	thumbprint  string
}

func (r *row) Scopes() scopes.Set   { return scopes.Parse(r.scope) }
func (r *row) ExpiresAt() time.Time { return r.expiry }
func (r *row) Confirmation() map[string]string {
	if r.thumbprint == "" {
		return nil
	}
	return map[string]string{"x5t#S256": r.thumbprint}
}

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

func newInterceptors(t testing.TB, guard *protector.Protector, config grpcguard.Config) *grpcguard.Interceptors {
	interceptors, err := grpcguard.New(guard, config)
	require.NoError(t, err)
	return interceptors
}

// whoami is what a handler says.
func whoami(ctx context.Context) string {
	if token, ok := protector.CurrentToken[*row](ctx); ok {
		return token.user
	}
	return "nobody"
}

// witness keeps what was decided.
type witness struct {
	mu        sync.Mutex
	decisions []protector.Decision
}

func (w *witness) see(_ context.Context, d protector.Decision) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.decisions = append(w.decisions, d)
}

// last returns the last decision, and forgets all.
func (w *witness) last() (d protector.Decision) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.decisions); n > 0 {
		d = w.decisions[n-1]
	}
	w.decisions = nil
	return d
}

// What is not declared is closed, whoever asks; what is open is so by its name. An
// entry of a method comes before that of its service, in both directions.
//
// checklist 217
func TestClosed(t *testing.T) {
	var seen witness
	interceptors := newInterceptors(t, newGuard(t, protector.Config{OnDecision: seen.see}), grpcguard.Config{
		Policies: map[string]protector.Policy{
			"/a.Declared/Any":   {},
			"/a.Service/*":      {Scopes: []string{"profile"}},
			"/a.Service/Strict": {Scopes: []string{"email"}},
			"/a.Public/Closed":  {Scopes: []string{"email"}},
			"/a.Mixed/Greeting": {Optional: true},
		},
		Open: []string{"/a.Service/Open", "/a.Public/*"},
	})
	server := grpc.NewServer(interceptors.ServerOptions()...)
	ran := 0
	var methods []method
	for _, name := range []string{
		"/a.Declared/Any", "/a.Declared/Forgotten", "/a.Forgotten/Any", "/a.Service/Any", "/a.Service/Strict",
		"/a.Service/Open", "/a.Public/Any", "/a.Public/Closed", "/a.Mixed/Greeting", "/a.Service.Other/Any",
		"/a.Service/Anything.at_all-2", "/A.Service/Any", "/a.Service/open",
	} {
		methods = append(methods, method{name: name, say: func(ctx context.Context) string { ran++; return whoami(ctx) }})
	}
	register(server, methods...)
	conn := dial(t, serve(t, server))
	const no, forbidden = codes.Unauthenticated, codes.PermissionDenied
	for _, tt := range []struct {
		name            string
		none, bob, both codes.Code
		pattern         string
	}{
		{"/a.Declared/Any", no, codes.OK, codes.OK, "/a.Declared/Any"},
		{"/a.Declared/Forgotten", no, forbidden, forbidden, ""},
		{"/a.Forgotten/Any", no, forbidden, forbidden, ""},
		{"/a.Service/Any", no, codes.OK, codes.OK, "/a.Service/*"},
		{"/a.Service/Anything.at_all-2", no, codes.OK, codes.OK, "/a.Service/*"},
		{"/a.Service/open", no, codes.OK, codes.OK, "/a.Service/*"},
		{"/a.Service/Strict", no, forbidden, codes.OK, "/a.Service/Strict"},
		{"/a.Service.Other/Any", no, forbidden, forbidden, ""},
		{"/A.Service/Any", no, forbidden, forbidden, ""},
		{"/a.Public/Closed", no, forbidden, codes.OK, "/a.Public/Closed"},
		{"/a.Mixed/Greeting", codes.OK, codes.OK, codes.OK, "/a.Mixed/Greeting"},
		{"/a.Service/Open", codes.OK, codes.OK, codes.OK, ""},
		{"/a.Public/Any", codes.OK, codes.OK, codes.OK, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for token, want := range map[string]codes.Code{"": tt.none, "bob": tt.bob, "alice": tt.both} {
				before := ran
				var pairs []string
				if token != "" {
					pairs = bearer(token)
				}
				o := call(t, conn, method{name: tt.name}, pairs...)
				require.Equal(t, want, status.Code(o.err), token)
				require.Equal(t, want == codes.OK, ran > before)
				require.Equal(t, tt.pattern, seen.last().Pattern)
			}
		})
	}
	// Nobody is asked who calls what is open, and grpc answers what no service has.
	require.Equal(t, "nobody", call(t, conn, method{name: "/a.Public/Any"}, bearer("alice")...).text)
	require.Equal(t, codes.Unimplemented, status.Code(call(t, conn, method{name: "/a.Nowhere/Any"}).err))
}

// A stream is decided about before its first message: a client that sends none learns
// that it is refused, and holds nothing open.
func TestSilentStreams(t *testing.T) {
	m := method{
		name: "/a.Service/Stream", client: true, server: true,
		say: func(context.Context) string { t.Error("ran"); return "" },
	}
	interceptors := newInterceptors(t, newGuard(t, protector.Config{}), grpcguard.Config{
		Policies: map[string]protector.Policy{m.name: {}},
	})
	server := grpc.NewServer(interceptors.ServerOptions()...)
	register(server, m)
	stream, err := dial(t, serve(t, server)).NewStream(t.Context(),
		&grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, m.name)
	require.NoError(t, err)
	require.Equal(t, codes.Unauthenticated, status.Code(stream.RecvMsg(new(emptypb.Empty))))
}

// The reason why a method is closed is for the operator.
func TestUndeclared(t *testing.T) {
	var seen witness
	interceptors := newInterceptors(t, newGuard(t, protector.Config{OnDecision: seen.see}),
		grpcguard.Config{Open: []string{"/a.Other/Any"}})
	server := grpc.NewServer(interceptors.ServerOptions()...)
	m := method{name: "/a.Service/Secret", say: func(context.Context) string { t.Error("ran"); return "" }}
	register(server, m)
	o := call(t, dial(t, serve(t, server)), m, bearer("alice")...)
	require.Equal(t, "The request is not allowed.", status.Convert(o.err).Message())
	reason, _ := details(t, status.Convert(o.err))
	require.Equal(t, "ACCESS_DENIED", reason)
	require.ElementsMatch(t, []string{"content-type", "grpc-status-details-bin", "www-authenticate"},
		slices.Collect(maps.Keys(o.trailer))) // what speaks to caches and browsers stays away
	d := seen.last()
	require.Equal(t, []any{"undeclared", 403, "", "POST"}, []any{d.Reason, d.Status, d.Pattern, d.Method})
}

// An UnknownServiceHandler, as of a proxy, gets every name that a client makes up.
// What slips past the table must be nothing, and no name a label.
func TestUnknownServices(t *testing.T) {
	var seen witness
	interceptors := newInterceptors(t, newGuard(t, protector.Config{OnDecision: seen.see}), grpcguard.Config{
		Policies: map[string]protector.Policy{"/a.Service/*": {}},
		Open:     []string{"/a.Open/*"},
	})
	ran := ""
	server := grpc.NewServer(append(interceptors.ServerOptions(), grpc.UnknownServiceHandler(
		func(_ any, ss grpc.ServerStream) error {
			ran, _ = grpc.MethodFromServerStream(ss)
			return status.Error(codes.OK, "")
		}))...)
	addr := serve(t, server)
	for _, name := range []string{
		"/a.Open/x/../../a.Service/Any", "/a.Open//Any", "//a.Open/Any", "/a.Open/Any/", "/a.Open/Any?a=b", "/a.Open/*",
		"/a.Open/", "/a.Open", "/a.Open/..", "/a.open/Any", "/a.Open/Any%2f", "/a.Open/A y", "/a.Open\\Any", "/",
		"/a.Service/Any", "/b.Service/Any", "/a.Open /Any", "a.Open/Any", "/a.Open/\u017f",
	} {
		framed(t, addr, name, "application/grpc")
		require.Empty(t, ran, name)
		pattern := seen.last().Pattern
		require.True(t, pattern == "" || pattern == "/a.Service/*", pattern)
	}
	require.Equal(t, "0", framed(t, addr, "/a.Open/Any", "application/grpc"))
	require.Equal(t, "/a.Open/Any", ran)
}

// checklist 217
func TestHealthAndReflection(t *testing.T) {
	for name, tt := range map[string]struct {
		open []string
		want codes.Code
	}{
		"by default": {nil, codes.Unauthenticated},
		"by name": {[]string{
			healthpb.Health_Check_FullMethodName, reflectionpb.ServerReflection_ServerReflectionInfo_FullMethodName,
		}, codes.OK},
	} {
		t.Run(name, func(t *testing.T) {
			interceptors := newInterceptors(t, newGuard(t, protector.Config{}), grpcguard.Config{
				Policies: map[string]protector.Policy{"/a.Service/Any": {}}, Open: tt.open,
			})
			server := grpc.NewServer(interceptors.ServerOptions()...)
			healthpb.RegisterHealthServer(server, health.NewServer())
			reflection.Register(server)
			conn := dial(t, serve(t, server))
			_, err := healthpb.NewHealthClient(conn).Check(t.Context(), new(healthpb.HealthCheckRequest))
			require.Equal(t, tt.want, status.Code(err))
			watch, err := healthpb.NewHealthClient(conn).Watch(t.Context(), new(healthpb.HealthCheckRequest))
			require.NoError(t, err)
			_, err = watch.Recv()
			require.Equal(t, codes.Unauthenticated, status.Code(err))
			info, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
			require.NoError(t, err)
			info.Send(&reflectionpb.ServerReflectionRequest{
				MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{},
			})
			_, err = info.Recv()
			require.Equal(t, tt.want, status.Code(err))
		})
	}
}
