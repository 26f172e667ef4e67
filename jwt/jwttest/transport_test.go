package jwttest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

const publicOrigin = "https://api.example.com"

// api is a protected service that clients reach at publicOrigin.
type api struct {
	issuer *jwttest.Issuer
	server *httptest.Server

	mu      sync.Mutex
	reasons []string // of the decisions, "" for a grant
	bodies  []string // that the handler has read
}

func startAPI(t *testing.T, config dpop.Config) *api {
	t.Helper()
	a := &api{issuer: jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))}
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer: a.issuer.URL(), Audiences: []string{a.issuer.Audience()}, Keys: a.issuer, Confirmations: []string{"jkt"},
	})
	require.NoError(t, err)
	config.PublicOrigins = []string{publicOrigin}
	proofs, err := dpop.NewVerifier(config)
	require.NoError(t, err)
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.DPoP(tokens.Validate, proofs), protector.Bearer(tokens.Validate)},
		OnDecision: a.record,
	})
	require.NoError(t, err)
	a.server = httptest.NewUnstartedServer(guard.Require("profile")(http.HandlerFunc(a.serve)))
	a.server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	a.server.StartTLS()
	t.Cleanup(a.server.Close)
	return a
}

func (a *api) record(_ context.Context, d protector.Decision) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reasons = append(a.reasons, d.Reason)
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bodies = append(a.bodies, string(body))
}

// take returns the reasons of the decisions since it was asked last.
func (a *api) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	reasons := a.reasons
	a.reasons = nil
	return reasons
}

func (a *api) token(opts ...jwttest.TokenOption) string {
	return a.issuer.Token(append(opts, jwttest.Scope("profile"))...)
}

func (a *api) transport(client *jwttest.Client, opts ...jwttest.TokenOption) http.RoundTripper {
	return client.Transport(a.server.Client().Transport, opts...)
}

// send makes one request by the transport, and returns the status of the answer.
func send(t *testing.T, transport http.RoundTripper, request *http.Request) int {
	t.Helper()
	before := request.Header.Clone()
	response, err := transport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.Equal(t, before, request.Header, "the request is left alone")
	return response.StatusCode
}

func request(t *testing.T, method, url, authorization, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return r
}

// checklist 120, 135, 136
func TestTransportProvesPossession(t *testing.T) {
	for _, alg := range []string{"ES256", "EdDSA", "Ed25519", "RS256", "PS384", "ES512"} {
		t.Run(alg, func(t *testing.T) {
			a := startAPI(t, dpop.Config{Algorithms: []string{alg}})
			alice, mallory := jwttest.NewClient(t, jwttest.ClientKey(alg)), jwttest.NewClient(t, jwttest.ClientKey(alg))
			bound := a.token(jwttest.BoundTo(alice))
			for range 3 { // each time a fresh proof
				require.Equal(t, 200, send(t, a.transport(alice), request(t, "GET", publicOrigin+"/a%2Fb?q=1", "DPoP "+bound, "")))
			}
			require.Equal(t, 200, send(t, a.transport(alice), request(t, "POST", publicOrigin, "dpop "+bound, "text")))
			require.Equal(t, []string{"", "", "", ""}, a.take())
			require.Equal(t, 401, send(t, a.transport(mallory), request(t, "GET", publicOrigin+"/", "DPoP "+bound, "")))
			require.Equal(t, 401, send(t, a.transport(mallory), request(t, "GET", publicOrigin+"/", "Bearer "+bound, "")))
			require.Equal(t, 401, send(t, a.transport(alice), request(t, "GET", publicOrigin+"/", "DPoP "+a.token(), "")))
			require.Equal(t, 200, send(t, a.transport(alice), request(t, "GET", publicOrigin+"/", "Bearer "+a.token(), "")))
			require.Equal(t, []string{"proof_binding", "confirmation", "proof_binding", ""}, a.take())
		})
	}
}

// Each of the faults is refused for itself, through a whole service.
//
// checklist 122, 123, 124, 125, 126, 127, 128, 132, 133, 134
func TestWrongProofs(t *testing.T) {
	a := startAPI(t, dpop.Config{Algorithms: []string{"ES256", "ES384"}})
	alice, mallory := jwttest.NewClient(t), jwttest.NewClient(t)
	private := alice.JWK()
	private["d"] = private["x"]
	for _, tt := range []struct {
		name   string
		opt    jwttest.TokenOption
		reason string
	}{
		{"nothing", jwttest.Without(), ""},
		{"method", jwttest.Claim("htm", "POST"), "proof_method"},
		{"no method", jwttest.Without("htm"), "proof_claim"},
		{"path", jwttest.Claim("htu", publicOrigin+"/other"), "proof_target"},
		{"origin", jwttest.Claim("htu", "https://evil.example/user"), "proof_target"},
		{"token", jwttest.Claim("ath", encode(make([]byte, 32))), "proof_token"},
		{"no token", jwttest.Without("ath"), "proof_claim"},
		{"stale", jwttest.IssuedAt(time.Now().Add(-time.Hour)), "proof_time"},
		{"future", jwttest.IssuedAt(time.Now().Add(time.Hour)), "proof_time"},
		{"no jti", jwttest.Without("jti"), "proof_claim"},
		{"type", jwttest.Typ("JWT"), "proof_type"},
		{"alg none", jwttest.Alg("none"), "proof_algorithm"},
		{"HS256", jwttest.Secret([]byte(alice.Confirmation()["jkt"])), "proof_algorithm"},
		{"alg of another curve", jwttest.Header("alg", "ES384"), "proof_key"},
		{"private key", jwttest.Header("jwk", private), "proof_key"},
		{"no key", jwttest.WithoutHeader("jwk"), "proof_key"},
		{"key of another", jwttest.Header("jwk", mallory.JWK()), "proof_binding"},
		{"signed with another", jwttest.Unpublished(), "proof_signature"},
		{"signature", jwttest.Tampered(), "proof_signature"},
		{"crit", jwttest.Header("crit", []string{"exp"}), "proof_critical"},
		{"claim twice", jwttest.DuplicateClaim("htm", "GET"), "proof_malformed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status := map[bool]int{true: 200, false: 401}[tt.reason == ""]
			r := request(t, "GET", publicOrigin+"/user", "DPoP "+a.token(jwttest.BoundTo(alice)), "")
			require.Equal(t, status, send(t, a.transport(alice, tt.opt), r))
			require.Equal(t, []string{tt.reason}, a.take())
		})
	}
}

// checklist 135, 144
func TestFieldsOfATestsOwn(t *testing.T) {
	a := startAPI(t, dpop.Config{})
	alice := jwttest.NewClient(t)
	token := a.token(jwttest.BoundTo(alice))
	url := publicOrigin + "/user"
	r := request(t, "GET", url, "DPoP "+token, "")
	r.Header.Set("DPoP", alice.Proof("GET", url+"?page=2", token))
	require.Equal(t, 200, send(t, a.transport(alice), r))
	require.Equal(t, 401, send(t, a.transport(alice), r))
	r.Header["Dpop"] = nil
	require.Equal(t, 401, send(t, a.transport(alice), r))
	require.Equal(t, []string{"", "proof_replay", "proof_missing"}, a.take())
}

// A proof that a test has made itself is not repeated, but brings its nonce along.
func TestNoncesForATestsOwnProofs(t *testing.T) {
	a := startAPI(t, dpop.Config{NonceKeys: [][]byte{make([]byte, 32)}})
	alice := jwttest.NewClient(t)
	token := a.token(jwttest.BoundTo(alice))
	for _, status := range []int{401, 200} {
		r := request(t, "GET", publicOrigin+"/user", "DPoP "+token, "")
		r.Header.Set("DPoP", alice.Proof("GET", publicOrigin+"/user", token))
		require.Equal(t, status, send(t, a.transport(alice), r))
	}
	require.Equal(t, []string{"proof_nonce", ""}, a.take())
}

// checklist 131, 141
func TestTransportLearnsTheNonce(t *testing.T) {
	now := time.Now()
	a := startAPI(t, dpop.Config{
		NonceKeys: [][]byte{make([]byte, 32)}, NonceLifetime: 5 * time.Second, Now: func() time.Time { return now },
	})
	alice := jwttest.NewClient(t)
	token := a.token(jwttest.BoundTo(alice))
	post := func(opts ...jwttest.TokenOption) int {
		return send(t, a.transport(alice, opts...), request(t, "POST", publicOrigin+"/user", "DPoP "+token, "text"))
	}
	require.Equal(t, 200, post())
	require.Equal(t, []string{"proof_nonce", ""}, a.take(), "the first demands it")
	require.Equal(t, 200, post())
	require.Equal(t, []string{""}, a.take(), "the next has it")
	require.Contains(t, claims(t, alice.Proof("GET", publicOrigin+"/other", token)), "nonce")
	require.NotContains(t, claims(t, alice.Proof("GET", "https://other.example/", token)), "nonce")
	require.Equal(t, []string{"text", "text"}, a.bodies)

	now = now.Add(5 * time.Second)
	require.Equal(t, 200, post())
	require.Equal(t, 200, post())
	require.Equal(t, []string{"", ""}, a.take(), "the answer brought the next one along")
	now = now.Add(12 * time.Second)
	require.Equal(t, 200, post())
	require.Equal(t, []string{"proof_nonce", ""}, a.take(), "it is none any more")

	require.Equal(t, 401, post(jwttest.Without("nonce")))
	require.Equal(t, []string{"proof_nonce"}, a.take(), "there is no other nonce to be tried")
	now = now.Add(12 * time.Second)
	require.Equal(t, 401, post(jwttest.Without("nonce")))
	require.Equal(t, []string{"proof_nonce", "proof_nonce"}, a.take(), "once more, and no third time")

	now = now.Add(12 * time.Second)
	r := request(t, "POST", publicOrigin+"/user", "DPoP "+token, "text")
	r.GetBody = nil
	require.Equal(t, 401, send(t, a.transport(alice), r))
	require.Equal(t, []string{"proof_nonce"}, a.take(), "what cannot be read again is not sent again")
}

// Many requests at once learn the nonce, each as if it were alone.
func TestTransportForManyAtOnce(t *testing.T) {
	a := startAPI(t, dpop.Config{NonceKeys: [][]byte{make([]byte, 32)}})
	alice := jwttest.NewClient(t)
	transport, token := a.transport(alice), a.token(jwttest.BoundTo(alice))
	var group sync.WaitGroup
	statuses := make([]int, 20)
	for i := range statuses {
		r := request(t, "POST", publicOrigin+"/user", "DPoP "+token, "text")
		group.Go(func() {
			alice.Proof("GET", publicOrigin+"/user", token, jwttest.Unpublished())
			if response, err := transport.RoundTrip(r); err == nil {
				statuses[i] = response.StatusCode
				response.Body.Close()
			}
		})
	}
	group.Wait()
	for _, status := range statuses {
		require.Equal(t, 200, status)
	}
}

// An authorization server has its own way to demand a nonce (RFC 9449 §8), and gets
// proofs that are about no token.
func TestTransportAtATokenEndpoint(t *testing.T) {
	client := jwttest.NewClient(t)
	var asked []map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, claims(t, r.Header.Get("DPoP")))
		w.Header().Set("DPoP-Nonce", "n1")
		if asked[len(asked)-1]["nonce"] != "n1" || r.PostFormValue("code") == "bad" {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer server.Close()
	post := func(body string) int {
		r := request(t, "POST", server.URL+"/token", "Basic YTpi", body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return send(t, client.Transport(nil), r)
	}
	require.Equal(t, 200, post("code=good"))
	require.Len(t, asked, 2)
	require.NotContains(t, asked[1], "ath")
	require.Equal(t, server.URL+"/token", asked[1]["htu"])
	require.Equal(t, 400, post("code=bad"))
	require.Len(t, asked, 3, "nothing was wrong with the nonce")
}

// An API that refuses what it was sent, and hands out the next nonce with it, is not asked twice.
func TestTransportRepeatsNothingThatWasJudged(t *testing.T) {
	client, asked := jwttest.NewClient(t), 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("DPoP-Nonce", "n1")
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	require.Equal(t, 400, send(t, client.Transport(nil), request(t, "POST", server.URL, "DPoP token", "{")))
	require.Equal(t, 1, asked)
}

func TestTransportPresentsTheCertificate(t *testing.T) {
	client, other := jwttest.NewClient(t), jwttest.NewClient(t)
	var seen [][]byte
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for _, certificate := range r.TLS.PeerCertificates {
			seen = append(seen, certificate.Raw)
		}
	}))
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()
	for _, transport := range []http.RoundTripper{
		client.Transport(server.Client().Transport), server.Client().Transport, other.Transport(server.Client().Transport),
	} {
		require.Equal(t, 200, send(t, transport, request(t, "GET", server.URL, "", "")))
	}
	require.Equal(t, [][]byte{client.Certificate().Leaf.Raw, other.Certificate().Leaf.Raw}, seen)
}

// What goes wrong on the way goes wrong for the caller.
func TestTransportPassesErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	var proof string
	transport := jwttest.NewClient(t).Transport(roundTripper(func(r *http.Request) (*http.Response, error) {
		proof = r.Header.Get("DPoP")
		return nil, broken
	}))
	_, err := transport.RoundTrip(request(t, "GET", publicOrigin, "", ""))
	require.ErrorIs(t, err, broken)
	require.NotEmpty(t, proof)
	_, err = transport.RoundTrip(request(t, "GET", publicOrigin, "bearer token", ""))
	require.ErrorIs(t, err, broken)
	require.Empty(t, proof, "a bearer token needs none")

	body := &closing{Reader: strings.NewReader("text")}
	r := request(t, "POST", publicOrigin, "", "")
	r.Body = body
	_, err = jwttest.NewClient(t).Transport(nil, jwttest.Alg("RS256")).RoundTrip(r)
	require.ErrorContains(t, err, "jwttest: proof: the client has a key for ES256")
	require.True(t, body.closed, "as a RoundTripper must")
}

// closing is a body that knows whether it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
