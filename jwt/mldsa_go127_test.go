//go:build go1.27 && !fips140v1.0

package jwt_test

import (
	"context"
	"crypto"
	"crypto/mldsa"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

var postQuantum = []string{"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}

func TestMLDSA(t *testing.T) {
	// checklist 48, 49, 52, 78, 183
	for _, alg := range postQuantum {
		t.Run(alg, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey(alg))
			refuse(t, validatorOf(t, issuer), issuer.Token(), jwt.ReasonAlgorithm) // off unless it is named

			keys, err := jwks.ParseStatic(issuer.JWKS())
			require.NoError(t, err)
			v := validatorOf(t, issuer, func(c *jwt.Config) { c.Algorithms, c.Keys = []string{alg}, keys })
			require.Equal(t, "user-1", accept(t, v, issuer.Token()).Subject())
			accept(t, v, issuer.Token(jwttest.WithoutHeader("kid")))
			both := validatorOf(t, issuer, func(c *jwt.Config) { c.Algorithms = append([]string{"ES256"}, alg) })
			accept(t, both, issuer.Token())
			accept(t, both, issuer.Token(jwttest.Alg("ES256")))

			refuse(t, v, issuer.Token(jwttest.Alg("ES256")), jwt.ReasonAlgorithm)
			refuse(t, v, issuer.Token(jwttest.Tampered()), jwt.ReasonSignature)
			for _, alter := range []func([]byte) []byte{
				func([]byte) []byte { return nil },
				func(s []byte) []byte { return s[:len(s)-1] },
				func(s []byte) []byte { return s[1:] },
				func(s []byte) []byte { return make([]byte, len(s)) },
				func(s []byte) []byte { s[len(s)/2] ^= 1; return s },
				func(s []byte) []byte { s[len(s)-1] ^= 1; return s }, // in the hint, which has one spelling
			} {
				refuse(t, v, issuer.Token(jwttest.AlterSignature(alter)), jwt.ReasonSignature)
			}
			longer := jwt.ReasonSignature
			if alg == "ML-DSA-87" {
				longer = jwt.ReasonTooLarge
			}
			refuse(t, v, issuer.Token(jwttest.AlterSignature(func(s []byte) []byte { return append(s, 0) })), longer)
			refuse(t, v, issuer.Token(jwttest.Unpublished()), jwt.ReasonUnknownKey)
			refuse(t, v, issuer.Token(jwttest.Unpublished(), jwttest.Header("kid", issuer.KeyID())), jwt.ReasonSignature)
		})
	}
}

// A key of one parameter set is none of another, whatever the header and the source say.
func TestMLDSAParameterSets(t *testing.T) {
	// checklist 49, 183, 184
	issuer, _ := strict(t)
	for _, parameters := range []mldsa.Parameters{mldsa.MLDSA44(), mldsa.MLDSA65(), mldsa.MLDSA87()} {
		key, err := mldsa.GenerateKey(parameters)
		require.NoError(t, err)
		v := validatorOf(t, issuer, func(c *jwt.Config) {
			c.Algorithms, c.Keys = slices.Concat(asymmetric, postQuantum), sourceOf{key.Public()}
		})
		for _, alg := range slices.Concat(asymmetric, postQuantum) {
			token := issuer.Token(jwttest.Header("alg", alg), jwttest.Signature(func(signed []byte) []byte {
				signature, err := key.Sign(nil, signed, nil)
				require.NoError(t, err)
				return signature
			}))
			if alg == parameters.String() {
				accept(t, v, token)
			} else {
				refuse(t, v, token, jwt.ReasonUnknownKey)
			}
		}
	}
}

type sourceOf []crypto.PublicKey

func (s sourceOf) VerificationKeys(context.Context, string, string) ([]crypto.PublicKey, error) {
	return s, nil
}

// The cache remembers such a token, and forgets it with its key.
func TestMLDSAInTheCache(t *testing.T) {
	// checklist 183
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ML-DSA-87"))
	asked := 0
	v := validatorOf(t, issuer, func(c *jwt.Config) { c.Algorithms = []string{"ML-DSA-87"} })
	cache, err := tokencache.New(func(ctx context.Context, token string) (*jwt.Token, error) {
		asked++
		return v.Validate(ctx, token)
	}, tokencache.Config{})
	require.NoError(t, err)
	token := issuer.Token()
	require.Less(t, len(token), 8<<10)
	for range 3 {
		_, err := cache.Validate(t.Context(), token)
		require.NoError(t, err)
	}
	require.Equal(t, 1, asked)
	issuer.Rotate()
	issuer.Retire("ML-DSA-87-1")
	_, err = cache.Validate(t.Context(), token)
	require.Error(t, err)
	_, err = cache.Validate(t.Context(), issuer.Token())
	require.NoError(t, err)
}
