package jwks_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// Zero values hold no keys, and say so.
func TestZeroValues(t *testing.T) {
	var static jwks.Static
	require.True(t, refuses(&static, "a"))
	require.True(t, refuses(&static, ""))
	require.Empty(t, static.Skipped())

	var remote jwks.Remote
	for _, kid := range []string{"a", ""} {
		_, err := remote.VerificationKeys(t.Context(), kid, "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.ErrorContains(t, err, "make one with NewRemote")
		require.Positive(t, retryAfter(err))
	}
	require.ErrorContains(t, remote.Refresh(t.Context()), "NewRemote")
	require.ErrorContains(t, remote.Run(t.Context()), "NewRemote")
	require.Equal(t, jwks.NeverLoaded, remote.Status().State)
	require.Empty(t, remote.Issuer())
	w := httptest.NewRecorder()
	remote.StatusHandler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 503, w.Code)
	require.Contains(t, w.Body.String(), "NewRemote")
}
