package main

import (
	"errors"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/examples/oidcprovider"
)

func TestServesWithAnIssuerOfOtherMake(t *testing.T) {
	provider, err := oidcprovider.Start(t.Context())
	if errors.Is(err, oidcprovider.ErrMissing) {
		t.Skip(err) // no Node.js, or its packages are not installed: the README says how
	}
	require.NoError(t, err)
	t.Cleanup(provider.Close)

	out := start(t, "-issuer", provider.Issuer, "-audience", oidcprovider.JWTResource)
	require.Contains(t, out, "All 4 lines are as expected.")
	url := regexp.MustCompile(`Serving on (http://\S+)\.`).FindStringSubmatch(out)[1]
	good, err := provider.Token(t.Context(), oidcprovider.JWTResource, "profile")
	require.NoError(t, err)
	require.Equal(t, 200, get(t, url+"/me", good))
	require.Equal(t, 200, get(t, url+"/profile", good))
	require.Equal(t, 403, get(t, url+"/contact", good))
	require.Equal(t, 401, get(t, url+"/profile", good[:len(good)-10]+"AAAAAAAAAA"))
	elsewhere, err := provider.Token(t.Context(), oidcprovider.ES256Resource, "profile")
	require.NoError(t, err)
	require.Equal(t, 401, get(t, url+"/profile", elsewhere), "meant for another API")
}
