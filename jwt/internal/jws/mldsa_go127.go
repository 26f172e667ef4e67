//go:build go1.27 && !fips140v1.0

package jws

import (
	"crypto"
	"crypto/mldsa"
)

var postQuantum = map[string]*Algorithm{
	"ML-DSA-44": {name: "ML-DSA-44", verify: verifyMLDSA, signatureSize: mldsa.MLDSA44SignatureSize},
	"ML-DSA-65": {name: "ML-DSA-65", verify: verifyMLDSA, signatureSize: mldsa.MLDSA65SignatureSize},
	"ML-DSA-87": {name: "ML-DSA-87", verify: verifyMLDSA, signatureSize: mldsa.MLDSA87SignatureSize},
}

// verifyMLDSA takes the text itself, not a hash of it, and the empty context (RFC 9964 §5).
// crypto/mldsa looks at the length too, but after half of its work.
func verifyMLDSA(a *Algorithm, key crypto.PublicKey, signed, signature []byte) bool {
	return len(signature) == a.signatureSize && mldsa.Verify(key.(*mldsa.PublicKey), signed, signature, nil) == nil
}
