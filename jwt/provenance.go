package jwt

import (
	"context"
	"crypto"
)

// provenance is how a token was verified, so that it can be asked later whether
// it would be still.
type provenance struct {
	keys     KeySource
	kid, alg string
	key      crypto.PublicKey
}

// stillTrusted reports whether the key that verified the token is still the
// issuer's for that kid and algorithm. A shared secret lasts as long as its
// validator.
func (p *provenance) stillTrusted(ctx context.Context) bool {
	if p.keys == nil {
		return true
	}
	keys, err := p.keys.VerificationKeys(ctx, p.kid, p.alg)
	if err != nil {
		return false
	}
	for _, key := range keys[:min(len(keys), maxKeysTried)] {
		if sameKey(key, p.key) {
			return true
		}
	}
	return false
}

// sameKey compares by material. Key sources keep the identity of a key whose
// material did not change, and Equal is quick then.
func sameKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}
