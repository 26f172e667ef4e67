package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"math/big"
	"strings"
)

// floor returns the least that any validator has to do for this token: decode
// the signature and have the standard library check it over the signing input,
// with a key that is ready.
func floor(alg string, key crypto.PublicKey, token string) func() bool {
	last := strings.LastIndexByte(token, '.')
	signed, encoded := []byte(token[:last]), token[last+1:]
	check := floors[alg]
	return func() bool {
		signature, err := base64.RawURLEncoding.DecodeString(encoded)
		return err == nil && check(key, signed, signature)
	}
}

var floors = map[string]func(key crypto.PublicKey, signed, signature []byte) bool{
	"RS256": func(key crypto.PublicKey, signed, signature []byte) bool {
		sum := sha256.Sum256(signed)
		return rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.SHA256, sum[:], signature) == nil
	},
	"PS256": func(key crypto.PublicKey, signed, signature []byte) bool {
		sum := sha256.Sum256(signed)
		return rsa.VerifyPSS(key.(*rsa.PublicKey), crypto.SHA256, sum[:], signature,
			&rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	},
	"ES256": func(key crypto.PublicKey, signed, signature []byte) bool {
		sum := sha256.Sum256(signed)
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(key.(*ecdsa.PublicKey), sum[:], r, s)
	},
	"ES384": func(key crypto.PublicKey, signed, signature []byte) bool {
		sum := sha512.Sum384(signed)
		r, s := new(big.Int).SetBytes(signature[:48]), new(big.Int).SetBytes(signature[48:])
		return ecdsa.Verify(key.(*ecdsa.PublicKey), sum[:], r, s)
	},
	"EdDSA": func(key crypto.PublicKey, signed, signature []byte) bool {
		return ed25519.Verify(key.(ed25519.PublicKey), signed, signature)
	},
}
