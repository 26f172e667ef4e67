//lint:file-ignore SA1019 points that are none, and keys without one, can be written in no other way

package jwk_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/hex"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks/jwk"
)

var (
	rsaAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	everyName     = slices.Concat(rsaAlgorithms, []string{
		"ES256", "ES384", "ES512", "EdDSA", "Ed25519",
		"", "none", "HS256", "rs256", "ES256K", "Ed448", "eddsa", "RS256 ", "RSA-OAEP",
	})
)

func TestEachKeyFitsItsAlgorithms(t *testing.T) {
	// checklist 49, 53, 181
	for name, tc := range map[string]struct {
		key  crypto.PublicKey
		algs []string
	}{
		"RSA":     {rsaKey(), rsaAlgorithms},
		"P-256":   {ecKey(elliptic.P256()), []string{"ES256"}},
		"P-384":   {ecKey(elliptic.P384()), []string{"ES384"}},
		"P-521":   {ecKey(elliptic.P521()), []string{"ES512"}},
		"P-224":   {ecKey(elliptic.P224()), nil},
		"Ed25519": {edKey(), []string{"EdDSA", "Ed25519"}},
	} {
		for _, alg := range everyName {
			require.Equal(t, slices.Contains(tc.algs, alg), jwk.Fits(alg, tc.key), "%s with %q", name, alg)
		}
	}
}

func TestKnownAlgorithms(t *testing.T) {
	for _, alg := range everyName[:11] {
		require.True(t, jwk.Known(alg), alg)
	}
	for _, alg := range everyName[11:] {
		require.False(t, jwk.Known(alg), alg)
	}
}

// foreignCurve cannot be compared with ==.
type foreignCurve struct {
	elliptic.Curve
	_ []int
}

// What a source of keys may hand over by mistake is refused, and nothing of it panics.
func TestWhatIsNoKeyFitsNothing(t *testing.T) {
	// checklist 54
	ed, ec := edKey(), ecKey(elliptic.P256())
	for name, key := range map[string]crypto.PublicKey{
		"nil":               nil,
		"a text":            "key",
		"bytes":             []byte(ed),
		"pointer to Ed":     &ed,
		"value of RSA":      *rsaKey(),
		"value of EC":       *ec,
		"nil RSA":           (*rsa.PublicKey)(nil),
		"nil EC":            (*ecdsa.PublicKey)(nil),
		"nil Ed":            ed25519.PublicKey(nil),
		"RSA without N":     &rsa.PublicKey{E: 65537},
		"RSA zero":          &rsa.PublicKey{N: new(big.Int), E: 65537},
		"RSA negative":      &rsa.PublicKey{N: new(big.Int).Neg(rsaKey().N), E: 65537},
		"EC without curve":  &ecdsa.PublicKey{X: big.NewInt(1), Y: big.NewInt(1)},
		"EC foreign curve":  &ecdsa.PublicKey{Curve: foreignCurve{}, X: big.NewInt(1), Y: big.NewInt(1)},
		"EC without X":      &ecdsa.PublicKey{Curve: elliptic.P256(), Y: big.NewInt(1)},
		"EC without Y":      &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1)},
		"Ed short":          ed[:31],
		"Ed long":           append(slices.Clone(ed), 0),
		"private Ed":        ed25519.NewKeyFromSeed(ed),
		"symmetric, maybe":  [32]byte{},
		"a private RSA key": &rsa.PrivateKey{PublicKey: *rsaKey()},
	} {
		for _, alg := range everyName {
			require.False(t, jwk.Fits(alg, key), "%s with %q", name, alg)
		}
	}
}

func TestBoundsOfRSA(t *testing.T) {
	// checklist 54
	number := func(bits uint, low int64) *big.Int {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		return n.Add(n, big.NewInt(low))
	}
	for name, tc := range map[string]struct {
		n    *big.Int
		e    int
		fits bool
	}{
		"2047 bits":       {number(2047, 1), 65537, false},
		"2048 bits":       {number(2048, 1), 65537, true},
		"16384 bits":      {number(16384, 1), 65537, true},
		"16385 bits":      {number(16385, 1), 65537, false},
		"even":            {number(2048, 2), 65537, false},
		"exponent -3":     {number(2048, 1), -3, false},
		"exponent 0":      {number(2048, 1), 0, false},
		"exponent 1":      {number(2048, 1), 1, false},
		"exponent 2":      {number(2048, 1), 2, false},
		"exponent 3":      {number(2048, 1), 3, true},
		"exponent 65536":  {number(2048, 1), 65536, false},
		"exponent 2^31-1": {number(2048, 1), 1<<31 - 1, true},
	} {
		require.Equal(t, tc.fits, jwk.Fits("RS256", &rsa.PublicKey{N: tc.n, E: tc.e}), name)
		require.Equal(t, tc.fits, jwk.Fits("PS512", &rsa.PublicKey{N: tc.n, E: tc.e}), name)
	}
	if big := uint64(1<<31 + 1); uint64(uint(big)) == big { // an int has 64 bits here
		require.False(t, jwk.Fits("RS256", &rsa.PublicKey{N: number(2048, 1), E: int(big)}))
	}
}

// lowOrderEncodings are all the byte strings that some implementation decodes to one of the eight
// points whose order divides 8: canonical ones, y beyond the field, and the sign set where x is
// zero.
var lowOrderEncodings = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
}

// For each of these crypto/ed25519 verifies a signature that nobody made, for one text in eight or
// more.
func TestPointsOfLowOrderFitNothing(t *testing.T) {
	// checklist 82
	forged := append([]byte{1}, make([]byte, ed25519.SignatureSize-1)...) // R neutral, S zero
	for _, text := range lowOrderEncodings {
		key := ed25519.PublicKey(must(hex.DecodeString(text)))
		verified := false
		for i := 0; i < 256 && !verified; i++ {
			verified = ed25519.Verify(key, []byte{byte(i)}, forged)
		}
		require.True(t, verified, "%s is here because anybody can sign for it", text)
		require.False(t, jwk.Fits("EdDSA", key), text)
		require.False(t, jwk.Fits("Ed25519", key), text)
	}
}

// All nineteen numbers from p on are refused, and the number before them only because its order is
// 2.
func TestEncodingsBeyondTheField(t *testing.T) {
	// checklist 82
	prime := must(hex.DecodeString("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"))
	for low := 0xed; low <= 0xff; low++ {
		for _, high := range []byte{0x7f, 0xff} {
			key := ed25519.PublicKey(slices.Clone(prime))
			key[0], key[31] = byte(low), high
			require.False(t, jwk.Fits("EdDSA", key), "%x", []byte(key))
		}
	}
	for i := range prime { // one bit lower in any byte: below p
		key := ed25519.PublicKey(slices.Clone(prime))
		key[i] ^= 0x20
		require.True(t, jwk.Fits("EdDSA", key), "%x", []byte(key))
	}
}

func TestFitsAllocatesNothing(t *testing.T) {
	for _, tc := range judged() {
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = jwk.Fits(tc.alg, tc.key) }), tc.alg)
	}
}

type judgedKey struct {
	alg string
	key crypto.PublicKey
}

func judged() []judgedKey {
	return []judgedKey{
		{"RS256", rsaKey()}, {"PS512", rsaKey()}, {"ES256", ecKey(elliptic.P256())}, {"ES512", ecKey(elliptic.P521())},
		{"EdDSA", edKey()}, {"Ed25519", edKey()}, {"EdDSA", make(ed25519.PublicKey, 32)}, {"RS256", edKey()},
	}
}

// BenchmarkFits measures what stands in front of every signature check. The check itself takes 20
// µs or more.
func BenchmarkFits(b *testing.B) {
	for _, tc := range judged()[:6] {
		b.Run("alg="+tc.alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = jwk.Fits(tc.alg, tc.key)
			}
		})
	}
}

func TestSame(t *testing.T) {
	all := []crypto.PublicKey{
		rsaKey(), ecKey(elliptic.P256()), ecKey(elliptic.P256()), ecKey(elliptic.P384()), edKey(), edKey(),
	}
	for i, a := range all {
		for j, b := range all {
			require.Equal(t, i == j, jwk.Same(a, b))
		}
		again := must(jwk.Parse(membersOf(a).raw())).Public
		require.True(t, jwk.Same(a, again), "the same key elsewhere in memory")
		require.False(t, jwk.Same(a, nil))
		require.False(t, jwk.Same(nil, a))
	}
	require.False(t, jwk.Same(nil, nil))
}
