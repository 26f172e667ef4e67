package jwttest_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
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

var asymmetric = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

// The signatures and the published keys are judged by a library that shares no
// code with the kit.
func TestTokenSignaturesAgreeWithAnIndependentImplementation(t *testing.T) {
	for _, alg := range asymmetric {
		t.Run(alg, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey(alg))
			set, err := jwk.Parse(issuer.JWKS())
			require.NoError(t, err)
			published, ok := set.LookupKeyID(issuer.KeyID())
			require.True(t, ok)

			payload, err := jws.Verify([]byte(issuer.Token()), jws.WithKey(jwa.SignatureAlgorithm(alg), published))
			require.NoError(t, err)
			require.Contains(t, string(payload), `"iss":"https://issuer.example"`)

			_, err = jws.Verify([]byte(issuer.Token(jwttest.Tampered())), jws.WithKey(jwa.SignatureAlgorithm(alg), published))
			require.Error(t, err)
			_, err = jws.Verify([]byte(issuer.Token(jwttest.Unpublished())), jws.WithKey(jwa.SignatureAlgorithm(alg), published))
			require.Error(t, err)
		})
	}
}

func TestTokenSecretSignaturesAgreeWithAnIndependentImplementation(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	secret := []byte(strings.Repeat("s", 64))
	for _, alg := range []string{"HS256", "HS384", "HS512"} {
		token := issuer.Token(jwttest.Alg(alg), jwttest.Secret(secret))
		_, err := jws.Verify([]byte(token), jws.WithKey(jwa.SignatureAlgorithm(alg), secret))
		require.NoError(t, err, alg)
	}
	require.Equal(t, "HS256", header(t, issuer.Token(jwttest.Secret(secret)))["alg"])
}

func TestTokenByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		token := issuer.Token()
		now := time.Now().Unix()

		require.Equal(t, `{"alg":"RS256","kid":"RS256-1","typ":"at+jwt"}`, part(t, token, 0))
		got := claims(t, token)
		id := got["jti"]
		require.NotEmpty(t, id)
		delete(got, "jti")
		require.Equal(t, map[string]any{
			"iss":       "https://issuer.example",
			"sub":       "user-1",
			"aud":       "https://api.example",
			"client_id": "client-1",
			"iat":       json.Number(number(now)),
			"exp":       json.Number(number(now + 300)),
		}, got)
		require.NotEqual(t, id, claims(t, issuer.Token())["jti"], "each token has its own jti")
	})
}

func TestTokenClaims(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	tests := []struct {
		name string
		opts []jwttest.TokenOption
		want string // within the payload
	}{
		{"scope", opts(jwttest.Scope("profile email")), `"scope":"profile email"`},
		{"subject", opts(jwttest.Subject("alice")), `"sub":"alice"`},
		{"client", opts(jwttest.ClientID("app")), `"client_id":"app"`},
		{"one audience", opts(jwttest.Audience("a")), `"aud":"a"`},
		{"two audiences", opts(jwttest.Audience("a", "b")), `"aud":["a","b"]`},
		{"no audience", opts(jwttest.Audience()), `"aud":[]`},
		{"issued at", opts(jwttest.IssuedAt(at)), `"iat":1700000000`},
		{"not before", opts(jwttest.NotBefore(at)), `"nbf":1700000000`},
		{"any claim", opts(jwttest.Claim("groups", []string{"<a>"})), `"groups":["<a>"]`},
		{"raw claim", opts(jwttest.Claim("exp", json.RawMessage("1e999"))), `"exp":1e999`},
		{"later wins", opts(jwttest.Scope("a"), jwttest.Scope("b")), `"scope":"b"`},
		{"duplicate", opts(jwttest.Subject("a"), jwttest.DuplicateClaim("sub", "b")), `"sub":"b"}`},
		{"set after duplicate", opts(jwttest.DuplicateClaim("iss", "b"), jwttest.Claim("iss", "c")), `{"iss":"c","sub":`},
		{"whole payload", opts(jwttest.RawPayload("[]")), `[]`},
	}
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Contains(t, part(t, issuer.Token(tt.opts...), 1), tt.want)
		})
	}
	last := issuer.Token(jwttest.DuplicateClaim("iss", "b"), jwttest.Claim("iss", "c"))
	require.Equal(t, 1, strings.Count(part(t, last, 1), `"iss"`))
	require.NotContains(t, claims(t, issuer.Token(jwttest.Without("sub", "jti"))), "sub")
	require.Equal(t, 2, strings.Count(part(t, issuer.Token(jwttest.DuplicateClaim("iss", "x")), 1), `"iss"`))
}

func TestTokenHeader(t *testing.T) {
	tests := []struct {
		name string
		opts []jwttest.TokenOption
		want string
	}{
		{"typ", opts(jwttest.Typ("JWT")), `{"alg":"RS256","kid":"RS256-1","typ":"JWT"}`},
		{"lying alg", opts(jwttest.Header("alg", "PS256")), `{"alg":"PS256","kid":"RS256-1","typ":"at+jwt"}`},
		{"extra", opts(jwttest.Header("crit", []string{})), `{"alg":"RS256","kid":"RS256-1","typ":"at+jwt","crit":[]}`},
		{"no kid, no typ", opts(jwttest.WithoutHeader("kid", "typ")), `{"alg":"RS256"}`},
		{"duplicate", opts(jwttest.DuplicateHeader("alg", "none")),
			`{"alg":"RS256","kid":"RS256-1","typ":"at+jwt","alg":"none"}`},
		{"raw", opts(jwttest.RawHeader(`{"alg":`)), `{"alg":`},
		{"alg of another key", opts(jwttest.Alg("ES256")), `{"alg":"ES256","kid":"ES256-2","typ":"at+jwt"}`},
		{"the same key again", opts(jwttest.Alg("ES256")), `{"alg":"ES256","kid":"ES256-2","typ":"at+jwt"}`},
		{"key with a fitting alg", opts(jwttest.Key("RS256-1"), jwttest.Alg("PS512")),
			`{"alg":"PS512","kid":"RS256-1","typ":"at+jwt"}`},
		{"none", opts(jwttest.Alg("none")), `{"alg":"none","kid":"RS256-1","typ":"at+jwt"}`},
		{"unpublished", opts(jwttest.Unpublished(), jwttest.Alg("ES256")), `{"alg":"ES256","kid":"ES256-3","typ":"at+jwt"}`},
		{"unpublished again", opts(jwttest.Alg("ES256"), jwttest.Unpublished()),
			`{"alg":"ES256","kid":"ES256-3","typ":"at+jwt"}`},
	}
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, part(t, issuer.Token(tt.opts...), 0))
		})
	}
	require.NotContains(t, string(issuer.JWKS()), "ES256-3")
}

func TestTokenSignatureByHand(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	var covered string
	token := issuer.Token(jwttest.Signature(func(input []byte) []byte {
		covered = string(input)
		return []byte("sig")
	}))
	require.Equal(t, covered+"."+base64.RawURLEncoding.EncodeToString([]byte("sig")), token)
	require.True(t, strings.HasSuffix(issuer.Token(jwttest.Alg("none")), "."))
	require.True(t, strings.HasSuffix(issuer.Token(jwttest.Alg("none"), jwttest.Tampered()), "."))

	good := 0
	token = issuer.Token(jwttest.AlterSignature(func(signature []byte) []byte {
		good = len(signature)
		return signature[:1]
	}))
	require.Equal(t, 256, good)
	require.Len(t, part(t, token, 2), 1)
}

func TestTokenExpiredWasGoodOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		got := claims(t, issuer.Token(jwttest.ExpiresIn(-time.Hour)))
		expiry := time.Now().Add(-time.Hour).Unix()
		require.Equal(t, json.Number(number(expiry)), got["exp"])
		require.Equal(t, json.Number(number(expiry-300)), got["iat"])
	})
}

func TestTokenByARetiredKey(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	old := issuer.KeyID()
	fresh := issuer.Rotate()
	require.NotEqual(t, old, fresh)
	require.Equal(t, fresh, header(t, issuer.Token())["kid"])
	issuer.Retire(old)
	require.Equal(t, old, header(t, issuer.Token(jwttest.Key(old)))["kid"])
	found, err := issuer.VerificationKeys(t.Context(), old, "ES256")
	require.NoError(t, err)
	require.Empty(t, found)
	found, err = issuer.VerificationKeys(t.Context(), "", "ES256")
	require.NoError(t, err)
	require.Equal(t, []crypto.PublicKey{issuer.PublicKey(fresh)}, found)
}

func TestTokenAlgPrefersTheCurrentKey(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	kid := func(alg string) any { return header(t, issuer.Token(jwttest.Alg(alg)))["kid"] }
	issuer.AddKey("ES256")
	require.Equal(t, issuer.KeyID(), kid("ES256"), "an announced key does not sign yet")

	older, newer := issuer.AddKey("EdDSA"), issuer.AddKey("EdDSA")
	require.Equal(t, newer, kid("EdDSA"))
	issuer.Retire(newer)
	require.Equal(t, older, kid("EdDSA"))
}

// The kit's own oracle takes any salt, RFC 7518 §3.5 does not.
func TestTokenPSSSaltIsAsLongAsTheHash(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("PS384"))
	token := issuer.Token()
	digest := sha512.Sum384([]byte(token[:strings.LastIndexByte(token, '.')]))
	public := issuer.PublicKey(issuer.KeyID()).(*rsa.PublicKey)
	err := rsa.VerifyPSS(public, crypto.SHA384, digest[:], []byte(part(t, token, 2)), &rsa.PSSOptions{SaltLength: 48})
	require.NoError(t, err)
}

func TestVerificationKeysAreForOneAlgorithm(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	edwards := issuer.AddKey("EdDSA")
	found, err := issuer.VerificationKeys(t.Context(), "", "EdDSA")
	require.NoError(t, err)
	require.Equal(t, []crypto.PublicKey{issuer.PublicKey(edwards)}, found)
	found, err = issuer.VerificationKeys(t.Context(), edwards, "ES256")
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestTokenMisuseFailsTheTest(t *testing.T) {
	tests := []struct {
		name string
		opts []jwttest.TokenOption
		want string
	}{
		{"unknown alg", opts(jwttest.Alg("RS1")), `algorithm "RS1" is not known`},
		{"unknown key", opts(jwttest.Key("k")), `no key "k"; it has ["ES256-1"]`},
		{"secret missing", opts(jwttest.Alg("HS256")), "HS256 needs Secret"},
		{"secret unused", opts(jwttest.Alg("RS256"), jwttest.Secret([]byte("s"))), "RS256 does not sign with a secret"},
		{"key of another kind", opts(jwttest.Key("ES256-1"), jwttest.Alg("ES384")), "cannot sign with ES384"},
		{"not JSON", opts(jwttest.Claim("f", func() {})), `value of "f"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spy := &spyTB{TB: t}
			issuer := jwttest.NewIssuer(spy, jwttest.InMemory(), jwttest.FirstKey("ES256"))
			require.Empty(t, issuer.Token(tt.opts...))
			require.Contains(t, spy.fatal, tt.want)
		})
	}
}

func TestOtherMisuseFailsTheTest(t *testing.T) {
	tests := []struct {
		name   string
		misuse func(*jwttest.Issuer)
		want   string
	}{
		{"AddKey", func(iss *jwttest.Issuer) { iss.AddKey("HS256") }, "sign with Secret"},
		{"Retire", func(iss *jwttest.Issuer) { iss.Retire("k") }, `no key "k"`},
		{"Alter", func(iss *jwttest.Issuer) { iss.Alter("k", nil) }, `no key "k"`},
		{"Alter to no JSON", func(iss *jwttest.Issuer) {
			iss.Alter(iss.KeyID(), func(jwk map[string]any) { jwk["f"] = func() {} })
		}, "unsupported type"},
		{"PublicKey", func(iss *jwttest.Issuer) { iss.PublicKey("k") }, `no key "k"`},
		{"Fail", func(iss *jwttest.Issuer) { iss.Fail(0) }, "status 0; want 200 to 599"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spy := &spyTB{TB: t}
			tt.misuse(jwttest.NewIssuer(spy, jwttest.InMemory(), jwttest.FirstKey("ES256")))
			require.Contains(t, spy.fatal, tt.want)
		})
	}
}

func TestTokenMisusePanicsOutsideTests(t *testing.T) {
	issuer, err := jwttest.StartIssuer(jwttest.InMemory(), jwttest.FirstKey("ES256"))
	require.NoError(t, err)
	defer issuer.Close()
	require.PanicsWithError(t, "jwttest: Token: HS256 needs Secret", func() { issuer.Token(jwttest.Alg("HS256")) })
}

// spyTB records a Fatalf and goes on, so that a test can look at it.
type spyTB struct {
	jwttest.TB
	fatal string
}

func (s *spyTB) Fatalf(format string, args ...any) { s.fatal += sprintf(format, args...) }
