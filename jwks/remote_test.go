package jwks_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
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
	e := newEndpoint(ecJWK("a"), jwkOf("r", &rsa2048().PublicKey))
	r := newRemote(t, e, nil)
	keys, err := r.VerificationKeys(t.Context(), "a", "HS256")
	require.NoError(t, err)
	require.Empty(t, keys)
	require.Zero(t, e.fetches(), "an unknown algorithm needs no set")
	require.True(t, accepts(r, "a"))
	for _, ask := range [][2]string{{"a", "RS256"}, {"r", "ES256"}, {"", "ES384"}, {"x", "none"}, {"x", "HS256"}, {"a", ""}, {"a", "es256"}} {
		keys, err := r.VerificationKeys(t.Context(), ask[0], ask[1])
		require.NoError(t, err)
		require.Empty(t, keys, ask)
	}
	require.Equal(t, 1, e.fetches())
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
		require.True(t, accepts(r, "b"), "no older than the call")

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
