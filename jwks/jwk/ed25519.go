package jwk

import (
	"crypto/ed25519"
	"errors"
	"math/big"
	"slices"
)

// crypto/ed25519 has no way to ask whether 32 bytes are a point. A bad key only ever shows as
// signatures that do not verify, and a point of low order as signatures that verify although nobody
// signed: with R the neutral element and S zero, the first text that is tried often passes.

var (
	errLowOrder     = errors.New("Ed25519 point has low order: anybody can sign for it")
	errNotCanonical = errors.New("Ed25519 point is not encoded as RFC 8032 §5.1.2 says")
	errSize         = errors.New("Ed25519 key is not 32 bytes")
)

// lowOrder holds the y coordinates of the eight points whose order divides 8, little-endian, the
// sign of x left out. Each sign counts: with the bit set and x zero the bytes are no encoding at
// all (RFC 8032 §5.1.3), but implementations take them. The two other spellings of y, p for 0 and
// p+1 for 1, are not below p.
var lowOrder = [5][ed25519.PublicKeySize]byte{
	{}, // 0: order 4
	{1},
	{
		0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
	}, // -1: order 2
	{
		0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
	}, // order 8
	{
		0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
	}, // order 8
}

// checkEd25519 judges the encoding, with no arithmetic: it stands in front of every signature
// check.
func checkEd25519(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize {
		return errSize
	}
	y := [ed25519.PublicKeySize]byte(key)
	y[31] &= 0x7f // the sign of x
	if !belowPrime(&y) {
		return errNotCanonical
	}
	for i := range lowOrder {
		if y == lowOrder[i] {
			return errLowOrder
		}
	}
	return nil
}

// belowPrime reports y < p = 2^255-19. Only the nineteen numbers from p to 2^255-1 are not: their
// lowest byte is 0xed or more, and all other bits are set.
func belowPrime(y *[ed25519.PublicKeySize]byte) bool {
	if y[31] != 0x7f || y[0] < 0xed {
		return true
	}
	return slices.ContainsFunc(y[1:31], func(b byte) bool { return b != 0xff })
}

var (
	edwardsP, _ = new(big.Int).SetString("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed", 16)
	edwardsD, _ = new(big.Int).SetString("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3", 16)
)

// onEdwardsCurve decodes a point as RFC 8032 §5.1.3 does, which needs y < p and x² = (y²-1)/(dy²+1)
// to have a root. This is public data, once for each new key: math/big will do.
func onEdwardsCurve(key ed25519.PublicKey) bool {
	b := slices.Clone(key)
	slices.Reverse(b)
	b[0] &= 0x7f // the sign of x
	y := new(big.Int).SetBytes(b)
	if y.Cmp(edwardsP) >= 0 {
		return false
	}
	one := big.NewInt(1)
	yy := new(big.Int).Mul(y, y)
	u := new(big.Int).Sub(yy, one)
	v := new(big.Int).Mul(edwardsD, yy)
	v.Add(v, one).Mod(v, edwardsP)
	xx := u.Mul(u, v.ModInverse(v, edwardsP))
	return big.Jacobi(xx.Mod(xx, edwardsP), edwardsP) >= 0
}
