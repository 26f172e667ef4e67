package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// certify makes a certificate in PEM for a key; usage 0 is none.
func certify(key crypto.PublicKey, usage x509.KeyUsage) string {
	ca := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), KeyUsage: usage,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour), // no longer valid
	}
	return block("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, template, template, key, ca)))
}

func block(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

func publicPEM(key crypto.PublicKey) string {
	return block("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(key)))
}

// badPEM are texts that are not one public key in PEM, and what is said of them.
func badPEM() map[string][2]string {
	key := newEC()
	var small *rsa.PrivateKey
	fips140.WithoutEnforcement(func() { small = must(rsa.GenerateKey(rand.Reader, 1024)) })
	good := publicPEM(key)
	private := block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(p256())))
	return map[string][2]string{
		"not PEM":            {"AAAA", "one block"},
		"nothing":            {"", "one block"},
		"two blocks":         {good + publicPEM(newEC()), "one block"},
		"a broken one first": {strings.Replace(good, "M", "!", 1) + good, "one block"},
		"text after":         {good + "x", "one block"},
		"a header":           {strings.Replace(good, "KEY-----\n", "KEY-----\nA: b\n\n", 1), "one block"},
		"cut":                {good[:len(good)-20], "one block"},
		"another label":      {strings.ReplaceAll(good, "PUBLIC KEY", "RSA PUBLIC KEY"), "neither"},
		"certificate as key": {strings.ReplaceAll(certify(key, 0), "CERTIFICATE", "PUBLIC KEY"), "cannot be read"},
		"key as certificate": {strings.ReplaceAll(good, "PUBLIC KEY", "CERTIFICATE"), "cannot be read"},
		"a private key":      {private, "private key material"},
		"a cut private key":  {private[:60], "private key material"},
		"RSA 1024":           {publicPEM(&small.PublicKey), "shorter than 2048"},
		"certified RSA 1024": {certify(&small.PublicKey, 0), "shorter than 2048"},
		"P-224":              {publicPEM(&must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader)).PublicKey), "crv"},
		"for encryption":     {certify(key, x509.KeyUsageKeyEncipherment), "key usage"},
		"for certificates":   {certify(key, x509.KeyUsageCertSign), "key usage"},
	}
}

// goodPEM are the ways to write a key.
func goodPEM(key crypto.PublicKey) map[string]string {
	return map[string]string{
		"a key":                     publicPEM(key),
		"a certificate":             certify(key, 0),
		"a certificate for signing": certify(key, x509.KeyUsageDigitalSignature),
		"CRLF":                      strings.ReplaceAll(publicPEM(key), "\n", "\r\n"),
		"white space around":        " \r\n" + publicPEM(key) + "\n\n",
	}
}

func certificateMap(texts map[string]any) string { return string(must(json.Marshal(texts))) }

func atURL(doc string) func(*jwks.Config) {
	return func(c *jwks.Config) {
		e := newEndpoint()
		e.answer(body(200, "application/json; charset=UTF-8", doc))
		c.HTTPClient, c.Encoding = e.client(), jwks.EncodingCertificates
	}
}

func TestCertificatesByKID(t *testing.T) {
	for alg, key := range map[string]crypto.PublicKey{
		"RS256": &rsa2048().PublicKey, "ES256": newEC(), "ES512": &p521().PublicKey, "EdDSA": newEd(),
	} {
		for name, text := range goodPEM(key) {
			r := newRemote(t, newEndpoint(), atURL(certificateMap(map[string]any{"a": text})))
			keys, err := r.VerificationKeys(t.Context(), "a", alg)
			require.NoError(t, err, name)
			require.Len(t, keys, 1, name)
			require.True(t, key.(interface{ Equal(crypto.PublicKey) bool }).Equal(keys[0]), name)
			require.True(t, refuses(r, "b"), name)
		}
	}
}

func TestCertificatesThatAreNone(t *testing.T) {
	bad := badPEM()
	texts := map[string]any{"a": publicPEM(newEC()), "a number": 7, "an array": []string{publicPEM(newEC())}}
	for name, tc := range bad {
		texts[name] = tc[0]
	}
	r := newRemote(t, newEndpoint(), atURL(certificateMap(texts)))
	require.NoError(t, r.Refresh(t.Context()))
	require.True(t, accepts(r, "a"), "each key is judged alone")
	require.Len(t, r.Status().Keys, 1)
	require.Len(t, r.Status().Skipped, len(texts)-1)
	for _, skipped := range r.Status().Skipped {
		if tc, ok := bad[skipped.KeyID]; ok {
			require.Contains(t, skipped.Reason, tc[1], skipped.KeyID)
			require.Equal(t, strings.Contains(skipped.KeyID, "private"), skipped.Secret, skipped.KeyID)
		}
	}
}

func TestDocumentsThatAreNoMap(t *testing.T) {
	good := certificateMap(map[string]any{"a": publicPEM(newEC())})
	var many []string
	for i := range 1025 {
		many = append(many, fmt.Sprintf(`"%d":""`, i))
	}
	for name, doc := range map[string]string{
		"nothing": "", "an array": "[]", "null": "null", "no certificate": "{}", "cut": good[:len(good)-1],
		"more after it": good + "{}", "a kid twice": good[:len(good)-1] + "," + good[1:], "BOM": "\ufeff" + good,
		"invalid UTF-8": strings.Replace(good, `"a"`, "\"\xff\"", 1), "too many": "{" + strings.Join(many, ",") + "}",
		"too deep": `{"a":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + "}",
		"a set":    setOf(ecJWK("a")),
	} {
		r := newRemote(t, newEndpoint(), atURL(doc))
		require.Error(t, r.Refresh(t.Context()), name)
		_, err := r.VerificationKeys(t.Context(), "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable, name)
	}
	e := newEndpoint()
	e.answer(body(200, "", good))
	require.Error(t, newRemote(t, e, nil).Refresh(t.Context()), "what a document looks like decides nothing")
}

func inPEM(c *jwks.Config) { c.Encoding = jwks.EncodingPEM }

// Keys in PEM have no names: they are tried for tokens with any kid, or none.
func TestPEMFile(t *testing.T) {
	key, other := newEC(), newEC()
	for name, text := range goodPEM(key) {
		_, r := keyFile(t, text, inPEM)
		for _, kid := range []string{"", "a", "anything"} {
			keys, err := r.VerificationKeys(t.Context(), kid, "ES256")
			require.NoError(t, err, name)
			require.Len(t, keys, 1, name)
			require.True(t, key.Equal(keys[0]), name)
			keys, err = r.VerificationKeys(t.Context(), kid, "RS256")
			require.NoError(t, err, name)
			require.Empty(t, keys, name)
		}
	}
	_, r := keyFile(t, publicPEM(key)+certify(other, 0)+publicPEM(&rsa2048().PublicKey)+publicPEM(newEd()), inPEM)
	keys, err := r.VerificationKeys(t.Context(), "a", "ES256")
	require.NoError(t, err)
	require.Len(t, keys, 2)
	require.Len(t, r.Status().Keys, 4)

	five := publicPEM(newEC()) + publicPEM(newEC()) + publicPEM(newEC()) + publicPEM(newEC()) + publicPEM(newEC())
	_, r = keyFile(t, five, inPEM)
	keys, err = r.VerificationKeys(t.Context(), "a", "ES256")
	require.NoError(t, err)
	require.Len(t, keys, 4, "what one forged token costs is bounded")
}

func TestPEMFileThatIsNone(t *testing.T) {
	good := publicPEM(newEC())
	for name, tc := range badPEM() {
		if name == "two blocks" || name == "a broken one first" {
			continue // a file may hold several, each judged alone
		}
		_, r := keyFile(t, tc[0], inPEM)
		require.Error(t, r.Refresh(t.Context()), name)
	}
	for name, doc := range map[string]string{
		"text before": "subject=CN\n" + good, "BOM": "\ufeff" + good, "a set": setOf(ecJWK("a")), "empty": "",
		"its private key beside": good + block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(p256()))),
	} {
		_, r := keyFile(t, doc, inPEM)
		require.Error(t, r.Refresh(t.Context()), name)
		require.Empty(t, r.Status().Keys, name)
	}
	for doc, says := range map[string]string{
		good + "x":            "text after it",
		good[:len(good)-20]:   "not complete",
		good[:len(good)/2]:    "not complete",
		good + good[:60]:      "not complete",
		good + good + "# end": "text after it",
	} {
		_, r := keyFile(t, doc, inPEM)
		require.ErrorContains(t, r.Refresh(t.Context()), says)
	}
}

// A SPIFFE bundle holds keys for JWTs, which verify tokens, and authorities for certificates, which do not.
func TestSPIFFEBundle(t *testing.T) {
	s, err := jwks.ParseStatic([]byte(setOf(
		ecJWK("jwt").with("use", "jwt-svid"), ecJWK("x509").with("use", "x509-svid"), ecJWK("").with("use", "x509-svid"),
	)))
	require.NoError(t, err)
	require.True(t, accepts(s, "jwt"))
	require.True(t, refuses(s, "x509"))
	require.Len(t, s.Skipped(), 2)
	keys, err := s.VerificationKeys(t.Context(), "", "ES256")
	require.NoError(t, err)
	require.Len(t, keys, 1)
}
