package jwks_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

func TestRemoteByURL(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json")
		_, _ = w.Write([]byte(setOf(ecJWK("a"), jwkOf("r", &rsa2048().PublicKey))))
	}))
	defer server.Close()
	r, err := jwks.NewRemote(jwks.Config{URL: server.URL})
	require.NoError(t, err)
	require.True(t, accepts(r, "a"))
	keys, err := r.VerificationKeys(t.Context(), "r", "PS512")
	require.NoError(t, err)
	require.True(t, rsa2048().PublicKey.Equal(keys[0]))
	require.True(t, refuses(r, "b"))
}

// One Remote for several validators, lookups of every kind, and every method.
func TestRemoteConcurrently(t *testing.T) {
	e := newEndpoint(ecJWK("a"), ecJWK("b"))
	r := newRemote(t, e, func(c *jwks.Config) { c.Logger = (&logBuffer{}).logger(); c.RefreshInterval = time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	workers := make(chan struct{})
	for w := range 8 {
		go func() {
			defer func() { workers <- struct{}{} }()
			for i, kid := range names("kid", 200) {
				accepts(r, "a")
				accepts(r, kid)
				_ = r.Status()
				if i%50 == 0 {
					_ = r.Refresh(ctx)
					e.publish(ecJWK("a"), ecJWK(kid))
				}
				if i%40 == w {
					r.StatusHandler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
				}
			}
		}()
	}
	for range 8 {
		<-workers
	}
	require.True(t, accepts(r, "a"))
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}

// The fetch that is under way was answered before the key was published.
func TestUnknownKIDDuringOlderFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		e.delay = 50 * time.Millisecond
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		forged := make(chan bool)
		go func() { forged <- refuses(r, "forged") }()
		time.Sleep(20 * time.Millisecond) // simulated: the fetch for it is under way
		e.publish(ecJWK("a"), ecJWK("new"))
		require.True(t, accepts(r, "new"))
		require.True(t, <-forged)
		require.Equal(t, 3, e.fetches())
	})
}

// Settled questions cause no fetch, however often they are asked.
func TestSettledWithoutFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"), jwkOf("r", &rsa2048().PublicKey))
		r := newRemote(t, e, nil)
		keys, err := r.VerificationKeys(t.Context(), "a", "HS256")
		require.NoError(t, err)
		require.Empty(t, keys)
		synctest.Wait()
		require.Zero(t, e.fetches(), "an unknown algorithm needs no set")
		require.True(t, accepts(r, "a"))
		for _, ask := range [][2]string{
			{"", "ES384"}, {"x", "none"}, {"x", "HS256"}, {"a", ""}, {"a", "es256"},
		} {
			keys, err := r.VerificationKeys(t.Context(), ask[0], ask[1])
			require.NoError(t, err)
			require.Empty(t, keys, ask)
		}
		synctest.Wait()
		require.Equal(t, 1, e.fetches())
	})
}

// A key of another type may come under a kid that is in use. Its first token is accepted, and
// asking for algorithms that no key of the kid has costs no more than made-up kids do.
func TestKnownKIDUnderAnotherAlgorithm(t *testing.T) {
	// checklist 187
	synctest.Test(t, func(t *testing.T) {
		rs := jwkOf("k", &rsa2048().PublicKey)
		e := newEndpoint(rs)
		r := newRemote(t, e, nil)
		keys, err := r.VerificationKeys(t.Context(), "k", "RS256")
		require.NoError(t, err)
		require.Len(t, keys, 1)
		e.publish(rs, ecJWK("k"))
		require.True(t, accepts(r, "k"), "the first token with the new key")
		require.Equal(t, 2, e.fetches())

		for range 1000 {
			for _, alg := range []string{"ES384", "ES512", "EdDSA"} {
				keys, err := r.VerificationKeys(t.Context(), "k", alg)
				require.NoError(t, err)
				require.Empty(t, keys)
			}
		}
		require.LessOrEqual(t, e.fetches(), 4, "the bucket of unknown kids is the limit")
		keys, err = r.VerificationKeys(t.Context(), "k", "RS256")
		require.NoError(t, err)
		require.Len(t, keys, 1, "and known keys never wait")
	})
}

// While the issuer is down it cannot be said that no such key exists.
func TestKnownKIDUnderAnotherAlgorithmInAnOutage(t *testing.T) {
	// checklist 187
	e := newEndpoint(ecJWK("k"))
	r := newRemote(t, e, nil)
	require.True(t, accepts(r, "k"))
	e.answer(refuse)
	_, err := r.VerificationKeys(t.Context(), "k", "RS256")
	require.ErrorIs(t, err, jwks.ErrUnavailable)
	require.True(t, accepts(r, "k"))
}

// A lookup that follows two fetches still waits no longer than one may take.
func TestTwoFetchesWithinOneLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		e.set(func(e *endpoint) { e.delay = 4 * time.Second })
		go accepts(r, "forged")
		time.Sleep(time.Second) // simulated
		began := time.Now()
		_, err := r.VerificationKeys(t.Context(), "new", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.Equal(t, 5*time.Second, time.Since(began))
		letFetchesEnd()
	})
}

func TestAbsentKIDIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, func(c *jwks.Config) { c.Cooldown = 4 * time.Second })
		require.True(t, accepts(r, "a"))
		for range 100 {
			require.True(t, refuses(r, "forged"))
		}
		require.Equal(t, 2, e.fetches(), "one kid, one fetch")
		e.publish(ecJWK("a"), ecJWK("forged"))
		require.True(t, refuses(r, "forged"))
		time.Sleep(4 * time.Second) // simulated: the cool-down
		require.True(t, accepts(r, "forged"))
	})
}

func TestUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		e.down = true
		r := newRemote(t, e, nil)
		_, err := r.VerificationKeys(t.Context(), "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.ErrorContains(t, err, "connection refused")
		require.Equal(t, time.Second, retryAfter(err).Round(time.Second))

		e.set(func(e *endpoint) { e.down, e.fault = false, hang })
		time.Sleep(2 * time.Second) // simulated: the back-off
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err = r.VerificationKeys(ctx, "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
		letFetchesEnd()
	})
}

func TestKnownKIDIgnoresContext(t *testing.T) {
	r := newRemote(t, newEndpoint(ecJWK("a")), nil)
	require.NoError(t, r.Refresh(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	keys, err := r.VerificationKeys(ctx, "a", "ES256")
	require.NoError(t, err)
	require.Len(t, keys, 1)
	_, err = r.VerificationKeys(ctx, "b", "ES256")
	require.ErrorIs(t, err, context.Canceled)
}

// Whoever has left before the lookup causes no fetch: not the first, none for an unknown kid, and no refresh.
func TestNobodyCausesNoFetch(t *testing.T) {
	left, leave := context.WithCancel(t.Context())
	leave()
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		_, err := r.VerificationKeys(left, "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		require.Zero(t, e.fetches())

		require.True(t, accepts(r, "a"))
		before := e.fetches()
		_, err = r.VerificationKeys(left, "unknown", "ES256")
		require.ErrorIs(t, err, context.Canceled)
		time.Sleep(12 * time.Hour)
		_, _ = r.VerificationKeys(left, "a", "ES256")
		synctest.Wait()
		require.Equal(t, before, e.fetches())
		letFetchesEnd()
	})
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer(knownID)
		e := newKeyEndpoint(t, s, nil)
		_, err := e.VerificationKeys(left, knownID, "ES256")
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		require.Zero(t, s.fetches(knownID))

		require.True(t, accepts(e, knownID))
		keys, err := e.VerificationKeys(left, knownID, "ES256")
		require.NoError(t, err)
		require.Len(t, keys, 1)
		time.Sleep(12 * time.Hour)
		keys, err = e.VerificationKeys(left, knownID, "ES256")
		require.ErrorIs(t, err, context.Canceled, "it may have been withdrawn: a thief who hangs up at once gets nothing")
		require.Empty(t, keys)
		synctest.Wait()
		require.Equal(t, 1, s.fetches(knownID))
		letFetchesEnd()
	})
}

// A lookup that finds a refresh due begins it, and does not wait for it.
func TestLookupBeginsARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		e.publish(ecJWK("b"))
		e.set(func(e *endpoint) { e.delay = time.Second })
		time.Sleep(15 * time.Minute) // simulated: the interval
		began := time.Now()
		require.True(t, accepts(r, "a"))
		require.Zero(t, time.Since(began))
		letFetchesEnd()
		require.Equal(t, 2, e.fetches())
		require.False(t, accepts(r, "a"), "withdrawn")
		letFetchesEnd()
	})
}

func TestSharedSliceIsNotGrownInPlace(t *testing.T) {
	k := ecJWK("a")
	r := newRemote(t, newEndpoint(k, ecJWK("a"), ecJWK("a")), nil)
	first, err := r.VerificationKeys(t.Context(), "a", "ES256")
	require.NoError(t, err)
	require.Len(t, first, 3)
	require.Equal(t, len(first), cap(first))
}

// A key whose material did not change is the same key after a refresh.
func TestIdentityAcrossRefreshes(t *testing.T) {
	ed, ec, rs := jwkOf("ed", newEd()), ecJWK("ec"), jwkOf("rs", &rsa2048().PublicKey)
	e := newEndpoint(ed, ec, rs)
	r := newRemote(t, e, nil)
	before := pointers(t, r)
	e.publish(rs, ecJWK("new"), ec.with("use", "sig"), ed)
	require.NoError(t, r.Refresh(t.Context()))
	require.Equal(t, before, pointers(t, r))
	require.True(t, accepts(r, "new"))
}

func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		e.delay = 100 * time.Millisecond
		r := newRemote(t, e, nil)
		require.NoError(t, r.Refresh(t.Context()))

		under := make(chan error)
		go func() { under <- r.Refresh(t.Context()) }()
		time.Sleep(50 * time.Millisecond) // simulated: that one was answered already
		e.publish(ecJWK("b"))
		require.NoError(t, r.Refresh(t.Context()))
		require.NoError(t, <-under)
		require.Equal(t, "b", r.Status().Keys[0].KeyID, "no older than the call")

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, r.Refresh(ctx), context.Canceled)
		e.answer(body(500, "text/html", "sorry"))
		require.ErrorContains(t, r.Refresh(t.Context()), "HTTP status 500")
		require.True(t, accepts(r, "b"))
		letFetchesEnd()
	})
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)
		require.InDelta(t, 24*4/0.875, e.fetches(), 15, "without any traffic")
		require.Equal(t, jwks.Fresh, r.Status().State)
	})
}

// Run leaves nothing behind, even if the endpoint hangs: the bubble would
// report a goroutine that is left.
func TestRunEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		e.answer(hang)
		r := newRemote(t, e, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
		require.Zero(t, r.Status().Failures, "an abandoned fetch is no failure")
		e.answer(nil)
		e.publish(ecJWK("a"))
		require.True(t, accepts(r, "a"))
	})
}

// A request that shares Run's fetch gets its result although Run has ended.
func TestRunLeavesItsFetchToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		e.delay = 3 * time.Second
		r := newRemote(t, e, nil)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		found := make(chan bool)
		go func() { found <- accepts(r, "a") }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.True(t, <-found)
		require.Equal(t, 1, e.fetches())
	})
}

// Run notices that the schedule moved while it slept.
func TestRunWakesForRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		e.set(func(e *endpoint) { e.down = true })
		require.Error(t, r.Refresh(t.Context()))
		e.set(func(e *endpoint) { e.down = false })
		time.Sleep(2 * time.Second) // simulated: the first back-off
		require.Equal(t, jwks.Fresh, r.Status().State)
		cancel()
		require.True(t, errors.Is(<-ended, context.Canceled))
	})
}

// While the endpoint hangs, made-up tokens do not pile up requests.
func TestWaitingLookupsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		e.answer(hang)
		var atOnce, later atomic.Int64
		for _, kid := range names("forged", 3000) {
			go func() {
				began := time.Now()
				if accepts(r, kid); time.Since(began) == 0 {
					atOnce.Add(1)
				} else {
					later.Add(1)
				}
			}()
		}
		synctest.Wait()
		require.EqualValues(t, 3000-1024, atOnce.Load())
		_, err := r.VerificationKeys(t.Context(), "new", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable, "the answer under way may have it")
		require.GreaterOrEqual(t, retryAfter(err), time.Second)
		letFetchesEnd()
		require.EqualValues(t, 1024, later.Load())
		require.Equal(t, 2, e.fetches())
		e.answer(nil)
		e.publish(ecJWK("a"), ecJWK("new"))
		require.True(t, accepts(r, "new"), "the places are free again")
	})
}

func TestCooldownAsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, func(c *jwks.Config) { c.Cooldown = time.Second })
		require.True(t, accepts(r, "a"))
		for _, kid := range names("forged", 100) {
			require.True(t, refuses(r, kid))
		}
		require.Equal(t, 1+3, e.fetches())
		e.publish(ecJWK("a"), ecJWK("new"))
		require.True(t, refuses(r, "new"))
		time.Sleep(time.Second) // simulated
		require.True(t, accepts(r, "new"))
		require.Equal(t, 1+4, e.fetches())
	})
}

// The schedule has its own right to fetch: a flood that used up the token
// bucket does not keep a refresh from being begun.
func TestFloodDoesNotStarveTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, func(c *jwks.Config) { c.Cooldown = 24 * time.Hour })
		require.True(t, accepts(r, "a"))
		for _, kid := range names("forged", 100) {
			require.True(t, refuses(r, kid))
		}
		e.publish(ecJWK("b"))
		time.Sleep(15 * time.Minute) // simulated
		require.True(t, accepts(r, "b"), "an unknown kid may use a fetch that is due anyway")
		require.False(t, accepts(r, "a"))
	})
}

// An outage at the endpoint: unknown kids are not "no such key", as that
// cannot be known.
func TestUnknownKIDInOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		e.set(func(e *endpoint) { e.down = true })
		for _, kid := range names("new", 20) {
			_, err := r.VerificationKeys(t.Context(), kid, "ES256")
			require.ErrorIs(t, err, jwks.ErrUnavailable)
			require.GreaterOrEqual(t, retryAfter(err), time.Second)
			require.LessOrEqual(t, retryAfter(err), 8*time.Second)
		}
		require.LessOrEqual(t, e.fetches(), 1+3)

		for range 600 {
			require.True(t, accepts(r, "a"))
			time.Sleep(time.Second) // simulated: the back-off grows
		}
		for _, kid := range names("later", 20) {
			_, err := r.VerificationKeys(t.Context(), kid, "ES256")
			require.LessOrEqual(t, retryAfter(err), 8*time.Second, "the next unknown kid may bring the news")
		}
	})
}

// Retry-After has no fractions: less than a second is none.
func TestRetryAfterIsASecondAtLeast(t *testing.T) {
	for range 50 {
		e := newEndpoint()
		e.down = true
		_, err := newRemote(t, e, nil).VerificationKeys(t.Context(), "a", "ES256")
		require.GreaterOrEqual(t, retryAfter(err), time.Second)
		require.LessOrEqual(t, retryAfter(err), 1250*time.Millisecond)
	}
}

// What a client brings along is used: here a header and a proxy.
func TestOwnClient(t *testing.T) {
	var seen []string
	proxy := server(t, func(w http.ResponseWriter, req *http.Request) {
		seen = append(seen, req.Header.Get("X-Api-Key")+" "+req.RequestURI)
		_, _ = w.Write([]byte(setOf(ecJWK("a"))))
	})
	transport := &http.Transport{Proxy: http.ProxyURL(must(url.Parse(proxy.URL)))}
	client := &http.Client{Transport: withHeader{transport}}
	r, err := jwks.NewRemote(jwks.Config{
		URL: "http://issuer.example/jwks", InsecureAllowPlainHTTP: true, HTTPClient: client,
	})
	require.NoError(t, err)
	require.True(t, accepts(r, "a"))
	require.Equal(t, []string{"secret http://issuer.example/jwks"}, seen)
}

type withHeader struct{ http.RoundTripper }

func (w withHeader) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("X-Api-Key", "secret")
	return w.RoundTripper.RoundTrip(req)
}

// No connection is kept, over HTTP/2 either: each would hold goroutines until
// the server ends it.
func TestNoConnectionIsKept(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		open := &connections{}
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			require.Equal(t, http2, req.ProtoMajor == 2)
			_, _ = w.Write([]byte(setOf(ecJWK("a"))))
		}))
		s.EnableHTTP2 = http2
		s.Config.ConnState = open.change
		s.StartTLS()
		r, err := jwks.NewRemote(jwks.Config{URL: s.URL, HTTPClient: s.Client()})
		require.NoError(t, err)
		for range 3 {
			require.NoError(t, r.Refresh(t.Context()))
		}
		require.Eventually(t, func() bool { return open.count() == 0 }, 10*time.Second, time.Millisecond)
		s.Close()
	}
}

// connections counts the open connections of a server.
type connections struct {
	mu   sync.Mutex
	open map[net.Conn]bool
	ever int
}

func (c *connections) change(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[net.Conn]bool{}
	}
	if state == http.StateNew {
		c.ever++
	}
	c.open[conn] = true
	if state == http.StateClosed {
		delete(c.open, conn)
	}
}

func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

func (c *connections) everOpen() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ever
}
