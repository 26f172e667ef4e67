package tokencache_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

// checklist 222
func TestCountsTellHitsFromMisses(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	cache, _ := cached(t, issuer, issuer, tokencache.Config{CountLookups: true})
	first, second := issuer.Token(jwttest.Subject("a")), issuer.Token(jwttest.Subject("b"))
	for _, bearer := range []string{first, second, first, first} {
		accept(t, cache, bearer)
	}
	for range 2 { // what is refused is never remembered
		_, err := cache.Validate(t.Context(), issuer.Token(jwttest.ExpiresIn(-time.Hour)))
		require.Error(t, err)
	}
	hits, misses := cache.Counts()
	require.Equal(t, []uint64{2, 4}, []uint64{hits, misses})

	require.Equal(t, 2, cache.Forget(nil))
	accept(t, cache, first)
	hits, misses = cache.Counts()
	require.Equal(t, []uint64{2, 5}, []uint64{hits, misses}, "forgotten is not remembered")
}

func TestCountsLoseNothing(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	cache, _ := cached(t, issuer, issuer, tokencache.Config{CountLookups: true})
	bearer := issuer.Token()
	accept(t, cache, bearer)
	var lookups sync.WaitGroup
	for range 8 {
		lookups.Go(func() {
			for range 100 {
				_, err := cache.Validate(t.Context(), bearer)
				require.NoError(t, err)
			}
		})
	}
	lookups.Wait()
	hits, misses := cache.Counts()
	require.Equal(t, []uint64{800, 1}, []uint64{hits, misses})
}

func TestNothingIsCountedUnasked(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	cache, _ := cached(t, issuer, issuer, tokencache.Config{})
	accept(t, cache, issuer.Token())
	hits, misses := cache.Counts()
	require.Zero(t, hits+misses)
}
