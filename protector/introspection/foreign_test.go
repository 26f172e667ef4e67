package introspection_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

// These tests are about the caller's own code: transport, token source, signer and
// logger. Whatever it does, the process goes on, everyone gets an answer in time, and
// the next call is possible.

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// handler is a slog.Handler that does one thing.
type handler struct{ handle func() }

func (h handler) Enabled(context.Context, slog.Level) bool  { return true }
func (h handler) Handle(context.Context, slog.Record) error { h.handle(); return nil }
func (h handler) WithAttrs([]slog.Attr) slog.Handler        { return h }
func (h handler) WithGroup(string) slog.Handler             { return h }
func (h handler) install(c *introspection.Config)           { c.Logger = slog.New(h) }
func source(f func()) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { f(); return "ours", nil }
}
func (s misbehavedSigner) Sign(r io.Reader, d []byte, o crypto.SignerOpts) ([]byte, error) {
	s.misbehave()
	return s.Signer.Sign(r, d, o)
}

type misbehavedSigner struct {
	crypto.Signer
	misbehave func()
}

// hosts are the places where the caller's code runs. Each is given what to do.
func hosts(t *testing.T) map[string]func(*introspection.Config, func()) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return map[string]func(*introspection.Config, func()){
		"transport": func(c *introspection.Config, f func()) {
			within := c.HTTPClient.Transport
			c.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				f()
				return within.RoundTrip(r)
			})}
		},
		"body": func(c *introspection.Config, f func()) {
			within := c.HTTPClient.Transport
			c.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				response, err := within.RoundTrip(r)
				response.Body = body{response.Body, f}
				return response, err
			})}
		},
		"token source": func(c *introspection.Config, f func()) { c.Credentials = introspection.BearerToken(source(f)) },
		"signer": func(c *introspection.Config, f func()) {
			c.Credentials = introspection.PrivateKeyJWT("api", "https://issuer.example", "", misbehavedSigner{key, f})
		},
		"clock": func(c *introspection.Config, f func()) {
			c.Now = func() time.Time {
				if bytes.Contains(debug.Stack(), []byte("(*Client).run")) { // not on a request's goroutine
					f()
				}
				return time.Now()
			}
		},
	}
}

type body struct {
	io.ReadCloser
	misbehave func()
}

func (b body) Read(p []byte) (int, error) {
	b.misbehave()
	return b.ReadCloser.Read(p)
}

func TestForeignCodeThatDoesNotReturn(t *testing.T) {
	for host, install := range hosts(t) {
		for name, end := range map[string]func(){
			"panics":            func() { panic("about " + token) },
			"panics by mistake": func() { var nothing *http.Response; nothing.Status = "?" },
			"panics with error": func() { panic(errors.New("about " + token)) },
			"ends":              runtime.Goexit,
		} {
			t.Run(host+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					broken := true
					client := (&endpoint{answer: after(time.Second, activeAnswer)}).client(t, func(c *settings) {
						c.MaxConcurrentCalls = 1
						install(c, func() {
							if broken {
								time.Sleep(time.Second) // a bubble's second, in which others join
								end()
							}
						})
					})
					var group sync.WaitGroup
					for range 5 {
						group.Go(func() {
							_, err := client.Introspect(t.Context(), token)
							var unavailable *introspection.UnavailableError
							if !errors.As(err, &unavailable) || strings.Contains(err.Error(), token) {
								t.Error(err)
							}
						})
					}
					group.Wait()
					broken = false
					_, err := client.Introspect(t.Context(), token)
					require.NoError(t, err)
				})
			})
		}
	}
}

// Code that does not end with its context is left to itself: its call ends in time,
// and so does the next. There is a bound to how often.
func TestForeignCodeThatHangs(t *testing.T) {
	for host, install := range hosts(t) {
		t.Run(host, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mended := make(chan struct{})
				client := (&endpoint{answer: always(activeAnswer)}).client(t, func(c *settings) {
					c.MaxConcurrentCalls = 2
					install(c, func() { <-mended })
				})
				a := &asker{t: t, client: client}
				for range 4 {
					start := time.Now()
					require.Error(t, a.ask())
					require.Equal(t, 5*time.Second, time.Since(start))
					time.Sleep(time.Second) // what is suspended is suspended no longer
				}
				start := time.Now()
				requireUnavailable(t, a.ask(), introspection.FailureBusy)
				require.Zero(t, time.Since(start))

				close(mended)
				synctest.Wait()
				require.NoError(t, a.ask())
			})
		})
	}
}

// A token source that hangs is told from an endpoint that does.
func TestTokenSourceThatHangsIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mended := make(chan struct{})
		client := (&endpoint{answer: always(activeAnswer)}).client(t, func(c *settings) {
			c.Credentials = introspection.BearerToken(source(func() { <-mended }))
		})
		_, err := client.Introspect(t.Context(), token)
		requireUnavailable(t, err, introspection.FailureNoCredentials)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		close(mended)
	})
}

// What is to be logged is, although nobody waited for the call that it is about.
func TestRecordsOutliveTheirRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		e := &endpoint{connect: hanging}
		client := e.client(t, func(c *settings) { c.Logger = newLogger(&logged) })
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var group sync.WaitGroup
		for i := range 3 {
			group.Go(func() { client.Introspect(hurried, fmt.Sprint("token", i)) })
		}
		group.Wait()
		time.Sleep(4 * time.Second)
		synctest.Wait()
		require.Empty(t, logged.String())
		client.Introspect(t.Context(), token)
		require.Contains(t, logged.String(), "calls suspended")
	})
}

func TestLoggerThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		called := 0
		e := &endpoint{answer: always(activeAnswer), connect: refusing}
		a := &asker{t: t, client: e.client(t, handler{func() { called++; panic("about " + token) }}.install)}
		for range 3 {
			requireUnavailable(t, a.ask(), introspection.FailureUnreachable)
		}
		require.Equal(t, 1, called)
		e.connecting(nil)
		time.Sleep(time.Second)
		require.NoError(t, a.ask())
		require.Equal(t, 2, called)
	})
}

// A logger that ends its goroutine, as a test's FailNow does, ends one request.
func TestLoggerThatEndsItsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: always(activeAnswer), connect: refusing}
		a := &asker{t: t, client: e.client(t, handler{runtime.Goexit}.install)}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 3 {
				a.ask()
			}
		}()
		<-done
		requireUnavailable(t, a.ask(), introspection.FailureSuspended)
	})
}

// One who is held up by a slow logger holds up no other.
func TestLoggerThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		freed := make(chan struct{})
		e := &endpoint{answer: always(activeAnswer), connect: refusing}
		a := &asker{t: t, client: e.client(t, handler{func() { <-freed }}.install)}
		go func() {
			for range 3 {
				a.ask()
			}
		}()
		synctest.Wait()
		requireUnavailable(t, a.ask(), introspection.FailureSuspended)
		time.Sleep(time.Second)
		e.connecting(nil)
		go a.client.Introspect(t.Context(), "resuming") // held up as well, by "resumed"
		synctest.Wait()
		require.NoError(t, a.ask())
		close(freed)
	})
}

// The words of a transport may hold a URL with a key, or the token. What they mean
// can still be asked for.
func TestTransportsWordsAreCut(t *testing.T) {
	sentinel := errors.New("down")
	for name, tc := range map[string]struct {
		err  error
		says string
	}{
		"a query": {
			fmt.Errorf("asking https://issuer.example:8443/a/b?key=hush: %w", sentinel),
			"https://issuer.example:8443/a/b: down",
		},
		"a password": {fmt.Errorf("by proxy http://user:hush@proxy.example/: %w", sentinel), "http://proxy.example/"},
		"in quotes": {
			fmt.Errorf(`Post "https://issuer.example/a?key=hush": %w`, sentinel),
			`"https://issuer.example/a": down`,
		},
		"a fragment":     {fmt.Errorf("at https://issuer.example/a#hush %w", sentinel), "https://issuer.example/a down"},
		"does not parse": {fmt.Errorf("at https://user:hush@issuer.example:x/ %w", sentinel), "at ... down"},
		"within another": {
			&url.Error{Op: "Post", URL: "https://p.example/?hush", Err: fmt.Errorf("via wss://p.example?hush %w", sentinel)},
			"via wss://p.example down",
		},
		"the token": {fmt.Errorf("about %s: %w", token, sentinel), "about [token]: down"},
		"endless":   {fmt.Errorf("%w %s", sentinel, strings.Repeat("é", 100_000)), "down é"},
	} {
		t.Run(name, func(t *testing.T) {
			c := config("https://issuer.example/introspect?key=hush")
			c.HTTPClient = &http.Client{
				Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, tc.err }),
			}
			_, err := newClient(t, c).Introspect(t.Context(), token)
			requireUnavailable(t, err, introspection.FailureUnreachable)
			require.ErrorContains(t, err, tc.says)
			require.ErrorIs(t, err, sentinel)
			require.Less(t, len(err.Error()), 500)
			for cause := err; cause != nil; cause = errors.Unwrap(cause) {
				require.NotContains(t, cause.Error(), "hush")
				require.NotContains(t, cause.Error(), token)
			}
		})
	}
}

// A token is found as the form and as a path has it. A short one is a word that any
// text may hold: a stranger who sends it garbles nothing.
func TestTokensInTransportsWords(t *testing.T) {
	for sent, tc := range map[string]struct{ words, says string }{
		"ab/cd+ef/gh=": {
			"ab%2Fcd%2Bef%2Fgh%3D, ab%2Fcd+ef%2Fgh= and ab/cd+ef/gh= failed",
			"[token], [token] and [token] failed",
		},
		"e": {"dial: no such server", "dial: no such server"},
	} {
		c := config("https://issuer.example/introspect")
		c.HTTPClient = &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return nil, errors.New(tc.words)
		})}
		_, err := newClient(t, c).Introspect(t.Context(), sent)
		requireUnavailable(t, err, introspection.FailureUnreachable)
		require.ErrorContains(t, err, tc.says)
	}
}

// tells is an error whose words hold the token.
type tells struct{}

func (*tells) Error() string { return "no answer about " + token }

func TestOriginalErrorIsNotHandedOut(t *testing.T) {
	cause := new(tells)
	c := config("https://issuer.example/introspect")
	c.HTTPClient = &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, cause })}
	_, err := newClient(t, c).Introspect(t.Context(), token)
	require.ErrorIs(t, err, cause)
	_, ok := errors.AsType[*tells](err)
	require.False(t, ok)
}

// reticent is an error that does not repeat what it wraps.
type reticent struct{ cause error }

func (reticent) Error() string   { return "the request failed" }
func (s reticent) Unwrap() error { return s.cause }

// quoting is an error that a caller would print once errors.As has found it.
type quoting struct{ text string }

func (q *quoting) Error() string { return q.text }

// What errors.As hands out is as fit for a log as the error's own words, however deep it was.
func TestNoCauseIsHandedOutThatQuotesTheToken(t *testing.T) {
	for words, found := range map[string]bool{"about " + token: false, "about the door": true} {
		for name, err := range map[string]error{
			"in a reticent error": reticent{&quoting{words}},
			"among others":        reticent{errors.Join(errors.New("one"), &quoting{words})},
		} {
			c := config("https://issuer.example/introspect")
			c.HTTPClient = &http.Client{
				Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, err }),
			}
			_, err := newClient(t, c).Introspect(t.Context(), token)
			requireUnavailable(t, err, introspection.FailureUnreachable)
			var cause *quoting
			require.Equal(t, found, errors.As(err, &cause), "%s: %s", name, words)
		}
	}
}
