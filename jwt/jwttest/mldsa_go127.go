//go:build go1.27 && !fips140v1.0

package jwttest

import (
	"crypto"
	"crypto/mldsa"
	"fmt"
)

// Each algorithm of ML-DSA has its own kind of key (RFC 9964 §3).
var postQuantum = map[string]algorithm{
	"ML-DSA-44": {"ML-DSA-44", 0, signMLDSA},
	"ML-DSA-65": {"ML-DSA-65", 0, signMLDSA},
	"ML-DSA-87": {"ML-DSA-87", 0, signMLDSA},
}

func signMLDSA(key any, _ crypto.Hash, input []byte) ([]byte, error) {
	return key.(*mldsa.PrivateKey).Sign(nil, input, nil) // RFC 9964 §5: without a context
}

func generatePostQuantum(k kind) (crypto.Signer, error) {
	for _, parameters := range []mldsa.Parameters{mldsa.MLDSA44(), mldsa.MLDSA65(), mldsa.MLDSA87()} {
		if parameters.String() == string(k) {
			return mldsa.GenerateKey(parameters)
		}
	}
	return nil, noKey(k)
}

func postQuantumJWK(public crypto.PublicKey) map[string]any {
	key, ok := public.(*mldsa.PublicKey)
	if !ok {
		panic(fmt.Sprintf("jwttest: a %T among the keys", public))
	}
	return map[string]any{"kty": "AKP", "alg": key.Parameters().String(), "pub": encodeBase64(key.Bytes())}
}
