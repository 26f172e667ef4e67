package jwks_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// panicking is a transport with a bug, until it is mended.
type panicking struct {
	mended http.RoundTripper
}

func (p *panicking) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.mended == nil {
		panic("secret of the transport")
	}
	return p.mended.RoundTrip(r)
}

// A fetch runs on a goroutine of its own, where a panic would end the process.
func TestAPanicOfTheTransportIsAFailedFetch(t *testing.T) {
	transport := new(panicking)
	r, err := jwks.NewRemote(jwks.Config{URL: setURL, HTTPClient: &http.Client{Transport: transport}})
	require.NoError(t, err)
	_, err = r.VerificationKeys(t.Context(), "a", "ES256")
	require.ErrorIs(t, err, jwks.ErrUnavailable)
	require.ErrorContains(t, err, "panicked")
	require.NotContains(t, err.Error(), "secret")
	require.Equal(t, 1, r.Status().Failures)

	transport.mended = newEndpoint(ecJWK("a"))
	require.NoError(t, r.Refresh(t.Context()), "a later fetch is possible")
	keys, err := r.VerificationKeys(t.Context(), "a", "ES256")
	require.NoError(t, err)
	require.Len(t, keys, 1)
}
