package main

import (
	"bytes"
	"crypto"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// fixture is a resource server as the README wires it, in one process with the
// issuer, without sockets.
type fixture struct {
	issuer *jwttest.Issuer
	key    crypto.PublicKey
	tokens *jwt.Validator
	cached *jwt.Cache
}

func newFixture(tb testing.TB, alg string, keys int) fixture {
	tb.Helper()
	issuer := jwttest.NewIssuer(tb, jwttest.InMemory(), jwttest.FirstKey(alg))
	for range keys - 1 {
		issuer.AddKey("ES256") // cheap to make
	}
	remote, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL(), HTTPClient: issuer.Client(), RefreshInterval: 24 * time.Hour})
	check(tb, err)
	check(tb, remote.Refresh(tb.Context()))
	f := fixture{issuer: issuer, key: issuer.PublicKey(issuer.KeyID())}
	f.tokens, err = jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: remote})
	check(tb, err)
	f.cached, err = jwt.NewCache(f.tokens.Validate, jwt.CacheConfig{})
	check(tb, err)
	return f
}

// token returns a valid token whose claims are those of RFC 9068 (small), or 30
// claims of 2.6 KB with nested roles (large).
func (f fixture) token(claims string, opts ...jwttest.TokenOption) string {
	opts = append(opts, jwttest.ExpiresIn(24*time.Hour), jwttest.Scope("openid profile email"), jwttest.Subject("5ba552d67"), jwttest.ClientID("s6BhdRkqt3"))
	if claims == "large" {
		for i := range 22 {
			opts = append(opts, jwttest.Claim(fmt.Sprintf("claim_%02d", i), map[string]any{
				"roles": []string{"reader-of-things", "writer-of-things"}, "account": "some value of ordinary length",
			}))
		}
	}
	return f.issuer.Token(opts...)
}

// guarded returns Require("profile") around an empty handler.
func guarded[T protector.Token](tb testing.TB, b protector.Validator) http.Handler {
	tb.Helper()
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{b}})
	check(tb, err)
	return guard.Require("profile")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := protector.CurrentToken[T](r.Context()); !ok {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
}

// discard is a ResponseWriter that costs nothing, so that the middleware alone
// is measured.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// serve returns a function that sends one request through h and reports whether
// the answer had the status.
func serve(h http.Handler, token string, status int) func() bool {
	r, _ := http.NewRequest(http.MethodGet, "https://api.example/user", nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := &discard{header: make(http.Header, 8)}
	return func() bool {
		clear(w.header)
		w.status = http.StatusOK
		h.ServeHTTP(w, r)
		return w.status == status
	}
}

func junk(n int) string { return string(bytes.Repeat([]byte("a"), n)) }

// oversized returns a token of n bytes whose named segment is too long.
func oversized(token, segment string, n int) string {
	parts := strings.Split(token, ".")
	at := map[string]int{"header": 0, "payload": 1}[segment]
	parts[at] += junk(n - len(token))
	return strings.Join(parts, ".")
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
