package jwk

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

// This is the only file here that knows the JOSE library. The library is handed the canonical
// members, written from values that were decoded strictly, and never the text that was published:
// its own parser compares member names without regard to case, takes every dialect of base64 and
// points off the curve, obeys settings that any imported package may change, and its consumers
// panic on an Ed25519 key of 31 bytes. A recover around it would hide the next such fault; lengths
// that were checked beforehand leave no room for one. What comes back must be what went in.

var (
	errDisagree = errors.New("does not read back as what was published")
	errOffCurve = errors.New("point is not on its curve")
)

// read makes of the material a key of the standard library and its RFC 7638 thumbprint. Both come
// from one object of the library.
func (m material) read() (public crypto.PublicKey, thumbprint string, err error) {
	if m.kty == "AKP" {
		return m.readAKP()
	}
	parsed, err := jwk.ParseKey(m.canonical())
	if err != nil {
		return nil, "", errDisagree
	}
	sum, err := parsed.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, "", errDisagree
	}
	var raw any
	if err := parsed.Raw(&raw); err != nil {
		return nil, "", errDisagree
	}
	if err := m.compare(raw); err != nil {
		return nil, "", err
	}
	return raw, base64.RawURLEncoding.EncodeToString(sum), nil
}

// canonical writes the required members and no others, as RFC 7638 §3.2 does. Base64url and the
// names of curves and algorithms need no escape.
func (m material) canonical() []byte {
	text := base64.RawURLEncoding.EncodeToString
	switch m.kty {
	case "RSA":
		return fmt.Appendf(nil, `{"e":"%s","kty":"RSA","n":"%s"}`, text(m.e), text(m.n))
	case "EC":
		return fmt.Appendf(nil, `{"crv":"%s","kty":"EC","x":"%s","y":"%s"}`, m.crv, text(m.x), text(m.y))
	case "AKP":
		return fmt.Appendf(nil, `{"alg":"%s","kty":"AKP","pub":"%s"}`, m.alg, text(m.pub)) // RFC 9964 §6
	default:
		return fmt.Appendf(nil, `{"crv":"%s","kty":"OKP","x":"%s"}`, m.crv, text(m.x))
	}
}

// compare holds a key against the material that it was made of: the same numbers, of a type that
// may leave this package, and a point that is on its curve.
func (m material) compare(public crypto.PublicKey) error {
	same := false
	switch key := public.(type) {
	case *rsa.PublicKey:
		same = m.kty == "RSA" && bytes.Equal(key.N.Bytes(), m.n) && bytes.Equal(big.NewInt(int64(key.E)).Bytes(), m.e)
	case *ecdsa.PublicKey:
		point, err := key.Bytes() // the uncompressed form of SEC 1 §2.3.3
		if err != nil {
			return errOffCurve
		}
		same = m.kty == "EC" && key.Params().Name == m.crv && bytes.Equal(point, slices.Concat([]byte{4}, m.x, m.y))
	case ed25519.PublicKey:
		if !onEdwardsCurve(key) {
			return errOffCurve
		}
		same = m.kty == "OKP" && bytes.Equal(key, m.x)
	}
	if !same {
		return errDisagree
	}
	return nil
}
