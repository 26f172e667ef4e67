package jwttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
)

// encodeJWK describes an issuer's public key (RFC 7517 §4).
func encodeJWK(kid, alg string, public crypto.PublicKey) map[string]any {
	jwk := publicJWK(public)
	jwk["kid"], jwk["alg"], jwk["use"] = kid, alg, "sig"
	return jwk
}

// publicJWK has the members that a public key must have, and no other: RFC 7518 §6,
// RFC 8037 §2 and RFC 9964 §3 name them.
func publicJWK(public crypto.PublicKey) map[string]any {
	jwk := map[string]any{}
	switch key := public.(type) {
	case *rsa.PublicKey:
		jwk["kty"] = "RSA"
		jwk["n"] = encodeBase64(key.N.Bytes())
		jwk["e"] = encodeBase64(big.NewInt(int64(key.E)).Bytes())
	case *ecdsa.PublicKey:
		x, y := coordinates(key)
		jwk["kty"] = "EC"
		jwk["crv"] = key.Curve.Params().Name
		jwk["x"] = encodeBase64(x)
		jwk["y"] = encodeBase64(y)
	case ed25519.PublicKey:
		jwk["kty"] = "OKP"
		jwk["crv"] = "Ed25519"
		jwk["x"] = encodeBase64(key)
	default:
		return postQuantumJWK(public)
	}
	return jwk
}

// coordinates returns x and y at the curve's full size: a JWK keeps leading zeros.
func coordinates(key *ecdsa.PublicKey) (x, y []byte) {
	point, err := key.Bytes() // 0x04, x, y
	if err != nil {
		panic("jwttest: a generated key is not on its curve: " + err.Error())
	}
	size := len(point) / 2
	return point[1 : 1+size], point[1+size:]
}

func encodeBase64(b []byte) string {
	return base64.RawURLEncoding.EncodeToString(b)
}
