package connectguard_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/connectguard"
	"example.com/resourceserver/protector/internal/refusals"
)

const (
	guarded = "/a.Service/Guarded"
	open    = "/a.Service/Open"
)

// sink is a ResponseWriter that costs nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

func benchmarked(tb testing.TB) (serve func(path, field string) func(), field string, floor func() bool) {
	guard, field, floor := refusals.Bench(tb)
	handler := newMiddleware(tb, guard, connectguard.Config{
		Policies: map[string]protector.Policy{guarded: {Scopes: []string{"profile email", "user"}}}, Open: []string{open},
	}).Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return func(path, field string) func() {
		w := &sink{http.Header{}}
		r, err := http.NewRequest(http.MethodPost, "http://api.example"+path, http.NoBody)
		require.NoError(tb, err)
		r.Header.Set("Content-Type", "application/proto")
		if field != "" {
			r.Header.Set("Authorization", field)
		}
		return func() { handler.ServeHTTP(w, r) }
	}, field, floor
}

// What the guard costs is the first row: the validation costs nothing here. The last
// one is what it is measured by.
func BenchmarkWrap(b *testing.B) {
	serve, field, floor := benchmarked(b)
	for _, bb := range []struct{ name, path, field string }{
		{"guarded", guarded, field}, {"guarded/refused", guarded, ""}, {"open", open, field},
	} {
		b.Run("procedure="+bb.name, func(b *testing.B) {
			call := serve(bb.path, bb.field)
			b.ReportAllocs()
			for b.Loop() {
				call()
			}
		})
	}
	b.Run("floor=RS256", func(b *testing.B) {
		for b.Loop() {
			require.True(b, floor())
		}
	})
}

func TestAllocations(t *testing.T) {
	serve, field, _ := benchmarked(t)
	require.LessOrEqual(t, refusals.Allocations(serve(guarded, field)), 6.0)
	require.Zero(t, refusals.Allocations(serve(open, field)))
}
