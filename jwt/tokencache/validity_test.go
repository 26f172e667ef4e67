package tokencache_test

import (
	"context"
	"crypto"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

// leeway is the default of jwt.Config.
const leeway = 30 * time.Second

// checklist 35, 103
func TestCacheChecksTheTimeOnEveryHit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		cache, validator := cached(t, issuer, issuer, tokencache.Config{})
		bearer := issuer.Token(jwttest.ExpiresIn(time.Minute))
		accept(t, cache, bearer)

		time.Sleep(time.Minute + leeway - time.Second)
		accept(t, cache, bearer)
		require.EqualValues(t, 1, validator.calls.Load())

		time.Sleep(time.Second)
		refuse(t, cache, bearer, jwt.ReasonExpired)
		entries, bytes := cache.Usage()
		require.Zero(t, entries, "what expired is forgotten")
		require.Zero(t, bytes)
	})
}

// A key source that takes its time does not lengthen a token's life by as much.
// checklist 35
func TestCacheReadsTheClockAfterTheKeysCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		var delay atomic.Int64
		slow := keySource(func(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
			time.Sleep(time.Duration(delay.Load()))
			return issuer.VerificationKeys(ctx, kid, alg)
		})
		cache, validator := cached(t, issuer, slow, tokencache.Config{})
		bearer := issuer.Token(jwttest.ExpiresIn(time.Minute))
		accept(t, cache, bearer)
		delay.Store(int64(time.Minute + leeway - time.Second))
		accept(t, cache, bearer)
		require.EqualValues(t, 1, validator.calls.Load())
		delay.Store(int64(time.Second))
		refuse(t, cache, bearer, jwt.ReasonExpired)
	})
}

func TestCacheChecksTheKeyOnEveryHit(t *testing.T) {
	for name, change := range map[string]func(*jwttest.Issuer){
		"withdrawn": func(issuer *jwttest.Issuer) { kid := issuer.KeyID(); issuer.Rotate(); issuer.Retire(kid) },
		"down":      func(issuer *jwttest.Issuer) { issuer.Fail(500) },
	} {
		t.Run(name, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t, jwttest.InMemory())
			cache, _ := cached(t, issuer, issuer, tokencache.Config{})
			bearer := issuer.Token()
			accept(t, cache, bearer)
			change(issuer)
			_, err := cache.Validate(t.Context(), bearer)
			require.Error(t, err)
			require.Zero(t, entriesOf(cache))
		})
	}
}

func TestCacheForgetsWhenTheMaterialUnderAKidChanges(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey(alg))
			key, other := issuer.PublicKey(issuer.KeyID()), issuer.PublicKey(issuer.AddKey(alg))
			keys := keySource(func(context.Context, string, string) ([]crypto.PublicKey, error) {
				return []crypto.PublicKey{key}, nil // whatever the kid
			})
			cache, validator := cached(t, issuer, keys, tokencache.Config{})
			bearer := issuer.Token()
			accept(t, cache, bearer)
			accept(t, cache, bearer)
			require.EqualValues(t, 1, validator.calls.Load())
			key = other
			refuse(t, cache, bearer, jwt.ReasonSignature)
		})
	}
}

// A hit tries no more of a source's keys than a validation does: a token whose key
// is behind that many others would be accepted as long as it is remembered, and
// refused once it is not.
//
// checklist 90
func TestCacheTriesNoMoreKeysThanAValidationDoes(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	own := issuer.PublicKey(issuer.KeyID())
	var others []crypto.PublicKey
	for range 8 {
		others = append(others, issuer.PublicKey(issuer.AddKey("EdDSA")))
	}
	keys := []crypto.PublicKey{own}
	source := keySource(func(context.Context, string, string) ([]crypto.PublicKey, error) { return keys, nil })
	cache, validator := cached(t, issuer, source, tokencache.Config{})
	bearer := issuer.Token()
	accept(t, cache, bearer)
	keys = append(append([]crypto.PublicKey{}, others[:7]...), own)
	accept(t, cache, bearer)
	require.EqualValues(t, 1, validator.calls.Load())
	keys = append(append([]crypto.PublicKey{}, others...), own)
	refuse(t, cache, bearer, jwt.ReasonSignature)
	require.Zero(t, entriesOf(cache))
}
