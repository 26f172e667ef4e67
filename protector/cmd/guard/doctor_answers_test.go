package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

func TestDoctorOfCaches(t *testing.T) {
	t.Parallel()
	for field, says := range map[string]string{
		"":                              "good     cache      no Cache-Control: keys are asked for again after 1",
		"max-age=300":                   `good     cache      Cache-Control "max-age=300": keys are asked for again after`,
		"public, max-age=86400":         `good     cache      Cache-Control "public, max-age=86400", taken as an hour: keys`,
		"max-age=0":                     "warning  cache      Cache-Control \"max-age=0\", taken as a minute: keys",
		"no-store, MAX-AGE=\"5\"":       ", taken as a minute: keys are asked for again after",
		"no-store":                      "Cache-Control \"no-store\", and keys are kept in memory all the same",
		"max-age=31536000":              "warning  cache      Cache-Control \"max-age=31536000\", taken as an hour: keys",
		"max-age=99999999999999999999":  "whoever believes it uses a withdrawn key for as long",
		"max-age=soon, max-age=1":       "every instance of a service asks once a minute",
		"s-maxage=0, xmax-age=0, a=b=c": "good     cache      Cache-Control ",
	} {
		t.Run(field, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t)
			issuer.SetHeader("ETag", "")
			if field != "" {
				issuer.SetHeader("Cache-Control", field)
			}
			r := run(t, "", flagsFor("doctor", issuer)...)
			require.Equal(t, 0, r.code, r.out)
			require.Contains(t, strings.ReplaceAll(r.out, ", an ETag", ""), says)
		})
	}
}

// secureIssuer serves an issuer's documents by TLS, and returns its URL and what trusts it.
func secureIssuer(t *testing.T, config *tls.Config) (url string, env []string) {
	t.Helper()
	keys := jwttest.NewIssuer(t).JWKS()
	server := httptest.NewUnstartedServer(nil)
	url = "https://" + server.Listener.Addr().String()
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/.well-known/") {
			writeJSON(w, metadataOf("URL")(url))
		} else {
			writeJSON(w, string(keys))
		}
	})
	server.TLS = config
	server.StartTLS()
	t.Cleanup(server.Close)
	authority := filepath.Join(t.TempDir(), "authority.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(authority, text, 0o600))
	return url, []string{"SSL_CERT_FILE=" + authority}
}

func TestDoctorOfTLS(t *testing.T) {
	t.Parallel()
	url, trust := secureIssuer(t, nil)
	r := run(t, "", "doctor", "-issuer", url)
	require.Equal(t, 1, r.code, r.out)
	require.Contains(t, r.out, "SSL_CERT_FILE")

	r = runIn(t, trust, "", "doctor", "-issuer", url)
	require.Equal(t, 0, r.code, r.out)
	require.Regexp(t, `good +tls +TLS 1\.3 at \S+, certificate until \d{4}-\d\d-\d\d`, r.out)
}

func TestDoctorOfOldTLS(t *testing.T) {
	t.Parallel()
	url, trust := secureIssuer(t, &tls.Config{MaxVersion: tls.VersionTLS12})
	require.Contains(t, runIn(t, trust, "", "doctor", "-issuer", url).out, "TLS 1.2 at ")

	url, trust = secureIssuer(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	r := runIn(t, trust, "", "doctor", "-issuer", url)
	require.Equal(t, 1, r.code, r.out)
	require.Contains(t, r.out, "TLS 1.2 is the oldest version that is taken")
}

// A certificate that has long been due, and one whose authority ends before it does.
func TestDoctorOfCertificatesThatEnd(t *testing.T) {
	t.Parallel()
	soon, later := time.Now().Add(100*time.Hour), time.Now().Add(10000*time.Hour)
	for name, ends := range map[string]struct{ authority, server time.Time }{
		"its own":          {later, soon},
		"of its authority": {soon, later},
	} {
		t.Run(name, func(t *testing.T) {
			root, rootKey := certificate(t, ends.authority, nil, nil)
			leaf, leafKey := certificate(t, ends.server, root, rootKey)
			url, _ := secureIssuer(t, &tls.Config{Certificates: []tls.Certificate{{
				Certificate: [][]byte{leaf.Raw}, PrivateKey: leafKey,
			}}})
			file := filepath.Join(t.TempDir(), "root.pem")
			text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})
			require.NoError(t, os.WriteFile(file, text, 0o600))
			r := runIn(t, []string{"SSL_CERT_FILE=" + file}, "", "doctor", "-issuer", url)
			require.Equal(t, 0, r.code, r.out)
			require.Contains(t, r.out, "warning  tls ")
			require.Contains(t, r.out, "does anything renew it?")
		})
	}
}

// certificate makes one that ends then, signed by its authority, or by itself.
func certificate(t *testing.T, ends time.Time, authority *x509.Certificate, by *ecdsa.PrivateKey) (
	*x509.Certificate, *ecdsa.PrivateKey,
) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: ends,
		BasicConstraintsValid: true, IsCA: authority == nil, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if authority == nil {
		authority, by = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, authority, &key.PublicKey, by)
	require.NoError(t, err)
	made, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	return made, key
}
