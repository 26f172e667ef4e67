package introspection_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

// silent answers nothing for as long as it is asked to wait.
func silent(string) (*http.Response, error) {
	time.Sleep(time.Hour) // a bubble's hour; the call is given up long before
	return nil, errors.New("too late")
}

// after answers when some time has passed.
func after(d time.Duration, body string) func(string) (*http.Response, error) {
	return func(string) (*http.Response, error) {
		time.Sleep(d) // simulated: every user runs in a bubble
		return response(200, body), nil
	}
}

func TestRequestsShareACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: after(time.Second, activeAnswer)}
		client := e.client(t)
		var group sync.WaitGroup
		tokens := make([]*introspection.Token, 50)
		for i := range tokens {
			group.Go(func() {
				var err error
				tokens[i], err = client.Introspect(t.Context(), token)
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		require.Equal(t, 1, e.calls())
		for _, got := range tokens {
			require.Same(t, tokens[0], got)
		}
	})
}

func TestRequesterLeavesAndTheCallGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: after(3*time.Second, activeAnswer)}
		client := e.client(t)
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		var group sync.WaitGroup
		start := time.Now()
		group.Go(func() { // the one that started the call
			_, err := client.Introspect(hurried, token)
			u := requireUnavailable(t, err, introspection.FailureAbandoned)
			if !errors.Is(u, context.DeadlineExceeded) || time.Since(start) != time.Second {
				t.Error("left late, or for another reason", err)
			}
		})
		synctest.Wait()
		group.Go(func() {
			_, err := client.Introspect(t.Context(), token)
			if err != nil || time.Since(start) != 3*time.Second {
				t.Error("the other's leaving was felt", err)
			}
		})
		group.Wait()
		require.Equal(t, 1, e.calls())
	})
}

func TestCallOutlivesEveryRequester(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: after(3*time.Second, activeAnswer)}
		client := e.client(t)
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := client.Introspect(hurried, token)
		requireUnavailable(t, err, introspection.FailureAbandoned)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		_, err = client.Introspect(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, 1, e.calls())
	})
}

func TestRequesterAlreadyGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: always(activeAnswer)}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := e.client(t).Introspect(ctx, token)
		u := requireUnavailable(t, err, introspection.FailureAbandoned)
		require.ErrorIs(t, u, context.Canceled)
		synctest.Wait()
		require.Zero(t, e.calls())
	})
}

// checklist 178
func TestTimeLimit(t *testing.T) {
	for name, tc := range map[string]struct{ timeout, want time.Duration }{
		"default":  {0, 5 * time.Second},
		"as given": {90 * time.Second, 90 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := (&endpoint{answer: silent}).client(t, func(c *introspection.Config) { c.Timeout = tc.timeout })
				start := time.Now()
				_, err := client.Introspect(t.Context(), token)
				requireUnavailable(t, err, introspection.FailureTimedOut)
				require.Equal(t, tc.want, time.Since(start))
				time.Sleep(time.Hour) // until silent has ended too
			})
		})
	}
}

func TestConcurrentCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: after(time.Second, activeAnswer)}
		client := e.client(t, func(c *introspection.Config) { c.MaxConcurrentCalls = 3 })
		var group sync.WaitGroup
		for i := range 3 {
			group.Go(func() {
				for range 2 { // requests that share a call take up no room
					client.Introspect(t.Context(), fmt.Sprint("held", i))
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		_, err := client.Introspect(t.Context(), "one-more")
		requireUnavailable(t, err, introspection.FailureBusy)
		require.Zero(t, time.Since(start), "it did not wait")
		require.Equal(t, 3, e.calls())

		group.Wait()
		_, err = client.Introspect(t.Context(), "one-more")
		require.NoError(t, err)
	})
}

// asker asks about a new token each time, so that nothing is remembered.
type asker struct {
	t      *testing.T
	client *introspection.Client
	n      int
}

func (a *asker) ask() error {
	a.n++
	_, err := a.client.Introspect(a.t.Context(), fmt.Sprint("token", a.n))
	return err
}

func TestOutageSuspendsCalls(t *testing.T) {
	refused := func(string) (*http.Response, error) { return nil, errors.New("connection refused") }
	for name, tc := range map[string]struct {
		answer  func(string) (*http.Response, error)
		failure introspection.Failure
	}{
		"unreachable": {refused, introspection.FailureUnreachable},
		"silent":      {silent, introspection.FailureTimedOut},
		"401":         {func(string) (*http.Response, error) { return response(401, ""), nil }, introspection.FailureCredentialsRefused},
		"429":         {func(string) (*http.Response, error) { return response(429, ""), nil }, introspection.FailureStatus},
		"502":         {func(string) (*http.Response, error) { return response(502, ""), nil }, introspection.FailureStatus},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				e := &endpoint{answer: tc.answer}
				a := &asker{t: t, client: e.client(t, func(c *introspection.Config) { c.Logger = newLogger(&log) })}
				for range 3 {
					requireUnavailable(t, a.ask(), tc.failure)
				}
				start := time.Now()
				for range 100 {
					requireUnavailable(t, a.ask(), introspection.FailureSuspended)
				}
				require.Zero(t, time.Since(start))
				require.Equal(t, 3, e.calls())
				require.Equal(t, 1, strings.Count(log.String(), "calls suspended"))

				time.Sleep(time.Second)
				requireUnavailable(t, a.ask(), tc.failure) // one try, which fails
				requireUnavailable(t, a.ask(), introspection.FailureSuspended)
				require.Equal(t, 4, e.calls())

				time.Sleep(time.Second)
				e.become(always(activeAnswer))
				for range 10 {
					require.NoError(t, a.ask())
				}
				require.Equal(t, 1, strings.Count(log.String(), "calls suspended"))
				require.Equal(t, 1, strings.Count(log.String(), "calls resumed"))
				require.NotContains(t, log.String(), "token1")
				time.Sleep(time.Hour) // until silent has ended too
			})
		})
	}
}

func TestOneCallAtATimeTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: silent}
		a := &asker{t: t, client: e.client(t)}
		for range 3 {
			requireUnavailable(t, a.ask(), introspection.FailureTimedOut)
		}
		time.Sleep(time.Second)
		var group sync.WaitGroup
		group.Go(func() { a.client.Introspect(t.Context(), "probe") })
		synctest.Wait()
		requireUnavailable(t, a.ask(), introspection.FailureSuspended)
		require.Equal(t, 4, e.calls())
		group.Wait()
		time.Sleep(time.Hour) // until silent has ended too
	})
}

// What one token can bring about shuts no other out.
func TestOneTokensFailureSuspendsNothing(t *testing.T) {
	for name, broken := range map[string]func() *http.Response{
		"500":     func() *http.Response { return response(500, "") },
		"400":     func() *http.Response { return response(400, "") },
		"no JSON": func() *http.Response { return response(200, "<html>") },
		"huge":    func() *http.Response { return response(200, strings.Repeat(" ", 1<<20)) },
	} {
		t.Run(name, func(t *testing.T) {
			e := &endpoint{answer: func(token string) (*http.Response, error) {
				if token == "good" {
					return response(200, activeAnswer), nil
				}
				return broken(), nil
			}}
			a := &asker{t: t, client: e.client(t)}
			for range 20 {
				require.Error(t, a.ask())
			}
			_, err := a.client.Introspect(t.Context(), "good")
			require.NoError(t, err)
		})
	}
}

func TestFailuresNowAndThenSuspendNothing(t *testing.T) {
	n := 0
	e := &endpoint{answer: func(string) (*http.Response, error) {
		if n++; n%3 == 0 {
			return response(200, activeAnswer), nil
		}
		return nil, errors.New("connection reset")
	}}
	a := &asker{t: t, client: e.client(t)}
	for range 30 {
		a.ask()
	}
	require.Equal(t, 30, e.calls())
}

func TestEndpointsWishForRestIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(string) (*http.Response, error) {
			r := response(503, "")
			r.Header.Set("Retry-After", "3600")
			return r, nil
		}}
		a := &asker{t: t, client: e.client(t)}
		requireUnavailable(t, a.ask(), introspection.FailureStatus)
		e.become(always(activeAnswer))

		time.Sleep(10 * time.Second)
		u := requireUnavailable(t, a.ask(), introspection.FailureSuspended)
		require.Equal(t, 20*time.Second, u.RetryAfter())
		require.Equal(t, 1, e.calls())

		time.Sleep(20 * time.Second) // half a minute in all, not the hour
		require.NoError(t, a.ask())
	})
}

// A panic of the caller's code is an outage, and not the end of the process.
func TestTransportPanics(t *testing.T) {
	for name, value := range map[string]any{"its own": "about " + token, "the runtime's": nil} {
		t.Run(name, func(t *testing.T) {
			c := config("https://issuer.example/introspect")
			c.HTTPClient = &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				if value == nil {
					var nothing *http.Response
					nothing.Status = "?"
				}
				panic(value)
			})}
			_, err := newClient(t, c).Introspect(t.Context(), token)
			requireUnavailable(t, err, introspection.FailureUnreachable)
			require.ErrorContains(t, err, "panic")
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }
