package jwt

import (
	"context"

	"example.com/resourceserver/jwks/jwk"
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
	alg := t.header.Algorithm
	if alg.Symmetric() {
		return true
	}
	keys, err := t.terms.keys.VerificationKeys(ctx, t.header.KeyID, alg.Name())
	if err != nil {
		return false
	}
	for _, key := range keys[:min(len(keys), maxKeysTried)] {
		if alg.Fits(key) && jwk.Same(key, t.key) {
			return true
		}
	}
	return false
}
