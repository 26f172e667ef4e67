package jwks_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// Keys are bounded, and the one that was not used for the longest time makes room. What strangers make up has no part
// in it, and neither have keys that may not be used.
func TestKeyEndpointRemembersTheKeysInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer("a", "b", "c", "d")
		e := newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) {
			c.MaxKeys, c.RefreshInterval, c.Cooldown = 3, 240*time.Hour, time.Second
			c.MaxStale = 240 * time.Hour
		})
		next := func(kid string) {
			require.True(t, accepts(e, kid), kid)
			time.Sleep(10 * time.Second) // simulated
		}
		for _, kid := range []string{"a", "b", "c", "b", "a"} {
			next(kid)
		}
		for _, kid := range names("made-up", 100) {
			require.True(t, refuses(e, kid))
			time.Sleep(time.Second) // simulated
		}
		s.publish("weak", badPEM()["RSA 1024"][0])
		require.True(t, refuses(e, "weak"))
		require.Equal(t, 3, len(e.Status().Keys))
		next("a")
		next("d") // in place of c
		next("a")
		next("b")
		require.Equal(t, 1, s.fetches("a"))
		require.Equal(t, 1, s.fetches("b"))
		require.Equal(t, []string{"a", "b", "d"}, statusIDs(e))
		next("c") // in place of d
		require.Equal(t, 2, s.fetches("c"))
		require.Equal(t, []string{"a", "b", "c"}, statusIDs(e))
	})
}

// A key that made room while it was asked for does not come back by that, and a key that is asked for again takes no
// more room than it has.
func TestKeyEndpointRefreshesWithinItsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer("a", "b", "c")
		e := newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) { c.MaxKeys = 2 })
		for began := time.Now(); time.Since(began) < 3*time.Hour; time.Sleep(10 * time.Second) { // simulated
			requireAtOnce(t, e, "a")
			requireAtOnce(t, e, "b")
			synctest.Wait()
		}
		require.Greater(t, s.fetches(""), 24)
		require.Equal(t, uint64(2), e.Status().Counts.UnknownKID)

		time.Sleep(time.Hour) // simulated
		require.True(t, accepts(e, "b"))
		s.set(func(s *keyServer) { s.delay = time.Second })
		late := make(chan bool, 1)
		go func() { late <- accepts(e, "a") }()
		synctest.Wait()
		s.set(func(s *keyServer) { s.delay = 0 })
		time.Sleep(500 * time.Millisecond) // simulated
		require.Equal(t, []string{"a", "b"}, statusIDs(e))
		time.Sleep(2 * time.Second) // simulated
		require.True(t, <-late)
		s.set(func(s *keyServer) { s.delay = time.Second })
		time.Sleep(time.Hour) // simulated
		go func() { late <- accepts(e, "a") }()
		synctest.Wait()
		s.set(func(s *keyServer) { s.delay = 0 })
		time.Sleep(500 * time.Millisecond) // simulated
		require.True(t, accepts(e, "b"))
		time.Sleep(100 * time.Millisecond) // simulated
		require.True(t, accepts(e, "c"), "in place of a, whose fetch is under way")
		require.True(t, <-late, "who waits for it gets it")
		require.Equal(t, []string{"b", "c"}, statusIDs(e))

		text := s.keys["b"]
		s.withdraw("b")
		s.set(func(s *keyServer) { s.delay = 3 * time.Second })
		time.Sleep(time.Hour) // simulated
		go func() { late <- accepts(e, "b") }()
		synctest.Wait()
		s.set(func(s *keyServer) { s.delay = 0 })
		s.publish("b", text)
		for _, kid := range []string{"c", "a", "b"} {
			time.Sleep(100 * time.Millisecond) // simulated
			require.True(t, accepts(e, kid), kid)
		}
		require.False(t, <-late)
		require.Equal(t, []string{"a", "b"}, statusIDs(e), "b went and came back while it was asked for")
	})
}

func statusIDs(e *jwks.KeyEndpoint) (kids []string) {
	for _, k := range e.Status().Keys {
		kids = append(kids, k.KeyID)
	}
	return kids
}

// After a pause every key may be due at once. They are asked for in turn, and all of them are found.
func TestKeyEndpointAsksInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kids := names("kid", 60)
		s := newKeyServer(kids...)
		e := newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) { c.Cooldown = time.Millisecond })
		for _, kid := range kids {
			require.True(t, accepts(e, kid))
			time.Sleep(10 * time.Millisecond) // simulated
		}
		time.Sleep(time.Hour) // simulated
		s.set(func(s *keyServer) { s.delay, s.most = time.Second, 0 })
		var wg sync.WaitGroup
		for _, kid := range kids {
			wg.Go(func() { require.True(t, accepts(e, kid)) })
		}
		wg.Wait()
		require.Equal(t, 16, s.most)
		require.Equal(t, 120, s.fetches(""))
		require.Zero(t, e.Status().Failures)
	})
}

// A kid is a part of a token. What is remembered by it does not keep the token.
func TestKeyEndpointKeepsNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer(names("kid", 50)...)
		e := newKeyEndpoint(t, s, nil)
		heap := func() int64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before := heap()
		for _, kid := range names("kid", 50) {
			token := kid + strings.Repeat(".", 1<<20)
			require.True(t, accepts(e, token[:len(kid)]))
			time.Sleep(time.Minute) // simulated
		}
		require.Less(t, heap()-before, int64(10<<20))
		require.True(t, accepts(e, "kid-0"))
	})
}

// After a start every kid in use is unknown. All have their key within seconds, twelve at a time, and so have they
// after those that strangers made up. What finds none is limited as ever.
func TestKeyEndpointColdStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kids := names("kid", 60)
		s := newKeyServer(kids...)
		s.delay = 100 * time.Millisecond
		e := newKeyEndpoint(t, s, nil)
		for _, kid := range names("first", 11) {
			require.True(t, refuses(e, kid))
		}
		s.set(func(s *keyServer) { s.most, s.asked = 0, nil })
		var wg sync.WaitGroup
		began := time.Now()
		for _, kid := range kids {
			wg.Go(func() {
				for !accepts(e, kid) {
					time.Sleep(100 * time.Millisecond) // simulated
				}
			})
		}
		wg.Wait()
		require.Less(t, time.Since(began), 10*time.Second)
		require.Equal(t, 60, s.fetches(""))
		require.Len(t, e.Status().Keys, 60)

		time.Sleep(2 * time.Minute) // simulated: the tokens are all there
		s.set(func(s *keyServer) { s.most, s.asked = 0, nil })
		for _, kid := range names("made-up", 500) {
			wg.Go(func() { require.False(t, accepts(e, kid)) })
		}
		wg.Wait()
		require.Equal(t, 12, s.fetches(""))
		for _, kid := range names("flood", 100) {
			require.False(t, accepts(e, kid))
			time.Sleep(time.Second) // simulated
		}
		require.InDelta(t, 12+100/8, s.fetches(""), 1)
	})
}
