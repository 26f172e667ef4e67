package jwks_test

import (
	"context"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// panics, ends and ignores are transports with a bug: each breaks the fetch in its own way.
func panics(*http.Request) (*http.Response, error) { panic("secret of the transport") }

func ends(*http.Request) (*http.Response, error) { runtime.Goexit(); return nil, nil }

// ignoring is a transport that, while it hangs, does not heed its context until it is let go.
type ignoring struct {
	*endpoint
	hangs   atomic.Bool
	hung    atomic.Int64
	release chan struct{}
}

func newIgnoring(t *testing.T, e *endpoint) *ignoring {
	i := &ignoring{endpoint: e, release: make(chan struct{})}
	t.Cleanup(i.letGo)
	return i
}

func (i *ignoring) RoundTrip(req *http.Request) (*http.Response, error) {
	if !i.hangs.Load() {
		return i.endpoint.RoundTrip(req)
	}
	i.hung.Add(1)
	defer i.hung.Add(-1)
	<-i.release
	return nil, http.ErrServerClosed
}

// letGo ends what hangs, for good.
func (i *ignoring) letGo() {
	if i.hangs.Swap(false) || i.hung.Load() > 0 {
		close(i.release)
	}
}

func (i *ignoring) remote(t *testing.T, change func(*jwks.Config)) *jwks.Remote {
	return newRemote(t, i.endpoint, func(c *jwks.Config) {
		c.HTTPClient = &http.Client{Transport: i}
		if change != nil {
			change(c)
		}
	})
}

// Whatever a transport does, the fetch fails, a later one works, and lookups, Refresh and Run go on.
func TestATransportThatBreaksFailsOneFetch(t *testing.T) {
	for name, tt := range map[string]struct {
		fault answerFunc
		says  string
	}{
		"panic":          {panics, "panicked"},
		"panic with nil": {func(*http.Request) (*http.Response, error) { panic(nil) }, "panicked"},
		"Goexit":         {ends, "ended its goroutine"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEndpoint(ecJWK("a"))
				e.answer(tt.fault)
				r := newRemote(t, e, nil)
				_, err := r.VerificationKeys(t.Context(), "a", "ES256")
				require.ErrorIs(t, err, jwks.ErrUnavailable)
				require.ErrorContains(t, err, tt.says)
				require.NotContains(t, err.Error(), "secret")
				require.ErrorContains(t, r.Refresh(t.Context()), tt.says, "no success")
				require.Equal(t, 2, r.Status().Failures)

				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)
				require.InDelta(t, 3600/5, e.fetches(), 150, "it neither gives up nor spins")

				e.answer(nil)
				time.Sleep(10 * time.Second) // simulated: the back-off
				require.True(t, accepts(r, "a"))
			})
		})
	}
}

func TestATransportThatIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		hang := newIgnoring(t, e)
		r := hang.remote(t, nil)
		require.True(t, accepts(r, "a"))
		hang.hangs.Store(true)
		began := time.Now()
		err := r.Refresh(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "does not heed its context")
		require.LessOrEqual(t, time.Since(began), 5*time.Second+100*time.Millisecond, "its time limit, and a moment")
		require.Equal(t, jwks.Stale, r.Status().State)

		hang.hangs.Store(false)
		e.publish(ecJWK("b"))
		time.Sleep(2 * time.Second) // simulated: the back-off
		require.True(t, accepts(r, "b"), "although the first one hangs to this hour")
		require.EqualValues(t, 1, hang.hung.Load())
		require.False(t, accepts(r, "a"))
	})
}

// Run ends with its context, and not with the transport.
func TestRunEndsAlthoughTheTransportHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := newIgnoring(t, newEndpoint(ecJWK("a")))
		hang.hangs.Store(true)
		r := hang.remote(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)
		require.LessOrEqual(t, time.Since(began), 2*time.Second)
		require.Zero(t, r.Status().Failures, "an abandoned fetch is no failure")
		hang.hangs.Store(false)
		require.True(t, accepts(r, "a"))
	})
}

// A goroutine that hangs for ever cannot be ended, but they do not become more and more.
func TestWhatATransportLeavesBehindIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		hang := newIgnoring(t, e)
		r := hang.remote(t, nil)
		require.True(t, accepts(r, "a"))
		hang.hangs.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 23*time.Hour)
		defer cancel()
		require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)
		require.EqualValues(t, 32, hang.hung.Load())
		require.Greater(t, r.Status().Failures, 1000, "the schedule goes on")
		require.ErrorContains(t, r.Status().LastError, "32 requests have gone on")
		require.True(t, accepts(r, "a"), "and known keys are served")

		hang.letGo()
		time.Sleep(time.Minute) // simulated: the back-off
		require.True(t, accepts(r, "a"))
		synctest.Wait()
		require.Equal(t, jwks.Fresh, r.Status().State, "it recovers as soon as they return")
	})
}

// A transport that heeds its context, but takes a moment to clean up, is waited for: nothing is left when Run returns.
func TestRunWaitsForWhatItAbandons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Bool
		tidy := transportFunc(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			time.Sleep(50 * time.Millisecond) // simulated: it cleans up
			ended.Store(true)
			return nil, req.Context().Err()
		})
		r := newRemote(t, newEndpoint(), func(c *jwks.Config) { c.HTTPClient = &http.Client{Transport: tidy} })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)
		require.True(t, ended.Load())
	})
}

// A fetch that Run gives up says nothing about the issuer: it does not use up the snapshot file.
func TestRunLeavesTheSnapshotFileToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, log := saved(t, newEndpoint(ecJWK("a"))), &logBuffer{}
		e := newEndpoint()
		e.answer(hang)
		r := newRemote(t, e, func(c *jwks.Config) { c.SnapshotFile, c.Logger = file, log.logger() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)
		require.Empty(t, log.String())
		e.answer(refuse)
		require.True(t, accepts(r, "a"))
		synctest.Wait()
		require.Contains(t, log.String(), "serving keys from the snapshot file")
	})
}

// While the endpoint hangs at a cold start, and the transport with it, the snapshot file is read all the same.
func TestSnapshotFileAlthoughTheTransportHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := newIgnoring(t, newEndpoint())
		hang.hangs.Store(true)
		file := saved(t, newEndpoint(ecJWK("a")))
		r := hang.remote(t, func(c *jwks.Config) { c.SnapshotFile = file })
		require.Error(t, r.Refresh(t.Context()))
		require.True(t, accepts(r, "a"))
	})
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
