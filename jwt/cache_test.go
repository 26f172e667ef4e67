package jwt_test

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// counted is a validator that counts how often it is asked.
type counted struct {
	*jwt.Validator
	calls atomic.Int32
}

func (c *counted) Validate(ctx context.Context, token string) (*jwt.Token, error) {
	c.calls.Add(1)
	return c.Validator.Validate(ctx, token)
}

func cached(t *testing.T, issuer *jwttest.Issuer, keys jwt.KeySource, config jwt.CacheConfig) (*jwt.Cache, *counted) {
	t.Helper()
	v, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: keys})
	require.NoError(t, err)
	c := &counted{Validator: v}
	cache, err := jwt.NewCache(c.Validate, config)
	require.NoError(t, err)
	return cache, c
}

func ExampleNewCache() {
	issuer, err := jwttest.StartIssuer(jwttest.InMemory())
	if err != nil {
		panic(err)
	}
	defer issuer.Close()
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer})
	if err != nil {
		panic(err)
	}
	cache, err := jwt.NewCache(tokens.Validate, jwt.CacheConfig{})
	if err != nil {
		panic(err)
	}

	bearer := issuer.Token(jwttest.Subject("alice"))
	for range 2 { // the second time costs no signature check
		token, err := cache.Validate(context.Background(), bearer)
		fmt.Println(token.Subject(), err)
	}
	// Output:
	// alice <nil>
	// alice <nil>
}

func TestCacheRemembersWhatWasVerified(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	cache, validator := cached(t, issuer, issuer, jwt.CacheConfig{})
	bearer := issuer.Token(jwttest.Scope("profile"))
	first, err := cache.Validate(t.Context(), bearer)
	require.NoError(t, err)
	second, err := cache.Validate(t.Context(), bearer)
	require.NoError(t, err)
	require.Same(t, first, second)
	require.EqualValues(t, 1, validator.calls.Load())
	entries, bytes := cache.Usage()
	require.Equal(t, 1, entries)
	require.Positive(t, bytes)
}

func TestCacheHoldsNothingThatWasNotVerified(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	cache, validator := cached(t, issuer, issuer, jwt.CacheConfig{})
	good := issuer.Token()
	_, err := cache.Validate(t.Context(), good)
	require.NoError(t, err)
	last := strings.LastIndexByte(good, '.') + 1
	for name, bad := range map[string]string{
		"expired":       issuer.Token(jwttest.ExpiresIn(-time.Hour)),
		"tampered":      good[:last] + strings.Repeat("A", len(good)-last),
		"signature cut": good[:last],
		"longer":        good + "A",
		"other payload": issuer.Token(jwttest.Subject("mallory"), jwttest.Signature(func([]byte) []byte { return make([]byte, 256) })),
		"not a token":   "opaque",
		"empty":         "",
	} {
		before := validator.calls.Load()
		for range 2 {
			_, err := cache.Validate(t.Context(), bad)
			var invalid *jwt.Error
			require.ErrorAs(t, err, &invalid, name)
		}
		require.Equal(t, before+2, validator.calls.Load(), name)
	}
	entries, _ := cache.Usage()
	require.Equal(t, 1, entries)
}

func TestCacheNeverAnswersForAnotherToken(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	// So few that all tokens meet in the same places.
	cache, _ := cached(t, issuer, issuer, jwt.CacheConfig{MaxEntries: 1})
	good := issuer.Token()
	_, err := cache.Validate(t.Context(), good)
	require.NoError(t, err)
	for i := range good {
		changed := []byte(good)
		changed[i] ^= 1
		_, err := cache.Validate(t.Context(), string(changed))
		require.Error(t, err, "byte %d", i)
	}
}

// checklist 35, 103
func TestCacheChecksTheTimeOnEveryHit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		cache, validator := cached(t, issuer, issuer, jwt.CacheConfig{})
		bearer := issuer.Token(jwttest.ExpiresIn(time.Minute))
		_, err := cache.Validate(t.Context(), bearer)
		require.NoError(t, err)

		time.Sleep(time.Minute + defaultLeeway - time.Second)
		_, err = cache.Validate(t.Context(), bearer)
		require.NoError(t, err)
		require.EqualValues(t, 1, validator.calls.Load())

		time.Sleep(time.Second)
		_, err = cache.Validate(t.Context(), bearer)
		var invalid *jwt.Error
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, jwt.ReasonExpired, invalid.Reason)
		entries, bytes := cache.Usage()
		require.Zero(t, entries, "what expired is forgotten")
		require.Zero(t, bytes)
	})
}

func TestCacheChecksTheKeyOnEveryHit(t *testing.T) {
	for name, change := range map[string]func(*jwttest.Issuer){
		"withdrawn": func(issuer *jwttest.Issuer) { kid := issuer.KeyID(); issuer.Rotate(); issuer.Retire(kid) },
		"down":      func(issuer *jwttest.Issuer) { issuer.Fail(500) },
	} {
		t.Run(name, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t, jwttest.InMemory())
			cache, _ := cached(t, issuer, issuer, jwt.CacheConfig{})
			bearer := issuer.Token()
			_, err := cache.Validate(t.Context(), bearer)
			require.NoError(t, err)
			change(issuer)
			_, err = cache.Validate(t.Context(), bearer)
			require.Error(t, err)
		})
	}
}

// sameKid answers every question with one key, whatever the kid.
type sameKid struct {
	key atomic.Pointer[crypto.PublicKey]
}

func (s *sameKid) VerificationKeys(context.Context, string, string) ([]crypto.PublicKey, error) {
	return []crypto.PublicKey{*s.key.Load()}, nil
}

func TestCacheForgetsWhenTheMaterialUnderAKidChanges(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey(alg))
			key, other := issuer.PublicKey(issuer.KeyID()), issuer.PublicKey(issuer.AddKey(alg))
			var keys sameKid
			keys.key.Store(&key)
			cache, validator := cached(t, issuer, &keys, jwt.CacheConfig{})
			bearer := issuer.Token()
			for range 2 {
				_, err := cache.Validate(t.Context(), bearer)
				require.NoError(t, err)
			}
			require.EqualValues(t, 1, validator.calls.Load())
			keys.key.Store(&other)
			_, err := cache.Validate(t.Context(), bearer)
			var invalid *jwt.Error
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, jwt.ReasonSignature, invalid.Reason)
		})
	}
}

func TestCacheIsBoundedInEntries(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	cache, _ := cached(t, issuer, issuer, jwt.CacheConfig{MaxEntries: 16})
	for range 100 {
		_, err := cache.Validate(t.Context(), issuer.Token())
		require.NoError(t, err)
		entries, _ := cache.Usage()
		require.LessOrEqual(t, entries, 16)
	}
	entries, _ := cache.Usage()
	require.Greater(t, entries, 8, "the room there is gets used")
}

func TestCacheIsBoundedInBytes(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	const limit = 20_000
	cache, validator := cached(t, issuer, issuer, jwt.CacheConfig{MaxBytes: limit})
	for range 50 {
		bearer := issuer.Token(jwttest.Claim("padding", strings.Repeat("x", 3000)))
		for range 2 {
			_, err := cache.Validate(t.Context(), bearer)
			require.NoError(t, err)
		}
		_, bytes := cache.Usage()
		require.LessOrEqual(t, bytes, limit)
	}
	require.EqualValues(t, 50, validator.calls.Load(), "the newest one is always kept")

	tiny, validator := cached(t, issuer, issuer, jwt.CacheConfig{MaxBytes: 100})
	bearer := issuer.Token()
	for range 2 {
		_, err := tiny.Validate(t.Context(), bearer)
		require.NoError(t, err)
	}
	require.EqualValues(t, 2, validator.calls.Load(), "one that is too large alone is not kept")
}

func TestCacheKeepsWhatIsUsed(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	cache, validator := cached(t, issuer, issuer, jwt.CacheConfig{MaxEntries: 8})
	popular := issuer.Token()
	_, err := cache.Validate(t.Context(), popular)
	require.NoError(t, err)
	for range 100 {
		_, err := cache.Validate(t.Context(), popular)
		require.NoError(t, err)
		_, err = cache.Validate(t.Context(), issuer.Token())
		require.NoError(t, err)
	}
	require.LessOrEqual(t, validator.calls.Load(), int32(101+15), "100 passing tokens push the popular one out now and then at most")
}

func TestCachePassesOnWhatIsTooLong(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	cache, validator := cached(t, issuer, issuer, jwt.CacheConfig{MaxTokenBytes: 100})
	bearer := issuer.Token()
	for range 2 {
		_, err := cache.Validate(t.Context(), bearer)
		require.NoError(t, err)
	}
	require.EqualValues(t, 2, validator.calls.Load())
}

func TestCacheVerifiesANewTokenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		cache, validator := cached(t, issuer, issuer, jwt.CacheConfig{})
		bearer := issuer.Token()
		issuer.Stall()
		var wg sync.WaitGroup
		var accepted atomic.Int32
		for range 100 {
			wg.Go(func() {
				if _, err := cache.Validate(t.Context(), bearer); err == nil {
					accepted.Add(1)
				}
			})
		}
		synctest.Wait() // all of them are in it now
		require.EqualValues(t, 1, validator.calls.Load())
		issuer.Recover()
		wg.Wait()
		require.EqualValues(t, 100, accepted.Load())
		require.EqualValues(t, 1, validator.calls.Load())
	})
}

// Two texts with one signature are two tokens, also while both are under way.
func TestCacheSharesNoResultBetweenTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		cache, _ := cached(t, issuer, issuer, jwt.CacheConfig{})
		good := issuer.Token()
		forged := issuer.Token(jwttest.Subject("mallory"))
		forged = forged[:strings.LastIndexByte(forged, '.')] + good[strings.LastIndexByte(good, '.'):]
		issuer.Stall()
		refused := make(chan error, 1)
		go func() { _, err := cache.Validate(t.Context(), forged); refused <- err }()
		synctest.Wait()
		accepted := make(chan error, 1)
		go func() { _, err := cache.Validate(t.Context(), good); accepted <- err }()
		synctest.Wait()
		issuer.Recover()
		var invalid *jwt.Error
		require.ErrorAs(t, <-refused, &invalid)
		require.NoError(t, <-accepted)
	})
}

func TestCacheWaitersLeaveWithTheirOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		cache, _ := cached(t, issuer, issuer, jwt.CacheConfig{})
		bearer := issuer.Token()
		issuer.Stall()
		leader, leave := context.WithCancel(t.Context())
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		results := make(chan error, 3)
		validate := func(ctx context.Context) { _, err := cache.Validate(ctx, bearer); results <- err }
		go validate(leader)
		synctest.Wait()
		go validate(impatient)
		go validate(t.Context())
		require.ErrorIs(t, <-results, context.DeadlineExceeded)

		// The one that verifies goes away. The other has to do it itself, and is
		// not refused for a stranger's impatience.
		leave()
		require.ErrorIs(t, <-results, context.Canceled)
		issuer.Recover()
		require.NoError(t, <-results)
	})
}

func TestCacheSurvivesAPanicBehindIt(t *testing.T) {
	var calls atomic.Int32
	cache, err := jwt.NewCache(func(context.Context, string) (*jwt.Token, error) {
		if calls.Add(1) == 1 {
			panic("broken")
		}
		return nil, errors.New("mended")
	}, jwt.CacheConfig{})
	require.NoError(t, err)
	require.Panics(t, func() { _, _ = cache.Validate(t.Context(), "ey.a.b") })
	_, err = cache.Validate(t.Context(), "ey.a.b")
	require.EqualError(t, err, "mended")
}

func TestCacheConfigFaults(t *testing.T) {
	_, err := jwt.NewCache(nil, jwt.CacheConfig{MaxEntries: -1, MaxBytes: -1, MaxTokenBytes: -1})
	for _, part := range []string{"validate is nil", "MaxEntries", "MaxBytes", "MaxTokenBytes"} {
		require.ErrorContains(t, err, part)
	}
}

func TestCacheIsSafeForConcurrentUse(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	cache, _ := cached(t, issuer, issuer, jwt.CacheConfig{MaxEntries: 8, MaxBytes: 10_000})
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
				}
			}
		})
	}
	wg.Wait()
}
