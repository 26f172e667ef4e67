package jwks

import "slices"

// The signature algorithms that public keys verify (RFC 7518 §3.1, RFC 8037
// §3.1, RFC 9864 §2.2). HS* is absent on purpose: a symmetric key has no place
// in a published set. So is ES256K: crypto/ecdsa has no such curve.
var (
	rsaAlgorithms  = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	p256Algorithms = []string{"ES256"}
	p384Algorithms = []string{"ES384"}
	p521Algorithms = []string{"ES512"}
	edAlgorithms   = []string{"EdDSA", "Ed25519"}
)

var allAlgorithms = slices.Concat(rsaAlgorithms, p256Algorithms, p384Algorithms, p521Algorithms, edAlgorithms)

// knownAlgorithm tells whether any key of any set could fit alg. One that
// could not is answered at once: no fetch will ever change that.
func knownAlgorithm(alg string) bool { return slices.Contains(allAlgorithms, alg) }
