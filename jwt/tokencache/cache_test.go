package tokencache_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

func TestCacheRemembersWhatWasVerified(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	for name, option := range map[string]jwttest.TokenOption{
		"usual":           jwttest.Scope("profile"),
		"indented header": jwttest.RawHeader("\n" + `{ "alg": "RS256", "typ": "at+jwt", "kid": "` + issuer.KeyID() + `" }`),
	} {
		t.Run(name, func(t *testing.T) {
			cache, validator := cached(t, issuer, issuer, tokencache.Config{})
			bearer := issuer.Token(option)
			require.Same(t, accept(t, cache, bearer), accept(t, cache, bearer))
			require.EqualValues(t, 1, validator.calls.Load())
			entries, bytes := cache.Usage()
			require.Equal(t, 1, entries)
			require.Positive(t, bytes)
		})
	}
}

func TestCacheHoldsNothingThatWasNotVerified(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	cache, validator := cached(t, issuer, issuer, tokencache.Config{})
	good := issuer.Token()
	accept(t, cache, good)
	last := strings.LastIndexByte(good, '.') + 1
	forged := jwttest.Signature(func([]byte) []byte { return make([]byte, 256) })
	for name, bad := range map[string]string{
		"expired":       issuer.Token(jwttest.ExpiresIn(-time.Hour)),
		"tampered":      good[:last] + strings.Repeat("A", len(good)-last),
		"signature cut": good[:last],
		"longer":        good + "A",
		"other payload": issuer.Token(jwttest.Subject("mallory"), forged),
		"not a token":   "opaque",
		"empty":         "",
		"megabyte":      good[:last] + strings.Repeat("A", 1<<20) + good[last:],
	} {
		before := validator.calls.Load()
		for range 2 {
			_, err := cache.Validate(t.Context(), bad)
			var invalid *jwt.Error
			require.ErrorAs(t, err, &invalid, name)
		}
		require.Equal(t, before+2, validator.calls.Load(), name)
	}
	require.Equal(t, 1, entriesOf(cache))
}

func TestCacheNeverAnswersForAnotherToken(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	// So few that all tokens meet in the same places.
	cache, _ := cached(t, issuer, issuer, tokencache.Config{MaxEntries: 1})
	good := issuer.Token()
	accept(t, cache, good)
	for i := range good {
		changed := []byte(good)
		changed[i] ^= 1
		_, err := cache.Validate(t.Context(), string(changed))
		require.Error(t, err, "byte %d", i)
		_, err = cache.Validate(t.Context(), good[:i])
		require.Error(t, err, "cut at byte %d", i)
		_, err = cache.Validate(t.Context(), good[i+1:])
		require.Error(t, err, "begun behind byte %d", i)
	}
	accept(t, cache, good)
}

// entry is a token of an application's own.
type entry struct {
	size  int
	stale bool
}

func (e *entry) StillValid(context.Context) bool { return !e.stale }
func (e *entry) Size() int                       { return e.size }

// What can be remembered is up to its size and its text, of which a validator that
// takes anything shows all.
func TestCacheRemembersWhatItCan(t *testing.T) {
	for _, tt := range []struct {
		name, token string
		value       *entry
		want        int
	}{
		{"a JWS", "a.b.c", &entry{size: 1}, 1},
		{"a JWE", "a.b.c.d.e", &entry{size: 1}, 1},
		{"short segments", "..", &entry{size: 1}, 1},
		{"opaque", "a", &entry{size: 1}, 0},
		{"two segments", "a.b", &entry{size: 1}, 0},
		{"empty", "", &entry{size: 1}, 0},
		{"no token", "a.b.c", nil, 0},
		{"no size", "a.b.c", &entry{}, 0},
		{"a negative size", "a.b.c", &entry{size: -1}, 0},
		{"as large as the bound", "a.b.c", &entry{size: 1 << 20}, 0},
		{"larger than any", "a.b.c", &entry{size: int(^uint(0) >> 1)}, 0},
	} {
		validate := func(context.Context, string) (*entry, error) { return tt.value, nil }
		cache, err := tokencache.New(validate, tokencache.Config{MaxBytes: 1 << 20})
		require.NoError(t, err)
		for range 2 {
			token, err := cache.Validate(t.Context(), tt.token)
			require.NoError(t, err, tt.name)
			require.Same(t, tt.value, token, tt.name)
		}
		entries, bytes := cache.Usage()
		require.Equal(t, tt.want, entries, tt.name)
		require.Equal(t, tt.want > 0, bytes > 0, tt.name)
	}
}

// What comes with an error is no token.
func TestCacheDoesNotRememberWhatComesWithAnError(t *testing.T) {
	broken := errors.New("broken")
	validate := func(context.Context, string) (*entry, error) { return &entry{size: 1}, broken }
	cache, err := tokencache.New(validate, tokencache.Config{})
	require.NoError(t, err)
	for range 2 {
		_, err := cache.Validate(t.Context(), "a.b.c")
		require.ErrorIs(t, err, broken)
	}
	entries, _ := cache.Usage()
	require.Zero(t, entries)
}

// Two tokens that differ in one part alone are two, in one row too.
func TestCacheTellsTokensApartByEveryPart(t *testing.T) {
	validate := func(context.Context, string) (*entry, error) { return &entry{size: 1}, nil }
	cache, err := tokencache.New(validate, tokencache.Config{MaxEntries: 8})
	require.NoError(t, err)
	seen := make(map[*entry]string)
	for range 2 {
		for _, token := range []string{"a.b.c", "x.b.c", "a.x.c", "a.b.x", "a.b.c.d", "a..c", "a.b."} {
			value, err := cache.Validate(t.Context(), token)
			require.NoError(t, err)
			if other, ok := seen[value]; ok {
				require.Equal(t, other, token)
			}
			seen[value] = token
		}
	}
	require.Len(t, seen, 7, "each is remembered")
}

// A token that says another size later does not put the books wrong, or keep the
// cache busy for good.
func TestCacheUsageSurvivesASizeThatChanges(t *testing.T) {
	value := &entry{size: 1000}
	validate := func(context.Context, string) (*entry, error) { return value, nil }
	cache, err := tokencache.New(validate, tokencache.Config{MaxEntries: 8, MaxBytes: 5000})
	require.NoError(t, err)
	for i := range 100 {
		value.size = 1 + i*37%1000
		_, err := cache.Validate(t.Context(), fmt.Sprintf("a.b.%d", i))
		require.NoError(t, err)
	}
	value.stale = true
	cache.Forget(nil)
	entries, bytes := cache.Usage()
	require.Zero(t, entries)
	require.Zero(t, bytes)
}

func TestCacheIsSafeForConcurrentUse(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	cache, _ := cached(t, issuer, issuer, tokencache.Config{MaxEntries: 8, MaxBytes: 10_000})
	bearers := make([]string, 32)
	for i := range bearers {
		bearers[i] = issuer.Token(jwttest.Subject(fmt.Sprint("user-", i)))
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				n := (g*7 + i) % len(bearers)
				token, err := cache.Validate(t.Context(), bearers[n])
				if err != nil || token.Subject() != fmt.Sprint("user-", n) {
					t.Errorf("token %d: %v", n, err)
				}
				if i%50 == 0 {
					cache.Usage()
					cache.Forget(func(token *jwt.Token) bool { return token.Subject() == fmt.Sprint("user-", g) })
				}
			}
		})
	}
	wg.Wait()
	cache.Forget(nil)
	entries, bytes := cache.Usage()
	require.Zero(t, entries)
	require.Zero(t, bytes)
}
