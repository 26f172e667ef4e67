package introspection_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

// In these tests time is a bubble's: time.Sleep moves the clock and takes no
// time.

// checklist 174
func TestPositiveAnswersAreRemembered(t *testing.T) {
	for name, tc := range map[string]struct {
		ttl      time.Duration
		exp      time.Duration // from now; 0 for none
		lives    time.Duration
		thenGood bool
	}{
		"default":                {0, 0, 30 * time.Second, true},
		"as given":               {time.Second, 0, time.Second, true},
		"longer, as given":       {time.Hour, 0, time.Hour, true},
		"never beyond exp":       {time.Hour, 10 * time.Second, 10 * time.Second, true}, // good by leeway, and asked about
		"exp beyond the default": {0, time.Hour, 30 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := activeAnswer
				if tc.exp > 0 {
					body = active(fmt.Sprintf(`"exp":%d`, time.Now().Add(tc.exp).Unix()))
				}
				e := &endpoint{answer: always(body)}
				client := e.client(t, func(c *settings) { c.PositiveTTL = tc.ttl })
				first, err := client.Introspect(t.Context(), token)
				require.NoError(t, err)

				time.Sleep(tc.lives - 1)
				second, err := client.Introspect(t.Context(), token)
				require.NoError(t, err)
				require.Same(t, first, second)
				require.Equal(t, 1, e.calls())

				time.Sleep(time.Nanosecond)
				_, err = client.Introspect(t.Context(), token)
				require.Equal(t, tc.thenGood, err == nil)
				require.Equal(t, 2, e.calls())
			})
		})
	}
}

// checklist 174, 176
func TestRememberedTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exp := time.Now().Add(10 * time.Second)
		e := &endpoint{answer: always(active(fmt.Sprintf(`"exp":%d`, exp.Unix())))}
		client := e.client(t, func(c *settings) { c.Leeway = introspection.NoLeeway; c.PositiveTTL = time.Hour })
		_, err := client.Introspect(t.Context(), token)
		require.NoError(t, err)
		time.Sleep(10*time.Second - 1)
		_, err = client.Introspect(t.Context(), token)
		require.NoError(t, err)
		time.Sleep(time.Nanosecond)
		_, err = client.Introspect(t.Context(), token)
		requireRejected(t, err, introspection.ReasonExpired)
		_, err = client.Introspect(t.Context(), token)
		requireRejected(t, err, introspection.ReasonExpired)
		require.Equal(t, 2, e.calls(), "the refusal was remembered")
	})
}

// The clock counts from the asking: what a slow answer says was true at some
// time since.
func TestSlowAnswerIsOldAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(string) (*http.Response, error) {
			time.Sleep(4 * time.Second)
			return response(200, activeAnswer), nil
		}}
		client := e.client(t)
		_, err := client.Introspect(t.Context(), token)
		require.NoError(t, err)
		time.Sleep(26*time.Second - 1)
		_, err = client.Introspect(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, 1, e.calls())
		time.Sleep(time.Nanosecond)
		_, err = client.Introspect(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, 2, e.calls())
	})
}

func TestRememberedTokenIsCheckedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nbf := time.Now().Add(40 * time.Second)
		e := &endpoint{answer: always(active(fmt.Sprintf(`"nbf":%d`, nbf.Unix())))}
		client := e.client(t)
		_, err := client.Introspect(t.Context(), token)
		requireRejected(t, err, introspection.ReasonNotYetValid)
		time.Sleep(10 * time.Second)
		_, err = client.Introspect(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, 1, e.calls())
	})
}

// checklist 175
func TestNegativeAnswersAreRememberedBriefly(t *testing.T) {
	for name, tc := range map[string]struct {
		body   string
		reason introspection.Reason
	}{
		"inactive":       {`{"active":false}`, introspection.ReasonInactive},
		"wrong audience": {active(`"aud":"https://other.example"`), introspection.ReasonAudience},
		"malformed":      {active(`"exp":"soon"`), introspection.ReasonClaimType},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &endpoint{answer: always(tc.body)}
				client := e.client(t)
				for range 3 {
					_, err := client.Introspect(t.Context(), token)
					requireRejected(t, err, tc.reason)
				}
				time.Sleep(5*time.Second - 1)
				_, err := client.Introspect(t.Context(), token)
				requireRejected(t, err, tc.reason)
				require.Equal(t, 1, e.calls())
				time.Sleep(time.Nanosecond)
				e.become(always(activeAnswer))
				_, err = client.Introspect(t.Context(), token)
				require.NoError(t, err)
				require.Equal(t, 2, e.calls())
			})
		})
	}
}

func TestRejectionsAreNotShared(t *testing.T) {
	e := &endpoint{answer: always(`{"active":false}`)}
	client := e.client(t)
	for range 2 {
		_, err := client.Introspect(t.Context(), token)
		var rejected *introspection.Error
		require.ErrorAs(t, err, &rejected)
		require.Equal(t, introspection.ReasonInactive, rejected.Reason)
		rejected.Reason = "spoilt"
	}
	require.Equal(t, 1, e.calls())
}

func TestNoCache(t *testing.T) {
	e := &endpoint{answer: func(token string) (*http.Response, error) {
		return response(200, map[string]string{"good": activeAnswer, "bad": `{"active":false}`}[token]), nil
	}}
	client := e.client(t, func(c *settings) {
		c.PositiveTTL, c.NegativeTTL = introspection.NoCache, introspection.NoCache
	})
	for range 3 {
		_, err := client.Introspect(t.Context(), "good")
		require.NoError(t, err)
		_, err = client.Introspect(t.Context(), "bad")
		requireRejected(t, err, introspection.ReasonInactive)
	}
	require.Equal(t, map[string]int{"good": 3, "bad": 3}, e.asked)
}

// checklist 175
func TestCacheIsBounded(t *testing.T) {
	e := &endpoint{answer: func(token string) (*http.Response, error) {
		if strings.HasPrefix(token, "bad") {
			return response(200, `{"active":false}`), nil
		}
		return response(200, activeAnswer), nil
	}}
	client := e.client(t, func(c *settings) { c.CacheSize = 2 })
	ask := func(tokens ...string) {
		for _, token := range tokens {
			client.Introspect(t.Context(), token)
		}
	}
	ask("a", "b", "a", "c") // b is the least recently used
	ask("a", "c")
	require.Equal(t, map[string]int{"a": 1, "b": 1, "c": 1}, e.asked)
	ask("b") // in, a out
	ask("c", "a")
	require.Equal(t, map[string]int{"a": 2, "b": 2, "c": 1}, e.asked)

	for i := range 100 { // invented tokens push out no real one
		ask(fmt.Sprintf("bad%d", i))
	}
	ask("a", "c", "bad98", "bad99")
	require.Equal(t, 2, e.asked["a"])
	require.Equal(t, 1, e.asked["c"])
	require.Equal(t, 1, e.asked["bad99"])
	ask("bad97")
	require.Equal(t, 2, e.asked["bad97"])
}

// checklist 193
func TestCacheIsBoundedInBytes(t *testing.T) {
	e := &endpoint{answer: func(token string) (*http.Response, error) {
		size := 1 << 10
		if token == "big" {
			size = 50 << 10
		}
		return response(200, active(`"x":"`+strings.Repeat("x", size)+`"`)), nil
	}}
	client := e.client(t, func(c *settings) { c.CacheBytes = 10 << 10 })
	ask := func(tokens ...string) {
		for _, token := range tokens {
			_, err := client.Introspect(t.Context(), token)
			require.NoError(t, err)
		}
	}
	ask("a", "b", "a", "b")
	require.Equal(t, map[string]int{"a": 1, "b": 1}, e.asked)
	ask("big", "big", "a", "b") // too big to be remembered, and pushes out nothing
	require.Equal(t, map[string]int{"a": 1, "b": 1, "big": 2}, e.asked)
	for i := range 10 {
		ask(fmt.Sprint("token", i))
	}
	ask("token9", "token8")
	require.Equal(t, 1, e.asked["token9"])
	require.Equal(t, 1, e.asked["token8"])
	ask("a")
	require.Equal(t, 2, e.asked["a"], "pushed out")
}

// The estimate is no less than what the tokens take, and not absurdly more. The worst
// answers are those of many short names.
func TestCacheBytesAreHonest(t *testing.T) {
	many := func(n int, format string) string {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(names, ",")
	}
	for name, body := range map[string]string{
		"least": activeAnswer,
		"usual": active(`"scope":"profile email","client_id":"app","username":"ada","sub":"u1","jti":"j1",` +
			`"iss":"https://issuer.example","aud":["https://api.example"],"exp":33000000000,"iat":1,"groups":["a","b"]`),
		"bound": active(`"cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",` +
			`"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}`),
		"opaque": active(`"x":"` + strings.Repeat("x", 20_000) + `"`),
		"scopes": active(`"scope":[` + many(3000, `"%d"`) + `]`),
		"scope":  active(`"scope":"` + strings.ReplaceAll(many(3000, "%d"), ",", " ") + `"`),
		"groups": active(`"groups":[` + many(3000, `"%d"`) + `],"roles":[` + many(500, `{"value":"%d"}`) + `]`),
		"aud":    active(`"aud":["https://api.example",` + many(3000, `"%d"`) + `]`),
	} {
		t.Run(name, func(t *testing.T) {
			const bytes = 1 << 20
			c := config("https://issuer.example/introspect")
			c.HTTPClient = &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return response(200, body), nil
			})}
			c.CacheBytes, c.CacheSize, c.PositiveTTL = bytes, 1_000_000, time.Hour
			c.Confirmations = []string{"jkt", "x5t#S256"}
			before := heap()
			client := newClient(t, c)
			for i := range min(bytes/len(body)+8, 1600) { // enough to fill it
				_, err := client.Introspect(t.Context(), fmt.Sprint(i))
				require.NoError(t, err)
			}
			taken := heap() - before
			t.Logf("%.2f of the bound", float64(taken)/bytes)
			require.Less(t, float64(taken), 1.2*bytes) // the race detector takes a little itself
			require.Greater(t, float64(taken), 0.5*bytes)
			runtime.KeepAlive(client)
		})
	}
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// Every token is its own: no prefix, padding or letter case of a good one is as
// good.
func TestRememberedByTheWholeToken(t *testing.T) {
	e := &endpoint{answer: func(token string) (*http.Response, error) {
		if token == "Token" {
			return response(200, activeAnswer), nil
		}
		return response(200, `{"active":false}`), nil
	}}
	client := e.client(t)
	_, err := client.Introspect(t.Context(), "Token")
	require.NoError(t, err)
	for _, token := range []string{"token", "Token=", "Toke", "Token1", strings.Repeat("Token", 1000)} {
		_, err := client.Introspect(t.Context(), token)
		requireRejected(t, err, introspection.ReasonInactive)
	}
}

// checklist 178
func TestFailuresAreNotRemembered(t *testing.T) {
	for name, broken := range map[string]func(string) (*http.Response, error){
		"500":     func(string) (*http.Response, error) { return response(500, ""), nil },
		"nothing": func(string) (*http.Response, error) { return nil, errors.New("connection refused") },
		"no JSON": always(`<html>`),
	} {
		t.Run(name, func(t *testing.T) {
			e := &endpoint{answer: broken}
			client := e.client(t)
			_, err := client.Introspect(t.Context(), token)
			require.Error(t, err)
			e.become(always(activeAnswer))
			_, err = client.Introspect(t.Context(), token)
			require.NoError(t, err)
		})
	}
}

func TestRememberedTokensOutliveAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: always(activeAnswer)}
		client := e.client(t)
		_, err := client.Introspect(t.Context(), token)
		require.NoError(t, err)
		e.become(func(string) (*http.Response, error) { return nil, errors.New("connection refused") })
		time.Sleep(29 * time.Second)
		_, err = client.Introspect(t.Context(), token)
		require.NoError(t, err)
		time.Sleep(time.Second)
		_, err = client.Introspect(t.Context(), token)
		requireUnavailable(t, err, introspection.FailureUnreachable)
	})
}

func TestRememberedTokenCostsLittle(t *testing.T) {
	e := &endpoint{answer: always(activeAnswer)}
	client := e.client(t)
	ctx := t.Context()
	_, err := client.Introspect(ctx, token)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { client.Introspect(ctx, token) }))
}

// Run with the race detector, this is the test of every mutable type here.
func TestConcurrentUse(t *testing.T) {
	e := &endpoint{answer: func(token string) (*http.Response, error) {
		switch token[0] {
		case 'a':
			return response(200, active(`"scope":"profile","aud":["https://api.example"]`)), nil
		case 'b':
			return response(200, `{"active":false}`), nil
		}
		return response(503, ""), nil
	}}
	client := e.client(t, func(c *settings) { c.CacheSize = 3; c.PositiveTTL = time.Millisecond })
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for j := range 200 {
				got, err := client.Introspect(context.Background(), fmt.Sprintf("%c%d", 'a'+rune((i+j)%3), j%5))
				if err == nil && (!got.Scopes().Has("profile") || got.Audience()[0] != audience) {
					t.Error("a token of another kind")
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkRemembered(b *testing.B) {
	e := &endpoint{answer: always(activeAnswer)}
	c := config("https://issuer.example/introspect")
	c.HTTPClient = &http.Client{Transport: e}
	client, err := introspection.New(c)
	require.NoError(b, err)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Introspect(ctx, token); err != nil {
			b.Fatal(err)
		}
	}
}
