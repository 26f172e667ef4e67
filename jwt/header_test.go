package jwt_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// checklist 28, 29, 62, 63
func TestType(t *testing.T) {
	issuer, v := strict(t)
	for _, typ := range []string{"at+jwt", "AT+JWT", "At+Jwt", "application/at+jwt", "APPLICATION/At+jwt"} {
		accept(t, v, issuer.Token(jwttest.Typ(typ)))
	}
	for _, typ := range []string{
		"JWT", "jwt", "", " at+jwt", "at+jwt ", "at jwt", "at%2Bjwt", "at-jwt", "at+jwt;charset=utf-8", "application/",
		"application/JWT",
		"application/at+jwt;x=y", "application/application/at+jwt", "application//at+jwt", "text/at+jwt", "/at+jwt",
		"dpop+jwt", "logout+jwt", "secevent+jwt",
		"token-introspection+jwt", "rt+jwt", "JOSE", "at+jwt\x00", canary,
	} {
		require.Equal(t, "typ", refuse(t, v, issuer.Token(jwttest.Typ(typ)), jwt.ReasonType).Name, "%q", typ)
	}
	for _, typ := range []any{nil, 1, true, []string{"at+jwt"}, map[string]any{}} {
		refuse(t, v, issuer.Token(jwttest.Header("typ", typ)), jwt.ReasonHeader)
	}
	refuse(t, v, issuer.Token(jwttest.WithoutHeader("typ")), jwt.ReasonType)
	refuse(t, v, issuer.Token(jwttest.WithoutHeader("typ"), jwttest.Header("TYP", "at+jwt")), jwt.ReasonType)
	refuse(t, v, issuer.Token(jwttest.Typ("JWT"), jwttest.Claim("typ", "at+jwt")), jwt.ReasonType)
}

// checklist 28, 62, 63
func TestTypesOfAProfile(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, withProfile(jwt.Profile{
		Types: []string{"application/JWT", "at+jwt"}, Absent: []string{"nonce"},
	}))
	for _, typ := range []string{"JWT", "jwt", "application/jwt", "at+jwt"} {
		accept(t, v, issuer.Token(jwttest.Typ(typ)))
	}
	refuse(t, v, issuer.Token(jwttest.WithoutHeader("typ")), jwt.ReasonType)
	refuse(t, v, issuer.Token(jwttest.Typ("dpop+jwt")), jwt.ReasonType)

	// "application/" may be left out only where no other '/' follows.
	v = validatorOf(t, issuer, withProfile(jwt.Profile{Types: []string{"x/y"}}))
	accept(t, v, issuer.Token(jwttest.Typ("x/y")))
	refuse(t, v, issuer.Token(jwttest.Typ("application/x/y")), jwt.ReasonType)

	v = validatorOf(t, issuer, withProfile(jwt.Profile{AllowMissingType: true, Absent: []string{"nonce"}}))
	accept(t, v, issuer.Token(jwttest.WithoutHeader("typ")))
	accept(t, v, issuer.Token())
	refuse(t, v, issuer.Token(jwttest.Typ("JWT")), jwt.ReasonType)
	refuse(t, v, issuer.Token(jwttest.Typ("")), jwt.ReasonType)
	refuse(t, v, issuer.Token(jwttest.Header("typ", nil)), jwt.ReasonHeader)
}

// checklist 47, 62, 63
func TestAnIDTokenIsNoAccessToken(t *testing.T) {
	issuer, v := strict(t)
	idToken := func(opts ...jwttest.TokenOption) string {
		return issuer.Token(append([]jwttest.TokenOption{
			jwttest.Without("client_id", "jti"), jwttest.Claim("nonce", "n-0S6_WzA2Mj"),
			jwttest.Claim("at_hash", "MTIzNDU2Nzg5MDEy"),
			jwttest.Claim("azp", "client-1"), jwttest.Typ("JWT"),
		}, opts...)...)
	}
	refuse(t, v, idToken(), jwt.ReasonType)
	refuse(t, v, idToken(jwttest.WithoutHeader("typ")), jwt.ReasonType)
	refuse(t, v, idToken(jwttest.Typ("at+jwt")), jwt.ReasonMissingClaim)

	marks := validatorOf(t, issuer, withProfile(jwt.Profile{
		Types: []string{"JWT"}, Required: []string{"sub"}, Absent: []string{"nonce"},
		Equal: map[string]string{"use": "resource"},
	}))
	accept(t, marks, issuer.Token(jwttest.Typ("JWT"), jwttest.Claim("use", "resource")))
	accept(t, marks, issuer.Token(jwttest.Typ("JWT"), jwttest.Claim("use", "resource"), jwttest.Claim("nonce", nil)))
	require.Equal(t, "nonce", refuse(t, marks, idToken(jwttest.Claim("use", "resource")), jwt.ReasonType).Name)
	for _, use := range []any{"id", "", "Resource", "resource ", nil, true, []string{"resource"}} {
		require.Equal(t, "use",
			refuse(t, marks, issuer.Token(jwttest.Typ("JWT"), jwttest.Claim("use", use)), jwt.ReasonType).Name)
	}
	refuse(t, marks, issuer.Token(jwttest.Typ("JWT")), jwt.ReasonType)
}

// checklist 72, 73, 74, 75
func TestCritical(t *testing.T) {
	issuer, v := strict(t)
	for _, tt := range []struct {
		name string
		opts []jwttest.TokenOption
	}{
		{"not understood", []jwttest.TokenOption{jwttest.Header("crit", []string{canary}), jwttest.Header(canary, 1)}},
		{"empty", []jwttest.TokenOption{jwttest.Header("crit", []string{})}},
		{"null", []jwttest.TokenOption{jwttest.Header("crit", nil)}},
		{"a string", []jwttest.TokenOption{jwttest.Header("crit", "exp")}},
		{"an object", []jwttest.TokenOption{jwttest.Header("crit", map[string]int{"exp": 1})}},
		{"a number", []jwttest.TokenOption{jwttest.Header("crit", 0)}},
		{"false", []jwttest.TokenOption{jwttest.Header("crit", false)}},
		{"numbers inside", []jwttest.TokenOption{jwttest.Header("crit", []int{1})}},
		{"null inside", []jwttest.TokenOption{jwttest.Header("crit", []any{nil})}},
		{"a name twice", []jwttest.TokenOption{jwttest.Header("crit", []string{"x", "x"}), jwttest.Header("x", 1)}},
		{"registered", []jwttest.TokenOption{jwttest.Header("crit", []string{"alg", "typ"})}},
		{"absent", []jwttest.TokenOption{jwttest.Header("crit", []string{"exp"})}},
		{"crit itself", []jwttest.TokenOption{jwttest.Header("crit", []string{"crit"})}},
		{"b64 true, critical", []jwttest.TokenOption{jwttest.Header("crit", []string{"b64"}), jwttest.Header("b64", true)}},
		{"b64 false, critical", []jwttest.TokenOption{jwttest.Header("crit", []string{"b64"}), jwttest.Header("b64", false)}},
		{"b64 false alone", []jwttest.TokenOption{jwttest.Header("b64", false)}},
		{"b64 true alone", []jwttest.TokenOption{jwttest.Header("b64", true)}},
		{"b64 null", []jwttest.TokenOption{jwttest.Header("b64", nil)}},
		{"b64 a string", []jwttest.TokenOption{jwttest.Header("b64", "false")}},
		{"crit with an escape in its name",
			[]jwttest.TokenOption{jwttest.RawHeader(`{"alg":"EdDSA","typ":"at+jwt","cr\u0069t":["x"]}`)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refuse(t, v, issuer.Token(tt.opts...), jwt.ReasonCritical)
		})
	}
	twice := issuer.Token(jwttest.Header("crit", []string{"x"}), jwttest.DuplicateHeader("crit", []string{"y"}))
	refuse(t, v, twice, jwt.ReasonHeader)
	accept(t, v, issuer.Token(jwttest.Header("Crit", []string{"x"}),
		jwttest.Header("B64", false))) // other names altogether
}

// What RFC 7797 makes of a token, rightly signed.
// checklist 66, 75
func TestAnUnencodedPayloadIsRefused(t *testing.T) {
	issuer, v := strict(t)
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","typ":"at+jwt","b64":false,"crit":["b64"]}`))
	input := header + `.{"iss":"x"}`
	key := issuer.PrivateKey(issuer.KeyID()).(ed25519.PrivateKey)
	signature := base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(input)))
	refuse(t, v, input+"."+signature, jwt.ReasonCritical)
}

// checklist 71
func TestKidIsAString(t *testing.T) {
	issuer, v := strict(t)
	for _, kid := range []any{nil, 1, 1.5, true, []string{"EdDSA-1"}, map[string]string{"kid": canary}} {
		require.Equal(t, "kid", refuse(t, v, issuer.Token(jwttest.Header("kid", kid)), jwt.ReasonHeader).Name)
	}
}

// checklist 59
func TestKidIsData(t *testing.T) {
	issuer, _ := strict(t)
	for _, kid := range []string{
		"../../etc/passwd", "/dev/null", "' OR '1'='1", "%s%n%v", "key\x00" + canary, "http://evil.example/jwks",
		"${env:HOME}", "*", ".*", "%",
		"a\r\nX-Header: y", strings.Repeat("k", 4000), "日本", `"`, `\`, " ",
	} {
		var asked []string
		v := validatorOf(t, issuer, withKeys(keySource(func(_ context.Context, kid, alg string) ([]crypto.PublicKey, error) {
			asked = append(asked, kid, alg)
			return nil, nil
		})))
		require.Equal(t, "kid", refuseOnce(t, v, issuer.Token(jwttest.Header("kid", kid)), jwt.ReasonUnknownKey).Name)
		require.Equal(t, []string{kid, "EdDSA"}, asked)
	}
}

// checklist 34, 59
func TestKidIsComparedExactly(t *testing.T) {
	issuer, v := strict(t)
	kid := issuer.KeyID()
	for _, other := range []string{strings.ToUpper(kid), strings.ToLower(kid), kid + " ", " " + kid, kid + "\x00",
		kid[:1]} {
		refuse(t, v, issuer.Token(jwttest.Header("kid", other)), jwt.ReasonUnknownKey)
	}
}

// checklist 56, 64, 68, 69
func TestTheHeaderIsOneStrictObject(t *testing.T) {
	issuer, v := strict(t)
	header := `{"alg":"EdDSA","typ":"at+jwt"}`
	accept(t, v, issuer.Token(jwttest.RawHeader(header)))
	accept(t, v, issuer.Token(jwttest.RawHeader(" {\n\t\"alg\" : \"EdDSA\" ,\r\n \"typ\" : \"at+jwt\" } ")))
	nested := func(depth int) string {
		return `{"alg":"EdDSA","typ":"at+jwt","x":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`
	}
	accept(t, v, issuer.Token(jwttest.RawHeader(nested(32))))
	for _, text := range []string{
		`null`, `"EdDSA"`, `1`, `[` + header + `]`, `{`, header[:len(header)-1], header + `}`, header + header,
		header + canary, header + "\x00", "\ufeff" + header,
		`{"alg":"EdDSA","typ":"at+jwt",}`, `{'alg':'EdDSA'}`, `{alg:"EdDSA"}`, `{"alg":"EdDSA" "typ":"at+jwt"}`,
		header + "// c", `{"alg":"EdDSA","typ":"at+jwt","x":01}`,
		`{"alg":"EdDSA","alg":"EdDSA","typ":"at+jwt"}`, `{"alg":"EdDSA","typ":"at+jwt","typ":"JWT"}`,
		`{"alg":"EdDSA","typ":"at+jwt","kid":"a","kid":"b"}`,
		`{"alg":"EdDSA","\u0061lg":"none","typ":"at+jwt"}`, `{"alg":"EdDSA","typ":"at+jwt","x":{"y":1,"y":2}}`,
		"{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"x\":\"\xff\"}",
		"{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"x\":\"\xed\xa0\x80\"}", `{"alg":"EdDSA","typ":"at+jwt","x":"\ud800"}`,
		"{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"x\":\"\n\"}", nested(33),
	} {
		refuse(t, v, issuer.Token(jwttest.RawHeader(text)), jwt.ReasonHeader)
	}
	refuse(t, v, issuer.Token(jwttest.RawHeader("{}")), jwt.ReasonAlgorithm)
	refuse(t, v, issuer.Token(jwttest.RawHeader("")), jwt.ReasonMalformed)
}

// checklist 60, 61, 34
func TestKeysThatComeWithTheTokenAreIgnored(t *testing.T) {
	issuer, _ := strict(t)
	attacker := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"), jwttest.At("https://evil.example"))
	key := attacker.PrivateKey(attacker.KeyID()).(ed25519.PrivateKey)
	public := key.Public().(ed25519.PublicKey)
	forged := jwttest.Signature(func(input []byte) []byte { return ed25519.Sign(key, input) })
	headers := map[string]any{
		"jwk":      map[string]string{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(public)},
		"jku":      attacker.JWKSURL(),
		"x5u":      "https://evil.example/chain.pem",
		"x5c":      []string{base64.StdEncoding.EncodeToString(public)},
		"x5t":      canary,
		"x5t#S256": canary,
	}
	for name, value := range headers {
		t.Run(name, func(t *testing.T) {
			asked := 0
			v := validatorOf(t, issuer,
				withKeys(keySource(func(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
					asked++
					return issuer.VerificationKeys(ctx, kid, alg)
				})))
			refuseOnce(t, v, issuer.Token(jwttest.Header(name, value), forged), jwt.ReasonSignature)
			refuseOnce(t, v, issuer.Token(jwttest.Header(name, value), jwttest.WithoutHeader("kid"), forged),
				jwt.ReasonSignature)
			acceptOnce(t, v, issuer.Token(jwttest.Header(name, value)))
			acceptOnce(t, v, issuer.Token(jwttest.Header(name, json.RawMessage("null"))))
			require.Equal(t, 4, asked)
			require.Zero(t, attacker.Requests())
		})
	}
}

// checklist 64
func TestHeaderValues(t *testing.T) {
	issuer, v := strict(t)
	members := func(n int) string {
		text := `{"alg":"EdDSA","typ":"at+jwt","jwk":{"kty":"OKP"}`
		for i := range n - 4 {
			text += fmt.Sprintf(`,"m%d":1`, i)
		}
		return issuer.Token(jwttest.RawHeader(text + "}"))
	}
	elements := func(n int) string {
		return issuer.Token(jwttest.RawHeader(`{"alg":"EdDSA","typ":"at+jwt","x":[1` + strings.Repeat(",1", n-4) + "]}"))
	}
	for _, header := range []func(int) string{members, elements} {
		accept(t, v, header(64))
		refuse(t, v, header(65), jwt.ReasonHeader)
	}
}

// checklist 64
func TestHeaderSize(t *testing.T) {
	issuer, v := strict(t)
	// 8192 characters of base64url are 6144 bytes.
	padded := func(size int) string {
		header := `{"alg":"EdDSA","typ":"at+jwt","x5c":["%s"]}`
		return fmt.Sprintf(header, strings.Repeat("A", size-len(header)+len("%s")))
	}
	require.Len(t, padded(6144), 6144)
	accept(t, v, issuer.Token(jwttest.RawHeader(padded(6144))))
	refuse(t, v, issuer.Token(jwttest.RawHeader(padded(6145))), jwt.ReasonTooLarge)
}
