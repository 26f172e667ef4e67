package main

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// burstTimeout is the FetchTimeout of a tenant whose first token comes with thousands
// of others: they wait for each other's answers.
const burstTimeout = time.Minute

// answerTime is what an answer takes by HTTP/1.1. Otherwise few connections would do for
// all requests, and the bound would not be seen to hold.
const answerTime = 2 * time.Millisecond

// host is a real server at which an issuer has many tenants.
type host struct {
	*httptest.Server
	http2                     bool
	discoveries, sets, opened atomic.Int64

	mu              sync.Mutex
	answering, most int // requests, now and at a time
}

// connections returns how many were in use at a time, at most. By HTTP/1.1 each has one
// request: those that are open would count some that the client closed because they
// were idle, and the server has not noticed yet. By HTTP/2 it is all there ever were.
func (h *host) connections() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.http2 {
		return int(h.opened.Load())
	}
	return h.most
}

func (h *host) answer(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answering += n
	h.most = max(h.most, h.answering)
}

// newHost starts one, and has this process trust it: what is measured is the transport
// that a Remote has without an HTTPClient.
func newHost(set []byte, http2 bool) *host {
	h := &host{http2: http2}
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h.answer(1)
		defer h.answer(-1)
		if !h.http2 {
			time.Sleep(answerTime)
		}
		w.Header().Set("Content-Type", "application/json")
		tenant, ok := strings.CutPrefix(req.URL.Path, "/.well-known/oauth-authorization-server")
		if !ok {
			h.sets.Add(1)
			_, _ = w.Write(set)
			return
		}
		h.discoveries.Add(1)
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, h.URL+tenant, h.URL+"/keys"+tenant)
	}))
	h.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			h.opened.Add(1)
		}
	}
	h.EnableHTTP2 = http2
	h.StartTLS()
	return h
}

// trust has the roots of this process be the certificate that httptest has for all of
// its servers. It is heeded on Linux, and where crypto/x509 reads roots from files.
func trust(h *host, file string) error {
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		return err
	}
	return os.Setenv("SSL_CERT_FILE", file)
}

// burst is what so many tenants' first tokens, all at once, came to.
type burst struct {
	tenants, connections      int
	failed, discoveries, sets int64
	took                      time.Duration
}

// firstTokens validates the first token of so many tenants of the host at once.
func firstTokens(issuer *jwttest.Issuer, h *host, many int) burst {
	tenants := must(jwt.NewTenants(jwt.TenantsConfig{
		MaxTenants: many, ResolveTimeout: burstTimeout,
		Resolve: func(_ context.Context, iss string) (jwt.Config, error) {
			keys, err := jwks.NewRemote(jwks.Config{Issuer: iss, FetchTimeout: burstTimeout})
			return jwt.Config{Keys: keys, Audiences: []string{issuer.Audience()}}, err
		},
	}))
	tokens := make([]string, many)
	for n := range tokens {
		tokens[n] = issuer.Token(jwttest.Claim("iss", fmt.Sprintf("%s/tenants/%d", h.URL, n)))
	}
	b := burst{tenants: many}
	var all sync.WaitGroup
	began := time.Now()
	for _, token := range tokens {
		all.Go(func() {
			if _, err := tenants.Validate(context.Background(), token); err != nil {
				atomic.AddInt64(&b.failed, 1)
			}
		})
	}
	all.Wait()
	b.took = time.Since(began)
	b.discoveries, b.sets, b.connections = h.discoveries.Load(), h.sets.Load(), h.connections()
	return b
}

func (b burst) good() bool {
	n := int64(b.tenants)
	return b.failed == 0 && b.discoveries == n && b.sets == n && b.connections <= 64
}

// printBursts prints what first tokens cost at a real server, by HTTP/1.1 and HTTP/2.
func printBursts(w io.Writer, sizes ...int) (bool, error) {
	dir, err := os.MkdirTemp("", "speed")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	issuer := must(jwttest.StartIssuer(jwttest.InMemory(), jwttest.FirstKey("ES256")))
	good := true
	for _, http2 := range []bool{false, true} {
		for _, many := range sizes {
			h := newHost(issuer.JWKS(), http2)
			if err := trust(h, filepath.Join(dir, "roots.pem")); err != nil {
				return false, err
			}
			b := firstTokens(issuer, h, many)
			h.Close()
			fmt.Fprintf(w, "%d first tokens at once, HTTP/2 %t: %d discoveries, %d key sets, %d connections of at most 64, "+
				"%d failed, within %v (FetchTimeout %v): %s\n", b.tenants, http2, b.discoveries, b.sets, b.connections,
				b.failed, b.took.Round(time.Millisecond), burstTimeout, verdict(b.good()))
			good = good && b.good()
		}
	}
	return good, nil
}
