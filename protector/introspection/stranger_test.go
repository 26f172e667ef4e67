package introspection_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

// These tests are about a stranger who has no good token, and sends as many others
// as he likes. "../" is in the alphabet of tokens.

var quiet = log.New(io.Discard, "", 0) // for servers that report broken handshakes

// hangUp closes the connection on the question.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		conn.Close()
	}
}

// reset does so without a good-bye.
func reset(w http.ResponseWriter, _ *http.Request) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
}

func withRetryAfter(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(status)
	}
}

// firewall stands in front of an endpoint, and has something to say of some tokens.
func firewall(says http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.FormValue("token"), "../") {
			says(w, r)
			return
		}
		answering(activeAnswer)(w, r)
	}
}

// checklist 192
func TestStrangersTokensSuspendNothing(t *testing.T) {
	for name, says := range map[string]http.HandlerFunc{
		"400":                 withStatus(400, `{"error":"invalid_request"}`),
		"401":                 withStatus(401, ""),
		"401 invalid_token":   withStatus(401, `{"error":"invalid_token"}`),
		"401 invalid_client":  withStatus(401, `{"error":"invalid_client"}`),
		"unauthorized_client": withStatus(400, `{"error":"unauthorized_client"}`),
		"403":                 withStatus(403, "<html>Request blocked</html>"),
		"429":                 withRetryAfter(429),
		"500":                 withStatus(500, ""),
		"502":                 withStatus(502, ""),
		"503":                 withRetryAfter(503),
		"504":                 withStatus(504, ""),
		"a redirect":          http.RedirectHandler("/login", http.StatusFound).ServeHTTP,
		"HTML":                withType("text/html"),
		"no JSON":             answering("<html>"),
		"huge":                answering(strings.Repeat(" ", 1<<20)),
		"a hang-up":           hangUp,
		"a reset":             reset,
	} {
		t.Run(name, func(t *testing.T) {
			var logged strings.Builder
			c := config(serve(t, firewall(says)).URL)
			c.PositiveTTL = introspection.NoCache
			c.Logger = newLogger(&logged)
			client := newClient(t, c)
			for round := range 3 {
				for i := range 20 {
					_, err := client.Introspect(t.Context(), fmt.Sprintf("../%d/%d", round, i))
					require.Error(t, err)
				}
				_, err := client.Introspect(t.Context(), "good")
				require.NoError(t, err)
			}
			require.LessOrEqual(t, strings.Count(logged.String(), "\n"), 1, "a stranger fills no log")
			require.NotContains(t, logged.String(), "suspended")
			if name == "401" || name == "403" {
				require.Contains(t, logged.String(), "firewall")
				require.NotContains(t, logged.String(), "refuses our credentials")
			}
		})
	}
}

// A stranger's tokens may be the slow ones. He can fill the room for unknown
// tokens; the rest is for those that were good before.
//
// checklist 192
func TestStrangersInATarpit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(token string) (*http.Response, error) {
			if strings.HasPrefix(token, "../") {
				return silent(token)
			}
			return response(200, activeAnswer), nil
		}}
		client := e.client(t, func(c *settings) { c.MaxConcurrentCalls = 8 })
		_, err := client.Introspect(t.Context(), "good")
		require.NoError(t, err)
		for range 10 {
			time.Sleep(31 * time.Second) // good is asked about again
			for i := range 100 {
				go client.Introspect(t.Context(), fmt.Sprint("../", i))
			}
			synctest.Wait()
			start := time.Now()
			_, err = client.Introspect(t.Context(), "good")
			require.NoError(t, err)
			_, err = client.Introspect(t.Context(), "new")
			requireUnavailable(t, err, introspection.FailureBusy)
			require.Zero(t, time.Since(start))
		}
		time.Sleep(6 * time.Second)
		_, err = client.Introspect(t.Context(), "new")
		require.NoError(t, err, "slow tokens are no outage")
		time.Sleep(time.Hour) // until silent has ended too
	})
}

// Nor do slow tokens take up what may be stuck beyond its time limit.
func TestStrangersInATransportThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := (&endpoint{}).client(t, func(c *settings) {
			c.MaxConcurrentCalls = 8
			c.HTTPClient.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.HasPrefix(r.FormValue("token"), "../") {
					time.Sleep(time.Hour) // whatever its context says
				}
				return response(200, activeAnswer), nil
			})
		})
		_, err := client.Introspect(t.Context(), "good")
		require.NoError(t, err)
		for range 10 {
			time.Sleep(31 * time.Second) // good is asked about again
			for i := range 100 {
				go client.Introspect(t.Context(), fmt.Sprint("../", i))
			}
			synctest.Wait()
			_, err = client.Introspect(t.Context(), "good")
			require.NoError(t, err)
		}
		time.Sleep(2 * time.Hour) // until those have ended too
	})
}

// A token that was good and is no longer is a stranger's.
func TestRevokedTokenIsKnownNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := activeAnswer
		e := &endpoint{answer: func(token string) (*http.Response, error) {
			if token == "once" {
				return response(200, answer), nil
			}
			return silent(token)
		}}
		client := e.client(t, func(c *settings) { c.MaxConcurrentCalls = 4 })
		for _, answer = range []string{activeAnswer, `{"active":false}`} {
			client.Introspect(t.Context(), "once")
			time.Sleep(31 * time.Second)
		}
		for i := range 3 {
			go client.Introspect(t.Context(), fmt.Sprint("slow", i))
		}
		synctest.Wait()
		_, err := client.Introspect(t.Context(), "once")
		requireUnavailable(t, err, introspection.FailureBusy)
		time.Sleep(time.Hour) // until silent has ended too
	})
}

// A transport that does not report how far a call came is never taken for an outage.
func TestTransportThatReportsNothing(t *testing.T) {
	client := (&endpoint{}).client(t, func(c *settings) {
		c.HTTPClient.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.FormValue("token"), "good") {
				return response(200, activeAnswer), nil
			}
			return nil, &net.OpError{Op: "dial", Err: fmt.Errorf("connection refused")}
		})
	})
	a := &asker{t: t, client: client}
	for range 20 {
		requireUnavailable(t, a.ask(), introspection.FailureUnreachable)
	}
	_, err := client.Introspect(t.Context(), "good")
	require.NoError(t, err)
}

// An answer of one that reports nothing ends a suspension, too.
func TestTransportThatReportsNothingResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged strings.Builder
		failing := errors.New("vault is sealed")
		a := &asker{t: t, client: (&endpoint{}).client(t, func(c *settings) {
			c.Logger = newLogger(&logged)
			c.Credentials = introspection.BearerToken(func(context.Context) (string, error) { return "ours", failing })
			c.HTTPClient.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
				return response(200, activeAnswer), nil
			})
		})}
		for range 3 {
			requireUnavailable(t, a.ask(), introspection.FailureNoCredentials)
		}
		requireUnavailable(t, a.ask(), introspection.FailureSuspended)
		failing = nil
		time.Sleep(time.Second)
		require.NoError(t, a.ask())
		require.Contains(t, logged.String(), "calls resumed")
	})
}

// What the transport reports of kept connections, and of connections that it makes
// for later calls.
func TestReportsOfKeptConnections(t *testing.T) {
	for name, tc := range map[string]struct {
		report  func(*httptrace.ClientTrace)
		suspend bool
	}{
		"a kept one is closed, and no other can be made": {func(trace *httptrace.ClientTrace) {
			trace.GetConn("issuer.example:443")
			trace.GotConn(httptrace.GotConnInfo{Reused: true})
			trace.GetConn("issuer.example:443")
			trace.ConnectStart("tcp", "192.0.2.1:443")
		}, true},
		"a kept one is closed on the token": {func(trace *httptrace.ClientTrace) {
			trace.GetConn("issuer.example:443")
			trace.GotConn(httptrace.GotConnInfo{Reused: true})
		}, false},
		"a kept one is closed on the token, another is being made": {func(trace *httptrace.ClientTrace) {
			trace.GetConn("issuer.example:443")
			trace.GotConn(httptrace.GotConnInfo{Reused: true})
			trace.ConnectStart("tcp", "192.0.2.1:443")
		}, false},
		"a new one is closed on the token": {func(trace *httptrace.ClientTrace) {
			trace.GetConn("issuer.example:443")
			trace.ConnectStart("tcp", "192.0.2.1:443")
			trace.GotConn(httptrace.GotConnInfo{})
		}, false},
		"others hold all that may be made": {func(trace *httptrace.ClientTrace) {
			trace.GetConn("issuer.example:443")
		}, false},
		"the name is not found": {func(trace *httptrace.ClientTrace) {
			trace.GetConn("issuer.example:443")
			trace.DNSStart(httptrace.DNSStartInfo{})
		}, true},
		"no handshake": {func(trace *httptrace.ClientTrace) {
			trace.GetConn("issuer.example:443")
			trace.TLSHandshakeStart()
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var logged strings.Builder
			a := &asker{t: t, client: (&endpoint{}).client(t, func(c *settings) {
				c.Logger = newLogger(&logged)
				c.HTTPClient.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
					tc.report(httptrace.ContextClientTrace(r.Context()))
					return nil, errors.New("connection closed")
				})
			})}
			for range 3 {
				requireUnavailable(t, a.ask(), introspection.FailureUnreachable)
			}
			require.Equal(t, tc.suspend, strings.Contains(logged.String(), "calls suspended"))
		})
	}
}

// Where nothing is remembered, no token is known, and none has room of its own.
func TestNoRoomIsKeptWithoutCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: after(time.Second, activeAnswer)}
		client := e.client(t, func(c *settings) {
			c.MaxConcurrentCalls, c.PositiveTTL = 4, introspection.NoCache
		})
		var group sync.WaitGroup
		for i := range 4 {
			group.Go(func() {
				if _, err := client.Introspect(t.Context(), fmt.Sprint("token", i)); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	})
}

// net/http's own transport reports it.
func TestClosedPortSuspendsCalls(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	for name, endpoint := range map[string]string{
		"refused":      "http://" + listener.Addr().String(),
		"no such host": "https://issuer.invalid/introspect",
	} {
		t.Run(name, func(t *testing.T) {
			var logged strings.Builder
			c := config(endpoint)
			c.Logger = newLogger(&logged)
			a := &asker{t: t, client: newClient(t, c)}
			for range 3 {
				require.NotContains(t, logged.String(), "calls suspended")
				require.Error(t, a.ask())
			}
			require.Contains(t, logged.String(), "calls suspended")
		})
	}
}

// The same for a server whose certificate is not trusted: the handshake comes
// before the token.
func TestUntrustedCertificateSuspendsCalls(t *testing.T) {
	server := httptest.NewUnstartedServer(answering(activeAnswer))
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(server.Close)
	var logged strings.Builder
	c := config(server.URL)
	c.Logger = newLogger(&logged)
	a := &asker{t: t, client: newClient(t, c)}
	for range 3 {
		require.Error(t, a.ask())
	}
	require.Contains(t, logged.String(), "calls suspended")
}

// With HTTP/2 one connection would carry all calls, and end with one token.
func TestCallsDoNotShareAConnection(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.ProtoMajor != 1 {
			t.Error("asked over", r.Proto)
		}
		answering(activeAnswer)(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)

	standard := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = standard })
	http.DefaultTransport = server.Client().Transport // trusts the server
	response, err := http.Get(server.URL)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, 2, response.ProtoMajor, "the transport would")

	_, err = newClient(t, config(server.URL)).Introspect(t.Context(), token)
	require.NoError(t, err)
}

// As many connections are kept as there may be calls.
func TestConnectionsAreKept(t *testing.T) {
	const calls = 120 // more than the 100 of http.DefaultTransport
	var together sync.WaitGroup
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		together.Done()
		together.Wait()
		answering(activeAnswer)(w, r)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := config(server.URL)
	c.PositiveTTL = introspection.NoCache
	client := newClient(t, c)
	for range 6 {
		together.Add(calls)
		var group sync.WaitGroup
		for i := range calls {
			group.Go(func() { client.Introspect(t.Context(), fmt.Sprint("token", i)) })
		}
		group.Wait()
	}
	require.Less(t, connections.Load(), int32(2*calls-40), "a hundred kept would make it 220")
}

// net/http sends a question again when the kept connection that it chose is closed.
// A token that closes them must not go through them all.
func TestTokenThatClosesConnectionsIsSentSeldom(t *testing.T) {
	const kept = 8
	var sent atomic.Int32
	var together sync.WaitGroup
	together.Add(kept)
	client := newClient(t, config(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.FormValue("token"), "../") {
			sent.Add(1)
			hangUp(w, r)
			return
		}
		together.Done()
		together.Wait() // so that each has a connection of its own
		answering(activeAnswer)(w, r)
	}).URL))
	var group sync.WaitGroup
	for i := range kept {
		group.Go(func() { client.Introspect(t.Context(), fmt.Sprint("good", i)) })
	}
	group.Wait()
	_, err := client.Introspect(t.Context(), "../")
	requireUnavailable(t, err, introspection.FailureUnreachable)
	require.Equal(t, int32(3), sent.Load())
}
