//go:build !go1.27 || fips140v1.0

package jwk

import (
	"crypto"
	"errors"
)

var errNoMLDSA = errors.New("ML-DSA needs a program built with Go 1.27 or later, " +
	"and with no older module for FIPS 140-3 than v1.26.0")

var mldsaAlgorithms []string

func newMLDSA(string, []byte) (crypto.PublicKey, error) { return nil, errNoMLDSA }

func mldsaAlgorithmsOf(crypto.PublicKey) []string { return nil }

func sameMLDSA(_, _ crypto.PublicKey) bool { return false }
