package jwttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // SHA-256, for crypto.Hash.New
	_ "crypto/sha512" // SHA-384 and SHA-512, for crypto.Hash.New
	"fmt"
)

// kind is what a key is made of. Algorithms of one kind can share a key:
// RS256 and PS512 both sign with any RSA key.
type kind string

const (
	kindRSA     kind = "RSA"
	kindP256    kind = "P-256"
	kindP384    kind = "P-384"
	kindP521    kind = "P-521"
	kindEd25519 kind = "Ed25519"
	kindSecret  kind = "secret"
)

// algorithm is one row of RFC 7518 §3.1 (and RFC 8037 §3.1 for EdDSA).
type algorithm struct {
	kind kind
	hash crypto.Hash
	sign func(key any, hash crypto.Hash, input []byte) ([]byte, error)
}

var algorithms = map[string]algorithm{
	"RS256": {kindRSA, crypto.SHA256, signPKCS1},
	"RS384": {kindRSA, crypto.SHA384, signPKCS1},
	"RS512": {kindRSA, crypto.SHA512, signPKCS1},
	"PS256": {kindRSA, crypto.SHA256, signPSS},
	"PS384": {kindRSA, crypto.SHA384, signPSS},
	"PS512": {kindRSA, crypto.SHA512, signPSS},
	"ES256": {kindP256, crypto.SHA256, signECDSA},
	"ES384": {kindP384, crypto.SHA384, signECDSA},
	"ES512": {kindP521, crypto.SHA512, signECDSA},
	"EdDSA": {kindEd25519, 0, signEd25519},
	// RFC 9864 §2.2 gave the algorithm a name that says its curve.
	"Ed25519": {kindEd25519, 0, signEd25519},

	"HS256": {kindSecret, crypto.SHA256, signHMAC},
	"HS384": {kindSecret, crypto.SHA384, signHMAC},
	"HS512": {kindSecret, crypto.SHA512, signHMAC},
}

func lookupAlgorithm(name string) (algorithm, error) {
	if a, ok := algorithms[name]; ok {
		return a, nil
	}
	if a, ok := postQuantum[name]; ok {
		return a, nil
	}
	return algorithm{}, fmt.Errorf("algorithm %q is not known; use RS, PS, ES or HS with 256, 384 or 512, "+
		"or EdDSA or Ed25519, or, with Go 1.27, ML-DSA-44, ML-DSA-65 or ML-DSA-87", name)
}

// canonical returns the older of the two names of one algorithm, by which keys are
// asked for.
func canonical(alg string) string {
	if alg == "Ed25519" {
		return "EdDSA"
	}
	return alg
}

func signPKCS1(key any, hash crypto.Hash, input []byte) ([]byte, error) {
	return rsa.SignPKCS1v15(nil, key.(*rsa.PrivateKey), hash, digest(hash, input))
}

func signPSS(key any, hash crypto.Hash, input []byte) ([]byte, error) {
	// RFC 7518 §3.5: the salt is as long as the hash.
	opts := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
	return rsa.SignPSS(rand.Reader, key.(*rsa.PrivateKey), hash, digest(hash, input), opts)
}

func signECDSA(key any, hash crypto.Hash, input []byte) ([]byte, error) {
	private := key.(*ecdsa.PrivateKey)
	r, s, err := ecdsa.Sign(rand.Reader, private, digest(hash, input))
	if err != nil {
		return nil, err
	}
	// RFC 7518 §3.4: R and S at the curve's full size, not ASN.1.
	size := (private.Curve.Params().BitSize + 7) / 8
	signature := make([]byte, 2*size)
	r.FillBytes(signature[:size])
	s.FillBytes(signature[size:])
	return signature, nil
}

func signEd25519(key any, _ crypto.Hash, input []byte) ([]byte, error) {
	return ed25519.Sign(key.(ed25519.PrivateKey), input), nil
}

func signHMAC(key any, hash crypto.Hash, input []byte) ([]byte, error) {
	mac := hmac.New(hash.New, key.([]byte))
	mac.Write(input)
	return mac.Sum(nil), nil
}

func digest(hash crypto.Hash, input []byte) []byte {
	h := hash.New()
	h.Write(input)
	return h.Sum(nil)
}

func generate(k kind) (crypto.Signer, error) {
	switch k {
	case kindRSA:
		return rsa.GenerateKey(rand.Reader, 2048)
	case kindP256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case kindP384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case kindP521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case kindEd25519:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	default:
		return generatePostQuantum(k)
	}
}

func noKey(k kind) error { return fmt.Errorf("an issuer has no key of kind %s; sign with Secret", k) }
