package main

import (
	"context"
	"crypto"
	"fmt"
	"net/http"
	"strings"
	"time"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
	"example.com/resourceserver/protector"
)

// fixture is a resource server as the README wires it, in one process with the
// issuer, without sockets.
type fixture struct {
	issuer *jwttest.Issuer
	key    crypto.PublicKey
	keys   *jwks.Remote
	tokens *jwt.Validator
	cached *tokencache.Cache[*jwt.Token]
}

func newFixture(alg string, keys int) fixture {
	issuer := must(jwttest.StartIssuer(jwttest.InMemory(), jwttest.FirstKey(alg)))
	for range keys - 1 {
		issuer.AddKey("ES256") // cheap to make
	}
	remote := must(jwks.NewRemote(jwks.Config{Issuer: issuer.URL(), HTTPClient: issuer.Client(),
		RefreshInterval: 24 * time.Hour}))
	if err := remote.Refresh(context.Background()); err != nil {
		panic(err)
	}
	tokens := must(jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()},
		Keys: remote}))
	return fixture{
		issuer: issuer, key: issuer.PublicKey(issuer.KeyID()),
		keys: remote, tokens: tokens, cached: must(tokencache.New(tokens.Validate, tokencache.Config{})),
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// token returns a valid token whose claims are those of RFC 9068 (small), or 30
// claims of 2.6 KB with nested roles (large).
func (f fixture) token(claims string, opts ...jwttest.TokenOption) string {
	usual := []jwttest.TokenOption{
		jwttest.ExpiresIn(24 * time.Hour), jwttest.Scope("openid profile email"), jwttest.Subject("5ba552d67"),
		jwttest.ClientID("s6BhdRkqt3"),
	}
	if claims == "large" {
		for i := range 22 {
			usual = append(usual, jwttest.Claim(fmt.Sprintf("claim_%02d", i), map[string]any{
				"roles": []string{"reader-of-things", "writer-of-things"}, "account": "some value of quite ordinary length",
			}))
		}
	}
	return f.issuer.Token(append(usual, opts...)...)
}

type validate func(context.Context, string) (*jwt.Token, error)

func (v validate) accepts(token string) func() bool {
	ctx := context.Background()
	return func() bool { _, err := v(ctx, token); return err == nil }
}

// refuses demands the reason as well: another one would be another path.
func (v validate) refuses(token string, reason jwt.Reason) func() bool {
	ctx := context.Background()
	return func() bool {
		_, err := v(ctx, token)
		invalid, ok := err.(*jwt.Error)
		return ok && invalid.Reason == reason
	}
}

// answers sends one request through the middleware, with the token unless that is "",
// and reports whether the answer had the status.
func (v validate) answers(token string, status int) func() bool {
	return answers(guarded(protector.Bearer(v)), status, func(r *http.Request) {
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
	})
}

// guarded returns Require("profile") around an empty handler.
func guarded(validator protector.Validator) http.Handler {
	guard := must(protector.New(protector.Config{Validators: []protector.Validator{validator}}))
	return guard.Require("profile")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := protector.CurrentToken[*jwt.Token](r.Context()); !ok {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
}

func answers(h http.Handler, status int, complete func(*http.Request)) func() bool {
	r := must(http.NewRequest(http.MethodGet, "https://api.example/user", nil))
	complete(r)
	w := &discard{header: make(http.Header, 8)}
	return func() bool {
		clear(w.header)
		w.status = http.StatusOK
		h.ServeHTTP(w, r)
		return w.status == status
	}
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

func junk(n int) string { return strings.Repeat("a", n) }

// oversized returns a token of n bytes whose named segment is too long.
func oversized(token, segment string, n int) string {
	parts := strings.Split(token, ".")
	at := map[string]int{"header": 0, "payload": 1}[segment]
	parts[at] += junk(n - len(token))
	return strings.Join(parts, ".")
}
