package jwks_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// The endpoint breaks: known keys serve for a day, nobody waits for it while there is traffic, and it is noticed
// within a minute that it is back.
func TestKeyEndpointInAnOutage(t *testing.T) {
	for name, fault := range map[string]answerFunc{"hangs": stall, "refuses": refuse, "garbage": body(200, "", "?")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newKeyServer(knownID)
				e := newKeyEndpoint(t, s, nil)
				require.True(t, accepts(e, knownID))
				began := time.Now()
				s.answer(fault)
				for time.Since(began) < 24*time.Hour-10*time.Second {
					requireAtOnce(t, e, knownID)
					time.Sleep(10 * time.Second) // simulated
				}
				require.Equal(t, jwks.Stale, e.Status().State)
				time.Sleep(10 * time.Second) // simulated
				require.True(t, unavailable(e, knownID))
				require.Equal(t, jwks.Unavailable, e.Status().State)
				require.Empty(t, statusIDs(e))
				s.answer(nil)
				time.Sleep(50 * time.Second) // simulated
				require.True(t, accepts(e, knownID))
				require.Equal(t, jwks.Fresh, e.Status().State)
			})
		})
	}
}

// Whenever a refresh comes due, a key in use does not wait for one that hangs.
func TestKeyEndpointNeverWaitsForAKeyInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kids := names("kid", 100)
		s := newKeyServer(kids...)
		e := newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) { c.Cooldown = time.Millisecond })
		for _, kid := range kids {
			require.True(t, accepts(e, kid))
			time.Sleep(time.Millisecond) // simulated
		}
		s.answer(stall)
		for began := time.Now(); time.Since(began) < 20*time.Minute; time.Sleep(30 * time.Second) { // simulated
			for _, kid := range kids {
				requireAtOnce(t, e, kid)
			}
		}
		require.Greater(t, s.fetches(""), 200)
		letFetchesEnd()
	})
}

// After a pause a known key waits for its fetch. If that fails it serves on, for no longer than it may.
func TestKeyEndpointAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer(knownID)
		e := newKeyEndpoint(t, s, nil)
		require.True(t, accepts(e, knownID))
		s.answer(stall)
		time.Sleep(20 * time.Hour) // simulated
		found, took, err := lookup(e, knownID)
		require.NoError(t, err)
		require.Equal(t, 1, found)
		require.Equal(t, 5*time.Second, took.Round(time.Second))
		requireAtOnce(t, e, knownID) // it was asked for just now
		time.Sleep(5 * time.Hour)    // simulated
		require.True(t, unavailable(e, knownID))
		letFetchesEnd()
	})
}

// Cache-Control is honoured within bounds, and a setting is shortened by it and no more.
func TestKeyEndpointHonoursMaxAge(t *testing.T) {
	for _, tt := range []struct {
		header string
		set    time.Duration
		most   time.Duration
	}{
		{"", 0, 15 * time.Minute}, {"max-age=300", 0, 5 * time.Minute}, {"max-age=0", 0, time.Minute},
		{"max-age=999999", 0, time.Hour}, {"max-age=999999", 10 * time.Minute, 10 * time.Minute},
		{"max-age=60", 10 * time.Minute, time.Minute}, {"", 5 * time.Second, 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newKeyServer(knownID)
			s.header.Set("Cache-Control", tt.header)
			e := newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) { c.RefreshInterval = tt.set })
			require.True(t, accepts(e, knownID))
			began := time.Now()
			for s.fetches("") == 1 {
				time.Sleep(tt.most / 100) // simulated
				requireAtOnce(t, e, knownID)
				synctest.Wait()
			}
			require.GreaterOrEqual(t, time.Since(began), tt.most*3/4, tt.header)
			require.LessOrEqual(t, time.Since(began), tt.most+tt.most/100, tt.header)
		})
	}
}

// A transport that hangs for ever costs what it costs a Remote: some goroutines, and no known key.
func TestKeyEndpointLeavesWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer(knownID)
		e := newKeyEndpoint(t, s, nil)
		require.True(t, accepts(e, knownID))
		release := make(chan struct{})
		s.answer(func(req *http.Request) (*http.Response, error) {
			s.mu.Unlock()
			<-release
			s.mu.Lock()
			return nil, errors.New("released")
		})
		for range 200 {
			requireAtOnceOrAfterItsFetch(t, e)
			require.True(t, unavailable(e, "new"))
			time.Sleep(time.Minute) // simulated
		}
		require.LessOrEqual(t, s.inside, 32)
		close(release)
		synctest.Wait()
		require.Zero(t, s.inside)
	})
}

func requireAtOnceOrAfterItsFetch(t *testing.T, e *jwks.KeyEndpoint) {
	found, took, err := lookup(e, knownID)
	require.NoError(t, err)
	require.Equal(t, 1, found)
	require.Less(t, took, 6*time.Second)
}
