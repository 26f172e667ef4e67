package fuzz_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

var (
	asymmetric = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
	symmetric  = []string{"HS256", "HS384", "HS512"}
)

// The sweeps change a short token, since their work grows with its length.
const (
	shortIssuer   = "https://i"
	shortAudience = "a"
	shortPayload  = `{"iss":"https://i","aud":"a","sub":"s","client_id":"c","jti":"j","iat":1,"exp":9999999999}`
	shortHeader   = `{"alg":"ALG","typ":"at+jwt"}`
)

// shortToken returns a valid token and the validator that takes it.
func shortToken(t *testing.T, alg string) (string, *jwt.Validator) {
	t.Helper()
	config := jwt.Config{Issuer: shortIssuer, Audiences: []string{shortAudience}, Algorithms: []string{alg}}
	options := []jwttest.TokenOption{
		jwttest.Alg(alg),
		jwttest.RawHeader(strings.ReplaceAll(shortHeader, "ALG", alg)),
		jwttest.RawPayload(shortPayload),
	}
	issuer := jwttest.NewIssuer(t, jwttest.At(shortIssuer))
	if strings.HasPrefix(alg, "HS") {
		config.Secret = []byte(strings.Repeat("secret", 11))
		options = append(options, jwttest.Secret(config.Secret))
	}
	token := issuer.Token(options...)
	if config.Secret == nil {
		keys, err := jwks.ParseStatic(issuer.JWKS())
		require.NoError(t, err)
		config.Keys = keys
	}
	v, err := jwt.NewValidator(config)
	require.NoError(t, err)
	accepted, err := v.Validate(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, "s", accepted.Subject())
	return token, v
}

// refused fails the test unless the validator says that the token is no good. That it could not tell would not do.
func refused(t *testing.T, v *jwt.Validator, token, what string, where ...any) {
	accepted, err := v.Validate(t.Context(), token)
	if invalid, ok := err.(*jwt.Error); accepted != nil || !ok || invalid == nil {
		t.Helper()
		t.Fatalf(what+": %v instead of a refusal of %q", append(where, err, token)...)
	}
}

func eachAlgorithm(t *testing.T, sweep func(t *testing.T, alg, token string, v *jwt.Validator)) {
	for _, alg := range append(asymmetric, symmetric...) {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			token, v := shortToken(t, alg)
			sweep(t, alg, token, v)
		})
	}
}

// checklist 52, 65, 67, 78
func TestEveryTruncation(t *testing.T) {
	eachAlgorithm(t, func(t *testing.T, _, token string, v *jwt.Validator) {
		for i := range token {
			refused(t, v, token[:i], "first %d bytes", i)
			if i > 0 {
				refused(t, v, token[i:], "without the first %d bytes", i)
			}
			refused(t, v, token[:i]+token[i+1:], "without byte %d", i)
		}
	})
}

// checklist 52, 66, 67, 76, 77
func TestEveryFlippedBit(t *testing.T) {
	eachAlgorithm(t, func(t *testing.T, _, token string, v *jwt.Validator) {
		changed := []byte(token)
		for i := range changed {
			for bit := range 8 {
				changed[i] ^= 1 << bit
				refused(t, v, string(changed), "byte %d, bit %d", i, bit)
				changed[i] ^= 1 << bit
			}
		}
	})
}

// TestEveryInsertedByte tries all bytes with the algorithms whose check is quick, and with the others one byte of every
// kind: what is done with a byte is decided before the signature, or by it, and not by the algorithm.
//
// checklist 52, 65, 66, 67
func TestEveryInsertedByte(t *testing.T) {
	kinds := []byte("Az09-_=.+/ \t\r\n\"{,%\x00\x7f\x80\xff")
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	quick := map[string]bool{"RS256": true, "ES256": true, "EdDSA": true, "HS256": true}
	eachAlgorithm(t, func(t *testing.T, alg, token string, v *jwt.Validator) {
		inserted := kinds
		if quick[alg] {
			inserted = all
		}
		changed := make([]byte, len(token)+1)
		for i := range len(token) + 1 {
			copy(changed, token[:i])
			copy(changed[i+1:], token[i:])
			for _, b := range inserted {
				changed[i] = b
				refused(t, v, string(changed), "%q before byte %d", b, i)
			}
		}
	})
}

// TestEverySignatureLength removes and inserts whole bytes of the signature itself. Zeros are the interesting ones: a
// number is the same number with zeros before it.
//
// checklist 76, 77
func TestEverySignatureLength(t *testing.T) {
	eachAlgorithm(t, func(t *testing.T, _, token string, v *jwt.Validator) {
		dot := strings.LastIndexByte(token, '.') + 1
		signature, err := base64.RawURLEncoding.DecodeString(token[dot:])
		require.NoError(t, err)
		with := func(changed []byte) string { return token[:dot] + base64.RawURLEncoding.EncodeToString(changed) }
		for i := range len(signature) + 1 {
			for zeros := range 4 {
				refused(t, v, with(slices.Insert(slices.Clone(signature), i, make([]byte, zeros+1)...)), "%d zeros before byte %d",
					zeros+1, i)
			}
			if i < len(signature) {
				refused(t, v, with(slices.Delete(slices.Clone(signature), i, i+1)), "without byte %d", i)
			}
		}
		refused(t, v, with(append(signature, signature...)), "twice")
		refused(t, v, with(make([]byte, len(signature))), "zeros only")
		refused(t, v, with(nil), "none")
	})
}

// TestEverySegmentSwapped exchanges segments between two valid tokens of one issuer.
//
// checklist 32, 52
func TestEverySegmentSwapped(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	v, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer})
	require.NoError(t, err)
	now := time.Now()
	a := strings.Split(issuer.Token(jwttest.Subject("a"), jwttest.IssuedAt(now), jwttest.Header("x", 1)), ".")
	b := strings.Split(issuer.Token(jwttest.Subject("b"), jwttest.IssuedAt(now)), ".")
	for swap := 1; swap < 7; swap++ {
		mixed := make([]string, 3)
		for i := range mixed {
			if mixed[i] = a[i]; swap&(1<<i) != 0 {
				mixed[i] = b[i]
			}
		}
		refused(t, v, strings.Join(mixed, "."), "segments %03b from the other", swap)
	}
}
