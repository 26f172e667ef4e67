package jwt_test

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// counting is a KeySource that counts how often it is asked.
type counting struct {
	jwt.KeySource
	asked []string // kid and alg
}

func (c *counting) VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	c.asked = append(c.asked, kid, alg)
	return c.KeySource.VerificationKeys(ctx, kid, alg)
}

// two returns two issuers with their key sources and the validator of both.
func two(t *testing.T) (a, b *jwttest.Issuer, keysA, keysB *counting, both *jwt.Issuers) {
	t.Helper()
	a = jwttest.NewIssuer(t, jwttest.At("https://a.example"), jwttest.FirstKey("EdDSA"))
	b = jwttest.NewIssuer(t, jwttest.At("https://b.example/tenant"), jwttest.FirstKey("EdDSA"))
	keysA, keysB = &counting{KeySource: a}, &counting{KeySource: b}
	both, err := jwt.ByIssuer(validatorOf(t, a, withKeys(keysA)), validatorOf(t, b, withKeys(keysB)))
	require.NoError(t, err)
	return a, b, keysA, keysB, both
}

// checklist 30, 34, 57
func TestEachIssuerVouchesForItself(t *testing.T) {
	a, b, keysA, keysB, both := two(t)
	require.Equal(t, "https://a.example", acceptOnce(t, both, a.Token()).Issuer())
	require.Len(t, keysA.asked, 2)
	require.Empty(t, keysB.asked)
	require.Equal(t, "https://b.example/tenant", acceptOnce(t, both, b.Token()).Issuer())
	require.Len(t, keysA.asked, 2)
	require.Len(t, keysB.asked, 2)

	// Both use the key ID EdDSA-1: only the key's material tells them apart.
	require.Equal(t, a.KeyID(), b.KeyID())
	refuseOnce(t, both, a.Token(jwttest.Claim("iss", b.URL())), jwt.ReasonSignature)
	refuseOnce(t, both, b.Token(jwttest.Claim("iss", a.URL())), jwt.ReasonSignature)
	refuseOnce(t, both, a.Token(jwttest.Claim("iss", b.URL()), jwttest.WithoutHeader("kid")), jwt.ReasonSignature)
	stray := b.AddKey("ES256")
	refuseOnce(t, both, b.Token(jwttest.Key(stray), jwttest.Claim("iss", a.URL())), jwt.ReasonUnknownKey)
}

// checklist 30, 57, 106
func TestAnUnknownIssuerIsNeverContacted(t *testing.T) {
	a, _, keysA, keysB, both := two(t)
	evil := jwttest.NewIssuer(t, jwttest.At("https://evil.example"), jwttest.FirstKey("EdDSA"))
	refuse(t, both, evil.Token(), jwt.ReasonUnknownIssuer)
	for _, iss := range []string{"", a.URL() + "/", strings.ToUpper(a.URL()), "https://a.example:443",
		"http://a.example", canary} {
		require.Equal(t, "iss", refuse(t, both, a.Token(jwttest.Claim("iss", iss)), jwt.ReasonUnknownIssuer).Name)
	}
	refuse(t, both, a.Token(jwttest.Without("iss")), jwt.ReasonUnknownIssuer)
	refuse(t, both, a.Token(jwttest.Claim("iss", nil)), jwt.ReasonUnknownIssuer)
	refuse(t, both, a.Token(jwttest.Claim("iss", []string{a.URL()})), jwt.ReasonClaimType)
	refuse(t, both, a.Token(jwttest.RawPayload("")), jwt.ReasonClaims)
	refuse(t, both, a.Token(jwttest.RawPayload(`["`+a.URL()+`"]`)), jwt.ReasonClaims)
	refuse(t, both, "", jwt.ReasonMalformed)
	refuse(t, both, "a.b.c.d.e", jwt.ReasonMalformed)
	refuse(t, both, "eyJ.b.c.d.e", jwt.ReasonEncrypted)
	header, rest, _ := strings.Cut(a.Token(), ".")
	refuse(t, both, header+".=."+rest, jwt.ReasonMalformed)
	refuse(t, both, header+".=.", jwt.ReasonMalformed)
	require.Empty(t, keysA.asked)
	require.Empty(t, keysB.asked)
	require.Zero(t, evil.Requests())

	// Which of two is meant is not this one's to say, and the validator refuses both.
	refuse(t, both, a.Token(jwttest.Claim("iss", a.URL()), jwttest.DuplicateClaim("iss", "https://b.example/tenant")),
		jwt.ReasonClaims)
	refuse(t, both, a.Token(jwttest.Claim("iss", "https://b.example/tenant"), jwttest.DuplicateClaim("iss", a.URL())),
		jwt.ReasonSignature)
}

// checklist 57, 63
func TestEachIssuerHasItsOwnRules(t *testing.T) {
	a := jwttest.NewIssuer(t, jwttest.At("https://a.example"), jwttest.FirstKey("EdDSA"))
	b := jwttest.NewIssuer(t, jwttest.At("https://b.example"), jwttest.FirstKey("EdDSA"))
	long := strings.Repeat("x", defaultMaxTokenBytes)
	validatorA := validatorOf(t, a, at(someTime), func(c *jwt.Config) { c.Algorithms = []string{"EdDSA"} })
	validatorB := validatorOf(t, b, withSecret,
		func(c *jwt.Config) { c.MaxTokenBytes, c.Audiences = 1<<20, []string{"orders"} })
	for _, validators := range [][]*jwt.Validator{{validatorA, validatorB}, {validatorB, validatorA}} {
		each, err := jwt.ByIssuer(validators...)
		require.NoError(t, err)
		accept(t, each, b.Token(jwttest.Secret(secret), jwttest.Audience("orders"), jwttest.Claim("x", long)))
	}
	both, err := jwt.ByIssuer(validatorA, validatorB)
	require.NoError(t, err)
	refuse(t, both, a.Token(jwttest.IssuedAt(someTime), jwttest.Claim("exp", someTime.Add(-time.Hour))), jwt.ReasonExpired)
	accept(t, both, a.Token(jwttest.IssuedAt(someTime), jwttest.Claim("exp", someTime.Add(time.Minute))))
	refuse(t, both, a.Token(jwttest.Secret(secret)), jwt.ReasonAlgorithm)
	accept(t, both, b.Token(jwttest.Secret(secret), jwttest.Audience("orders"), jwttest.Claim("x", long)))
	refuse(t, both, b.Token(jwttest.Secret(secret)), jwt.ReasonAudience)
	refuse(t, both, b.Token(jwttest.Audience("orders")), jwt.ReasonAlgorithm)
	refuse(t, both, a.Token(jwttest.Claim("x", long)), jwt.ReasonTooLarge)

	fits := a.Token(jwttest.IssuedAt(someTime), jwttest.Claim("exp", someTime.Add(time.Minute)))
	limited := func(limit int) *jwt.Validator {
		return validatorOf(t, a, at(someTime), func(c *jwt.Config) { c.MaxTokenBytes = limit })
	}
	exactly, err := jwt.ByIssuer(limited(len(fits)), validatorB)
	require.NoError(t, err)
	accept(t, exactly, fits)
	tooSmall, err := jwt.ByIssuer(limited(len(fits)-1), validatorB)
	require.NoError(t, err)
	refuse(t, tooSmall, fits, jwt.ReasonTooLarge)
	refuse(t, both, strings.Repeat("x", 2<<20), jwt.ReasonTooLarge)
}

// checklist 110
func TestTheIssuerMayBeWrittenInEscapes(t *testing.T) {
	a, b, _, _, both := two(t)
	for _, issuer := range []*jwttest.Issuer{a, b} {
		var escaped strings.Builder
		for _, c := range []byte(issuer.URL()) {
			fmt.Fprintf(&escaped, `\u%04x`, c)
		}
		claims, _ := claimsOf(t, issuer.Token())
		claims["iss"] = raw(`"` + escaped.String() + `"`)
		text, err := json.Marshal(claims)
		require.NoError(t, err)
		for _, name := range []string{`"iss"`, `"\u0069s\u0073"`} {
			payload := strings.Replace(string(text), `"iss"`, name, 1)
			token := acceptOnce(t, both, issuer.Token(jwttest.RawPayload(payload)))
			require.Equal(t, issuer.URL(), token.Issuer())
			longer := strings.Replace(payload, escaped.String(), escaped.String()+`\u0061`, 1)
			refuseOnce(t, both, issuer.Token(jwttest.RawPayload(longer)), jwt.ReasonUnknownIssuer)
		}
	}
}

func TestByIssuerFaults(t *testing.T) {
	a, _ := strict(t)
	v := validatorOf(t, a)
	decrypting := validatorOf(t, a, func(c *jwt.Config) {
		c.Issuer = "https://c.example"
		c.Decrypt = func(context.Context, string) (string, error) { return "", nil }
	})
	_, err := jwt.ByIssuer()
	require.EqualError(t, err, "jwt: ByIssuer: no validator: give at least one")
	both, err := jwt.ByIssuer(v, nil, validatorOf(t, a), decrypting, nil, new(jwt.Validator))
	require.Nil(t, both)
	require.EqualError(t, err, strings.Join([]string{
		"jwt: ByIssuer: validator 2 is nil: remove it",
		`jwt: ByIssuer: validator 3 is the second for issuer "https://issuer.example": remove one`,
		"jwt: ByIssuer: validator 4 has Config.Decrypt: an encrypted token does not tell its issuer",
		"jwt: ByIssuer: validator 5 is nil: remove it",
		"jwt: ByIssuer: validator 6 is the zero Validator: make it with NewValidator",
	}, "\n"))
}

// The issuer is searched for before anything has been verified, in claims that
// anybody may have written.
//
// checklist 30
func TestAnIssuerWithABrokenEscapeIsRefused(t *testing.T) {
	a, _, _, _, both := two(t)
	for _, iss := range []string{
		`\q`, `\u12`, `\ud800`, `\uzzzz\\`, `https://a.example\q`, `\u0068ttps://a.example\ud800`,
	} {
		parts := strings.Split(a.Token(), ".")
		parts[1] = base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"` + iss + `"}`))
		refuseOnce(t, both, strings.Join(parts, "."), jwt.ReasonClaimType)
	}
}

// What a service publishes of its issuers is its own to change.
//
// checklist 169
func TestIssuersNamesThem(t *testing.T) {
	a, _, _, _, both := two(t)
	require.Equal(t, []string{"https://a.example", "https://b.example/tenant"}, both.Issuers())
	both.Issuers()[0] = "spoilt"
	require.Equal(t, "https://a.example", both.Issuers()[0])
	require.Equal(t, []string{"https://a.example"}, validatorOf(t, a).Issuers())
}
