package jwt

import (
	"context"
	"time"

	"example.com/resourceserver/jwks/jwk"
)

// StillValid reports whether the token, which was found valid before, would be now:
// in time, and signed by a key that is still the issuer's. Nothing else that was
// checked can change, but for a tenant of [Tenants]: it has not left, and need not be
// resolved again. StillValid asks the issuer's key source, as a validation does, and
// reads the clock only once that has answered: a token must not outlive itself by
// as long as a key source takes. No answer is false, and so is everything about a
// nil token and the zero Token. It may be called by many goroutines at once.
func (t *Token) StillValid(ctx context.Context) bool {
	return t != nil && t.terms != nil && t.keyIsTrusted(ctx) && t.ValidAt(t.terms.now()) && t.tenantIsLive()
}

// tenantIsLive is asked last: a tenant may leave while its keys are waited for. A token
// that is used keeps its tenant from being taken for idle.
func (t *Token) tenantIsLive() bool {
	lease := t.terms.lease
	if lease == nil {
		return true
	}
	lease.touch()
	return lease.holds(time.Now())
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
