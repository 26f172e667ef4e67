package echoguard_test

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/echoguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// sink is a ResponseWriter that costs nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

func request(tb testing.TB, field string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, "http://api.example/user/7", nil)
	require.NoError(tb, err)
	if field != "" {
		r.Header.Set("Authorization", field)
	}
	return r
}

// What the guard adds is the difference between the first two rows, less the
// validation, which costs nothing here. The last row is what it is measured by.
func BenchmarkRequire(b *testing.B) {
	guard, field, floor := refusals.Bench(b)
	for _, bb := range []struct{ name, field string }{
		{"guard=none", field}, {"guard=require", field}, {"guard=require/refused", ""},
	} {
		b.Run(bb.name, func(b *testing.B) {
			e, w, r := newEcho(), &sink{http.Header{}}, request(b, bb.field)
			if bb.name != "guard=none" {
				e.Use(echoguard.Require(guard, "profile email", "user"))
			}
			e.GET("/user/:id", func(*echo.Context) error { return nil })
			b.ReportAllocs()
			for b.Loop() {
				e.ServeHTTP(w, r)
			}
		})
	}
	b.Run("floor=RS256", func(b *testing.B) {
		for b.Loop() {
			require.True(b, floor())
		}
	})
}

// The bridge, and what net/http's middleware allocates.
func TestAllocations(t *testing.T) {
	guard, field, _ := refusals.Bench(t)
	e, w, r := newEcho(), &sink{http.Header{}}, request(t, field)
	e.GET("/open/:id", func(*echo.Context) error { return nil })
	e.GET("/user/:id", func(*echo.Context) error { return nil }, echoguard.Require(guard))
	guarded := refusals.Allocations(func() { e.ServeHTTP(w, r) })
	r.URL.Path = "/open/7"
	open := refusals.Allocations(func() { e.ServeHTTP(w, r) })
	require.LessOrEqual(t, guarded-open, 3.0)
}
