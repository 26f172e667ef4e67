package libraries

import (
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/dgraph-io/ristretto/v2"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/maypok86/otter/v2"
)

// digest is what the table looks tokens up by, and token is about as large as
// what it finds.
type (
	digest [16]byte
	token  [1200]byte
)

// The bounds are those of the table. A library that knows one bound gets the one
// on bytes.
const (
	maxEntries = 16 << 10
	maxBytes   = 32 << 20
)

// cache is a library under measurement.
type cache struct {
	name string
	put  func(digest, *token)
	get  func(digest) (*token, bool)
	wait func() // until what was put can be found
}

func caches(tb testing.TB) []cache {
	o, err := otter.New(&otter.Options[digest, *token]{
		MaximumWeight: maxBytes,
		Weigher:       func(digest, *token) uint32 { return uint32(len(token{})) },
		Executor:      func(work func()) { work() }, // no goroutine of its own
	})
	check(tb, err)
	l, err := lru.New[digest, *token](maxEntries)
	check(tb, err)
	r, err := ristretto.NewCache(&ristretto.Config[[]byte, *token]{NumCounters: 10 * maxEntries, MaxCost: maxBytes,
		BufferItems: 64})
	check(tb, err)
	tb.Cleanup(r.Close)
	return []cache{
		{"otter", func(d digest, t *token) { o.Set(d, t) }, o.GetIfPresent, o.CleanUp},
		{"golang-lru", func(d digest, t *token) { l.Add(d, t) }, l.Get, func() {}},
		{"ristretto", func(d digest, t *token) { r.Set(d[:], t, int64(len(t))) },
			func(d digest) (*token, bool) { return r.Get(d[:]) }, r.Wait},
	}
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{1, 10_000} {
		keys := make([]digest, n)
		for i := range keys {
			rand.Read(keys[i][:])
		}
		for _, c := range caches(b) {
			for _, k := range keys {
				c.put(k, new(token))
			}
			c.wait()
			b.Run(fmt.Sprintf("tokens=%d/in=%s", n, c.name), func(b *testing.B) {
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for i := 0; pb.Next(); i = (i + 7) % n {
						if _, ok := c.get(keys[i]); !ok {
							b.Error("not found")
						}
					}
				})
			})
		}
	}
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
