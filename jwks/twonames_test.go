package jwks_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// Where the issuer is known by another name inside than in its tokens, such as Keycloak in a container network.
const (
	insideMetadata = "http://keycloak:8080/realms/a/.well-known/openid-configuration"
	insideKeys     = "http://keycloak:8080/realms/a/certs"
)

// inside answers with metadata of an issuer, and with keys at any other place.
func inside(issuer, jwksURI string) *endpoint {
	e := newEndpoint(ecJWK("a"))
	e.metadata = body(200, "application/json", `{"issuer":"`+issuer+`","jwks_uri":"`+jwksURI+`"}`)
	return e
}

func byInsideName(c *jwks.Config) {
	c.URL, c.Issuer, c.DiscoveryURL, c.InsecureAllowPlainHTTP = "", issuerURL, insideMetadata, true
}

func TestMetadataAtAnotherAddress(t *testing.T) {
	// checklist 191
	for name, tc := range map[string]struct {
		issuer, jwksURI string
		fault           string
	}{
		"keys inside":              {issuerURL, insideKeys, ""},
		"keys outside":             {issuerURL, setURL, ""},
		"the inside name":          {"http://keycloak:8080/realms/a", insideKeys, "issuer mismatch"},
		"another tenant":           {issuerURL + "/b", insideKeys, "issuer mismatch"},
		"a slash more":             {issuerURL + "/", insideKeys, "issuer mismatch"},
		"no issuer":                {"", insideKeys, "issuer mismatch"},
		"a relative jwks_uri":      {issuerURL, "/realms/a/certs", "jwks_uri is not an absolute"},
		"a password in jwks_uri":   {issuerURL, "https://u:p@keycloak/certs", "jwks_uri holds a user name"},
		"a jwks_uri that is none":  {issuerURL, "", "jwks_uri is not an absolute"},
		"a file instead of a host": {issuerURL, "file:///etc/keys", "jwks_uri is not an absolute"},
	} {
		e := inside(tc.issuer, tc.jwksURI)
		r := newRemote(t, e, byInsideName)
		require.Equal(t, issuerURL, r.Issuer(), name)
		err := r.Refresh(t.Context())
		if tc.fault != "" {
			require.ErrorContains(t, err, tc.fault, name)
			require.Equal(t, []string{insideMetadata}, e.urls(), "%s: nothing else is asked", name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, []string{insideMetadata, tc.jwksURI}, e.urls(), "%s: as it stands", name)
		require.True(t, accepts(r, "a"), name)
	}
}

// Metadata at an https address does not lead to a port of this machine, nor does a redirect lead elsewhere.
func TestMetadataAtAnotherAddressIsNotTrustedMore(t *testing.T) {
	// checklist 96, 191
	https := func(c *jwks.Config) {
		byInsideName(c)
		c.DiscoveryURL, c.InsecureAllowPlainHTTP = "https://in.example/m", false
	}
	for _, jwksURI := range []string{"http://127.0.0.1/keys", "http://keycloak:8080/keys"} {
		e := newEndpoint(ecJWK("a"))
		e.answer(body(200, "application/json", `{"issuer":"`+issuerURL+`","jwks_uri":"`+jwksURI+`"}`))
		require.ErrorContains(t, newRemote(t, e, https).Refresh(t.Context()), "jwks_uri is http", jwksURI)
		require.Len(t, e.urls(), 1)
	}
	e := inside(issuerURL, insideKeys)
	e.metadata = func(req *http.Request) (*http.Response, error) {
		return respond(req, 302, http.Header{"Location": {issuerURL + "/.well-known/openid-configuration"}}, ""), nil
	}
	require.ErrorContains(t, newRemote(t, e, byInsideName).Refresh(t.Context()), "another origin")
	require.Len(t, e.urls(), 1)
}

// Whether http to this machine will do is decided by where the metadata was read, and not by what the issuer is called.
func TestMetadataDecidesOnLoopback(t *testing.T) {
	// checklist 191
	for _, tc := range []struct {
		issuer, metadata string
		taken            bool
	}{
		{issuerURL, "http://127.0.0.1:8080/m", true},
		{"http://localhost/realms/a", "https://in.example/m", false},
	} {
		const keys = "http://127.0.0.1:8080/certs"
		e := inside(tc.issuer, keys)
		e.fault = func(req *http.Request) (*http.Response, error) {
			if req.URL.String() == keys {
				return respond(req, 200, e.header, setOf(ecJWK("a"))), nil
			}
			return e.metadata(req)
		}
		r := newRemote(t, e, func(c *jwks.Config) { c.URL, c.Issuer, c.DiscoveryURL = "", tc.issuer, tc.metadata })
		err := r.Refresh(t.Context())
		if !tc.taken {
			require.ErrorContains(t, err, "jwks_uri is http")
			require.Equal(t, []string{tc.metadata}, e.urls(), "nothing else is asked")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, []string{tc.metadata, keys}, e.urls())
	}
}

// With URL nothing is discovered, and the issuer is a name: also one that is no URL.
func TestIssuerWithoutDiscovery(t *testing.T) {
	// checklist 191
	for _, issuer := range []string{issuerURL, "kubernetes/serviceaccount", "accounts.google.com"} {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, func(c *jwks.Config) { c.Issuer = issuer })
		require.Equal(t, issuer, r.Issuer())
		require.True(t, accepts(r, "a"))
		require.Equal(t, []string{setURL}, e.urls())
		require.Equal(t, issuer, r.Status().Source)
	}
}
