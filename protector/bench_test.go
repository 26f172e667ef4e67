package protector_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// instant authenticates without allocating, so that what is measured is ours.
func instant(_ context.Context, s string) (*parsed, error) {
	if s == "mallory" {
		return nil, errMallory
	}
	return &ready, nil
}

// parsed is a token that has its sets ready.
type parsed struct{ scopes, roles scopes.Set }

func (p *parsed) Scopes() scopes.Set   { return p.scopes }
func (p *parsed) Roles() scopes.Set    { return p.roles }
func (p *parsed) ExpiresAt() time.Time { return time.Time{} }

var (
	ready            = parsed{scopes.Parse("profile email"), scopes.Parse("editor")}
	errMallory error = invalid{"signature"}
)

func benchmarks() []struct {
	name    string
	handler func(*protector.Protector) http.Handler
	token   string
	most    float64 // allocations
} {
	last := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	return []struct {
		name    string
		handler func(*protector.Protector) http.Handler
		token   string
		most    float64
	}{
		{"require", func(g *protector.Protector) http.Handler {
			return g.Require("profile email", "user")(last)
		}, "alice", 2},
		{"optional", func(g *protector.Protector) http.Handler { return g.Optional("profile")(last) }, "alice", 2},
		{"anonymous", func(g *protector.Protector) http.Handler { return g.Optional("profile")(last) }, "", 2},
		{"nested", func(g *protector.Protector) http.Handler {
			return g.Require()(g.Require("profile")(g.Require("email")(last)))
		}, "alice", 2},
		{"policy", func(g *protector.Protector) http.Handler {
			return g.RequirePolicy(protector.Policy{Scopes: []string{"profile"}, Roles: []string{"editor"}})(last)
		}, "alice", 2},
		{"acquire", func(g *protector.Protector) http.Handler {
			return g.Require()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = g.Acquire(r, "profile email", "user")
			}))
		}, "alice", 2},
	}
}

// What the middleware adds to authenticate: the grant, with the context in it,
// and the request that carries it.
func TestAllocations(t *testing.T) {
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(instant)}})
	for _, tt := range benchmarks() {
		t.Run(tt.name, func(t *testing.T) {
			handler, r, w := tt.handler(guard), newRequest(tt.token), &sink{header: http.Header{}}
			require.LessOrEqual(t, testing.AllocsPerRun(100, func() { handler.ServeHTTP(w, r) }), tt.most)
			require.Zero(t, w.status, "the handler has to be reached")
		})
	}
}

func BenchmarkRequire(b *testing.B) {
	guard := newGuard(b, protector.Config{Validators: []protector.Validator{protector.Bearer(instant)}})
	last := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, bb := range benchmarks() {
		b.Run("door="+bb.name, func(b *testing.B) {
			handler, r, w := bb.handler(guard), newRequest(bb.token), &sink{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(w, r)
			}
		})
	}
	long := make([]byte, 64<<10)
	for i := range long {
		long[i] = 'a'
	}
	for _, bb := range []struct{ name, token string }{
		{"none", ""},
		{"bad", "mallory"},
		{"malformed", "a,b"},
		{"64KiB", string(long)},
	} {
		b.Run("refused="+bb.name, func(b *testing.B) {
			handler, r := guard.Require("profile")(last), newRequest(bb.token)
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(&sink{header: http.Header{}}, r)
			}
		})
	}
}

// sink is a ResponseWriter that costs nothing.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }
