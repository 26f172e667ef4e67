package tokencache_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

func TestCacheIsBoundedInEntries(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	cache, _ := cached(t, issuer, issuer, tokencache.Config{MaxEntries: 16})
	for range 100 {
		accept(t, cache, issuer.Token())
		require.LessOrEqual(t, entriesOf(cache), 16)
	}
	require.Greater(t, entriesOf(cache), 8, "the room there is gets used")
}

func TestCacheIsBoundedInBytes(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	const limit = 20_000
	cache, validator := cached(t, issuer, issuer, tokencache.Config{MaxBytes: limit})
	for range 50 {
		bearer := issuer.Token(jwttest.Claim("padding", strings.Repeat("x", 3000)))
		accept(t, cache, bearer)
		accept(t, cache, bearer)
		_, bytes := cache.Usage()
		require.LessOrEqual(t, bytes, limit)
	}
	require.EqualValues(t, 50, validator.calls.Load(), "the newest one is always kept")

	tiny, validator := cached(t, issuer, issuer, tokencache.Config{MaxBytes: 100})
	bearer := issuer.Token()
	accept(t, tiny, bearer)
	accept(t, tiny, bearer)
	require.EqualValues(t, 2, validator.calls.Load(), "one that is too large alone is not kept")
}

func TestCacheKeepsWhatIsUsed(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	cache, validator := cached(t, issuer, issuer, tokencache.Config{MaxEntries: 8})
	popular := issuer.Token()
	accept(t, cache, popular)
	for range 100 {
		accept(t, cache, popular)
		accept(t, cache, issuer.Token())
	}
	require.LessOrEqual(t, validator.calls.Load(), int32(101+15),
		"100 passing tokens push the popular one out now and then at most")
}

// The same where the bytes are what runs out: a token that is used stays, and no more
// go than have to.
func TestCacheKeepsWhatIsUsedWithinItsBytes(t *testing.T) {
	var calls int
	validate := func(context.Context, string) (*entry, error) { calls++; return &entry{size: 10_000}, nil }
	cache, err := tokencache.New(validate, tokencache.Config{MaxEntries: 64, MaxBytes: 55_000})
	require.NoError(t, err)
	ask := func(token string) {
		_, err := cache.Validate(t.Context(), token)
		require.NoError(t, err)
	}
	ask("popular.token.1")
	for i := range 100 {
		ask("popular.token.1")
		ask(fmt.Sprintf("passing.token.%d", i))
		entries, bytes := cache.Usage()
		require.Equal(t, min(i+2, 5), entries)
		require.LessOrEqual(t, bytes, 55_000)
	}
	require.Equal(t, 101, calls)
}

// A validator that takes longer tokens than by default has them remembered too: the
// cache has no limit of its own that would have to be raised as well.
func TestCacheRemembersAsLongATokenAsIsAccepted(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	v, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer, MaxTokenBytes: 1 << 20,
	})
	require.NoError(t, err)
	cache, err := tokencache.New(v.Validate, tokencache.Config{})
	require.NoError(t, err)
	bearer := issuer.Token(jwttest.Claim("padding", strings.Repeat("x", 500_000)))
	require.Same(t, accept(t, cache, bearer), accept(t, cache, bearer))
}

func TestConfigFaults(t *testing.T) {
	_, err := tokencache.New[*jwt.Token](nil, tokencache.Config{MaxEntries: -1, MaxBytes: -1})
	for _, part := range []string{"validate is nil", "Config.MaxEntries is -1", "Config.MaxBytes is -1"} {
		require.ErrorContains(t, err, part)
	}
	for _, config := range []tokencache.Config{
		{MaxEntries: math.MaxInt}, {MaxEntries: math.MinInt}, {MaxEntries: 16<<20 + 1}, {MaxBytes: math.MaxInt},
	} {
		_, err := tokencache.New(new(jwt.Validator).Validate, config)
		require.ErrorContains(t, err, "use up to", "%d %d", config.MaxEntries, config.MaxBytes)
	}
	_, err = tokencache.New(new(jwt.Validator).Validate, tokencache.Config{MaxEntries: 1, MaxBytes: 1})
	require.NoError(t, err)
}
