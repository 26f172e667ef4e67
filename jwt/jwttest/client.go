package jwttest

import (
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
)

// Client is an OAuth client that can prove who it is: it holds a key, makes proofs
// of possession with it (RFC 9449), and has a self-signed certificate for the same
// key (RFC 8705). Make one with NewClient or StartClient. All methods are safe for
// concurrent use.
type Client struct {
	tb          TB // nil outside tests
	alg         string
	kind        kind
	pair        crypto.Signer
	jwk         map[string]any
	certificate tls.Certificate

	mu         sync.Mutex
	stray      crypto.Signer     // for Unpublished
	nonces     map[string]string // by origin
	transports []*http.Transport // to be closed
	closed     bool
}

// ClientOption is a choice made when a client is made.
type ClientOption func(*clientConfig)

type clientConfig struct{ alg string }

// ClientKey chooses the algorithm of the client's proofs, and so its kind of key:
// one of those of FirstKey. The default is ES256, as most clients have it.
func ClientKey(alg string) ClientOption {
	return func(c *clientConfig) { c.alg = alg }
}

// NewClient makes a client with a key of its own, and closes it when the test
// ends. Misuse of the client fails the test.
func NewClient(tb TB, opts ...ClientOption) *Client {
	tb.Helper()
	c, err := StartClient(opts...)
	if err != nil {
		tb.Fatalf("%v", err)
		return nil
	}
	c.tb = tb
	tb.Cleanup(c.Close)
	return c
}

// StartClient makes a client outside a test, as NewClient does. The caller closes
// it. Misuse of the client panics.
func StartClient(opts ...ClientOption) (*Client, error) {
	config := clientConfig{alg: "ES256"}
	for _, opt := range opts {
		opt(&config)
	}
	c, err := newClient(config.alg)
	if err != nil {
		return nil, fmt.Errorf("jwttest: %w", err)
	}
	return c, nil
}

func newClient(alg string) (*Client, error) {
	a, err := lookupAlgorithm(alg)
	if err != nil {
		return nil, err
	}
	pair, err := borrow(a.kind)
	if err != nil {
		return nil, err
	}
	certificate, err := selfSigned(pair)
	if err != nil {
		return nil, err
	}
	return &Client{
		alg: alg, kind: a.kind, pair: pair, jwk: publicJWK(pair.Public()), certificate: certificate,
		nonces: map[string]string{},
	}, nil
}

// Close ends the client's idle connections. NewClient arranges for it. Closing
// twice is harmless.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	for _, transport := range c.transports {
		transport.CloseIdleConnections()
	}
	giveBack(c.kind, c.pair)
	if c.stray != nil {
		giveBack(c.kind, c.stray)
	}
}

// JWK returns the members of the client's public key (RFC 7517), which are its own
// to change. With Header("jwk", …) a test sends what it made of them.
func (c *Client) JWK() map[string]any { return maps.Clone(c.jwk) }

// Certificate returns the client's certificate and key for a tls.Config. Transport
// presents it by itself.
func (c *Client) Certificate() tls.Certificate { return c.certificate }

// choose finds the key for a proof.
func (c *Client) choose(choice choice) (signer, error) {
	switch {
	case choice.kid != "":
		return signer{}, errors.New("a client has one key: Key is for the tokens of an issuer")
	case choice.alg == "none":
		return signer{alg: "none"}, nil
	case choice.secret != nil:
		return choice.secretSigner("")
	case choice.alg == "":
		choice.alg = c.alg
	}
	a, err := lookupAlgorithm(choice.alg)
	switch {
	case err != nil:
		return signer{}, err
	case a.kind == kindSecret:
		return signer{}, fmt.Errorf("%s needs Secret", choice.alg)
	case a.kind != c.kind:
		return signer{}, fmt.Errorf("the client has a key for %s and cannot sign with %s: use ClientKey", c.alg, choice.alg)
	}
	s := signer{alg: choice.alg, key: c.pair}
	if choice.unpublished {
		s.key, err = c.strayKey()
	}
	return s, err
}

// strayKey returns a key that is not the client's.
func (c *Client) strayKey() (key crypto.Signer, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stray == nil {
		c.stray, err = borrow(c.kind)
	}
	return c.stray, err
}

func (c *Client) helper() {
	if c.tb != nil {
		c.tb.Helper()
	}
}

// fail reports misuse of the kit.
func (c *Client) fail(format string, args ...any) {
	c.helper()
	misused(c.tb, format, args...)
}
