package jwt

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"hash/maphash"
	"time"

	"example.com/resourceserver/scopes"
)

// maxKeysTried bounds the signature checks that one token can cause. Several
// keys under one kid, or a token without kid, are rare, and more than a handful
// of candidates is not a rotation but an attack on the processor.
const maxKeysTried = 8

// Validator decides whether a string is a valid access token of one issuer for
// this resource server, now. Make one with [NewValidator]; it is immutable and
// may be used by any number of goroutines.
type Validator struct {
	terms         *terms
	algorithms    map[string]*algorithm
	secret        []byte
	maxTokenBytes int
	decrypt       func(context.Context, string) (string, error)
	headers       memory[header]
	scopes        memory[scopes.Set]
}

// NewValidator returns the validator that config describes. It does no I/O. The
// error joins every fault of the config, each with its remedy.
func NewValidator(config Config) (*Validator, error) {
	c, err := config.resolve()
	if err != nil {
		return nil, err
	}
	v := &Validator{
		terms: termsOf(c), algorithms: make(map[string]*algorithm, len(c.Algorithms)), secret: c.Secret,
		maxTokenBytes: c.MaxTokenBytes, decrypt: c.Decrypt,
		headers: memory[header]{seed: maphash.MakeSeed()}, scopes: memory[scopes.Set]{seed: maphash.MakeSeed()},
	}
	for _, name := range c.Algorithms {
		v.algorithms[name] = algorithms[name]
	}
	return v, nil
}

// Issuer returns the issuer whose tokens v accepts.
func (v *Validator) Issuer() string { return v.terms.issuer }

// Validate returns what token says if it is a valid access token: a JWS in
// compact serialization, of an allowed algorithm and the profile's type, signed
// by a key of the issuer, issued by that issuer for one of the audiences, in
// time, and with every required claim (RFC 9068 §4, RFC 8725 §3, RFC 7519 §7.2).
//
// An error of type [*Error] says that the token is not valid. Any other error
// says that this could not be decided, because the keys are not available or ctx
// ended: it wraps the cause, and it says nothing about the token.
//
// The claims that are returned are those of the very bytes whose signature was
// verified.
func (v *Validator) Validate(ctx context.Context, token string) (*Token, error) {
	token, err := v.decrypted(ctx, token)
	if err != nil {
		return nil, err
	}
	jws, err := split(token, v.maxTokenBytes)
	if err != nil {
		return nil, err
	}
	w := takeWorkspace()
	defer w.release()
	p, err := v.authenticate(ctx, jws, w)
	if err != nil {
		return nil, err
	}
	payload, err := w.decodePayload(jws)
	if err != nil {
		return nil, err
	}
	return v.checkClaims(payload, p)
}

// authenticate makes every check of the header and the signature. What costs more
// the longer a token is, copying and hashing it, comes last: a token for which there
// is no key is refused without.
func (v *Validator) authenticate(ctx context.Context, jws compact, w *workspace) (provenance, error) {
	slot := v.headers.slot(jws.header)
	header, err := v.header(slot, jws.header)
	if err != nil {
		return provenance{}, err
	}
	if err := w.decodeSignature(jws); err != nil {
		return provenance{}, err
	}
	keys, err := v.keysFor(ctx, header)
	if err != nil {
		return provenance{}, fmt.Errorf("jwt: the verification keys are not available: %w", err)
	}
	key, err := v.verify(header, keys, jws, w)
	if err != nil {
		return provenance{}, err
	}
	slot.add(jws.header, header)
	return provenance{header, key}, nil
}

// provenance is how a token was found to be the issuer's.
type provenance struct {
	header *header
	key    crypto.PublicKey // nil for a shared secret
}

// keysFor returns the keys to verify a token with that header with, none for a
// shared secret.
func (v *Validator) keysFor(ctx context.Context, h *header) ([]crypto.PublicKey, error) {
	if h.alg.symmetric() {
		return nil, nil
	}
	return v.terms.keys.VerificationKeys(ctx, h.kid, h.alg.name)
}

// decrypted returns the JWS to validate: token itself, unless the issuer
// encrypts (RFC 9068 §4).
func (v *Validator) decrypted(ctx context.Context, token string) (string, error) {
	if v.decrypt == nil {
		return token, nil
	}
	if len(token) > v.maxTokenBytes {
		return "", errTooLarge()
	}
	if !isJWE(token) {
		return "", invalid(ReasonNotEncrypted, "", "not a JWE, and Config.Decrypt is set")
	}
	jws, err := v.decrypt(ctx, token)
	switch {
	case err == nil:
		return jws, nil
	case ctx.Err() != nil || isOutage(err):
		return "", fmt.Errorf("jwt: the token could not be decrypted: %w", err)
	}
	return "", invalid(ReasonEncrypted, "", "decryption failed")
}

// isOutage reports whether err is about the way to a key service and not about
// the token. The libraries that decrypt do not tell the two apart by a method, so
// an outage is recognized by what outages look like.
func isOutage(err error) bool {
	if stated, ok := errors.AsType[interface {
		error
		InvalidToken() bool
	}](err); ok {
		return !stated.InvalidToken()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if _, ok := errors.AsType[interface { // a net.Error
		error
		Timeout() bool
		Temporary() bool
	}](err); ok {
		return true
	}
	_, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err)
	return ok
}

// verify returns the one of keys that verifies the signature; nil for a shared
// secret. A key that fits but does not verify is an invalid signature and never a
// reason to look for others: that would let a forger cause fetches at will.
func (v *Validator) verify(h *header, keys []crypto.PublicKey, jws compact, w *workspace) (crypto.PublicKey, error) {
	if h.alg.symmetric() {
		if !h.alg.verifyHMAC(v.secret, w.signingInput(jws), w.signature) {
			return nil, invalid(ReasonSignature, "", "")
		}
		return nil, nil
	}
	known := false
	for _, key := range keys[:min(len(keys), maxKeysTried)] {
		if !h.alg.fits(h.alg, key) {
			continue
		}
		if h.alg.verify(h.alg, key, w.signingInput(jws), w.signature) {
			return key, nil
		}
		known = true
	}
	if !known {
		return nil, invalid(ReasonUnknownKey, "kid", "the issuer has no such key for this algorithm")
	}
	return nil, invalid(ReasonSignature, "", "")
}
