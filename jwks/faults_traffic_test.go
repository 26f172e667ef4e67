package jwks_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Faults that come with traffic: stampedes, floods, rotations under way, fleets.

func coldStampede(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		e := slowEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		var wg sync.WaitGroup
		var failed atomic.Int64
		for range 500 {
			wg.Go(func() {
				if !accepts(r, "a") {
					failed.Add(1)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, e.fetches())
		require.Zero(t, failed.Load())
		return fmt.Sprintf("%d fetch, %d errors", e.fetches(), failed.Load())
	})
}

// flood is run twice: by 50 senders at once, and by one that waits for each answer.
func flood(t *testing.T) string {
	var seen []string
	for _, senders := range []int{50, 1} {
		seen = append(seen, simulated(t, func(t *testing.T) string {
			e := slowEndpoint(ecJWK("a"))
			r := newRemote(t, e, nil)
			require.True(t, accepts(r, "a"))
			var wg sync.WaitGroup
			var wrong atomic.Int64
			var waited atomic.Int64
			for s := range senders {
				wg.Go(func() {
					for _, kid := range names(fmt.Sprint("forged", s), 5000/senders) {
						began := time.Now()
						if !accepts(r, "a") {
							wrong.Add(1)
						}
						waited.Add(int64(time.Since(began)))
						if !refuses(r, kid) {
							wrong.Add(1)
						}
					}
				})
			}
			wg.Wait()
			require.LessOrEqual(t, e.fetches()-1, 3)
			require.Zero(t, wrong.Load())
			require.Zero(t, waited.Load())
			return fmt.Sprintf("%d fetches from %d sender(s)", e.fetches()-1, senders)
		}))
	}
	return strings.Join(seen, ", ") + ", waits 0 s"
}

func rotationInFlood(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		e := slowEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for s := range 10 {
			wg.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					refuses(r, fmt.Sprint("forged", s, "-", i))
					time.Sleep(10 * time.Millisecond) // simulated: 1,000 a second in all
				}
			})
		}
		worst := time.Duration(0)
		for i, kid := range names("new", 20) {
			time.Sleep(time.Duration(10+i) * 777 * time.Millisecond) // simulated: at any phase of the cool-down
			e.publish(ecJWK("a"), ecJWK(kid))
			published := time.Now()
			for !accepts(r, kid) {
				time.Sleep(10 * time.Millisecond) // simulated: the token is shown again
			}
			worst = max(worst, time.Since(published))
		}
		cancel()
		wg.Wait()
		require.LessOrEqual(t, worst, 10*time.Second)
		return fmt.Sprintf("within %v, 20 rotations", worst.Round(10*time.Millisecond))
	})
}

func rotationInCalm(t *testing.T) string {
	var failed, rotations int
	for forged := range 3 {
		simulated(t, func(t *testing.T) string {
			e := slowEndpoint(ecJWK("a"))
			r := newRemote(t, e, nil)
			require.True(t, accepts(r, "a"))
			for _, kid := range names("new", 10) {
				for _, other := range names(kid+"-forged", forged) {
					require.True(t, refuses(r, other))
				}
				e.publish(ecJWK("a"), ecJWK(kid))
				if !accepts(r, kid) {
					failed++
				}
				rotations++
				time.Sleep(time.Minute) // simulated
			}
			return ""
		})
	}
	require.Zero(t, failed)
	return fmt.Sprintf("%d of %d refused, after 0 to 2 forged kids", failed, rotations)
}

func fleet(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		const instances = 1000
		e := newEndpoint(ecJWK("a"))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		started := time.Now()
		var wg sync.WaitGroup
		random := rand.New(rand.NewPCG(1, 2))
		for range instances {
			r, wait := newRemote(t, e, nil), time.Duration(random.Int64N(int64(time.Second)))
			wg.Go(func() {
				time.Sleep(wait) // simulated
				_ = r.Run(ctx)
			})
		}
		wg.Wait()
		seconds := map[int]int{}
		for _, at := range e.times() {
			seconds[int(at.Sub(started)/time.Second)]++
		}
		require.Equal(t, instances, seconds[0])
		delete(seconds, 0)
		worst := 0
		for _, n := range seconds {
			worst = max(worst, n)
		}
		require.LessOrEqual(t, worst, instances*2/100)
		require.Greater(t, len(e.times()), 7*instances)
		return fmt.Sprintf("at most %.1f %% in a second, over 2 h", float64(worst)*100/instances)
	})
}
