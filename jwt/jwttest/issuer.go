package jwttest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// TB is the part of testing.TB that the kit needs. *testing.T, *testing.B and
// *testing.F satisfy it. It is named here so that a program which embeds an
// issuer does not link the testing package.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

const (
	defaultURL      = "https://issuer.example"
	defaultAudience = "https://api.example"
)

// Issuer is an authorization server reduced to what a resource server sees of
// it: metadata, a key set, and the tokens it signs. Make one with NewIssuer or
// StartIssuer. All methods are safe for concurrent use.
type Issuer struct {
	tb        TB // nil outside tests
	url       string
	path      string
	transport http.RoundTripper
	server    *http.Server // nil in memory
	serving   sync.WaitGroup

	mu         sync.Mutex
	keys       []*key
	current    *key
	stray      map[string]*key // by alg, for Unpublished
	rawEntries []string
	rawJWKS    []byte
	metadata   func(map[string]any)
	headers    http.Header
	faults     map[Endpoint]fault
	requests   Requests
	closed     bool
}

// IssuerOption is a choice made when an issuer is started.
type IssuerOption func(*issuerConfig)

type issuerConfig struct {
	alg string
	url string // in memory under this identifier
}

// InMemory starts the issuer as https://issuer.example without a socket or a
// goroutine: only Client and Transport reach it, and a request runs in the
// goroutine that makes it. That is what a testing/synctest bubble needs; create
// the issuer inside the bubble.
func InMemory() IssuerOption { return At(defaultURL) }

// At starts the issuer in memory, as InMemory does, under an identifier of
// your choice: an absolute URL, which may have a path ("https://id.example/tenant").
func At(url string) IssuerOption {
	return func(c *issuerConfig) { c.url = url }
}

// FirstKey chooses the algorithm of the key that the issuer starts with: one
// of RS, PS, ES with 256, 384 or 512, or EdDSA or Ed25519, or, in a test that is
// built with Go 1.27, ML-DSA-44, ML-DSA-65 or ML-DSA-87. The default is RS256,
// which every resource server has to support (RFC 9068 §4).
func FirstKey(alg string) IssuerOption {
	return func(c *issuerConfig) { c.alg = alg }
}

// NewIssuer starts an issuer on a free loopback port, or in memory with
// InMemory or At, and closes it when the test ends. Misuse of the issuer fails
// the test.
func NewIssuer(tb TB, opts ...IssuerOption) *Issuer {
	tb.Helper()
	iss, err := start(opts)
	if err != nil {
		tb.Fatalf("jwttest: %v", err)
		return nil
	}
	iss.tb = tb
	tb.Cleanup(iss.Close)
	return iss
}

// StartIssuer starts an issuer outside a test, as NewIssuer does. The caller
// closes it. Misuse of the issuer panics.
func StartIssuer(opts ...IssuerOption) (*Issuer, error) {
	iss, err := start(opts)
	if err != nil {
		return nil, fmt.Errorf("jwttest: %w", err)
	}
	return iss, nil
}

func start(opts []IssuerOption) (*Issuer, error) {
	config := issuerConfig{alg: "RS256"}
	for _, opt := range opts {
		opt(&config)
	}
	iss := &Issuer{
		stray:   map[string]*key{},
		headers: http.Header{},
		faults:  map[Endpoint]fault{},
	}
	first, err := iss.newKey(config.alg, true)
	if err != nil {
		return nil, err
	}
	iss.current = first
	if config.url == "" {
		return iss, iss.listen()
	}
	return iss, iss.inMemory(config.url)
}

func (iss *Issuer) inMemory(identifier string) error {
	parsed, err := url.Parse(identifier)
	if err != nil || parsed.Scheme == "" || parsed.Host == "" || parsed.RawQuery != "" || parsed.Fragment != "" {
		return fmt.Errorf("issuer %q: want an absolute URL without query and fragment, such as %q", identifier, defaultURL)
	}
	iss.url = identifier
	iss.path = strings.TrimSuffix(parsed.Path, "/")
	iss.transport = memoryTransport{origin: origin(parsed), issuer: iss}
	return nil
}

func (iss *Issuer) listen() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen on loopback: %w", err)
	}
	iss.url = "http://" + listener.Addr().String()
	// A transport of its own: the default one may go through a proxy, and its
	// idle connections would outlive the issuer.
	iss.transport = &http.Transport{}
	iss.server = &http.Server{Handler: iss.Handler(), ReadHeaderTimeout: time.Minute}
	iss.serving.Go(func() { iss.server.Serve(listener) })
	return nil
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// Close ends the issuer: held requests are let go, the port is closed. NewIssuer
// arranges for it. Closing twice is harmless.
func (iss *Issuer) Close() {
	if !iss.markClosed() {
		return
	}
	iss.Recover()
	if iss.server != nil {
		iss.server.Close()
		iss.serving.Wait()
		iss.Client().CloseIdleConnections()
	}
	iss.giveKeysBack()
}

func (iss *Issuer) markClosed() bool {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	first := !iss.closed
	iss.closed = true
	return first
}

func (iss *Issuer) giveKeysBack() {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	for _, k := range iss.keys {
		giveBack(k.kind, k.pair)
	}
}

// URL returns the issuer identifier, which is the "iss" claim of its tokens.
func (iss *Issuer) URL() string { return iss.url }

// JWKSURL returns the address of the key set.
func (iss *Issuer) JWKSURL() string { return iss.base() + jwksPath }

// base is what paths are appended to: some issuers' identifiers end in a slash.
func (iss *Issuer) base() string { return strings.TrimSuffix(iss.url, "/") }

// Audience returns the "aud" claim of its tokens: https://api.example.
func (iss *Issuer) Audience() string { return defaultAudience }

// Client returns an HTTP client that reaches the issuer, whether it listens or
// lives in memory.
func (iss *Issuer) Client() *http.Client { return &http.Client{Transport: iss.transport} }

// Transport returns what Client uses. In memory it reaches no other host.
func (iss *Issuer) Transport() http.RoundTripper { return iss.transport }

func (iss *Issuer) helper() {
	if iss.tb != nil {
		iss.tb.Helper()
	}
}

// fail reports misuse of the kit, which is a fault of the test, not of the
// code under test.
func (iss *Issuer) fail(format string, args ...any) {
	iss.helper()
	misused(iss.tb, format, args...)
}

func misused(tb TB, format string, args ...any) {
	message := fmt.Sprintf("jwttest: "+format, args...)
	if tb == nil {
		panic(errors.New(message))
	}
	tb.Helper()
	tb.Fatalf("%s", message)
}
