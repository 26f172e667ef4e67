package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// checklist 33, 48, 181
func TestAlgorithmOf(t *testing.T) {
	for _, alg := range slices.Concat(Asymmetric, Symmetric) {
		require.NotNil(t, AlgorithmOf(alg), alg)
		require.Equal(t, slices.Contains(Symmetric, alg), AlgorithmOf(alg).Symmetric(), alg)
	}
	require.Len(t, algorithms, len(Asymmetric)+len(Symmetric))
	require.Same(t, AlgorithmOf("EdDSA"), AlgorithmOf("Ed25519"))
	for _, alg := range []string{"", "none", "None", "rs256", "RS1", "ES256K", "Ed448", "ed25519"} {
		require.Nil(t, AlgorithmOf(alg), alg)
	}
}

// Whatever is given for a key, there is an answer, and it is no.
// checklist 49, 50
func TestNoKeyVerifies(t *testing.T) {
	keys := []crypto.PublicKey{
		nil, "key", []byte("secret"), (*rsa.PublicKey)(nil), (*ecdsa.PublicKey)(nil), &rsa.PublicKey{}, &ecdsa.PublicKey{},
		rsa.PublicKey{}, ed25519.PublicKey(nil), ed25519.PublicKey("short"), make(ed25519.PublicKey, ed25519.PublicKeySize),
	}
	for _, alg := range slices.Concat(Asymmetric, Symmetric) {
		for _, key := range keys {
			for _, size := range []int{0, 1, 32, 64, 96, 132, 256} {
				require.False(t, AlgorithmOf(alg).Verify(key, []byte("text"), make([]byte, size)), "%s, %T", alg, key)
			}
			require.False(t, AlgorithmOf(alg).Fits(key))
		}
	}
}

// checklist 50, 55
func TestAuthenticates(t *testing.T) {
	secret, text := make([]byte, 32), []byte("text")
	mac := hmac.New(sha256.New, secret)
	mac.Write(text)
	code := mac.Sum(nil)
	hs256 := AlgorithmOf("HS256")
	require.True(t, hs256.Authenticates(secret, text, code))
	require.False(t, hs256.Authenticates(secret, text, nil))
	require.False(t, hs256.Authenticates(secret, text, code[:31]))
	require.False(t, hs256.Authenticates(secret, text, append(slices.Clone(code), 0)))
	require.False(t, hs256.Authenticates(secret, []byte("other"), code))
	require.False(t, hs256.Authenticates(secret[:31], text, code), "a key is as long as the hash")
	require.False(t, AlgorithmOf("HS384").Authenticates(secret, text, code))
	for _, alg := range Asymmetric {
		require.False(t, AlgorithmOf(alg).Authenticates(secret, text, code), alg)
	}
}
