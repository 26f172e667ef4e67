package jwk

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
)

var (
	errBase64     = errors.New("a key member is missing or not base64url without padding")
	errCurve      = errors.New("crv is not one this package verifies with")
	errCoordinate = errors.New("a coordinate is not as long as the curve asks")
)

// material is what makes up the key: the required members of its kty (RFC 7638 §3.2), decoded, each
// of a length that such a key may have. Whether the numbers are sound is judged later, on the key
// that is made of them.
type material struct {
	kty, crv string
	n, e     []byte // RSA
	x, y     []byte // EC; OKP has no y
	alg      string // AKP
	pub      []byte // AKP
}

func (w *webKey) material() (material, error) {
	switch *w.Kty {
	case "RSA":
		return w.rsa()
	case "EC":
		return w.ec()
	case "AKP":
		return w.akp()
	default:
		return w.okp()
	}
}

// rsa reads n and e (RFC 7518 §6.3.1). A leading zero octet, which the RFC forbids, is dropped:
// several libraries emit one, and the number is the same.
func (w *webKey) rsa() (material, error) {
	n, okN := decodeBase64(w.N)
	e, okE := decodeBase64(w.E)
	if !okN || !okE {
		return material{}, errBase64
	}
	n, e = bytes.TrimLeft(n, "\x00"), bytes.TrimLeft(e, "\x00")
	if len(e) > 4 { // a longer one would be cut to fit an int
		return material{}, errExponent
	}
	return material{kty: "RSA", n: n, e: e}, nil
}

// ec reads crv, x and y (RFC 7518 §6.2.1). A coordinate that lost its leading zeros is refused, as
// §6.2.1.2 says: its length is part of the format.
func (w *webKey) ec() (material, error) {
	size := coordinateSize(w.Crv)
	if size == 0 {
		return material{}, errCurve
	}
	x, okX := decodeBase64(w.X)
	y, okY := decodeBase64(w.Y)
	switch {
	case !okX || !okY:
		return material{}, errBase64
	case len(x) != size || len(y) != size:
		return material{}, errCoordinate
	}
	return material{kty: "EC", crv: w.Crv, x: x, y: y}, nil
}

// coordinateSize is the length of a coordinate in bytes, 0 for an unknown curve.
func coordinateSize(crv string) int {
	switch crv {
	case "P-256":
		return 32
	case "P-384":
		return 48
	case "P-521":
		return 66
	default:
		return 0
	}
}

// okp reads crv and x (RFC 8037 §2).
func (w *webKey) okp() (material, error) {
	if w.Crv != "Ed25519" {
		return material{}, errCurve
	}
	x, ok := decodeBase64(w.X)
	switch {
	case !ok:
		return material{}, errBase64
	case len(x) != ed25519.PublicKeySize:
		return material{}, errCoordinate
	}
	return material{kty: "OKP", crv: "Ed25519", x: x}, nil
}

// decodeBase64 reads base64url without padding (RFC 7515 §2), of which there is one spelling:
// trailing bits are zero, and CR and LF, which the standard library's decoder skips, are refused.
func decodeBase64(s string) ([]byte, bool) {
	if s == "" || strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return b, err == nil
}
