package introspection_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"runtime"
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

// Each requester's error is its own.
func TestFailuresAreNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{connect: func(context.Context) error {
			time.Sleep(time.Second) // a bubble's
			return errors.New("connection refused")
		}}
		client := e.client(t)
		var group sync.WaitGroup
		failures := make([]*introspection.UnavailableError, 2)
		for i := range failures {
			group.Go(func() {
				_, err := client.Introspect(t.Context(), token)
				errors.As(err, &failures[i])
			})
		}
		group.Wait()
		require.Equal(t, 1, e.dialled())
		require.Equal(t, failures[0].Error(), failures[1].Error())
		require.NotSame(t, failures[0], failures[1])
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
				client := (&endpoint{answer: silent}).client(t, func(c *settings) { c.Timeout = tc.timeout })
				start := time.Now()
				_, err := client.Introspect(t.Context(), token)
				requireUnavailable(t, err, introspection.FailureTimedOut)
				require.ErrorContains(t, err, "no whole answer within Config.Timeout")
				require.Equal(t, tc.want, time.Since(start))
				time.Sleep(time.Hour) // until silent has ended too
			})
		})
	}
}

func TestConcurrentCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: after(time.Second, activeAnswer)}
		client := e.client(t, func(c *settings) { c.MaxConcurrentCalls = 3 })
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

// What no token can bring about suspends calls: no connection, no credentials.
func TestOutageSuspendsCalls(t *testing.T) {
	good := func(context.Context) error { return nil }
	var credentials, connection func(context.Context) error
	for name, tc := range map[string]struct {
		broken  *func(context.Context) error
		with    func(context.Context) error
		failure introspection.Failure
	}{
		"refused":        {&connection, refusing, introspection.FailureUnreachable},
		"not in time":    {&connection, hanging, introspection.FailureTimedOut},
		"no credentials": {&credentials, refusing, introspection.FailureNoCredentials},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				credentials, connection = good, good
				var log strings.Builder
				e := &endpoint{answer: always(activeAnswer), connect: func(ctx context.Context) error { return connection(ctx) }}
				tries := 0
				a := &asker{t: t, client: e.client(t, func(c *settings) {
					c.Logger = newLogger(&log)
					c.Credentials = introspection.BearerToken(func(ctx context.Context) (string, error) {
						tries++
						return "ours", credentials(ctx)
					})
				})}
				require.NoError(t, a.ask())
				synctest.Wait() // for what still looks at them
				*tc.broken, tries = tc.with, 0
				for range 3 {
					requireUnavailable(t, a.ask(), tc.failure)
				}
				start := time.Now()
				for range 100 {
					requireUnavailable(t, a.ask(), introspection.FailureSuspended)
				}
				require.Zero(t, time.Since(start))
				require.Equal(t, 3, tries)
				require.Equal(t, 1, strings.Count(log.String(), "calls suspended"))

				time.Sleep(time.Second)
				requireUnavailable(t, a.ask(), tc.failure) // one try, which fails
				requireUnavailable(t, a.ask(), introspection.FailureSuspended)
				require.Equal(t, 4, tries)

				time.Sleep(time.Second)
				synctest.Wait()
				*tc.broken = good
				for range 10 {
					require.NoError(t, a.ask())
				}
				require.Equal(t, 1, strings.Count(log.String(), "calls suspended"))
				require.Equal(t, 1, strings.Count(log.String(), "calls resumed"))
				require.NotContains(t, log.String(), "token1")
			})
		})
	}
}

func refusing(context.Context) error { return errors.New("connection refused") }

func hanging(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestOneCallASecondTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: always(activeAnswer), connect: hanging}
		a := &asker{t: t, client: e.client(t)}
		for range 3 {
			err := a.ask()
			requireUnavailable(t, err, introspection.FailureTimedOut)
			require.ErrorContains(t, err, "no connection within Config.Timeout")
		}
		time.Sleep(time.Second)
		var group sync.WaitGroup
		group.Go(func() { a.client.Introspect(t.Context(), "probe") })
		synctest.Wait()
		requireUnavailable(t, a.ask(), introspection.FailureSuspended)
		require.Equal(t, 4, e.dialled())
		group.Wait()
	})
}

// The call that tries may be about a stranger's token, and never be answered. That
// it is connected is all that counts.
func TestOneConnectionEndsASuspension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{connect: refusing, answer: func(token string) (*http.Response, error) {
			if token == "tarpit" {
				return silent(token)
			}
			return response(200, activeAnswer), nil
		}}
		a := &asker{t: t, client: e.client(t)}
		for range 3 {
			requireUnavailable(t, a.ask(), introspection.FailureUnreachable)
		}
		time.Sleep(time.Second)
		e.connecting(nil)
		go a.client.Introspect(t.Context(), "tarpit")
		synctest.Wait()
		start := time.Now()
		require.NoError(t, a.ask())
		require.Zero(t, time.Since(start))

		e.connecting(refusing) // and again, while that call is still under way
		for range 3 {
			requireUnavailable(t, a.ask(), introspection.FailureUnreachable)
		}
		time.Sleep(time.Second)
		e.connecting(nil)
		require.NoError(t, a.ask())
		require.Less(t, time.Since(start), 5*time.Second)
		time.Sleep(time.Hour) // until silent has ended too
	})
}

// The call that tries may be about a stranger's token, and be sent over a kept
// connection, which proves nothing. Others try after it, a second later.
func TestSlowTokenDoesNotProlongASuspension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := errors.New("vault is sealed")
		client := (&endpoint{}).client(t, func(c *settings) {
			c.Credentials = introspection.BearerToken(func(context.Context) (string, error) { return "ours", failing })
			c.HTTPClient.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{Reused: true})
				if r.FormValue("token") == "tarpit" {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
				return response(200, activeAnswer), nil
			})
		})
		a := &asker{t: t, client: client}
		for range 3 {
			requireUnavailable(t, a.ask(), introspection.FailureNoCredentials)
		}
		failing = nil
		time.Sleep(time.Second)
		go client.Introspect(t.Context(), "tarpit")
		synctest.Wait()
		requireUnavailable(t, a.ask(), introspection.FailureSuspended)
		time.Sleep(time.Second)
		require.NoError(t, a.ask())
		time.Sleep(time.Hour) // until the slow call has ended too
	})
}

// Calls that began before the endpoint was last there, and fail late, say nothing
// of the time since.
func TestLateFailuresSuspendNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: always(activeAnswer), connect: hanging}
		a := &asker{t: t, client: e.client(t)}
		var group sync.WaitGroup
		for i := range 10 {
			group.Go(func() { a.client.Introspect(t.Context(), fmt.Sprint("early", i)) })
		}
		synctest.Wait()
		e.connecting(nil)
		require.NoError(t, a.ask())
		group.Wait() // ten time-outs in a row
		e.connecting(refusing)
		for range 2 {
			requireUnavailable(t, a.ask(), introspection.FailureUnreachable)
		}
		e.connecting(nil)
		require.NoError(t, a.ask())
	})
}

// Refused credentials are worth a word now and again, and not one for each token.
func TestRefusedCredentialsAreLoggedRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged strings.Builder
		e := &endpoint{answer: func(string) (*http.Response, error) {
			return response(401, `{"error":"invalid_client"}`), nil
		}}
		a := &asker{t: t, client: e.client(t, func(c *settings) { c.Logger = newLogger(&logged) })}
		for minutes := range 3 {
			for range 50 {
				requireUnavailable(t, a.ask(), introspection.FailureCredentialsRefused)
			}
			require.Equal(t, minutes+1, strings.Count(logged.String(), "refuses our credentials"))
			time.Sleep(time.Minute)
		}
	})
}

// A call that tries, and cannot end its own way, is followed by others.
func TestCallThatTriesPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: always(activeAnswer), connect: refusing}
		a := &asker{t: t, client: e.client(t)}
		for range 3 {
			requireUnavailable(t, a.ask(), introspection.FailureUnreachable)
		}
		for _, end := range []func(context.Context) error{
			func(context.Context) error { panic("a bug") },
			func(context.Context) error { runtime.Goexit(); return nil },
		} {
			time.Sleep(time.Second)
			e.connecting(end)
			requireUnavailable(t, a.ask(), introspection.FailureUnreachable)
		}
		time.Sleep(time.Second)
		e.connecting(nil)
		require.NoError(t, a.ask())
	})
}

func TestFailuresNowAndThenSuspendNothing(t *testing.T) {
	n := 0
	e := &endpoint{answer: always(activeAnswer), connect: func(context.Context) error {
		if n++; n%3 == 0 {
			return nil
		}
		return errors.New("connection refused")
	}}
	a := &asker{t: t, client: e.client(t)}
	for range 30 {
		a.ask()
	}
	require.Equal(t, 30, e.dialled())
}

// Suspensions that come and go fill no log. One that lasts is said again each minute.
func TestSuspensionsAreLoggedRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged strings.Builder
		e := &endpoint{answer: always(activeAnswer)}
		a := &asker{t: t, client: e.client(t, func(c *settings) { c.Logger = newLogger(&logged) })}
		for range 20 {
			e.connecting(refusing)
			for range 3 {
				requireUnavailable(t, a.ask(), introspection.FailureUnreachable)
			}
			time.Sleep(time.Second)
			e.connecting(nil)
			require.NoError(t, a.ask())
		}
		require.Equal(t, 1, strings.Count(logged.String(), "calls suspended"))
		require.Equal(t, 1, strings.Count(logged.String(), "calls resumed"))
		e.connecting(refusing)
		for range 3 * 60 {
			require.Error(t, a.ask())
			time.Sleep(time.Second)
		}
		require.Equal(t, 4, strings.Count(logged.String(), "calls suspended"))
	})
}
