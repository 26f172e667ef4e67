//lint:file-ignore SA1019 points that are none, and keys without one, can be written in no other way

package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// What comes back from the JOSE library is held against what was judged, whatever it comes back with. No
// JWK makes it return another key today, which is why this asks from inside.
func TestAnotherKeyThanTheMaterialIsRefused(t *testing.T) {
	n := new(big.Int).SetBytes(slices.Repeat([]byte{0xff}, 256))
	ofRSA := material{kty: "RSA", n: n.Bytes(), e: []byte{1, 0, 1}}
	curve := elliptic.P256()
	x, y := curve.Params().Gx, curve.Params().Gy
	ofEC := material{kty: "EC", crv: "P-256", x: x.Bytes(), y: y.Bytes()}
	point := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	other := ed25519.NewKeyFromSeed(slices.Repeat([]byte{1}, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	ofOKP := material{kty: "OKP", crv: "Ed25519", x: point}

	negative := new(big.Int).Sub(curve.Params().P, y)
	p384 := elliptic.P384().Params()
	for name, tc := range map[string]struct {
		m      material
		public crypto.PublicKey
		want   error
	}{
		"RSA":            {ofRSA, &rsa.PublicKey{N: n, E: 65537}, nil},
		"another n":      {ofRSA, &rsa.PublicKey{N: new(big.Int).Sub(n, big.NewInt(2)), E: 65537}, errDisagree},
		"another e":      {ofRSA, &rsa.PublicKey{N: n, E: 3}, errDisagree},
		"EC":             {ofEC, &ecdsa.PublicKey{Curve: curve, X: x, Y: y}, nil},
		"another y":      {ofEC, &ecdsa.PublicKey{Curve: curve, X: x, Y: negative}, errDisagree},
		"another curve":  {ofEC, &ecdsa.PublicKey{Curve: elliptic.P384(), X: p384.Gx, Y: p384.Gy}, errDisagree},
		"off the curve":  {ofEC, &ecdsa.PublicKey{Curve: curve, X: y, Y: x}, errOffCurve},
		"Ed25519":        {ofOKP, point, nil},
		"another point":  {ofOKP, other, errDisagree},
		"another type":   {ofEC, point, errDisagree},
		"RSA for EC":     {ofEC, &rsa.PublicKey{N: new(big.Int), E: 0}, errDisagree},
		"EC for RSA":     {ofRSA, &ecdsa.PublicKey{Curve: curve, X: x, Y: y}, errDisagree},
		"a private key":  {ofRSA, &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: 65537}}, errDisagree},
		"a certificate":  {ofRSA, &x509.Certificate{}, errDisagree},
		"nothing at all": {ofRSA, nil, errDisagree},
	} {
		require.Equal(t, tc.want, tc.m.compare(tc.public), name)
	}
}
