package jwttest

import (
	"crypto/fips140"
	"fmt"
)

// choice is what a token's options say about its signature.
type choice struct {
	alg         string
	kid         string
	unpublished bool
	secret      []byte
}

// signer is a choice made good.
type signer struct {
	alg string
	kid string // "" for none
	key any    // nil for "none"
}

func (s signer) sign(input []byte) (signature []byte, err error) {
	if s.key == nil {
		return nil, nil
	}
	a, err := lookupAlgorithm(s.alg)
	if err != nil {
		return nil, err
	}
	// A secret that is too short for FIPS 140-3 signs all the same: whether the service
	// refuses it is what a test is about to see.
	fips140.WithoutEnforcement(func() { signature, err = a.sign(s.key, a.hash, input) })
	return signature, err
}

func (iss *Issuer) choose(c choice) (signer, error) {
	switch {
	case c.alg == "none":
		// The kid of a good key: the more tempting, the better the test.
		return signer{alg: "none", kid: iss.KeyID()}, nil
	case c.secret != nil:
		return c.secretSigner(iss.KeyID())
	case c.alg == "":
		return iss.chooseByKey(c)
	}
	a, err := lookupAlgorithm(c.alg)
	if err != nil {
		return signer{}, err
	}
	if a.kind == kindSecret {
		return signer{}, fmt.Errorf("%s needs Secret", c.alg)
	}
	if c.kid == "" {
		return iss.chooseByAlg(c)
	}
	s, err := iss.chooseByKey(c)
	if err != nil {
		return signer{}, err
	}
	if made, _ := lookupAlgorithm(s.alg); made.kind != a.kind {
		return signer{}, fmt.Errorf("key %q is a key for %s and cannot sign with %s", c.kid, s.alg, c.alg)
	}
	s.alg = c.alg
	return s, nil
}

// secretSigner signs with the secret, under the key ID of a good key.
func (c choice) secretSigner(kid string) (signer, error) {
	alg := c.alg
	if alg == "" {
		alg = "HS256"
	}
	a, err := lookupAlgorithm(alg)
	if err != nil {
		return signer{}, err
	}
	if a.kind != kindSecret {
		return signer{}, fmt.Errorf("%s does not sign with a secret", alg)
	}
	return signer{alg: alg, kid: kid, key: c.secret}, nil
}

func (iss *Issuer) chooseByKey(c choice) (signer, error) {
	if c.unpublished {
		return iss.chooseByAlg(c)
	}
	iss.mu.Lock()
	defer iss.mu.Unlock()
	if c.kid == "" {
		return iss.current.signer(), nil
	}
	k, err := iss.find(c.kid)
	if err != nil {
		return signer{}, err
	}
	return k.signer(), nil
}

func (iss *Issuer) chooseByAlg(c choice) (signer, error) {
	if c.unpublished {
		return iss.strayKey(c.alg)
	}
	if k := iss.newestFor(c.alg); k != nil {
		return k.signer(), nil
	}
	k, err := iss.newKey(c.alg, true)
	if err != nil {
		return signer{}, err
	}
	return k.signer(), nil
}

// newestFor prefers the current key, then the latest published one.
func (iss *Issuer) newestFor(alg string) *key {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	if iss.current.alg == alg {
		return iss.current
	}
	for i := len(iss.keys) - 1; i >= 0; i-- {
		if k := iss.keys[i]; k.published && k.alg == alg {
			return k
		}
	}
	return nil
}

// strayKey returns a key that was never published: one for each algorithm is
// enough, and RSA keys are dear.
func (iss *Issuer) strayKey(alg string) (signer, error) {
	iss.mu.Lock()
	if alg == "" {
		alg = iss.current.alg
	}
	k := iss.stray[alg]
	iss.mu.Unlock()
	if k != nil {
		return k.signer(), nil
	}
	k, err := iss.newKey(alg, false)
	if err != nil {
		return signer{}, err
	}
	iss.mu.Lock()
	defer iss.mu.Unlock()
	iss.stray[alg] = k
	return k.signer(), nil
}

func (k *key) signer() signer {
	return signer{alg: k.alg, kid: k.kid, key: k.pair}
}
