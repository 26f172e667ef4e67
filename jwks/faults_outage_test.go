package jwks_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// Faults of an issuer that does not answer.

func outageBy500(t *testing.T) string { return outage(t, body(500, "text/html", "sorry")) }

func outageByRefusal(t *testing.T) string { return outage(t, refuse) }

func outage(t *testing.T, fault answerFunc) string {
	return simulated(t, func(t *testing.T) string {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		loaded := time.Now()
		e.answer(fault)
		for accepts(r, "a") {
			if r.Status().Failures > 0 {
				require.Equal(t, jwks.Stale, r.Status().State)
			}
			time.Sleep(time.Second) // simulated: traffic
		}
		served := time.Since(loaded)
		require.Equal(t, 24*time.Hour, served)
		_, err := r.VerificationKeys(t.Context(), "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.GreaterOrEqual(t, retryAfter(err), time.Second)

		gaps := gaps(e.times()[1:])
		require.InDelta(t, time.Second, gaps[0], float64(1300*time.Millisecond)) // seen by traffic once a second
		require.Greater(t, gaps[5], 4*gaps[0])
		require.LessOrEqual(t, slices.Max(gaps), 55*time.Second)
		slices.Sort(gaps)
		require.Greater(t, len(slices.Compact(gaps)), 15, "jitter")
		return fmt.Sprintf("%v served, then 503; back after %v; gaps 1 s to %v",
			served, recovery(t, fault), slices.Max(gaps).Round(time.Second))
	})
}

// recovery measures how long a Remote that serves on takes to notice that the
// endpoint is back, at worst.
func recovery(t *testing.T, fault answerFunc) time.Duration {
	worst := time.Duration(0)
	for i := range 20 {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		e.answer(fault)
		time.Sleep(time.Hour) // simulated
		for range 600 + i*7 {
			require.True(t, accepts(r, "a"))
			time.Sleep(time.Second) // simulated
		}
		e.answer(nil)
		back := time.Now()
		for r.Status().State != jwks.Fresh {
			require.True(t, accepts(r, "a"))
			time.Sleep(time.Second) // simulated
		}
		worst = max(worst, time.Since(back))
	}
	require.LessOrEqual(t, worst, time.Minute)
	return worst
}

func gaps(times []time.Time) []time.Duration {
	all := make([]time.Duration, len(times)-1)
	for i := range all {
		all[i] = times[i+1].Sub(times[i])
	}
	return all
}

func coldOutage(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		e := newEndpoint(ecJWK("a"))
		e.down = true
		r := newRemote(t, e, nil)
		_, err := r.VerificationKeys(t.Context(), "a", "ES256")
		require.GreaterOrEqual(t, retryAfter(err), time.Second)
		for range 3000 {
			require.False(t, accepts(r, "a"))
			time.Sleep(10 * time.Millisecond) // simulated: traffic
		}
		gaps := gaps(e.times())
		require.InDelta(t, time.Second, gaps[0], float64(300*time.Millisecond))
		require.LessOrEqual(t, slices.Max(gaps), 6500*time.Millisecond)
		e.set(func(e *endpoint) { e.down = false })
		back := time.Now()
		for !accepts(r, "a") {
			time.Sleep(10 * time.Millisecond) // simulated
		}
		took := time.Since(back)
		require.LessOrEqual(t, took, 6500*time.Millisecond)
		return fmt.Sprintf("Retry-After %v, first retry after %v, back after %v",
			retryAfter(err).Round(100*time.Millisecond), gaps[0].Round(10*time.Millisecond), took.Round(10*time.Millisecond))
	})
}

func hanging(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		e.answer(hang)
		lookup := func(kid string, deadline time.Duration) (time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			began := time.Now()
			_, err := r.VerificationKeys(ctx, kid, "ES256")
			return time.Since(began), err
		}
		short, err := lookup("new", time.Second)
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.Equal(t, time.Second, short)
		known, err := lookup("a", time.Minute) // while that fetch still hangs
		require.NoError(t, err)
		require.Zero(t, known)
		letFetchesEnd()
		long, err := lookup("new", time.Minute)
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.Equal(t, 5*time.Second, long)

		time.Sleep(20 * time.Minute) // simulated: a scheduled one is due, too
		known, err = lookup("a", time.Minute)
		require.NoError(t, err)
		require.Zero(t, known)
		letFetchesEnd()
		e.answer(nil)
		e.publish(ecJWK("a"), ecJWK("new"))
		require.True(t, accepts(r, "new"), "a later fetch is possible")
		return fmt.Sprintf("known %v; unknown %v of 1 s, %v of 1 min; later fetch works", known, short, long)
	})
}

func requesterLeaves(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		e := slowEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := r.VerificationKeys(ctx, "a", "ES256")
			left <- err
		}()
		synctest.Wait() // its fetch is under way
		var wg sync.WaitGroup
		var served atomic.Int64
		for range 100 {
			wg.Go(func() {
				if accepts(r, "a") {
					served.Add(1)
				}
			})
		}
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-left, context.Canceled)
		wg.Wait()
		require.EqualValues(t, 100, served.Load())
		require.Equal(t, 1, e.fetches())
		return fmt.Sprintf("%d of 100 others served by %d fetch", served.Load(), e.fetches())
	})
}

func restarts(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		file, log := saved(t, newEndpoint(ecJWK("a"))), &logBuffer{}
		good := must(os.ReadFile(file))
		require.True(t, accepts(restart(t, file, log), "a"))
		synctest.Wait() // the log is written after the answer
		require.NotContains(t, log.String(), "ignored")

		unreadable := filepath.Join(t.TempDir(), "directory")
		require.NoError(t, os.Mkdir(unreadable, 0o700))
		require.NoError(t, os.WriteFile(file+".edited", bytes.Replace(good, []byte(`"a"`), []byte(`"b"`), 1), 0o600))
		for _, bad := range []string{file + ".edited", unreadable} {
			require.False(t, accepts(restart(t, bad, log), "a"))
		}
		time.Sleep(24 * time.Hour) // simulated
		require.False(t, accepts(restart(t, file, log), "a"))
		synctest.Wait()
		require.Equal(t, 3, strings.Count(log.String(), "snapshot file ignored"))
		return "served; edited, unreadable, too old: ignored with a warning"
	})
}
