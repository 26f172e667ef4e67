package jwks_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// A real server, and the shared client: a key is fetched once, and is found for the algorithms that it fits.
func TestKeyEndpointServesKeys(t *testing.T) {
	// checklist 96
	published := map[string]crypto.PublicKey{
		knownID: &p256().PublicKey, "rsa_1": &rsa2048().PublicKey, "ed": newEd(), "p384": &p384().PublicKey,
	}
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.RequestURI)
		kid, _ := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/signing/"), ".pem")
		if key, ok := published[kid]; ok {
			fmt.Fprint(w, publicPEM(key))
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	e, err := jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{URL: server.URL + "/signing/{kid}.pem"})
	require.NoError(t, err)

	for kid, alg := range map[string]string{knownID: "ES256", "rsa_1": "PS256", "ed": "EdDSA", "p384": "ES384"} {
		for range 3 {
			keys, err := e.VerificationKeys(t.Context(), kid, alg)
			require.NoError(t, err)
			require.Len(t, keys, 1)
			require.True(t, published[kid].(interface{ Equal(crypto.PublicKey) bool }).Equal(keys[0]))
		}
	}
	for kid, alg := range map[string]string{knownID: "ES384", "rsa_1": "EdDSA", "ed": "HS256", "p384": "none"} {
		keys, err := e.VerificationKeys(t.Context(), kid, alg)
		require.NoError(t, err)
		require.Empty(t, keys, "a key for another algorithm")
	}
	slices.Sort(asked)
	require.Equal(t, []string{"/signing/" + knownID + ".pem", "/signing/ed.pem", "/signing/p384.pem",
		"/signing/rsa_1.pem"}, asked)
}

// A kid comes from a token that nobody has verified. What could lead elsewhere is no key's, and asks nobody.
func TestKeyEndpointAsksForSoundKIDsOnly(t *testing.T) {
	s := newKeyServer(knownID)
	e := newKeyEndpoint(t, s, nil)
	for _, kid := range []string{
		"", ".", "..", "../" + knownID, "a.b", "a/b", "/", `a\b`, "%2e%2e", "a%2fb", "a?b", "a#b", "a b", "a\n", "a\x00",
		"a@b", "a:b", "a;b", "a&b", "a=b", "a+b", "{kid}", "é", "a\xff", "ａ", strings.Repeat("a", 129),
		strings.Repeat("a", 1<<20),
	} {
		require.True(t, refuses(e, kid), "%.20q", kid)
	}
	keys, err := e.VerificationKeys(t.Context(), knownID, "HS256")
	require.NoError(t, err)
	require.Empty(t, keys)
	require.Zero(t, s.fetches(""))
	for _, kid := range []string{"-", "_", strings.Repeat("Z", 128)} {
		s.publish(kid, publicPEM(newEC()))
		require.True(t, accepts(e, kid), kid)
	}
}

// All who ask for one kid share a fetch, and it is nobody's: who began it may leave.
func TestKeyEndpointSharesFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer(knownID)
		s.delay = time.Second
		e := newKeyEndpoint(t, s, nil)
		hurried, leave := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer leave()
		left := make(chan error, 1)
		go func() {
			_, err := e.VerificationKeys(hurried, knownID, "ES256")
			left <- err
		}()
		synctest.Wait()
		var wg sync.WaitGroup
		for i := range 500 {
			wg.Go(func() {
				if i%2 == 0 {
					require.True(t, accepts(e, knownID))
				} else {
					require.True(t, refuses(e, "absent"))
				}
			})
		}
		err := <-left
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		wg.Wait()
		require.Equal(t, 1, s.fetches(knownID))
		require.Equal(t, 1, s.fetches("absent"))
	})
}

// However lookups of a new key fall together with the end of its fetch, there is one.
func TestKeyEndpointFetchesANewKeyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kids := names("kid", 300)
		s := newKeyServer(kids[:150]...)
		e := newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) { c.Cooldown = 2 * time.Second })
		for i, kid := range kids {
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() { require.True(t, i < 150 && accepts(e, kid) || i >= 150 && refuses(e, kid)) })
			}
			wg.Wait()
			require.Equal(t, 1, s.fetches(kid))
			time.Sleep(2 * time.Second) // simulated
		}
	})
}

// A flood of made-up kids makes for a few fetches. Known keys never notice; a new one waits for the end of the flood,
// and is never called forged for it.
func TestKeyEndpointInAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer(knownID)
		s.delay = 50 * time.Millisecond
		e := newKeyEndpoint(t, s, nil)
		require.True(t, accepts(e, knownID))
		time.Sleep(time.Minute) // simulated: the bucket is full again
		began, before := time.Now(), s.fetches("")
		var flood sync.WaitGroup
		for _, kid := range names("made-up", 5000) {
			flood.Go(func() { require.True(t, refuses(e, kid) || unavailable(e, kid)) })
		}
		synctest.Wait()
		requireAtOnce(t, e, knownID)
		s.publish("new", publicPEM(newEC()))
		found, _, err := lookup(e, "new")
		require.Zero(t, found)
		require.Equal(t, time.Second, retryAfter(err), "503 and not 401; those under way may find keys and cost nothing")
		flood.Wait()
		_, _, err = lookup(e, "new")
		require.Equal(t, 8*time.Second, retryAfter(err), "they found none")
		require.Equal(t, 12, s.fetches("")-before)
		for n := 0; time.Since(began) < time.Hour; n++ {
			for _, kid := range names(fmt.Sprintf("more-%d", n), 10) {
				require.True(t, refuses(e, kid) || unavailable(e, kid))
			}
			requireAtOnce(t, e, knownID)
			time.Sleep(time.Second) // simulated
		}
		require.LessOrEqual(t, s.fetches("")-before, 12+int(time.Hour/(8*time.Second))+5, "and the refreshes")
		require.GreaterOrEqual(t, s.fetches("")-before, int(time.Hour/(8*time.Second))-1)
		time.Sleep(8 * time.Second) // simulated
		require.True(t, accepts(e, "new"))
		letFetchesEnd()
	})
}

// Lookups that wait for hanging fetches of made-up kids are bounded, and so are those fetches.
func TestKeyEndpointBoundsWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer(knownID)
		e := newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) {
			c.Cooldown, c.FetchTimeout = time.Millisecond, time.Minute
		})
		require.True(t, accepts(e, knownID))
		s.answer(stall)
		for _, kid := range names("hung", 20) {
			go func() { require.True(t, unavailable(e, kid)) }()
			time.Sleep(10 * time.Millisecond) // simulated
		}
		require.Equal(t, 1+12, s.fetches(""))
		for range 1100 {
			go func() { require.True(t, unavailable(e, "hung-0")) }()
		}
		synctest.Wait()
		_, took, err := lookup(e, "hung-0")
		require.ErrorContains(t, err, "1024")
		require.Zero(t, took)
		requireAtOnce(t, e, knownID)
		time.Sleep(2 * time.Minute) // simulated
	})
}

// What was not found is remembered for the cool-down, and what could not be fetched for a second. Neither uses up what
// a new key needs, nor outlives its time.
func TestKeyEndpointRemembersBriefly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer(knownID)
		e := newKeyEndpoint(t, s, nil)
		for range 100 {
			require.True(t, refuses(e, "absent"))
		}
		require.Equal(t, 1, s.fetches("absent"))
		s.answer(body(500, "text/plain", ""))
		for range 100 {
			require.True(t, unavailable(e, knownID))
		}
		require.Equal(t, 1, s.fetches(knownID))
		s.answer(nil)
		s.publish("absent", publicPEM(newEC()))
		require.True(t, refuses(e, "absent"))
		time.Sleep(time.Second) // simulated
		require.True(t, accepts(e, knownID))
		time.Sleep(7 * time.Second) // simulated
		require.True(t, accepts(e, "absent"))
		require.Equal(t, 4, s.fetches(""))
	})
}

// The same key fetched again stays the same pointer, for whoever remembers what it knows of a key; new material does
// not.
func TestKeyEndpointNoticesNewMaterial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		s := newKeyServer(knownID)
		e := newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) { c.Logger = log.logger() })
		get := func() *ecdsa.PublicKey {
			keys, err := e.VerificationKeys(t.Context(), knownID, "ES256")
			require.NoError(t, err)
			require.Len(t, keys, 1)
			return keys[0].(*ecdsa.PublicKey)
		}
		first := get()
		s.publish(knownID, "\n"+s.keys[knownID]+"\n")
		time.Sleep(time.Hour) // simulated
		require.Same(t, first, get())
		require.Equal(t, 2, s.fetches(""))
		other := newEC()
		s.publish(knownID, publicPEM(other))
		time.Sleep(time.Hour) // simulated
		require.True(t, other.Equal(get()))
		letFetchesEnd()
		require.Contains(t, log.String(), `"jwks: key added" kid=`+knownID)
		require.Contains(t, log.String(), `"jwks: key changed" kid=`+knownID)
	})
}

// Lookups of known keys cost nothing, and many goroutines may make them while keys come and go.
func TestKeyEndpointAtOnce(t *testing.T) {
	s := newKeyServer(knownID, "other")
	e := newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) {
		c.RefreshInterval, c.Cooldown, c.MaxKeys = time.Millisecond, time.Millisecond, 1
	})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 200 {
				kid := []string{knownID, "other", fmt.Sprintf("made-up-%d-%d", i, n)}[n%3]
				keys, err := e.VerificationKeys(t.Context(), kid, "ES256")
				if err != nil {
					require.ErrorIs(t, err, jwks.ErrUnavailable)
				} else if n%3 == 2 {
					require.Empty(t, keys)
				}
				_ = e.Status()
			}
		})
	}
	wg.Wait()

	calm := newKeyEndpoint(t, s, nil)
	require.True(t, accepts(calm, knownID))
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = calm.VerificationKeys(t.Context(), knownID, "ES256") }))
}
