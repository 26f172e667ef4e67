package jwt

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"
)

// BenchmarkTable measures a look-up and the comparison of what was signed. The
// folder internal/speed/libraries has look-ups in the caches that others keep.
func BenchmarkTable(b *testing.B) {
	for _, n := range []int{1, 10_000} {
		t, keys := newTable(2*defaultCacheEntries, defaultCacheBytes), make([]cacheKey, n)
		for i := range keys {
			rand.Read(keys[i].signature[:])
			keys[i].signed = fmt.Sprintf("%0300d", i)
			t.add(keys[i], &Token{header: &header{}, by: &Validator{now: time.Now}})
		}
		b.Run(fmt.Sprintf("tokens=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i = (i + 7) % n {
					if e := t.find(keys[i]); e != nil {
						e.touch()
					}
				}
			})
		})
	}
}
