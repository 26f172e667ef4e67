//go:build go1.27 && !fips140v1.0

package jwk_test

import (
	"crypto"
	"crypto/mldsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks/jwk"
)

var mldsaParameters = []mldsa.Parameters{mldsa.MLDSA44(), mldsa.MLDSA65(), mldsa.MLDSA87()}

func mldsaKey(t *testing.T, parameters mldsa.Parameters) *mldsa.PrivateKey {
	t.Helper()
	key, err := mldsa.GenerateKey(parameters)
	require.NoError(t, err)
	return key
}

func mldsaMembers(key *mldsa.PublicKey) members {
	return members{"kty": "AKP", "alg": key.Parameters().String(), "pub": b64(key.Bytes())}
}

// A key serves its own algorithm and no other, and both have the name that the JWK gives.
func TestMLDSA(t *testing.T) {
	// checklist 49, 53, 183
	for _, parameters := range mldsaParameters {
		alg, public := parameters.String(), mldsaKey(t, parameters).PublicKey()
		m := mldsaMembers(public)
		key, err := jwk.Parse(m.with("kid", "a").with("use", "sig").raw())
		require.NoError(t, err, alg)
		require.Equal(t, "a", key.ID)
		require.Equal(t, "AKP", key.Type)
		require.Equal(t, []string{alg}, key.Algorithms)
		require.True(t, jwk.Same(public, key.Public))
		sum := sha256.Sum256(fmt.Appendf(nil, `{"alg":"%s","kty":"AKP","pub":"%s"}`, alg, m["pub"])) // RFC 9964 §6
		require.Equal(t, b64(sum[:]), key.Thumbprint)

		require.True(t, jwk.Known(alg))
		for _, other := range append(everyName, "ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "ml-dsa-44", "ML-DSA") {
			require.Equal(t, other == alg, jwk.Fits(other, key.Public), "%s with %s", other, alg)
		}
		key.Algorithms[0] = "none"
		require.False(t, jwk.Fits("none", public), "no caller changes what Fits goes by")
	}
}

func TestMLDSARefused(t *testing.T) {
	// checklist 82, 183
	m := akp("ML-DSA-44", 1312)
	cases := []refused{
		{"another set's size", m.with("alg", "ML-DSA-65").text(), "pub is not as long"},
		{"a byte less", akp("ML-DSA-44", 1311).text(), "pub is not as long"},
		{"a byte more", akp("ML-DSA-87", 2593).text(), "pub is not as long"},
	}
	for _, alg := range []string{"", "ML-DSA", "ML-DSA-45", "ml-dsa-44", "ES256", "EdDSA", "none", "HashML-DSA-44", `"`} {
		cases = append(cases, refused{"alg " + alg, m.with("alg", alg).text(), "alg of an AKP key"})
	}
	checkRefused(t, cases)
}

// Whatever a source returns, there is an answer.
func TestMLDSAKeysThatAreNone(t *testing.T) {
	// checklist 49, 54
	good := mldsaKey(t, mldsa.MLDSA44())
	for _, key := range []crypto.PublicKey{
		(*mldsa.PublicKey)(nil), &mldsa.PublicKey{}, mldsa.PublicKey{}, good, *good.PublicKey(), good.PublicKey().Bytes(),
	} {
		for _, parameters := range mldsaParameters {
			require.False(t, jwk.Fits(parameters.String(), key), "%T", key)
		}
		require.False(t, jwk.Same(good.Public(), key), "%T", key)
	}
	require.False(t, jwk.Same(good.Public(), mldsaKey(t, mldsa.MLDSA44()).Public()))
	require.False(t, jwk.Same(good.Public(), mldsaKey(t, mldsa.MLDSA65()).Public()))
	require.False(t, jwk.Same(good.Public(), edKey()))
	require.False(t, jwk.Same(edKey(), good.Public()))
	public := good.Public()
	require.Zero(t, testing.AllocsPerRun(10, func() { jwk.Fits("ML-DSA-44", public) }))
}

func TestMLDSACertificate(t *testing.T) {
	// checklist 97, 183
	key, other := mldsaKey(t, mldsa.MLDSA44()), mldsaKey(t, mldsa.MLDSA44())
	chain := func(key *mldsa.PrivateKey) []string {
		template := &x509.Certificate{SerialNumber: big.NewInt(1)}
		der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
		return []string{base64.StdEncoding.EncodeToString(der)}
	}
	m := mldsaMembers(key.PublicKey())
	_, err := jwk.Parse(m.with("x5c", chain(key)).raw())
	require.NoError(t, err)
	_, err = jwk.Parse(m.with("x5c", chain(other)).raw())
	require.ErrorContains(t, err, "x5c")
}
