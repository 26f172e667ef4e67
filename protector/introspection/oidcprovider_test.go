package introspection_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/examples/oidcprovider"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
)

// The same over a server that others wrote: npm's oidc-provider.
//
// checklist 171, 172, 173, 175, 179, 180
func TestOIDCProvider(t *testing.T) {
	provider, err := oidcprovider.Start(t.Context())
	if errors.Is(err, oidcprovider.ErrMissing) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(provider.Close)

	configure := func(adjust func(*settings)) *introspection.Client {
		c := introspection.Config{
			Endpoint:        provider.IntrospectionURL(),
			Credentials:     introspection.ClientSecretBasic(provider.IntrospectionClientID, provider.IntrospectionClientSecret),
			Issuer:          provider.Issuer,
			Audiences:       []string{oidcprovider.OpaqueResource},
			RequiredMembers: []string{"aud", "exp", "iss", "client_id"},
		}
		adjust(&c)
		return newClient(t, c)
	}
	issue := func(t *testing.T, resource, scope string) string {
		token, err := provider.Token(t.Context(), resource, scope)
		require.NoError(t, err)
		return token
	}

	client := configure(func(*settings) {})
	server, _ := protected(t, client, protector.Config{})

	t.Run("good", func(t *testing.T) {
		token := issue(t, oidcprovider.OpaqueResource, "profile email")
		response, _ := get(t, server.URL, token)
		require.Equal(t, 200, response.StatusCode)
		got, err := client.Introspect(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, provider.ClientID, got.ClientID())
		require.Equal(t, provider.Issuer, got.Issuer())
		require.Equal(t, []string{oidcprovider.OpaqueResource}, got.Audience())
		require.Equal(t, "Bearer", got.TokenType())
		require.True(t, got.Scopes().Has("profile") && got.Scopes().Has("email"))
	})
	t.Run("too little scope", func(t *testing.T) {
		response, _ := get(t, server.URL, issue(t, oidcprovider.OpaqueResource, "profile"))
		require.Equal(t, 403, response.StatusCode)
	})
	t.Run("unknown", func(t *testing.T) {
		_, err := client.Introspect(t.Context(), "never-issued")
		requireRejected(t, err, introspection.ReasonInactive)
	})
	t.Run("no audience", func(t *testing.T) {
		_, err := client.Introspect(t.Context(), issue(t, "", "profile"))
		requireRejected(t, err, introspection.ReasonMissingClaim)
	})
	t.Run("other audience", func(t *testing.T) {
		other := configure(func(c *settings) { c.Audiences = []string{"https://other.example"} })
		_, err := other.Introspect(t.Context(), issue(t, oidcprovider.OpaqueResource, "profile"))
		requireRejected(t, err, introspection.ReasonAudience)
	})
	t.Run("revoked", func(t *testing.T) {
		token := issue(t, oidcprovider.OpaqueResource, "user")
		response, _ := get(t, server.URL, token)
		require.Equal(t, 200, response.StatusCode)
		require.NoError(t, provider.Revoke(t.Context(), token))
		response, _ = get(t, server.URL, token) // remembered: the price of PositiveTTL
		require.Equal(t, 200, response.StatusCode)
		attentive := configure(func(c *settings) { c.PositiveTTL = introspection.NoCache })
		_, err := attentive.Introspect(t.Context(), token)
		requireRejected(t, err, introspection.ReasonInactive)
	})
	t.Run("wrong secret", func(t *testing.T) {
		stranger := configure(func(c *settings) {
			c.Credentials = introspection.ClientSecretBasic(provider.IntrospectionClientID, "wrong")
		})
		_, err := stranger.Introspect(t.Context(), issue(t, oidcprovider.OpaqueResource, "user"))
		requireUnavailable(t, err, introspection.FailureCredentialsRefused)
	})
	t.Run("wrong path", func(t *testing.T) {
		lost := configure(func(c *settings) { c.Endpoint = provider.Issuer + "/nowhere" })
		_, err := lost.Introspect(t.Context(), issue(t, oidcprovider.OpaqueResource, "user"))
		requireUnavailable(t, err, introspection.FailureStatus)
	})
	// last: it ends the provider
	t.Run("down", func(t *testing.T) {
		token := issue(t, oidcprovider.OpaqueResource, "user")
		provider.Close()
		response, _ := get(t, server.URL, token)
		require.Equal(t, 503, response.StatusCode)
		require.NotEmpty(t, response.Header.Get("Retry-After"))
	})
}
