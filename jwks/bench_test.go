package jwks_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// loaded is a Remote with n keys, and the kid of the one in the middle.
func loaded(t require.TestingT, n int) (*jwks.Remote, string) {
	keys := make([]any, n)
	for i := range keys {
		keys[i] = ecJWK(fmt.Sprintf("key-%04d", i))
	}
	r := newRemote(t, newEndpoint(keys...), nil)
	kid := fmt.Sprintf("key-%04d", n/2)
	require.True(t, accepts(r, kid))
	return r, kid
}

// A lookup that the set can answer allocates nothing, whatever is asked.
func TestLookupAllocatesNothing(t *testing.T) {
	for _, n := range []int{1, 1000} {
		r, kid := loaded(t, n)
		for _, ask := range [][2]string{{kid, "ES256"}, {"", "ES256"}, {"", "RS256"}, {"x", "none"}} {
			require.Zero(t, leastAllocs(func() {
				_, _ = r.VerificationKeys(t.Context(), ask[0], ask[1])
			}), ask)
		}
	}
}

// leastAllocs counts the allocations of f. What other goroutines allocate counts as well, such as one that still logs a
// thousand new keys, so the least of several counts is f's own.
func leastAllocs(f func()) float64 {
	least := testing.AllocsPerRun(100, f)
	for try := 1; try < 1000 && least > 0; try++ {
		runtime.Gosched() // to those others
		least = min(least, testing.AllocsPerRun(100, f))
	}
	return least
}

// A flood of made-up kids costs no more, once the bucket is empty.
func TestFloodAllocatesNothing(t *testing.T) {
	r, _ := loaded(t, 1)
	kids, next := make([]string, 200), 0
	for i := range kids {
		kids[i] = fmt.Sprintf("made-up-%d", i)
	}
	lookup := func() {
		keys, err := r.VerificationKeys(t.Context(), kids[next%len(kids)], "ES256")
		if next++; len(keys) > 0 || err != nil {
			t.Errorf("%v, %v", keys, err)
		}
	}
	for range 50 {
		lookup()
	}
	require.Zero(t, leastAllocs(lookup))
}

// BenchmarkVerificationKeys measures a lookup of a known key. floor is a lookup in a
// Static, which has no clock to read.
func BenchmarkVerificationKeys(b *testing.B) {
	for _, n := range []int{1, 1000} {
		r, kid := loaded(b, n)
		b.Run(fmt.Sprintf("keys=%d/ask=known", n), func(b *testing.B) { lookups(b, r, kid) })
		b.Run(fmt.Sprintf("keys=%d/ask=no-kid", n), func(b *testing.B) { lookups(b, r, "") })
		b.Run(fmt.Sprintf("keys=%d/ask=known/parallel", n), func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_, _ = r.VerificationKeys(ctx, kid, "ES256")
				}
			})
		})
	}
	s, err := jwks.ParseStatic([]byte(setOf(ecJWK("a"))))
	require.NoError(b, err)
	b.Run("keys=1/ask=floor", func(b *testing.B) { lookups(b, s, "a") })
}

func lookups(b *testing.B, s keySource, kid string) {
	b.ReportAllocs()
	ctx := b.Context()
	for b.Loop() {
		_, _ = s.VerificationKeys(ctx, kid, "ES256")
	}
}

// BenchmarkUnknownKID measures what a made-up kid costs once the cool-down
// applies: every one is different, none causes a fetch.
func BenchmarkUnknownKID(b *testing.B) {
	r, _ := loaded(b, 1)
	kids := names("forged", 1<<12)
	for _, kid := range kids[:8] {
		require.True(b, refuses(r, kid))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, _ = r.VerificationKeys(b.Context(), kids[i%len(kids)], "ES256")
	}
}

// BenchmarkParseStatic measures what a refresh that brings a new set costs.
func BenchmarkParseStatic(b *testing.B) {
	for _, n := range []int{2, 1000} {
		keys := make([]any, n)
		for i := range keys {
			keys[i] = ecJWK(fmt.Sprint("key-", i))
		}
		doc := []byte(setOf(keys...))
		b.Run(fmt.Sprintf("keys=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				_, _ = jwks.ParseStatic(doc)
			}
		})
	}
}
