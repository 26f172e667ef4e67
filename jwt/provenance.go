package jwt

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"reflect"
	"time"
)

// currentKeySource is a KeySource that also answers by a clock that was read
// already, and without waiting; ok is false if it would have to wait.
type currentKeySource interface {
	CurrentKeys(now time.Time, kid, alg string) (keys []crypto.PublicKey, ok bool)
}

// ownCurrentKeys returns keys as a currentKeySource, or nil. One that embeds
// another source has that one's method without having asked for it, and its own
// VerificationKeys, which may refuse a key that the other has, would be passed over.
func ownCurrentKeys(keys KeySource) currentKeySource {
	source, ok := keys.(currentKeySource)
	if !ok {
		return nil
	}
	t, method := reflect.TypeOf(keys), reflect.TypeFor[currentKeySource]()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for i := 0; t.Kind() == reflect.Struct && i < t.NumField(); i++ {
		if f := t.Field(i); f.Anonymous && (f.Type.Implements(method) || reflect.PointerTo(f.Type).Implements(method)) {
			return nil
		}
	}
	return source
}

// provenance is how a token was found to be the issuer's.
type provenance struct {
	header *header
	key    crypto.PublicKey // nil for a shared secret
	at     time.Time        // when that was the issuer's key
}

// keysFor returns the keys to verify a token with that header with, none for a
// shared secret, and the time for which that answer holds. Where the keys are at
// hand the clock is read once, for the source and for the claims.
func (v *Validator) keysFor(ctx context.Context, h *header) ([]crypto.PublicKey, time.Time, error) {
	if h.alg.symmetric() {
		return nil, v.now(), nil
	}
	if v.current != nil {
		now := v.now()
		if keys, ok := v.current.CurrentKeys(now, h.kid, h.alg.name); ok {
			return keys, now, nil
		}
	}
	keys, err := v.keys.VerificationKeys(ctx, h.kid, h.alg.name)
	if err != nil || len(keys) == 0 {
		return nil, time.Time{}, err
	}
	return keys, v.now(), nil // it may have taken its time
}

// currentKeys returns the keys for kid and alg if they can be had. Reading the
// clock is a fifth of what a remembered token costs: where the source can do
// with the reading of the caller, it gets that.
func (v *Validator) currentKeys(ctx context.Context, now time.Time, kid, alg string) (keys []crypto.PublicKey, ok bool) {
	if v.current != nil {
		return v.current.CurrentKeys(now, kid, alg)
	}
	keys, err := v.keys.VerificationKeys(ctx, kid, alg)
	return keys, err == nil
}

// stillValid reports whether t, which was found valid before, would be now: in
// time, and signed by a key that is still the issuer's. Nothing else that was
// checked can change. The zero Token, which no validator returns, never is.
func (t *Token) stillValid(ctx context.Context) bool {
	if t.by == nil {
		return false
	}
	now := t.by.now()
	return t.ValidAt(now) && t.stillTrusted(ctx, now)
}

// stillTrusted reports whether the key that verified the token is still the
// issuer's for that kid and algorithm. A shared secret lasts as long as its
// validator.
func (t *Token) stillTrusted(ctx context.Context, now time.Time) bool {
	alg := t.header.alg
	if alg.symmetric() {
		return true
	}
	keys, ok := t.by.currentKeys(ctx, now, t.header.kid, alg.name)
	if !ok {
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
