package jwks

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"math/bits"
	"strings"
)

// Bounds on RSA keys. The lower one is RFC 7518 §3.3; the upper ones keep a
// verification from becoming expensive, and are what crypto/tls and
// crypto/rsa tolerate.
const (
	minModulusBits = 2048
	maxModulusBits = 16384
	maxExponent    = 1<<31 - 1
)

var (
	errBase64       = errors.New("a key member is missing or not base64url without padding")
	errModulusSmall = errors.New("RSA modulus shorter than 2048 bits")
	errModulusLarge = errors.New("RSA modulus longer than 16384 bits")
	errModulusEven  = errors.New("RSA modulus is even")
	errExponent     = errors.New("RSA exponent is not an odd number from 3 to 2^31-1")
	errCurve        = errors.New("crv is not one this package verifies with")
	errCoordinate   = errors.New("a coordinate is not as long as the curve asks")
	errOffCurve     = errors.New("point is not on its curve")
	errLowOrder     = errors.New("Ed25519 point has low order: anybody can sign for it")
)

// material is the part of a JWK that makes up the key: its required members,
// decoded and in range. Whatever constructs one has checked it.
type material struct {
	kty  string
	crv  string
	x, y []byte // EC and OKP: coordinates (OKP has no y); RSA: modulus and exponent
}

// checkMaterial decodes and checks the key's own members, and says which
// algorithms such a key fits (RFC 7518 §3.1).
func (k *webKey) checkMaterial() (material, []string, error) {
	switch *k.Kty {
	case "RSA":
		m, err := k.rsa()
		return m, rsaAlgorithms, err
	case "EC":
		return k.ec()
	default:
		m, err := k.okp()
		return m, edAlgorithms, err
	}
}

// rsa checks n and e (RFC 7518 §6.3.1). A leading zero octet, which the RFC
// forbids, is dropped: several libraries emit one, and the number is the same.
func (k *webKey) rsa() (material, error) {
	n, okN := decodeBase64(k.N)
	e, okE := decodeBase64(k.E)
	if !okN || !okE {
		return material{}, errBase64
	}
	n, e = bytes.TrimLeft(n, "\x00"), bytes.TrimLeft(e, "\x00")
	switch size := bitLen(n); {
	case size < minModulusBits:
		return material{}, errModulusSmall
	case size > maxModulusBits:
		return material{}, errModulusLarge
	case n[len(n)-1]&1 == 0:
		return material{}, errModulusEven
	}
	if !goodExponent(e) {
		return material{}, errExponent
	}
	return material{kty: "RSA", x: n, y: e}, nil
}

func goodExponent(e []byte) bool {
	if len(e) == 0 || len(e) > 4 {
		return false
	}
	var v uint32
	for _, b := range e {
		v = v<<8 | uint32(b)
	}
	return v&1 == 1 && v >= 3 && v <= maxExponent
}

func bitLen(n []byte) int {
	if len(n) == 0 {
		return 0
	}
	return (len(n)-1)*8 + bits.Len8(n[0])
}

// ec checks crv, x and y (RFC 7518 §6.2.1). A coordinate that lost its leading
// zeros is refused, as §6.2.1.2 says: its length is part of the format.
func (k *webKey) ec() (material, []string, error) {
	curve, algorithms := namedCurve(k.Crv)
	if curve == nil {
		return material{}, nil, errCurve
	}
	x, okX := decodeBase64(k.X)
	y, okY := decodeBase64(k.Y)
	if !okX || !okY {
		return material{}, nil, errBase64
	}
	size := (curve.Params().BitSize + 7) / 8
	if len(x) != size || len(y) != size {
		return material{}, nil, errCoordinate
	}
	m := material{kty: "EC", crv: k.Crv, x: x, y: y}
	if _, err := ecdsa.ParseUncompressedPublicKey(curve, m.point()); err != nil {
		return material{}, nil, errOffCurve
	}
	return m, algorithms, nil
}

// point is the uncompressed form of SEC 1 §2.3.3.
func (m material) point() []byte {
	return bytes.Join([][]byte{{4}, m.x, m.y}, nil)
}

func namedCurve(crv string) (elliptic.Curve, []string) {
	switch crv {
	case "P-256":
		return elliptic.P256(), p256Algorithms
	case "P-384":
		return elliptic.P384(), p384Algorithms
	case "P-521":
		return elliptic.P521(), p521Algorithms
	default:
		return nil, nil
	}
}

// okp checks crv and x (RFC 8037 §2).
func (k *webKey) okp() (material, error) {
	if k.Crv != "Ed25519" {
		return material{}, errCurve
	}
	x, ok := decodeBase64(k.X)
	if !ok {
		return material{}, errBase64
	}
	if len(x) != ed25519.PublicKeySize {
		return material{}, errCoordinate
	}
	if err := checkEdwardsPoint(x); err != nil {
		return material{}, err
	}
	return material{kty: "OKP", crv: "Ed25519", x: x}, nil
}

// decodeBase64 reads base64url without padding (RFC 7515 §2), of which there
// is one spelling: trailing bits are zero, and CR and LF, which the standard
// library's decoder skips, are refused.
func decodeBase64(s string) ([]byte, bool) {
	if s == "" || strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return b, err == nil
}
