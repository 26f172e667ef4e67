package jwks_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// tenants is an issuer of many names at one host.
type tenants struct {
	*httptest.Server
	connections
	answering, most int // requests, now and at a time; guarded by the lock of connections
}

func (s *tenants) answer(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answering += n
	s.most = max(s.most, s.answering)
}

func (s *tenants) mostAtATime() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

func newTenants(t *testing.T, http2 bool) *tenants {
	s := &tenants{}
	set := setOf(ecJWK("a"))
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		require.Equal(t, http2, req.ProtoMajor == 2)
		s.answer(1)
		defer s.answer(-1)
		time.Sleep(time.Millisecond) // requests are to pile up
		tenant, ok := strings.CutPrefix(req.URL.Path, "/.well-known/oauth-authorization-server")
		if !ok {
			fmt.Fprint(w, set)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, s.URL+tenant, s.URL+"/keys"+tenant)
	}))
	s.Config.ConnState = s.change
	if s.EnableHTTP2 = http2; http2 {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// client is that of a Remote without one, except that it trusts the server's certificate.
func (s *tenants) client() *http.Client {
	if s.Certificate() == nil {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &http.Client{Transport: jwks.Trusting(roots)}
}

// Many tenants of one host that all ask for the first time share its connections, and all get their keys.
func TestFirstFetchesShareConnections(t *testing.T) {
	const most, many = 64, 400
	for _, http2 := range []bool{false, true} {
		s := newTenants(t, http2)
		client := s.client()
		var all sync.WaitGroup
		failed := make(chan error, many)
		for i := range many {
			r, err := jwks.NewRemote(jwks.Config{
				Issuer: fmt.Sprintf("%s/%d", s.URL, i), HTTPClient: client, FetchTimeout: time.Minute,
			})
			require.NoError(t, err)
			all.Go(func() {
				if err := r.Refresh(t.Context()); err != nil {
					failed <- err
				}
			})
		}
		all.Wait()
		close(failed)
		require.NoError(t, errors.Join(<-failed))
		if http2 {
			require.LessOrEqual(t, s.everOpen(), most)
			continue
		}
		// A server learns late of connections that were idle and were closed, and must not count them.
		require.LessOrEqual(t, s.mostAtATime(), most)
		require.Eventually(t, func() bool { return s.count() == 0 }, 10*time.Second, time.Millisecond,
			"a second later none is left")
	}
}

// A host that hangs holds up who asks it, each within its own time, and nobody else.
func TestAHostThatHangsIsAloneWithIt(t *testing.T) {
	hung := make(chan struct{})
	mute := server(t, func(http.ResponseWriter, *http.Request) { <-hung })
	t.Cleanup(func() { close(hung) })
	good := server(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, setOf(ecJWK("a"))) })
	remote := func(url string, timeout time.Duration) *jwks.Remote {
		r, err := jwks.NewRemote(jwks.Config{URL: url, FetchTimeout: timeout})
		require.NoError(t, err)
		return r
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 300 {
		_, err := remote(mute.URL, time.Minute).VerificationKeys(ctx, "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
	}
	require.True(t, accepts(remote(good.URL, time.Minute), "a"))
	err := remote(mute.URL, 50*time.Millisecond).Refresh(t.Context())
	require.ErrorIs(t, err, context.DeadlineExceeded, "behind three hundred that have a minute each")
}
