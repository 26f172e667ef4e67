package jwt_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// answering is an endpoint that has one answer.
type answering string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	_, err := answer.WriteString(string(a))
	response := answer.Result()
	response.Request = r
	return response, err
}

// Every kind of source that jwks has says whose its keys are if it was told so, and then
// Config.Issuer may be left out, must not be another, and is what tokens are held to.
// One that was not told leaves it to Config.Issuer.
//
// checklist 30, 57
func TestTheIssuerIsSaidOnceWhateverTheSource(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	der, err := x509.MarshalPKIXPublicKey(issuer.PublicKey(issuer.KeyID()))
	require.NoError(t, err)
	block := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	byKid, err := json.Marshal(map[string]string{issuer.KeyID(): block})
	require.NoError(t, err)
	file := func(content []byte) string {
		name := filepath.Join(t.TempDir(), "keys")
		require.NoError(t, os.WriteFile(name, content, 0o600))
		return name
	}
	remote := func(c jwks.Config) func(string) (jwt.KeySource, error) {
		return func(name string) (jwt.KeySource, error) {
			c.Issuer, c.HTTPClient = name, issuer.Client()
			if c.File != "" {
				c.HTTPClient = nil
			}
			return jwks.NewRemote(c)
		}
	}
	metadata := issuer.URL() + "/.well-known/openid-configuration"
	for _, tt := range []struct {
		name   string
		source func(issuer string) (jwt.KeySource, error)
		silent bool // it has no place for the issuer
		told   bool // it does not work without
	}{
		{"discovery", remote(jwks.Config{}), false, true},
		{"metadata elsewhere", remote(jwks.Config{DiscoveryURL: metadata}), false, true},
		{"set", remote(jwks.Config{URL: issuer.JWKSURL()}), false, false},
		{"file", remote(jwks.Config{File: file(issuer.JWKS())}), false, false},
		{"file of PEM", remote(jwks.Config{File: file([]byte(block)), Encoding: jwks.EncodingPEM}), false, false},
		{"file by kid", remote(jwks.Config{File: file(byKid), Encoding: jwks.EncodingCertificates}), false, false},
		{"keys one at a time", func(name string) (jwt.KeySource, error) {
			return jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{
				URL: "https://keys.example/{kid}", Issuer: name, HTTPClient: &http.Client{Transport: answering(block)},
			})
		}, false, false},
		{"static", func(string) (jwt.KeySource, error) { return jwks.ParseStatic(issuer.JWKS()) }, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, c := range []struct {
				stated, config string
				fault          string
			}{
				{issuer.URL(), "", ""},
				{issuer.URL(), issuer.URL(), ""},
				{issuer.URL(), "https://other.example", "Config.Keys are those of"},
				{"https://other.example", issuer.URL(), "Config.Keys are those of"},
				{issuer.URL(), issuer.URL() + "/", "Config.Keys are those of"},
				{"", issuer.URL(), ""},
				{"", "", "Config.Issuer is empty"},
			} {
				if tt.told && c.stated == "" || tt.silent && c.stated != "" {
					continue
				}
				keys, err := tt.source(c.stated)
				require.NoError(t, err)
				v, err := jwt.NewValidator(jwt.Config{
					Issuer: c.config, Keys: keys, Audiences: []string{issuer.Audience()},
				})
				if c.fault != "" {
					require.ErrorContains(t, err, c.fault)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, issuer.URL(), v.Issuer())
				require.Equal(t, issuer.URL(), acceptOnce(t, v, issuer.Token()).Issuer())
				other := issuer.Token(jwttest.Claim("iss", "https://other.example"))
				refuseOnce(t, v, other, jwt.ReasonIssuer)
			}
		})
	}
}
