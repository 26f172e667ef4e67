// Package refusals is what every kind of server has to answer alike: a service
// whose routes are guarded, requests that are let in and requests that are
// refused, and what comes of each. A test of a door, be it a router or another
// protocol, puts the service behind it and calls [Service.Try], which sends the
// whole table over a socket and compares each answer with the expected one, and
// with that of net/http.
package refusals

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// origin is where clients believe the service to be. No socket listens there: a
// proof of possession names it, whatever the address.
const origin = "https://api.example"

// Service is guarded routes with an issuer. A door serves Routes, each with its
// guard and policies, by a handler that calls Greet.
type Service struct {
	Routes []Route

	verb      string // the method of most requests
	prefix    string // of every path
	issuer    *jwttest.Issuer
	silent    *jwttest.Issuer // whose keys cannot be had
	client    client
	nonces    *protector.Protector
	plain     *httptest.Server // the same routes behind net/http
	clock     atomic.Int64     // Unix seconds
	ran       atomic.Int64
	mu        sync.Mutex
	decisions []protector.Decision
}

// Route is a path, for every method, and what guards it: its policies are nested,
// the first one outermost.
type Route struct {
	Path     string
	Guard    *protector.Protector
	Policies []protector.Policy
}

// New returns a service that ends with the test.
func New(t *testing.T) *Service {
	t.Helper()
	return newService(t, http.MethodGet, "")
}

func newService(t *testing.T, verb, prefix string) *Service {
	s := &Service{
		verb: verb, prefix: prefix,
		issuer: jwttest.NewIssuer(t), silent: jwttest.NewIssuer(t), client: newClient(),
	}
	s.silent.Fail(http.StatusInternalServerError)
	s.setClock(time.Now())
	s.Routes = s.routes(s.tokens())
	for i := range s.Routes {
		s.Routes[i].Path = prefix + s.Routes[i].Path
	}
	mux := http.NewServeMux()
	for _, route := range s.Routes {
		var handler http.Handler = http.HandlerFunc(s.serve)
		for i := range route.Policies {
			handler = route.Guard.RequirePolicy(route.Policies[len(route.Policies)-1-i])(handler)
		}
		mux.Handle(route.Path, handler)
	}
	s.plain = httptest.NewServer(Recover(mux))
	t.Cleanup(s.plain.Close)
	return s
}

func (s *Service) tokens() *jwt.Issuers {
	of := func(issuer *jwttest.Issuer) *jwt.Validator {
		keys := must(jwks.NewRemote(jwks.Config{Issuer: issuer.URL()}))
		return must(jwt.NewValidator(jwt.Config{
			Audiences: []string{issuer.Audience()}, Keys: keys, Confirmations: []string{"jkt"},
		}))
	}
	return must(jwt.ByIssuer(of(s.issuer), of(s.silent)))
}

func (s *Service) routes(tokens *jwt.Issuers) []Route {
	proofs := must(dpop.NewVerifier(dpop.Config{PublicOrigins: []string{origin}}))
	usual := must(protector.New(protector.Config{
		Validators: []protector.Validator{protector.DPoP(tokens.Validate, proofs), protector.Bearer(tokens.Validate)},
		OnDecision: s.record,
		Hierarchy:  must(scopes.NewHierarchy(map[string][]string{"admin": {"profile", "email"}})),
	}))
	everywhere := must(protector.New(protector.Config{
		Validators:          []protector.Validator{protector.Bearer(tokens.Validate)},
		AmbientCookie:       "session",
		BufferedFormTokens:  true,
		InsecureQueryTokens: true,
		Preflight:           http.HandlerFunc(preflight),
		OnDecision:          s.record,
	}))
	s.nonces = must(protector.New(protector.Config{
		Validators: []protector.Validator{protector.DPoP(tokens.Validate, must(dpop.NewVerifier(dpop.Config{
			PublicOrigins: []string{origin}, NonceKeys: [][]byte{make([]byte, 32)}, NonceLifetime: lifetime, Now: s.now,
		})))},
		OnDecision: s.record,
	}))
	profile := protector.Policy{Scopes: []string{"profile email", "user"}}
	return []Route{
		{"/user", usual, []protector.Policy{profile}},
		{"/greeting", usual, []protector.Policy{{Optional: true, Scopes: []string{"profile"}}}},
		{"/staff", usual, []protector.Policy{{Groups: []string{"staff"}}}},
		{"/partners", usual, []protector.Policy{{Clients: []string{"shop", "bank"}, NoDelegation: true,
			Claims: []protector.ClaimRule{{Path: []string{"org", "plan"}, AnyOf: []any{"team"}}}}}},
		{"/nested", usual, []protector.Policy{{}, {Scopes: []string{"profile"}}}},
		{"/broken", usual, []protector.Policy{{Check: breaks}}},
		{"/everywhere", everywhere, []protector.Policy{profile}},
		{"/nonces", s.nonces, []protector.Policy{profile}},
	}
}

// now is the clock of proofs with a nonce.
func (s *Service) now() time.Time { return time.Unix(s.clock.Load(), 0) }

func (s *Service) setClock(to time.Time) { s.clock.Store(to.Unix()) }

// breaks is a mistake in a program, in the middle of a decision.
func breaks(context.Context, protector.Token) error { panic("the check is broken") }

func preflight(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
	w.WriteHeader(http.StatusNoContent)
}

// CacheControl is what the handler of a door says of its answer. A guard may have
// to say otherwise.
const CacheControl = "public, max-age=60"

// Greet is what the handler of a door answers, with a status of 200, to a request
// with this context and body. That it is called is what a refusal must prevent.
func (s *Service) Greet(ctx context.Context, body []byte) string {
	s.ran.Add(1)
	name := "anonymous"
	if token, ok := protector.CurrentToken[*jwt.Token](ctx); ok {
		name = token.Subject()
	}
	return fmt.Sprintf("hello %s, who sent %d bytes", name, len(body))
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Cache-Control", CacheControl)
	fmt.Fprint(w, s.Greet(r.Context(), body))
}

// secret is in every answer that a handler has written, and in no other.
const secret = "hello"

// Recover answers a panic as the middleware of routers does: one of the policies
// panics.
func Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (s *Service) record(_ context.Context, d protector.Decision) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decisions = append(s.decisions, d)
}

// decided returns what was decided since it was last asked.
func (s *Service) decided() []protector.Decision {
	s.mu.Lock()
	defer s.mu.Unlock()
	decisions := s.decisions
	s.decisions = nil
	return decisions
}

// Token is a good token, but for the options.
func (s *Service) Token(options ...jwttest.TokenOption) string {
	return s.issuer.Token(append([]jwttest.TokenOption{jwttest.Scope("profile email")}, options...)...)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func junk(n int) string { return strings.Repeat("a", n) }
