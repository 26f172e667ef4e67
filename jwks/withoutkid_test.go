package jwks_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// published reports whether a key of this JWK is tried for tokens without kid.
func published(t *testing.T, r *jwks.Remote, key jwk) bool {
	keys, err := r.VerificationKeys(t.Context(), "", "ES256")
	require.NoError(t, err)
	for _, k := range keys {
		if jwkOf("", k)["x"] == key["x"] {
			return true
		}
	}
	return false
}

// A token without a kid cannot miss a new key, and is refused until the next fetch: a minute away, not a quarter of an
// hour.
func TestRotationOfTokensWithoutKID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := slowEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		for range 20 {
			renewed := ecJWK("a")
			e.publish(renewed)
			began, asked := time.Now(), time.Now()
			for !published(t, r, renewed) {
				require.Zero(t, time.Since(asked), "nobody waits")
				require.LessOrEqual(t, time.Since(began), time.Minute+2*time.Second)
				time.Sleep(time.Second) // simulated: traffic
				asked = time.Now()
			}
		}
		letFetchesEnd()
	})
}

// However many tokens without kid arrive, they make for one fetch a minute, and tokens with a kid for none of these.
func TestTokensWithoutKIDAreNoLever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		hour := func(kid string, every time.Duration) int {
			before := e.fetches()
			for began := time.Now(); time.Since(began) < time.Hour; time.Sleep(every) { // simulated
				_, err := r.VerificationKeys(t.Context(), kid, "ES256")
				require.NoError(t, err)
			}
			synctest.Wait()
			return e.fetches() - before
		}
		require.InDelta(t, 60/0.875, hour("", 10*time.Millisecond), 10)
		require.InDelta(t, 4/0.875, hour("a", time.Second), 2)

		e.set(func(e *endpoint) { e.down = true })
		require.LessOrEqual(t, hour("", 10*time.Millisecond), 120, "the back-off holds for them, too")
		letFetchesEnd()
	})
}

// An interval that is shorter anyway stays.
func TestTokensWithoutKIDLengthenNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, func(c *jwks.Config) { c.RefreshInterval = 10 * time.Second })
		for range 600 {
			require.True(t, accepts(r, ""))
			time.Sleep(time.Second) // simulated
		}
		require.InDelta(t, 60/0.875, e.fetches(), 15)
		letFetchesEnd()
	})
}
