package oidcprovider_test

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/examples/oidcprovider"
	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
)

// apiURL is where clients of the APIs in this file find them: the transport of an
// httptest.Server sends there what is for this host.
const apiURL = "https://api.example.com/user"

// boundAPI stands behind TLS that asks for a certificate.
func boundAPI(t *testing.T, validators ...protector.Validator) *httptest.Server {
	t.Helper()
	guard, err := protector.New(protector.Config{Validators: validators})
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(guard.Require("profile")(http.HandlerFunc(
		func(http.ResponseWriter, *http.Request) {},
	)))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func newProofs(t *testing.T, config dpop.Config) *dpop.Verifier {
	t.Helper()
	config.PublicOrigins = []string{"https://api.example.com"}
	proofs, err := dpop.NewVerifier(config)
	require.NoError(t, err)
	return proofs
}

// newTokens validates JWTs of the provider that are bound, or are not.
func newTokens(t *testing.T, provider *oidcprovider.Provider, audience string) *jwt.Validator {
	t.Helper()
	keys, err := jwks.NewRemote(jwks.Config{Issuer: provider.Issuer})
	require.NoError(t, err)
	tokens, err := jwt.NewValidator(jwt.Config{
		Audiences: []string{audience}, Keys: keys, Confirmations: []string{"jkt", "x5t#S256"},
	})
	require.NoError(t, err)
	return tokens
}

// newIntrospection asks the provider about opaque tokens.
func newIntrospection(t *testing.T, provider *oidcprovider.Provider) *introspection.Client {
	t.Helper()
	tokens, err := introspection.New(introspection.Config{
		Endpoint:    provider.IntrospectionURL(),
		Credentials: introspection.ClientSecretBasic(provider.IntrospectionClientID, provider.IntrospectionClientSecret),
		Issuer:      provider.Issuer,
		Audiences:   []string{oidcprovider.OpaqueResource},

		Confirmations: []string{"jkt", "x5t#S256"},
	})
	require.NoError(t, err)
	return tokens
}

// request is for the API, with what stands in its header beside the token.
func request(t *testing.T, scheme, token string, header http.Header) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, apiURL, nil)
	require.NoError(t, err)
	if header != nil {
		r.Header = header.Clone()
	}
	r.Header.Set("Authorization", scheme+" "+token)
	return r
}

// send returns the status of the answer, and the challenge of the scheme that was
// used.
func send(t *testing.T, transport http.RoundTripper, r *http.Request) (status int, challenge string) {
	t.Helper()
	response, err := transport.RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	for _, field := range response.Header.Values("WWW-Authenticate") {
		if strings.HasPrefix(field, scheme+" ") {
			challenge = field
		}
	}
	return response.StatusCode, challenge
}

// A token that another make of issuer has bound to a client's key is good with that
// client's proofs, and with nothing else.
//
// checklist 120, 128, 133, 134, 135, 136, 144
func TestTokensThatAnotherMakeBindsToAKey(t *testing.T) {
	provider := start(t)
	for _, resource := range []string{
		oidcprovider.JWTResource, oidcprovider.ES256Resource, oidcprovider.OpaqueResource,
	} {
		t.Run(resource, func(t *testing.T) {
			proofs := newProofs(t, dpop.Config{})
			validators := []protector.Validator{}
			if resource == oidcprovider.OpaqueResource {
				tokens := newIntrospection(t, provider)
				validators = append(validators, protector.DPoP(tokens.Introspect, proofs), protector.Bearer(tokens.Introspect))
			} else {
				tokens := newTokens(t, provider, resource)
				validators = append(validators, protector.DPoP(tokens.Validate, proofs), protector.Bearer(tokens.Validate))
			}
			server := boundAPI(t, validators...)
			owner, thief := jwttest.NewClient(t), jwttest.NewClient(t)
			token := proved(t, provider, owner, resource)
			unbound := fetch(t, provider, resource, "profile")
			base := server.Client().Transport
			used := http.Header{"Dpop": {owner.Proof(http.MethodGet, apiURL, token)}}
			for _, tt := range []struct {
				name      string
				transport http.RoundTripper
				request   *http.Request
				status    int
				error     string
			}{
				{"proved", owner.Transport(base), request(t, "DPoP", token, nil), 200, ""},
				{"proved anew", owner.Transport(base), request(t, "DPoP", token, nil), 200, ""},
				{"a proof by hand", base, request(t, "DPoP", token, used), 200, ""},
				{"the same again", base, request(t, "DPoP", token, used), 401, "invalid_dpop_proof"},
				{"no proof", base, request(t, "DPoP", token, nil), 401, "invalid_dpop_proof"},
				{"another key", thief.Transport(base), request(t, "DPoP", token, nil), 401, "invalid_token"},
				{"as a bearer token", base, request(t, "Bearer", token, nil), 401, "invalid_token"},
				{"not bound", owner.Transport(base), request(t, "DPoP", unbound, nil), 401, "invalid_token"},
				{"not bound, as a bearer token", base, request(t, "Bearer", unbound, nil), 200, ""},
			} {
				t.Run(tt.name, func(t *testing.T) {
					status, challenge := send(t, tt.transport, tt.request)
					require.Equal(t, tt.status, status, challenge)
					if tt.error != "" {
						require.Contains(t, challenge, `error="`+tt.error+`"`)
					}
				})
			}
		})
	}
}

// proved gets a token that is bound to the key of client.
func proved(t *testing.T, provider *oidcprovider.Provider, client *jwttest.Client, resource string) string {
	t.Helper()
	token, err := provider.ProvedToken(t.Context(), &http.Client{Transport: client.Transport(nil)}, resource, "profile")
	require.NoError(t, err)
	return token
}

// The provider demands nonces, and so does the API: a client that learns from the one
// gets along with the other, whose nonces are not the same.
//
// checklist 131, 141
func TestNoncesOfAnotherMakeAndOurs(t *testing.T) {
	provider := start(t)
	client := jwttest.NewClient(t)
	asked := &counter{}
	_, err := provider.ProvedToken(t.Context(), &http.Client{Transport: asked}, oidcprovider.JWTResource, "profile")
	require.NoError(t, err)
	require.Equal(t, 1, asked.requests, "without a proof no nonce is asked for")
	asked.requests = 0
	proving := &http.Client{Transport: client.Transport(asked)}
	token, err := provider.ProvedToken(t.Context(), proving, oidcprovider.JWTResource, "profile")
	require.NoError(t, err)
	require.Equal(t, 2, asked.requests, "the first answer gives a nonce")

	key := make([]byte, 32)
	rand.Read(key)
	tokens := newTokens(t, provider, oidcprovider.JWTResource)
	proofs := newProofs(t, dpop.Config{NonceKeys: [][]byte{key}})
	server := boundAPI(t, protector.DPoP(tokens.Validate, proofs))
	base := &counter{within: server.Client().Transport}
	transport := client.Transport(base)
	for _, requests := range []int{2, 3} {
		status, challenge := send(t, transport, request(t, "DPoP", token, nil))
		require.Equal(t, 200, status, challenge)
		require.Equal(t, requests, base.requests, "asked for a nonce once")
	}
	status, challenge := send(t, base, request(t, "DPoP", token, http.Header{
		"Dpop": {client.Proof(http.MethodGet, apiURL, token, jwttest.Claim("nonce", "of the other make"))},
	}))
	require.Equal(t, 401, status)
	require.Contains(t, challenge, `error="use_dpop_nonce"`)
}

// counter counts the requests that reach the network.
type counter struct {
	within   http.RoundTripper // nil: http.DefaultTransport
	requests int
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests++
	if c.within == nil {
		return http.DefaultTransport.RoundTrip(r)
	}
	return c.within.RoundTrip(r)
}

// A token that another make of issuer has bound to a client's certificate is good over
// a connection with that certificate, and over no other. (It binds to a certificate or
// to a key, and refuses to do both.)
//
// checklist 148, 149, 150, 151, 152
func TestTokensThatAnotherMakeBindsToACertificate(t *testing.T) {
	provider := start(t)
	tokens, opaque := newTokens(t, provider, oidcprovider.JWTResource), newIntrospection(t, provider)
	mutualTLS := protector.MutualTLS(protector.MutualTLSConfig{})
	server := boundAPI(t,
		protector.DPoP(tokens.Validate, newProofs(t, dpop.Config{})).Proving(mutualTLS),
		protector.Bearer(tokens.Validate).Proving(mutualTLS),
	)
	asking := boundAPI(t, protector.Bearer(opaque.Introspect).Proving(mutualTLS))
	_, err := provider.CertifiedToken(t.Context(), &http.Client{Transport: provider.Transport()},
		oidcprovider.JWTResource, "profile")
	require.ErrorContains(t, err, "invalid_grant", "without a certificate")
	owner, thief := jwttest.NewClient(t), jwttest.NewClient(t)
	certified := issue(t, provider, presenting(provider.Transport(), owner), oidcprovider.JWTResource)
	keyed := proved(t, provider, owner, oidcprovider.JWTResource)
	opaqueOne := issue(t, provider, presenting(provider.Transport(), owner), oidcprovider.OpaqueResource)

	base := func(server *httptest.Server) *http.Transport { return server.Client().Transport.(*http.Transport) }
	owners, thiefs := presenting(base(server), owner), presenting(base(server), thief)
	for _, tt := range []struct {
		name      string
		transport http.RoundTripper
		request   *http.Request
		status    int
	}{
		{"its certificate", owners, request(t, "Bearer", certified, nil), 200},
		{"another certificate", thiefs, request(t, "Bearer", certified, nil), 401},
		{"no certificate", base(server), request(t, "Bearer", certified, nil), 401},
		{"in a header field", base(server), request(t, "Bearer", certified, http.Header{
			"Client-Cert": {":" + encoded(owner) + ":"},
		}), 401},
		{"opaque: its certificate", presenting(base(asking), owner), request(t, "Bearer", opaqueOne, nil), 200},
		{"opaque: another certificate", presenting(base(asking), thief), request(t, "Bearer", opaqueOne, nil), 401},
		{"opaque: no certificate", base(asking), request(t, "Bearer", opaqueOne, nil), 401},
		{"with a proof as well", owner.Transport(base(server)), request(t, "DPoP", certified, nil), 401},
		{"bound to a key, and a certificate", owners, request(t, "Bearer", keyed, nil), 401},
		{"bound to a key, and proved", owner.Transport(base(server)), request(t, "DPoP", keyed, nil), 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, challenge := send(t, tt.transport, tt.request)
			require.Equal(t, tt.status, status, challenge)
		})
	}
}

// presenting returns a copy of the transport that presents the client's certificate,
// and makes no proofs.
func presenting(transport *http.Transport, client *jwttest.Client) *http.Transport {
	transport = transport.Clone()
	transport.TLSClientConfig.Certificates = []tls.Certificate{client.Certificate()}
	return transport
}

func encoded(client *jwttest.Client) string {
	return base64.StdEncoding.EncodeToString(client.Certificate().Certificate[0])
}

// issue gets a token that is bound to what the transport shows.
func issue(t *testing.T, provider *oidcprovider.Provider, transport http.RoundTripper, resource string) string {
	t.Helper()
	token, err := provider.CertifiedToken(t.Context(), &http.Client{Transport: transport}, resource, "profile")
	require.NoError(t, err)
	return token
}
