package tokencache_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

// Two issuers, one of which is taken out of the service while the cache stays.
//
// checklist 57
func TestForgetTheTokensOfARemovedIssuer(t *testing.T) {
	issuers := []*jwttest.Issuer{
		jwttest.NewIssuer(t, jwttest.At("https://a.example")), jwttest.NewIssuer(t, jwttest.At("https://b.example")),
	}
	validators := make([]*jwt.Validator, 2)
	for i, issuer := range issuers {
		v, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{"https://api.example"}, Keys: issuer})
		require.NoError(t, err)
		validators[i] = v
	}
	var current atomic.Pointer[jwt.Issuers]
	choose := func(validators ...*jwt.Validator) {
		several, err := jwt.ByIssuer(validators...)
		require.NoError(t, err)
		current.Store(several)
	}
	choose(validators...)
	cache, err := tokencache.New(func(ctx context.Context, token string) (*jwt.Token, error) {
		return current.Load().Validate(ctx, token)
	}, tokencache.Config{})
	require.NoError(t, err)
	audience := jwttest.Audience("https://api.example")
	staying, leaving := issuers[0].Token(audience), issuers[1].Token(audience)
	kept := accept(t, cache, staying)
	accept(t, cache, leaving)

	choose(validators[0])
	accept(t, cache, leaving) // documented: the cache has to be told
	removed := func(token *jwt.Token) bool { return token.Issuer() == issuers[1].URL() }
	require.Equal(t, 1, cache.Forget(removed))
	require.Zero(t, cache.Forget(removed))
	refuse(t, cache, leaving, jwt.ReasonUnknownIssuer)
	require.Same(t, kept, accept(t, cache, staying))
	require.Equal(t, 1, entriesOf(cache))
}

// What began before Forget was called goes to those who waited for it, is not
// remembered, and is not handed to whoever asks later.
func TestForgetReachesValidationsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		release := make(chan struct{})
		cache, err := tokencache.New(func(context.Context, string) (*entry, error) {
			if calls.Add(1) == 1 {
				<-release
			}
			return &entry{size: int(calls.Load())}, nil
		}, tokencache.Config{})
		require.NoError(t, err)
		results := make(chan *entry, 2)
		validate := func() { token, _ := cache.Validate(t.Context(), "a.b.c"); results <- token }
		go validate()
		synctest.Wait()
		go validate()
		synctest.Wait()
		require.EqualValues(t, 1, calls.Load())

		require.Zero(t, cache.Forget(func(*entry) bool { return false }))
		later, err := cache.Validate(t.Context(), "a.b.c")
		require.NoError(t, err)
		require.EqualValues(t, 2, calls.Load(), "one of its own")
		close(release)
		first := <-results
		require.Same(t, first, <-results)
		require.NotSame(t, later, first)
		again, err := cache.Validate(t.Context(), "a.b.c")
		require.NoError(t, err)
		require.Same(t, later, again, "the older result did not take its place")
	})
}

// A validation that Forget has detached ends without ending the one that began
// after it.
func TestForgetLeavesLaterValidationsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		release := []chan struct{}{make(chan struct{}), make(chan struct{})}
		cache, err := tokencache.New(func(context.Context, string) (*entry, error) {
			<-release[calls.Add(1)-1]
			return &entry{size: 1}, nil
		}, tokencache.Config{})
		require.NoError(t, err)
		results := make(chan *entry, 3)
		validate := func() { token, _ := cache.Validate(t.Context(), "a.b.c"); results <- token }
		go validate()
		synctest.Wait()
		cache.Forget(nil)
		go validate()
		synctest.Wait()
		close(release[0])
		<-results
		go validate() // joins the second
		synctest.Wait()
		require.EqualValues(t, 2, calls.Load())
		close(release[1])
		require.Same(t, <-results, <-results)
	})
}

func TestForgetAll(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	cache, _ := cached(t, issuer, issuer, tokencache.Config{})
	for range 100 {
		accept(t, cache, issuer.Token())
	}
	require.Equal(t, entriesOf(cache), cache.Forget(nil))
	entries, bytes := cache.Usage()
	require.Zero(t, entries)
	require.Zero(t, bytes)
}

// match is the application's, and may do what it likes.
func TestForgetMatchMayUseTheCache(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	cache, _ := cached(t, issuer, issuer, tokencache.Config{})
	bearer := issuer.Token()
	accept(t, cache, bearer)
	require.Equal(t, 0, cache.Forget(func(*jwt.Token) bool {
		cache.Usage()
		return cache.Forget(nil) == 0
	}))
	require.PanicsWithValue(t, "broken", func() {
		accept(t, cache, bearer)
		cache.Forget(func(*jwt.Token) bool { panic("broken") })
	})
	accept(t, cache, bearer)
}
