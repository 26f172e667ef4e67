package jwt

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
)

// StillValid reports whether the token, which was found valid before, would be now:
// in time, and signed by a key that is still the issuer's. Nothing else that was
// checked can change. It asks the issuer's key source, as a validation does, and
// reads the clock only once that has answered: a token must not outlive itself by
// as long as a key source takes. No answer is false, and so is everything about a
// nil token and the zero Token. It may be called by many goroutines at once.
func (t *Token) StillValid(ctx context.Context) bool {
	return t != nil && t.terms != nil && t.keyIsTrusted(ctx) && t.ValidAt(t.terms.now())
}

// keyIsTrusted reports whether the key that verified the token is still one that a
// validation would try. A shared secret lasts as long as its validator.
func (t *Token) keyIsTrusted(ctx context.Context) bool {
	alg := t.header.alg
	if alg.symmetric() {
		return true
	}
	keys, err := t.terms.keys.VerificationKeys(ctx, t.header.kid, alg.name)
	if err != nil {
		return false
	}
	for _, key := range keys[:min(len(keys), maxKeysTried)] {
		if alg.fits(alg, key) && sameKey(key, t.key) {
			return true
		}
	}
	return false
}

// sameKey compares keys that fit their algorithm: by identity first, which is how
// a source that keeps its keys answers, and then by material. Equal panics with
// keys that have nil inside, which do not fit.
func sameKey(a, b crypto.PublicKey) bool {
	switch a := a.(type) {
	case *rsa.PublicKey:
		b, ok := b.(*rsa.PublicKey)
		return ok && (a == b || a.Equal(b))
	case *ecdsa.PublicKey:
		b, ok := b.(*ecdsa.PublicKey)
		return ok && (a == b || a.Equal(b))
	case ed25519.PublicKey:
		b, ok := b.(ed25519.PublicKey)
		return ok && a.Equal(b)
	}
	return false
}
