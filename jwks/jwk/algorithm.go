package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"slices"
)

// The signature algorithms that public keys verify (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2),
// and those of RFC 9964 §5 where this program can (mldsaAlgorithms).
// HS* is absent on purpose: a symmetric key has no place in a published set. So is ES256K:
// crypto/ecdsa has no such curve.
var (
	rsaAlgorithms  = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	p256Algorithms = []string{"ES256"}
	p384Algorithms = []string{"ES384"}
	p521Algorithms = []string{"ES512"}
	edAlgorithms   = []string{"EdDSA", "Ed25519"}
)

var allAlgorithms = slices.Concat(rsaAlgorithms, p256Algorithms, p384Algorithms, p521Algorithms, edAlgorithms,
	mldsaAlgorithms)

// Known reports whether a key could fit the algorithm at all. The name is compared case-sensitively
// (RFC 7515 §4.1.1).
func Known(algorithm string) bool { return slices.Contains(allAlgorithms, algorithm) }

// algorithmsOf lists what a key of this type and curve may verify. The key may be of any type, or
// nil.
func algorithmsOf(key crypto.PublicKey) []string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return rsaAlgorithms
	case *ecdsa.PublicKey:
		return curveAlgorithms(key)
	case ed25519.PublicKey:
		return edAlgorithms
	default:
		return mldsaAlgorithmsOf(key)
	}
}

func curveAlgorithms(key *ecdsa.PublicKey) []string {
	if key == nil {
		return nil
	}
	switch key.Curve {
	case elliptic.P256():
		return p256Algorithms
	case elliptic.P384():
		return p384Algorithms
	case elliptic.P521():
		return p521Algorithms
	default:
		return nil
	}
}
