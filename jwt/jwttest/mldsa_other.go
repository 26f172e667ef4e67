//go:build !go1.27 || fips140v1.0

package jwttest

import (
	"crypto"
	"fmt"
)

var postQuantum map[string]algorithm

func generatePostQuantum(k kind) (crypto.Signer, error) { return nil, noKey(k) }

func postQuantumJWK(public crypto.PublicKey) map[string]any {
	panic(fmt.Sprintf("jwttest: a %T among the keys", public))
}
