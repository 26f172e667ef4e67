package jwttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"
)

// encodeJWK describes a public key as RFC 7517 §4, RFC 7518 §6 and RFC 8037 §2 do.
func encodeJWK(kid, alg string, public crypto.PublicKey) map[string]any {
	jwk := map[string]any{"kid": kid, "alg": alg, "use": "sig"}
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
		panic(fmt.Sprintf("jwttest: a %T among the issuer's keys", public))
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
