package issuers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
)

// checklist 28: an issuer whose certificate a private authority has signed. Who does not trust it cannot tell what its
// tokens are worth, which is no fault of theirs: 503.
func TestPrivateAuthority(t *testing.T) {
	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: certify(t)}}}
	var ready struct{ Issuer string }
	runNode(t, &ready, "mockserver.mjs")
	require.Contains(t, ready.Issuer, "https://")
	app := &client{id: "app", secret: "any", browser: trusting, endpoints: metadata{Token: ready.Issuer + "/token"}}
	access := app.machine(t, "aud", ours)
	config := jwt.Config{Audiences: []string{ours}, Profile: mockServerProfile()}

	newAPIWith(t, jwks.Config{Issuer: ready.Issuer, HTTPClient: trusting}, config).accepts(t, access, "app for  may ")
	status, _ := newAPI(t, ready.Issuer, config).ask(t, access)
	require.Equal(t, http.StatusServiceUnavailable, status)
}

// certify makes a certificate for localhost, and has the programs that are started next find it with its key.
func certify(t *testing.T) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		DNSNames:              []string{"localhost"},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	folder := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"TLS_CERTIFICATE": {Type: "CERTIFICATE", Bytes: certificate},
		"TLS_KEY":         {Type: "PRIVATE KEY", Bytes: private},
	} {
		file := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
		t.Setenv(name, file)
	}
	parsed, err := x509.ParseCertificate(certificate)
	require.NoError(t, err)
	authorities := x509.NewCertPool()
	authorities.AddCert(parsed)
	return authorities
}
