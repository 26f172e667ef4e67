package jwks

import (
	"math/big"
	"slices"
)

// crypto/ed25519 has no way to ask whether 32 bytes are a point: a bad key only
// ever shows as signatures that do not verify, and a point of low order as
// signatures that verify although nobody signed. Both belong into the list of
// skipped keys instead. Public data, once per new key: math/big will do.

var (
	edwardsP, _ = new(big.Int).SetString("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed", 16)
	edwardsD, _ = new(big.Int).SetString("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3", 16)

	bigOne = big.NewInt(1)
)

// lowOrderY holds the y coordinates of the eight points whose order divides 8.
var lowOrderY = func() []*big.Int {
	order8, _ := new(big.Int).SetString("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7", 16)
	return []*big.Int{
		big.NewInt(0), bigOne, new(big.Int).Sub(edwardsP, bigOne),
		order8, new(big.Int).Sub(edwardsP, order8),
	}
}()

// checkEdwardsPoint decodes a point as RFC 8032 §5.1.3 does, which needs y < p
// and x² = (y²-1)/(dy²+1) to have a root.
func checkEdwardsPoint(encoded []byte) error {
	b := slices.Clone(encoded)
	slices.Reverse(b)
	b[0] &= 0x7f // the sign of x
	y := new(big.Int).SetBytes(b)
	if y.Cmp(edwardsP) >= 0 {
		return errOffCurve
	}
	if slices.ContainsFunc(lowOrderY, func(low *big.Int) bool { return low.Cmp(y) == 0 }) {
		return errLowOrder
	}
	yy := new(big.Int).Mul(y, y)
	u := new(big.Int).Sub(yy, bigOne)
	v := new(big.Int).Mul(edwardsD, yy)
	v.Add(v, bigOne).Mod(v, edwardsP)
	xx := u.Mul(u, v.ModInverse(v, edwardsP))
	if big.Jacobi(xx.Mod(xx, edwardsP), edwardsP) < 0 {
		return errOffCurve
	}
	return nil
}
