package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"math/big"

	"example.com/resourceserver/jwks/jwk"
)

// The values of alg that are implemented (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864
// §2.2). Do not change the elements.
var (
	Asymmetric = []string{
		"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
	}
	Symmetric = []string{"HS256", "HS384", "HS512"}
	// PostQuantum need a program built with Go 1.27 or later, and with no older module for FIPS
	// 140-3 than v1.26.0 (RFC 9964 §5): in any other, AlgorithmOf does not know them.
	PostQuantum = []string{"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}
)

// Algorithm checks the signatures of one JWS algorithm. It has either verify, for
// keys that fit, or newHash, for a secret: neither can be mistaken for the other
// (RFC 8725 §2.1).
type Algorithm struct {
	name          string
	hash          crypto.Hash
	signatureSize int // of ES* and ML-DSA; RSA's is the key's
	verify        func(a *Algorithm, key crypto.PublicKey, signed, signature []byte) bool
	newHash       func() hash.Hash // HS*
}

var algorithms = map[string]*Algorithm{
	"RS256": {name: "RS256", hash: crypto.SHA256, verify: verifyPKCS1},
	"RS384": {name: "RS384", hash: crypto.SHA384, verify: verifyPKCS1},
	"RS512": {name: "RS512", hash: crypto.SHA512, verify: verifyPKCS1},
	"PS256": {name: "PS256", hash: crypto.SHA256, verify: verifyPSS},
	"PS384": {name: "PS384", hash: crypto.SHA384, verify: verifyPSS},
	"PS512": {name: "PS512", hash: crypto.SHA512, verify: verifyPSS},
	"ES256": {name: "ES256", hash: crypto.SHA256, verify: verifyECDSA, signatureSize: 2 * 32},
	"ES384": {name: "ES384", hash: crypto.SHA384, verify: verifyECDSA, signatureSize: 2 * 48},
	"ES512": {name: "ES512", hash: crypto.SHA512, verify: verifyECDSA, signatureSize: 2 * 66},
	"EdDSA": ed25519Algorithm, "Ed25519": ed25519Algorithm,
	"HS256": {name: "HS256", hash: crypto.SHA256, newHash: sha256.New},
	"HS384": {name: "HS384", hash: crypto.SHA384, newHash: sha512.New384},
	"HS512": {name: "HS512", hash: crypto.SHA512, newHash: sha512.New},
}

// ed25519Algorithm has two names: EdDSA, which says the curve by the key (RFC 8037
// §3.1), and Ed25519, which replaces it (RFC 9864 §2.2). Sources of keys are asked
// for the first, which all of them know.
var ed25519Algorithm = &Algorithm{name: "EdDSA", verify: verifyEd25519}

// AlgorithmOf returns the algorithm that a value of alg denotes, exactly (RFC 7515
// §4.1.1), or nil.
func AlgorithmOf(alg string) *Algorithm {
	if a := algorithms[alg]; a != nil {
		return a
	}
	return postQuantum[alg]
}

// Name is by which sources of keys know the algorithm.
func (a *Algorithm) Name() string { return a.name }

// Symmetric reports whether the algorithm goes with a secret, by Authenticates, and
// not with keys, by Verify.
func (a *Algorithm) Symmetric() bool { return a.newHash != nil }

// MinSecretBytes is the length that a secret must have: that of the hash (RFC 7518
// §3.2).
func (a *Algorithm) MinSecretBytes() int { return a.hash.Size() }

// Fits reports whether the key is sound and of the algorithm's type and curve.
func (a *Algorithm) Fits(key crypto.PublicKey) bool { return a.verify != nil && jwk.Fits(a.name, key) }

// Verify reports whether the key fits and the signature over signed was made with
// its private half. Whatever looked the key up, or sent it along, is not trusted to
// have a good one.
func (a *Algorithm) Verify(key crypto.PublicKey, signed, signature []byte) bool {
	return a.Fits(key) && a.verify(a, key, signed, signature)
}

// Authenticates reports whether code is the HMAC of signed under the secret (RFC
// 7518 §3.2). It compares in constant time.
func (a *Algorithm) Authenticates(secret, signed, code []byte) bool {
	if a.newHash == nil || len(secret) < a.MinSecretBytes() {
		return false
	}
	mac := hmac.New(a.newHash, secret)
	mac.Write(signed)
	return hmac.Equal(code, mac.Sum(nil))
}

func verifyPKCS1(a *Algorithm, key crypto.PublicKey, signed, signature []byte) bool {
	k := key.(*rsa.PublicKey)
	var buf [sha512.Size]byte
	return len(signature) == k.Size() && rsa.VerifyPKCS1v15(k, a.hash, a.digest(buf[:0], signed), signature) == nil
}

// verifyPSS demands a salt as long as the hash (RFC 7518 §3.5).
func verifyPSS(a *Algorithm, key crypto.PublicKey, signed, signature []byte) bool {
	k := key.(*rsa.PublicKey)
	var buf [sha512.Size]byte
	options := rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.hash}
	return len(signature) == k.Size() && rsa.VerifyPSS(k, a.hash, a.digest(buf[:0], signed), signature, &options) == nil
}

// verifyECDSA reads the signature as R and S, each of the curve's size (RFC 7518
// §3.4). ASN.1 DER is another length, or fails. Values out of range and points
// off the curve are refused by crypto/ecdsa.
func verifyECDSA(a *Algorithm, key crypto.PublicKey, signed, signature []byte) bool {
	if len(signature) != a.signatureSize {
		return false
	}
	half := a.signatureSize / 2
	r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
	var buf [sha512.Size]byte
	return ecdsa.Verify(key.(*ecdsa.PublicKey), a.digest(buf[:0], signed), r, s)
}

func verifyEd25519(_ *Algorithm, key crypto.PublicKey, signed, signature []byte) bool {
	return len(signature) == ed25519.SignatureSize && ed25519.Verify(key.(ed25519.PublicKey), signed, signature)
}

// digest appends the hash of signed to buf. Going through a hash.Hash would
// allocate one.
func (a *Algorithm) digest(buf, signed []byte) []byte {
	switch a.hash {
	case crypto.SHA384:
		sum := sha512.Sum384(signed)
		return append(buf, sum[:]...)
	case crypto.SHA512:
		sum := sha512.Sum512(signed)
		return append(buf, sum[:]...)
	}
	sum := sha256.Sum256(signed)
	return append(buf, sum[:]...)
}
