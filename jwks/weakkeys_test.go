package jwks_test

import (
	"crypto/fips140"
	"crypto/rand"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// A key that anybody can factor is skipped, the operator is told why, and its neighbours stay in use.
func TestWeakKeyIsSkipped(t *testing.T) {
	// checklist 82, 185
	var prime *big.Int
	var err error
	fips140.WithoutEnforcement(func() { prime, err = rand.Prime(rand.Reader, 1024) })
	require.NoError(t, err)
	rs := jwkOf("weak", &rsa2048().PublicKey)
	weak := rs.with("n", b64(new(big.Int).Mul(prime, prime).Bytes()))
	one := jwkOf("one", &rsa2048().PublicKey).with("e", "AQ")

	static, err := jwks.ParseStatic([]byte(setOf(weak, ecJWK("good"), one)))
	require.NoError(t, err)
	remote := newRemote(t, newEndpoint(weak, ecJWK("good"), one), nil)
	require.NoError(t, remote.Refresh(t.Context()))
	for name, skipped := range map[string][]jwks.SkippedKey{
		"static": static.Skipped(), "remote": remote.Status().Skipped,
	} {
		require.Len(t, skipped, 2, name)
		require.Equal(t, "weak", skipped[0].KeyID, name)
		require.Contains(t, skipped[0].Reason, "CVE-2022-26320", name)
		require.Contains(t, skipped[1].Reason, "exponent", name)
	}
	for _, kid := range []string{"weak", "one", ""} {
		keys, err := static.VerificationKeys(t.Context(), kid, "RS256")
		require.NoError(t, err)
		require.Empty(t, keys, kid)
	}
	keys, err := remote.VerificationKeys(t.Context(), "good", "ES256")
	require.NoError(t, err)
	require.Len(t, keys, 1)
}
