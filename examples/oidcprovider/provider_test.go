package oidcprovider_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/examples/oidcprovider"
	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
)

func start(t *testing.T) *oidcprovider.Provider {
	t.Helper()
	provider, err := oidcprovider.Start(t.Context())
	if errors.Is(err, oidcprovider.ErrMissing) {
		t.Skip(err) // no Node.js, or its packages are not installed: the README says how
	}
	require.NoError(t, err)
	t.Cleanup(provider.Close)
	return provider
}

// api is protected with nothing but the defaults, so its profile is RFC 9068.
func api(t *testing.T, issuer, audience string) *httptest.Server {
	t.Helper()
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer})
	require.NoError(t, err)
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer, Audiences: []string{audience}, Keys: keys})
	require.NoError(t, err)
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(tokens.Validate)}})
	require.NoError(t, err)
	server := httptest.NewServer(guard.Require("profile")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := protector.CurrentToken[*jwt.Token](r.Context())
		io.WriteString(w, token.Issuer()+" "+token.ClientID()+" "+token.Subject())
	})))
	t.Cleanup(server.Close)
	return server
}

// checklist 28, 37, 39: what an independent issuer calls a JWT access token is accepted by the default profile.
func TestJWTAccessTokensOfAnotherMake(t *testing.T) {
	provider := start(t)
	for _, resource := range []string{oidcprovider.JWTResource, oidcprovider.ES256Resource} {
		t.Run(resource, func(t *testing.T) {
			server := api(t, provider.Issuer, resource)
			profile := fetch(t, provider, resource, "profile email")
			tests := []struct {
				name      string
				token     string
				status    int
				challenge string
			}{
				{"granted", profile, 200, ""},
				{"scope missing", fetch(t, provider, resource, "email"), 403, `error="insufficient_scope"`},
				{"no scope", fetch(t, provider, resource, ""), 403, `scope="profile"`},
				{"signature changed", alter(profile, 2), 401, `error="invalid_token"`},
				{"claims changed", alter(profile, 1), 401, `error="invalid_token"`},
				{"header changed", alter(profile, 0), 401, `error="invalid_token"`},
				{"for another API", fetch(t, provider, other(resource), "profile"), 401, `error="invalid_token"`},
				{"opaque", fetch(t, provider, oidcprovider.OpaqueResource, "profile"), 401, `error="invalid_token"`},
				{"none", "", 401, "Bearer"},
			}
			for _, tt := range tests {
				t.Run(tt.name, func(t *testing.T) {
					status, challenge, body := ask(t, server.URL, tt.token)
					require.Equal(t, tt.status, status, body)
					require.Contains(t, challenge, tt.challenge)
					if status == 200 {
						require.Equal(t, provider.Issuer+" "+provider.ClientID+" "+provider.ClientID, body)
					}
				})
			}
		})
	}
}

// The other use of the provider: opaque tokens, which it answers about.
func TestOpaqueTokensCanBeIntrospectedUntilTheyAreRevoked(t *testing.T) {
	provider := start(t)
	token := fetch(t, provider, oidcprovider.OpaqueResource, "profile email")
	answer := introspect(t, provider, token)
	require.Equal(t, true, answer["active"])
	require.Equal(t, provider.Issuer, answer["iss"])
	require.Equal(t, oidcprovider.OpaqueResource, answer["aud"])
	require.Equal(t, "profile email", answer["scope"])

	require.NoError(t, provider.Revoke(t.Context(), token))
	require.Equal(t, map[string]any{"active": false}, introspect(t, provider, token))
	require.NotContains(t, introspect(t, provider, fetch(t, provider, "", "profile")), "aud")

	_, err := provider.Token(t.Context(), "https://unknown.example", "profile")
	require.ErrorContains(t, err, "invalid_target")
}

func introspect(t *testing.T, provider *oidcprovider.Provider, token string) (answer map[string]any) {
	t.Helper()
	form := strings.NewReader(url.Values{"token": {token}}.Encode())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, provider.IntrospectionURL(), form)
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(provider.IntrospectionClientID, provider.IntrospectionClientSecret)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	return answer
}

func TestStartEndsWithItsContext(t *testing.T) {
	start(t) // skips where nothing can run
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := oidcprovider.Start(ctx)
	require.Error(t, err)
	require.NotErrorIs(t, err, oidcprovider.ErrMissing)
}

func fetch(t *testing.T, provider *oidcprovider.Provider, resource, scope string) string {
	t.Helper()
	token, err := provider.Token(t.Context(), resource, scope)
	require.NoError(t, err)
	return token
}

func other(resource string) string {
	if resource == oidcprovider.JWTResource {
		return oidcprovider.ES256Resource
	}
	return oidcprovider.JWTResource
}

// alter changes one character in the middle of a part of the token.
func alter(token string, part int) string {
	parts := strings.Split(token, ".")
	middle := len(parts[part]) / 2
	replacement := "A"
	if parts[part][middle] == 'A' {
		replacement = "B"
	}
	parts[part] = parts[part][:middle] + replacement + parts[part][middle+1:]
	return strings.Join(parts, ".")
}

func ask(t *testing.T, address, token string) (status int, challenge, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header.Get("WWW-Authenticate"), string(text)
}
