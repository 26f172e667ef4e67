package jwttest_test

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

// Proofs, keys and thumbprints are judged by a library that shares no code with the
// kit.
func TestProofsAgreeWithAnIndependentImplementation(t *testing.T) {
	for _, alg := range asymmetric {
		t.Run(alg, func(t *testing.T) {
			client := jwttest.NewClient(t, jwttest.ClientKey(alg))
			text, err := json.Marshal(client.JWK())
			require.NoError(t, err)
			key, err := jwk.ParseKey(text)
			require.NoError(t, err)
			proof := client.Proof("GET", "https://api.example/profile", "token")
			_, err = jws.Verify([]byte(proof), jws.WithKey(jwa.SignatureAlgorithm(alg), key))
			require.NoError(t, err)
			for _, wrong := range []jwttest.TokenOption{jwttest.Tampered(), jwttest.Unpublished()} {
				proof := client.Proof("GET", "https://api.example/profile", "token", wrong)
				require.Equal(t, client.JWK(), header(t, proof)["jwk"])
				_, err = jws.Verify([]byte(proof), jws.WithKey(jwa.SignatureAlgorithm(alg), key))
				require.Error(t, err)
			}
			sum, err := key.Thumbprint(crypto.SHA256)
			require.NoError(t, err)
			require.Equal(t, map[string]string{"jkt": encode(sum)}, client.Confirmation())
		})
	}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func TestProofByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := jwttest.NewClient(t)
		proof := client.Proof("GET", "https://alice:secret@api.example/a%2Fb/?q=1#f", "token")
		head := header(t, proof)
		require.Equal(t, client.JWK(), head["jwk"])
		delete(head, "jwk")
		require.Equal(t, map[string]any{"typ": "dpop+jwt", "alg": "ES256"}, head)

		got := claims(t, proof)
		id := got["jti"]
		require.NotEmpty(t, id)
		delete(got, "jti")
		sum := sha256.Sum256([]byte("token"))
		require.Equal(t, map[string]any{
			"htm": "GET", "htu": "https://api.example/a%2Fb/", "ath": encode(sum[:]),
			"iat": json.Number(number(time.Now().Unix())),
		}, got)
		require.NotEqual(t, id, claims(t, client.Proof("GET", "https://api.example", ""))["jti"])
		require.NotContains(t, claims(t, client.Proof("GET", "https://api.example", "")), "ath")
		require.Equal(t, "https://api.example/", claims(t, client.Proof("GET", "https://api.example", ""))["htu"])
	})
}

func TestProofsThatAreNoGood(t *testing.T) {
	client, other := jwttest.NewClient(t), jwttest.NewClient(t)
	leaked := client.JWK()
	leaked["d"] = "AAAA"
	require.NotContains(t, client.JWK(), "d")
	for _, tt := range []struct {
		name   string
		opt    jwttest.TokenOption
		header string
		claims string
	}{
		{"method", jwttest.Claim("htm", "POST"), "", `"htm":"POST"`},
		{"no jti", jwttest.Without("jti"), "", `{"htm":`},
		{"stale", jwttest.IssuedAt(time.Unix(7, 0)), "", `"iat":7,`},
		{"type", jwttest.Typ("JWT"), `{"typ":"JWT","alg":"ES256"`, ""},
		{"none", jwttest.Alg("none"), `"alg":"none"`, ""},
		{"secret", jwttest.Secret([]byte("s")), `"alg":"HS256","jwk":{`, ""},
		{"private", jwttest.Header("jwk", leaked), `"d":"AAAA"`, ""},
		{"another key", jwttest.Header("jwk", other.JWK()), other.JWK()["x"].(string), ""},
		{"nonce", jwttest.Claim("nonce", "n"), "", `"nonce":"n"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proof := client.Proof("GET", "https://api.example/profile", "token", tt.opt)
			require.Contains(t, part(t, proof, 0), tt.header)
			require.NotContains(t, part(t, proof, 0), "kid")
			require.Contains(t, part(t, proof, 1), tt.claims)
		})
	}
	require.True(t, strings.HasSuffix(client.Proof("GET", "https://api.example", "", jwttest.Alg("none")), "."))
	require.Equal(t, "PS512", header(t, jwttest.NewClient(t, jwttest.ClientKey("RS256")).
		Proof("GET", "https://api.example", "", jwttest.Alg("PS512")))["alg"])
}

func TestBoundTokens(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	client := jwttest.NewClient(t)
	sum := sha256.Sum256(client.Certificate().Leaf.Raw)
	jkt, x5t := client.Confirmation()["jkt"], encode(sum[:])
	for _, tt := range []struct {
		methods []string
		want    map[string]any
	}{
		{nil, map[string]any{"jkt": jkt}},
		{[]string{"jkt"}, map[string]any{"jkt": jkt}},
		{[]string{"x5t#S256"}, map[string]any{"x5t#S256": x5t}},
		{[]string{"x5t#S256", "jkt"}, map[string]any{"jkt": jkt, "x5t#S256": x5t}},
	} {
		token := issuer.Token(jwttest.BoundTo(client, tt.methods...))
		require.Equal(t, tt.want, claims(t, token)["cnf"])
	}
	require.NotEqual(t, jkt, jwttest.NewClient(t).Confirmation()["jkt"], "no two open clients share a key")
}

// The certificate of a client inside a bubble is of the bubble's time.
func TestCertificate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := jwttest.NewClient(t, jwttest.ClientKey("Ed25519"))
		leaf := client.Certificate().Leaf
		require.NoError(t, leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature))
		require.True(t, leaf.NotBefore.Before(time.Now()) && leaf.NotAfter.After(time.Now()))
		require.Equal(t, client.Certificate().PrivateKey.(crypto.Signer).Public(), leaf.PublicKey)
		require.Equal(t, client.JWK()["x"], encode(leaf.RawSubjectPublicKeyInfo[len(leaf.RawSubjectPublicKeyInfo)-32:]))
	})
}

func TestClientMisuseFailsTheTest(t *testing.T) {
	const url = "https://api.example/"
	for _, tt := range []struct {
		name   string
		misuse func(*jwttest.Client)
		want   string
	}{
		{"relative URL", func(c *jwttest.Client) { c.Proof("GET", "/profile", "") }, `URL "/profile" is not absolute`},
		{"Key", func(c *jwttest.Client) { c.Proof("GET", url, "", jwttest.Key("k")) }, "a client has one key"},
		{"alg of another key", func(c *jwttest.Client) { c.Proof("GET", url, "", jwttest.Alg("RS256")) }, "use ClientKey"},
		{"unknown alg", func(c *jwttest.Client) { c.Proof("GET", url, "", jwttest.Alg("RS1")) }, `"RS1" is not known`},
		{"secret missing", func(c *jwttest.Client) { c.Proof("GET", url, "", jwttest.Alg("HS256")) }, "needs Secret"},
		{"no JSON", func(c *jwttest.Client) { c.Proof("GET", url, "", jwttest.Claim("f", func() {})) }, `value of "f"`},
		{"method", func(c *jwttest.Client) { c.Confirmation("x5t") }, `method "x5t" is not known`},
		{"BoundTo", func(c *jwttest.Client) { jwttest.BoundTo(c, "") }, `method "" is not known`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spy := &spyTB{TB: t}
			tt.misuse(jwttest.NewClient(spy))
			require.Contains(t, spy.fatal, tt.want)
		})
	}
	spy := &spyTB{TB: t}
	require.Nil(t, jwttest.NewClient(spy, jwttest.ClientKey("HS256")))
	require.Contains(t, spy.fatal, "jwttest: ")
}

func TestClientMisusePanicsOutsideTests(t *testing.T) {
	client, err := jwttest.StartClient()
	require.NoError(t, err)
	defer client.Close()
	require.PanicsWithError(t, `jwttest: Proof: URL "" is not absolute, such as https://api.example/profile`,
		func() { client.Proof("GET", "", "") })
	_, err = jwttest.StartClient(jwttest.ClientKey("RS1"))
	require.ErrorContains(t, err, `jwttest: algorithm "RS1" is not known`)
}

// A name of its own for the algorithm of Ed25519 keys, in the set and in tokens.
func TestEd25519ByItsOwnName(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("Ed25519"))
	require.Contains(t, string(issuer.JWKS()), `"alg":"Ed25519"`)
	require.Equal(t, "Ed25519", header(t, issuer.Token())["alg"])
	for _, alg := range []string{"EdDSA", "Ed25519"} {
		keys, err := issuer.VerificationKeys(t.Context(), issuer.KeyID(), alg)
		require.NoError(t, err)
		require.Equal(t, []crypto.PublicKey{issuer.PublicKey(issuer.KeyID())}, keys, alg)
		require.Equal(t, alg, header(t, issuer.Token(jwttest.Alg(alg), jwttest.Key(issuer.KeyID())))["alg"])
	}
}
