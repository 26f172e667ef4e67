package jwks_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

const (
	issuerURL = "https://issuer.example"
	setURL    = issuerURL + "/jwks.json"
)

// jwk is a JWK as a test writes it.
type jwk map[string]any

func (k jwk) with(name string, value any) jwk {
	c := maps.Clone(k)
	c[name] = value
	return c
}

func (k jwk) json() string {
	b, err := json.Marshal(k)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// jwkOf writes the JWK of a public key.
func jwkOf(kid string, key crypto.PublicKey) jwk {
	k := jwk{}
	switch key := key.(type) {
	case *rsa.PublicKey:
		k = jwk{"kty": "RSA", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			panic(err)
		}
		half := len(point) / 2
		k = jwk{"kty": "EC", "crv": key.Params().Name, "x": b64(point[1 : 1+half]), "y": b64(point[1+half:])}
	case ed25519.PublicKey:
		k = jwk{"kty": "OKP", "crv": "Ed25519", "x": b64(key)}
	}
	if kid != "" {
		k["kid"] = kid
	}
	return k
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Keys that are slow to make are made once.
var (
	rsa2048 = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKeys  = func(curve elliptic.Curve) func() *ecdsa.PrivateKey {
		return sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(curve, rand.Reader)) })
	}
	p256, p384, p521 = ecKeys(elliptic.P256()), ecKeys(elliptic.P384()), ecKeys(elliptic.P521())
)

func newEC() *ecdsa.PublicKey {
	return &must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)).PublicKey
}

func newEd() ed25519.PublicKey {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	return must(public, err)
}

// ecJWK is a fresh, valid ES256 key.
func ecJWK(kid string) jwk { return jwkOf(kid, newEC()) }

// setOf writes a JWK Set of raw JSON values and keys.
func setOf(keys ...any) string {
	raw := make([]string, len(keys))
	for i, k := range keys {
		switch k := k.(type) {
		case jwk:
			raw[i] = k.json()
		case string:
			raw[i] = k
		}
	}
	return `{"keys":[` + strings.Join(raw, ",") + `]}`
}

// answerFunc is how an endpoint answers one request.
type answerFunc func(*http.Request) (*http.Response, error)

// endpoint is an issuer without a network: it works inside a synctest bubble,
// where sockets do not. By default it publishes its keys at setURL and metadata
// at both well-known places.
type endpoint struct {
	mu       sync.Mutex
	keys     []any
	header   http.Header
	delay    time.Duration
	fault    answerFunc // instead of the set
	metadata answerFunc // instead of the metadata
	down     bool       // refuses everything
	fetched  []time.Time
	asked    []string // URLs, in order
}

func newEndpoint(keys ...any) *endpoint {
	return &endpoint{keys: keys, header: http.Header{"Content-Type": {"application/json"}}}
}

// set changes the endpoint under its lock.
func (e *endpoint) set(change func(*endpoint)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

func (e *endpoint) publish(keys ...any)     { e.set(func(e *endpoint) { e.keys = keys }) }
func (e *endpoint) answer(fault answerFunc) { e.set(func(e *endpoint) { e.fault = fault }) }

// fetches counts requests for the set.
func (e *endpoint) fetches() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.fetched)
}

func (e *endpoint) times() []time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.fetched)
}

func (e *endpoint) urls() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.asked)
}

func (e *endpoint) client() *http.Client { return &http.Client{Transport: e} }

// RoundTrip decides the answer first and delays it then, as a real endpoint
// does: what is published during the delay is not in it.
func (e *endpoint) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err // as a real transport does: there is no time left to ask in
	}
	resp, delay, err := e.decide(req)
	if delay == 0 {
		return resp, err
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return resp, err
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

func (e *endpoint) decide(req *http.Request) (*http.Response, time.Duration, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked = append(e.asked, req.URL.String())
	discovery := strings.Contains(req.URL.Path, "/.well-known/")
	if !discovery {
		e.fetched = append(e.fetched, time.Now())
	}
	answer := e.fault
	switch {
	case e.down:
		answer = refuse
	case discovery && e.metadata != nil:
		answer = e.metadata
	case discovery:
		answer = body(200, "application/json", `{"issuer":"`+issuerURL+`","jwks_uri":"`+setURL+`"}`)
	case answer == nil:
		answer = func(req *http.Request) (*http.Response, error) {
			return respond(req, 200, e.header, setOf(e.keys...)), nil
		}
	}
	resp, err := answer(req)
	return resp, e.delay, err
}

func respond(req *http.Request, status int, header http.Header, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: header.Clone(), Request: req,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// body answers with a fixed document.
func body(status int, contentType, doc string) answerFunc {
	return func(req *http.Request) (*http.Response, error) {
		return respond(req, status, http.Header{"Content-Type": {contentType}}, doc), nil
	}
}

func refuse(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }

// hang answers when the request's context ends, and not before.
func hang(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		Body: io.NopCloser(untilDone{req.Context()}), ContentLength: -1,
	}, nil
}

type untilDone struct{ ctx context.Context }

func (r untilDone) Read([]byte) (int, error) {
	<-r.ctx.Done()
	return 0, r.ctx.Err()
}

// newRemote makes a Remote on the endpoint; change may be nil.
func newRemote(t require.TestingT, e *endpoint, change func(*jwks.Config)) *jwks.Remote {
	cfg := jwks.Config{URL: setURL, HTTPClient: e.client()}
	if change != nil {
		change(&cfg)
	}
	r, err := jwks.NewRemote(cfg)
	require.NoError(t, err)
	return r
}

// keySource is what both kinds of key set are.
type keySource interface {
	VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error)
}

// accepts reports whether exactly this key is found.
func accepts(s keySource, kid string) bool {
	keys, err := s.VerificationKeys(context.Background(), kid, "ES256")
	return err == nil && len(keys) == 1
}

// refuses reports whether there is no such key, for certain.
func refuses(s keySource, kid string) bool {
	keys, err := s.VerificationKeys(context.Background(), kid, "ES256")
	return err == nil && len(keys) == 0
}

// retryAfter returns what an unavailable error says, or 0 for any other.
func retryAfter(err error) time.Duration {
	var e interface{ RetryAfter() time.Duration }
	if !errors.Is(err, jwks.ErrUnavailable) || !errors.As(err, &e) {
		return 0
	}
	return e.RetryAfter()
}

// logBuffer is a logger that a test can read.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// requireContains waits for a text: a lookup is answered before the log is written.
func (l *logBuffer) requireContains(t require.TestingT, text string) {
	written := func() bool { return strings.Contains(l.String(), text) }
	require.Eventually(t, written, 10*time.Second, time.Millisecond, text)
}

func (l *logBuffer) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// letFetchesEnd waits, in simulated time, until the limit of any fetch that is
// still under way has passed: nothing may be left then.
func letFetchesEnd() { time.Sleep(10 * time.Second) } // simulated

// privateDir is a directory that a snapshot file may be in, whatever the umask.
func privateDir(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o700))
	return dir
}

// names makes n kids that nobody published.
func names(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return all
}

// soundModuli are numbers that read as RSA keys of 2048 bits.
func soundModuli(n int) []string {
	small := big.NewInt(1)
	for p := int64(2); p < 752; p++ {
		if prime := big.NewInt(p); prime.ProbablyPrime(0) {
			small.Mul(small, prime)
		}
	}
	var moduli []string
	for i := new(big.Int).Set(rsa2048().N); len(moduli) < n; i.Sub(i, big.NewInt(2)) {
		if new(big.Int).GCD(nil, nil, i, small).IsInt64() && new(big.Int).GCD(nil, nil, i, small).Int64() == 1 {
			moduli = append(moduli, b64(i.Bytes()))
		}
	}
	return moduli
}
