package jwk_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks/jwk"
)

// The thumbprint of RFC 7638 §3.1, and every kind of key there and back.
func TestParsesAndNames(t *testing.T) {
	const rfc7638 = `{"kty":"RSA","n":"` +
		"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP" +
		"ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY" +
		"368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f" +
		"M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw" +
		`","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`
	key, err := jwk.Parse([]byte(rfc7638))
	require.NoError(t, err)
	require.Equal(t, "2011-04-29", key.ID)
	require.Equal(t, "RSA", key.Type)
	require.Equal(t, []string{"RS256"}, key.Algorithms)
	require.Equal(t, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", key.Thumbprint)

	for _, public := range []crypto.PublicKey{
		rsaKey(), ecKey(elliptic.P256()), ecKey(elliptic.P384()), ecKey(elliptic.P521()), edKey(),
	} {
		key, err := jwk.Parse(membersOf(public).with("kid", "a").raw())
		require.NoError(t, err)
		require.Equal(t, "a", key.ID)
		require.True(t, jwk.Same(public, key.Public))
		require.Len(t, key.Thumbprint, 43)
		for _, alg := range key.Algorithms {
			require.True(t, jwk.Fits(alg, key.Public), alg)
		}
	}
}

func TestSizeIsBounded(t *testing.T) {
	// checklist 82, 96
	sized := func(n int) []byte {
		m := membersOf(edKey()).with("kid", "a").with("pad", "")
		return m.with("pad", strings.Repeat("a", n-len(m.raw()))).raw()
	}
	key, err := jwk.Parse(sized(64 << 10))
	require.NoError(t, err)
	require.Equal(t, "a", key.ID)
	key, err = jwk.Parse(sized(64<<10 + 1))
	require.ErrorContains(t, err, "larger than 65536 bytes")
	require.Equal(t, jwk.Key{}, key, "nothing of it is read")
}

// Whoever changes what a key says changes nothing for others.
func TestAlgorithmsAreTheCallersOwn(t *testing.T) {
	raw := membersOf(edKey()).raw()
	for range 2 {
		key, err := jwk.Parse(raw)
		require.NoError(t, err)
		require.Equal(t, []string{"EdDSA", "Ed25519"}, key.Algorithms)
		key.Algorithms[0] = "none"
		require.False(t, jwk.Fits("none", key.Public))
		require.True(t, jwk.Fits("EdDSA", key.Public))
	}
}

// On error nothing but the kid comes back.
func TestRefusedKeysAreNotHandedOut(t *testing.T) {
	// checklist 82, 92
	for name, tc := range map[string]struct{ raw, reason string }{
		"private":      {string(membersOf(edKey()).with("kid", "a").with("d", "AA").raw()), "private key material"},
		"twice":        {`{"kid":"a","kty":"OKP","kty":"OKP"}`, "each once"},
		"wrong type":   {`{"kid":"a","kty":1}`, "right types"},
		"other use":    {string(membersOf(edKey()).with("kid", "a").with("use", "enc").raw()), "use is not sig"},
		"alg of other": {string(membersOf(edKey()).with("kid", "a").with("alg", "ES256").raw()), "does not fit"},
	} {
		key, err := jwk.Parse([]byte(tc.raw))
		require.ErrorContains(t, err, tc.reason, name)
		require.Equal(t, jwk.Key{ID: "a"}, key, name)
		require.Equal(t, name == "private", errors.Is(err, jwk.ErrPrivate), name)
	}
}

// Each coordinate has its own length: one that is short is not made good by one that is long.
func TestCoordinatesHaveTheirOwnLength(t *testing.T) {
	// checklist 53, 82
	key := shortX(t)
	point := must(key.Bytes())
	x, y := point[1:33], point[33:]
	m := membersOf(key)
	_, err := jwk.Parse(m.raw())
	require.NoError(t, err)
	for name, bad := range map[string]members{
		"x short, y long":   m.with("x", b64(x[1:])).with("y", b64(append([]byte{0}, y...))),
		"x short":           m.with("x", b64(x[1:])),
		"x long":            m.with("x", b64(append([]byte{0}, x...))),
		"y long":            m.with("y", b64(append([]byte{0}, y...))),
		"nearly all in x":   m.with("x", b64(point[1:64])).with("y", b64(point[64:])),
		"a byte moved over": m.with("x", b64(append(append([]byte{}, x...), y[0]))).with("y", b64(y[1:])),
	} {
		_, err := jwk.Parse(bad.raw())
		require.ErrorContains(t, err, "as long as the curve asks", name)
	}
}

// shortX makes a key whose x begins with a zero byte, so that the number is the same without it.
func shortX(t *testing.T) *ecdsa.PublicKey {
	for range 1 << 14 {
		if key := ecKey(elliptic.P256()); must(key.Bytes())[1] == 0 {
			return key
		}
	}
	t.Fatal("one key in 256 is such a key")
	return nil
}

// EdDSA and Ed25519 are two names for one algorithm of an Ed25519 key, and of no other.
func TestEitherNameOfEd25519(t *testing.T) {
	// checklist 181, 182
	both := []string{"EdDSA", "Ed25519"}
	m := membersOf(edKey())
	for name, tc := range map[string]struct {
		m    members
		algs []string
	}{
		"no alg":               {m, both},
		"EdDSA":                {m.with("alg", "EdDSA"), both},
		"Ed25519":              {m.with("alg", "Ed25519"), both},
		"Ed448":                {m.with("alg", "Ed448"), nil},
		"lower case":           {m.with("alg", "ed25519"), nil},
		"Ed448 curve":          {m.with("crv", "Ed448").with("x", b64(make([]byte, 57))), nil},
		"P-256 as Ed25519":     {membersOf(ecKey(elliptic.P256())).with("alg", "Ed25519"), nil},
		"RSA as EdDSA":         {membersOf(rsaKey()).with("alg", "EdDSA"), nil},
		"RSA, a crv beside it": {membersOf(rsaKey()).with("alg", "PS256").with("crv", "Ed25519"), []string{"PS256"}},
	} {
		key, err := jwk.Parse(tc.m.raw())
		require.Equal(t, tc.algs == nil, err != nil, "%s: %v", name, err)
		require.Equal(t, tc.algs, key.Algorithms, name)
	}
}
