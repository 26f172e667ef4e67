package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"slices"
)

// Bounds on RSA keys. The lower one is RFC 7518 §3.3; the upper ones keep a verification from
// becoming expensive, and are what crypto/tls and crypto/rsa tolerate.
const (
	minModulusBits = 2048
	maxModulusBits = 16384
	maxExponent    = 1<<31 - 1
)

var (
	errModulusSmall = errors.New("RSA modulus shorter than 2048 bits")
	errModulusLarge = errors.New("RSA modulus longer than 16384 bits")
	errModulusEven  = errors.New("RSA modulus is even")
	errExponent     = errors.New("RSA exponent is not an odd number from 3 to 2^31-1")
	errIncomplete   = errors.New("key is of no known type or has no numbers")
)

// Fits reports whether signatures of the algorithm may be verified with the key: the key is of the
// algorithm's type and curve, and it is sound. It is the judge of any key from any source, and safe
// for any value, nil and half-filled keys included.
//
// Sound means: an RSA modulus of 2048 to 16384 bits, odd, with an odd exponent from 3 to 2^31-1; an
// EC key that has both coordinates; an Ed25519 key of 32 bytes that encode y below the field's
// prime (RFC 8032 §5.1.3), and no point of low order; an ML-DSA key that its package made. That an
// EC point is on its curve is not checked here: crypto/ecdsa checks it with each signature. An
// Ed25519 key that is no point verifies nothing.
//
// EdDSA and Ed25519 (RFC 9864 §2.2) are two names for what an Ed25519 key does.
func Fits(algorithm string, key crypto.PublicKey) bool {
	return slices.Contains(algorithmsOf(key), algorithm) && checkSound(key) == nil
}

// checkSound says what is wrong with a key as such, nil for one that may be used.
func checkSound(key crypto.PublicKey) error {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return checkRSA(key)
	case *ecdsa.PublicKey:
		return checkEC(key)
	case ed25519.PublicKey:
		return checkEd25519(key)
	}
	if len(mldsaAlgorithmsOf(key)) > 0 { // any key of ML-DSA that has been made is sound
		return nil
	}
	return errIncomplete
}

func checkRSA(key *rsa.PublicKey) error {
	if key == nil || key.N == nil || key.N.Sign() < 0 {
		return errIncomplete
	}
	switch size := key.N.BitLen(); {
	case size < minModulusBits:
		return errModulusSmall
	case size > maxModulusBits:
		return errModulusLarge
	case key.N.Bit(0) == 0:
		return errModulusEven
	case key.E < 3 || key.E > maxExponent || key.E&1 == 0:
		return errExponent
	}
	return nil
}

func checkEC(key *ecdsa.PublicKey) error {
	//lint:ignore SA1019 nil is all that is looked for, and the methods that replace X and Y cost a check of the curve
	if key == nil || key.X == nil || key.Y == nil {
		return errIncomplete
	}
	return nil
}
