package jwt_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
	"example.com/resourceserver/protector"
)

// A service with tenants, as its clients see it: behind a protector, and with a cache.
//
// checklist 214, 215
func TestTenantsOverHTTP(t *testing.T) {
	known := tenantAt(t, "https://known.example")
	removed, unknown, unreachable := tenantAt(t, "https://removed.example"),
		tenantAt(t, "https://unknown.example"), tenantAt(t, "https://unreachable.example")
	registry := newRegistry(known, removed)
	registry.doBefore(func(_ context.Context, issuer string) error {
		if issuer == unreachable.URL() {
			return errors.New("the database is down: password=hunter2")
		}
		return nil
	})
	tenants := tenantsOf(t, registry)
	cache, err := tokencache.New(tenants.Validate, tokencache.Config{})
	require.NoError(t, err)
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(cache.Validate)}})
	require.NoError(t, err)
	api := httptest.NewServer(guard.Require()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	t.Cleanup(api.Close)

	answer := func(bearer string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.URL, nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+bearer)
		response, err := api.Client().Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response
	}
	kept, lost := known.Token(), removed.Token()
	for range 2 { // from the cache, the second time
		require.Equal(t, http.StatusOK, answer(kept).StatusCode)
		require.Equal(t, http.StatusOK, answer(lost).StatusCode)
	}
	require.Equal(t, 2, registry.total())

	registry.drop(removed.URL())
	tenants.Remove(removed.URL())
	gone := answer(lost)
	require.Equal(t, http.StatusUnauthorized, gone.StatusCode, "at once, though it is in the cache")
	require.Contains(t, gone.Header.Get("WWW-Authenticate"), `error="invalid_token"`)
	require.Equal(t, http.StatusOK, answer(kept).StatusCode, "which is no matter of anybody else's")

	down := answer(unreachable.Token())
	require.Equal(t, http.StatusServiceUnavailable, down.StatusCode)
	require.NotEmpty(t, down.Header.Get("Retry-After"))
	require.Empty(t, down.Header.Get("WWW-Authenticate"))
	require.Equal(t, http.StatusUnauthorized, answer(unknown.Token()).StatusCode)
	forged := jwttest.NewIssuer(t, jwttest.At(known.URL()), jwttest.FirstKey("EdDSA"))
	require.Equal(t, http.StatusUnauthorized, answer(forged.Token()).StatusCode, "by a key that is not the tenant's")
}
