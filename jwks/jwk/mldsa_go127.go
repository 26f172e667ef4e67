//go:build go1.27 && !fips140v1.0

package jwk

import (
	"crypto"
	"crypto/mldsa"
	"errors"
	"slices"
)

var (
	errAKPAlgorithm = errors.New("alg of an AKP key is not ML-DSA-44, ML-DSA-65 or ML-DSA-87")
	errPublicSize   = errors.New("pub is not as long as alg asks")
)

var mldsaAlgorithms = []string{"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}

// mldsaParameters are in the order of mldsaAlgorithms.
var mldsaParameters = []mldsa.Parameters{mldsa.MLDSA44(), mldsa.MLDSA65(), mldsa.MLDSA87()}

func newMLDSA(algorithm string, encoded []byte) (crypto.PublicKey, error) {
	i := slices.Index(mldsaAlgorithms, algorithm)
	if i < 0 {
		return nil, errAKPAlgorithm
	}
	public, err := mldsa.NewPublicKey(mldsaParameters[i], encoded)
	if err != nil {
		return nil, errPublicSize
	}
	return public, nil
}

// mldsaAlgorithmsOf lists the one algorithm of a key of ML-DSA. A key that was not made by its
// package has none: asking it for its parameters would panic.
func mldsaAlgorithmsOf(key crypto.PublicKey) []string {
	k, ok := key.(*mldsa.PublicKey)
	if !ok || k == nil || *k == (mldsa.PublicKey{}) {
		return nil
	}
	i := slices.Index(mldsaParameters, k.Parameters())
	return mldsaAlgorithms[i : i+1 : i+1]
}

func sameMLDSA(a, b crypto.PublicKey) bool {
	k, ok := a.(*mldsa.PublicKey)
	return ok && k.Equal(b)
}
