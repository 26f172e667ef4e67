package dpop_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks/jwk"
	"example.com/resourceserver/jwt/dpop"
)

const (
	origin = "https://api.example"
	token  = "eyJ.access.token"
)

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// client holds a key and makes proofs.
type client struct {
	t    *testing.T
	alg  string
	key  crypto.Signer
	jwk  map[string]any
	bind string // its thumbprint
}

func newClient(t *testing.T, alg string) *client {
	c := &client{t: t, alg: alg}
	switch alg {
	case "ES256":
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		point, err := key.PublicKey.Bytes()
		require.NoError(t, err)
		c.key, c.jwk = key, map[string]any{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
	case "RS256", "PS256":
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		require.NoError(t, err)
		c.key, c.jwk = key, map[string]any{"kty": "RSA", "n": encode(key.N.Bytes()), "e": "AQAB"}
	default:
		public, key, err := ed25519.GenerateKey(rand.Reader)
		require.NoError(t, err)
		c.key, c.jwk = key, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": encode(public)}
	}
	text, err := json.Marshal(c.jwk)
	require.NoError(t, err)
	key, err := jwk.Parse(text)
	require.NoError(t, err)
	c.bind = key.Thumbprint
	return c
}

// members are what replaces the members of a good header or claim set. Nil removes one.
type members map[string]any

func (m members) over(good map[string]any) map[string]any {
	maps.Copy(good, m)
	maps.DeleteFunc(good, func(_ string, v any) bool { return v == nil })
	return good
}

// proof makes one for GET https://api.example/user, with the members replaced.
func (c *client) proof(header, claims members) string {
	sum := sha256.Sum256([]byte(token))
	h, err := json.Marshal(header.over(map[string]any{"typ": "dpop+jwt", "alg": c.alg, "jwk": c.jwk}))
	require.NoError(c.t, err)
	p, err := json.Marshal(claims.over(map[string]any{
		"jti": rand.Text(), "htm": "GET", "htu": origin + "/user", "iat": time.Now().Unix(), "ath": encode(sum[:]),
	}))
	require.NoError(c.t, err)
	return c.sign(string(h), string(p))
}

// sign signs the very texts.
func (c *client) sign(header, claims string) string {
	signed := encode([]byte(header)) + "." + encode([]byte(claims))
	digest := sha256.Sum256([]byte(signed))
	var signature []byte
	switch key := c.key.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		require.NoError(c.t, err)
		signature = append(octets(r, 32), octets(s, 32)...)
	case *rsa.PrivateKey:
		var options crypto.SignerOpts = crypto.SHA256
		if c.alg == "PS256" {
			options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
		}
		var err error
		signature, err = key.Sign(rand.Reader, digest[:], options)
		require.NoError(c.t, err)
	case ed25519.PrivateKey:
		signature = ed25519.Sign(key, []byte(signed))
	}
	return signed + "." + encode(signature)
}

func octets(n *big.Int, size int) []byte { return n.FillBytes(make([]byte, size)) }

// get is the request that a client's good proof is for.
func (c *client) get() dpop.Request {
	return dpop.Request{Method: "GET", Target: "/user?id=7", Token: token, Thumbprint: c.bind}
}

func verifier(t testing.TB, config dpop.Config) *dpop.Verifier {
	if config.PublicOrigins == nil {
		config.PublicOrigins = []string{origin}
	}
	v, err := dpop.NewVerifier(config)
	require.NoError(t, err)
	return v
}

// spent verifies a proof and spends it.
func spent(v *dpop.Verifier, proof string, r dpop.Request) error {
	spend, _, err := v.Verify(proof, r)
	if err != nil {
		return err
	}
	return spend(context.Background())
}

func requireReason(t *testing.T, reason dpop.Reason, err error, what ...any) {
	t.Helper()
	var e *dpop.Error
	require.ErrorAs(t, err, &e, what...)
	require.Equal(t, reason, e.Reason, what...)
	require.Equal(t, true, e.InvalidToken())
	require.NotContains(t, err.Error(), token)
}
