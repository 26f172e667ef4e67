package jwk

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

var errNoAlgorithm = errors.New("an AKP key has to have an alg")

// akp reads alg and pub (RFC 9964 §3). The kty says only that the key is of one algorithm, and alg,
// which other keys may leave out, says of which.
func (w *webKey) akp() (material, error) {
	if w.Alg == nil {
		return material{}, errNoAlgorithm
	}
	pub, ok := decodeBase64(w.Pub)
	if !ok {
		return material{}, errBase64
	}
	return material{kty: "AKP", alg: *w.Alg, pub: pub}, nil
}

// readAKP does what read does, without the JOSE library, which does not know this kty. Any bytes of
// the right number are a key of ML-DSA (FIPS 204, algorithm 23).
func (m material) readAKP() (public crypto.PublicKey, thumbprint string, err error) {
	if public, err = newMLDSA(m.alg, m.pub); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(m.canonical())
	return public, base64.RawURLEncoding.EncodeToString(sum[:]), nil
}
