package jwks

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

// This is the only file here that knows the JOSE library, and it hands it
// nothing from outside: the JSON it parses is written from values that were
// checked before. Its own parser compares member names without regard to case,
// takes every dialect of base64 and points off the curve, obeys settings that
// any imported package may change, and its consumers panic on an Ed25519 key of
// 31 bytes. A recover around it would hide the next such fault; lengths that
// were checked beforehand leave no room for one. The result is compared with
// what went in.

// read turns checked material into a key of the standard library and its RFC
// 7638 thumbprint.
func (m material) read() (key crypto.PublicKey, thumbprint string, err error) {
	canonical, err := m.canonical()
	if err != nil {
		return nil, "", err
	}
	parsed, err := jwk.ParseKey(canonical)
	if err != nil {
		return nil, "", errDisagree
	}
	sum, err := parsed.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, "", errDisagree
	}
	var raw any
	if err := parsed.Raw(&raw); err != nil || !m.equals(raw) {
		return nil, "", errDisagree
	}
	return raw, base64.RawURLEncoding.EncodeToString(sum), nil
}

// canonical writes the required members and no others, as RFC 7638 §3.2 does.
func (m material) canonical() ([]byte, error) {
	x, y := base64.RawURLEncoding.EncodeToString(m.x), base64.RawURLEncoding.EncodeToString(m.y)
	members := map[string]string{"kty": m.kty, "crv": m.crv, "x": x}
	switch m.kty {
	case "RSA":
		members = map[string]string{"kty": m.kty, "n": x, "e": y}
	case "EC":
		members["y"] = y
	}
	b, err := json.Marshal(members, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	return b, nil
}

// equals reports whether key is this material, and of a type that may leave
// this package.
func (m material) equals(key any) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return m.kty == "RSA" && bytes.Equal(key.N.Bytes(), m.x) && bytes.Equal(bigEndian(key.E), m.y)
	case *ecdsa.PublicKey:
		curve, _ := namedCurve(m.crv)
		point, err := key.Bytes()
		return err == nil && m.kty == "EC" && key.Curve == curve && bytes.Equal(point, m.point())
	case ed25519.PublicKey:
		return m.kty == "OKP" && bytes.Equal(key, m.x)
	default:
		return false
	}
}

// bigEndian is the shortest big-endian form of a positive number.
func bigEndian(n int) []byte {
	var b []byte
	for ; n > 0; n >>= 8 {
		b = append([]byte{byte(n)}, b...)
	}
	return b
}
