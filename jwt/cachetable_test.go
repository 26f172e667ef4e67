package jwt

import (
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkTable measures a look-up and the comparison of what was signed. The
// folder fuzz/speed/libraries has look-ups in the caches that others keep.
func BenchmarkTable(b *testing.B) {
	for _, n := range []int{1, 10_000} {
		t, keys := newTable(defaultCacheEntries, defaultCacheBytes), make([]cacheKey, 0, n)
		for len(keys) < n {
			k := cacheKey{signed: fmt.Sprintf("%0300d", len(keys))}
			rand.Read(k.signature[:])
			t.add(k, &Token{header: &header{}, terms: &terms{now: time.Now}, expiresAt: time.Now().Add(time.Hour)})
			keys = append(keys, k)
		}
		// Some rows are full before others.
		keys = slices.DeleteFunc(keys, func(k cacheKey) bool { return t.find(k) == nil })
		if len(keys) < n*9/10 {
			b.Fatalf("%d of %d tokens are left", len(keys), n)
		}
		b.Run(fmt.Sprintf("tokens=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i = (i + 7) % len(keys) {
					t.find(keys[i]).touch() // and panic if it is not there
				}
			})
		})
	}
}
