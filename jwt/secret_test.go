package jwt_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

func secretFault(secret []byte) error {
	_, err := jwt.NewValidator(jwt.Config{Issuer: "i", Audiences: []string{"a"}, Algorithms: []string{"HS256"},
		Secret: secret})
	return err
}

// Whoever has the issuer's public key could make tokens with it.
// checklist 50
func TestASecretThatIsAPublicKey(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	set := string(issuer.JWKS())
	jwk := set[strings.IndexByte(set, '[')+1 : strings.LastIndexByte(set, ']')]
	forms := map[string]string{
		"JWK Set":            set,
		"indented JWK Set":   "\r\n{\n  \"keys\": []\n, \"x\": 1}         \n",
		"with a BOM":         "\ufeff" + set,
		"JWK":                jwk,
		"array of JWKs":      "[" + jwk + "]",
		"broken JWK":         jwk[:len(jwk)-1],
		"shared JWK":         `{"kty":"oct","k":"` + strings.Repeat("A", 43) + `"}`,
		"SSH RSA":            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ user@host",
		"SSH Ed25519":        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI user@host",
		"SSH ECDSA":          "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY",
		"SSH security key":   "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t",
		"SSH2":               "---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3NzaC1yc2EAAAADAQABAAABAQ",
		"PEM after a line":   "\n-----BEGIN CERTIFICATE-----\nMIIB",
		"PEM after its text": "Certificate:\n    Data:\n        Version: 3\n-----BEGIN CERTIFICATE-----\nMIIB",
		"PEM in quotes":      `"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQ"`,
		"PEM of a secret":    "-----BEGIN PRIVATE KEY-----\nMIIBMIIBMIIB",
		"DER certificate":    string(certificate(t, big.NewInt(1))),
		"base64 certificate": base64.StdEncoding.EncodeToString(certificate(t, big.NewInt(1))),
		"negative serial":    string(certificate(t, big.NewInt(-1))),
	}
	for _, alg := range []string{"RS256", "ES256", "ES512", "EdDSA"} {
		der, err := x509.MarshalPKIXPublicKey(issuer.PublicKey(issuer.AddKey(alg)))
		require.NoError(t, err)
		forms["DER "+alg] = string(der)
		forms["base64 "+alg] = base64.StdEncoding.EncodeToString(der)
		forms["base64url "+alg] = base64.RawURLEncoding.EncodeToString(der)
		lines := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		forms["PEM "+alg] = lines
		forms["PEM without its lines "+alg] = lines[strings.IndexByte(lines, '\n'):strings.LastIndex(lines, "-----END")]
	}
	forms["PKCS #1"] = string(x509.MarshalPKCS1PublicKey(issuer.PublicKey("RS256-2").(*rsa.PublicKey)))
	for name, form := range forms {
		err := secretFault([]byte(form))
		require.ErrorContains(t, err, "jwt: Config.Secret is a", name)
		require.NotContains(t, err.Error(), form, name)
	}
}

// certificate returns one of Ed25519 with that serial number.
func certificate(t *testing.T, serial *big.Int) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	template := x509.Certificate{SerialNumber: big.NewInt(0x4142), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, public, private)
	require.NoError(t, err)
	at := strings.Index(string(der), "\x02\x02AB") // the serial number, which nobody else reads here
	require.Positive(t, at)
	if serial.Sign() < 0 {
		der[at+2] = 0xff
	}
	return der
}

func TestASecretThatIsNoPublicKey(t *testing.T) {
	random := make([]byte, 64)
	for range 10_000 {
		_, _ = rand.Read(random)
		random[0], random[1] = 0x30, 62 // as DER begins
		require.NoError(t, secretFault(random))
		text := base64.StdEncoding.EncodeToString(random)
		require.NoError(t, secretFault([]byte(text)))
	}
	for _, text := range []string{
		`{"password":"correct horse battery staple"}`, "ssh-keys are not what this is about, is it",
		"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIB",
	} {
		require.NoError(t, secretFault([]byte(text)), text)
	}
	require.NoError(t, secretFault(slices.Repeat([]byte{0x30}, 64)))
}
