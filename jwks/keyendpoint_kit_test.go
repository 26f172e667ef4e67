package jwks_test

import (
	"context"
	"net/http"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

const (
	keyURL  = "https://keys.example/signing/{kid}"
	knownID = "004cb65f-3ef7-4efa-a149-4f19b4c754c8"
)

// keyServer publishes keys by their kid, without a network. It answers 404 where it has none.
type keyServer struct {
	mu     sync.Mutex
	keys   map[string]string
	header http.Header
	fault  answerFunc // instead of any key
	delay  time.Duration
	asked  []string // kids, in order
	inside int      // requests under way
	most   int      // of those
}

func newKeyServer(kids ...string) *keyServer {
	s := &keyServer{keys: map[string]string{}, header: http.Header{"Content-Type": {"binary/octet-stream"}}}
	for _, kid := range kids {
		s.keys[kid] = publicPEM(newEC())
	}
	return s
}

func (s *keyServer) set(change func(*keyServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *keyServer) publish(kid, text string) { s.set(func(s *keyServer) { s.keys[kid] = text }) }
func (s *keyServer) withdraw(kid string)      { s.set(func(s *keyServer) { delete(s.keys, kid) }) }
func (s *keyServer) answer(fault answerFunc)  { s.set(func(s *keyServer) { s.fault = fault }) }

// fetches counts the requests for a kid, for all of them if it is "".
func (s *keyServer) fetches(kid string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, asked := range s.asked {
		if kid == "" || asked == kid {
			n++
		}
	}
	return n
}

// RoundTrip decides the answer first and delays it then.
func (s *keyServer) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	resp, delay, err := s.decide(req)
	defer s.set(func(s *keyServer) { s.inside-- })
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	return resp, err
}

func (s *keyServer) decide(req *http.Request) (*http.Response, time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kid := path.Base(req.URL.Path)
	s.asked = append(s.asked, kid)
	s.inside++
	s.most = max(s.most, s.inside)
	if s.fault != nil {
		resp, err := s.fault(req)
		return resp, s.delay, err
	}
	text, ok := s.keys[kid]
	if !ok {
		return respond(req, 404, nil, "no such key"), s.delay, nil
	}
	return respond(req, 200, s.header, text), s.delay, nil
}

// stall is an answer whose body never comes.
func stall(req *http.Request) (*http.Response, error) {
	resp, err := hang(req)
	resp.Header.Set("Content-Type", "text/plain")
	return resp, err
}

// newKeyEndpoint makes a KeyEndpoint on the server; change may be nil.
func newKeyEndpoint(t require.TestingT, s *keyServer, change func(*jwks.KeyEndpointConfig)) *jwks.KeyEndpoint {
	cfg := jwks.KeyEndpointConfig{URL: keyURL, HTTPClient: &http.Client{Transport: s}}
	if change != nil {
		change(&cfg)
	}
	e, err := jwks.NewKeyEndpoint(cfg)
	require.NoError(t, err)
	return e
}

// unavailable reports whether it cannot be told if there is such a key, with a time to ask again.
func unavailable(s keySource, kid string) bool {
	keys, err := s.VerificationKeys(context.Background(), kid, "ES256")
	return len(keys) == 0 && retryAfter(err) >= time.Second
}

// lookup is the answer, and how long it took in simulated time.
func lookup(s keySource, kid string) (found int, took time.Duration, err error) {
	began := time.Now()
	keys, err := s.VerificationKeys(context.Background(), kid, "ES256")
	return len(keys), time.Since(began), err
}

// requireAtOnce wants the key of a kid, without a wait.
func requireAtOnce(t *testing.T, s keySource, kid string) {
	t.Helper()
	found, took, err := lookup(s, kid)
	require.NoError(t, err)
	require.Equal(t, 1, found)
	require.Zero(t, took)
}
