package jwt

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"
)

// maxKeysTried bounds the signature checks that one token can cause. Several
// keys under one kid, or a token without kid, are rare, and more than a handful
// of candidates is not a rotation but an attack on the processor.
const maxKeysTried = 8

// Validator decides whether a string is a valid access token of one issuer for
// this resource server, now. Make one with [NewValidator]; it is immutable and
// may be used by any number of goroutines.
type Validator struct {
	issuer        string
	audiences     []string
	keys          KeySource
	current       currentKeySource // keys, if it can use a reading of now; else nil
	algorithms    map[string]*algorithm
	secret        []byte
	profile       Profile
	required      []string // of Profile.Required, what no other check demands anyway
	confirmations []string
	leeway        time.Duration
	maxTokenBytes int
	decrypt       func(context.Context, string) (string, error)
	now           func() time.Time
	headers       headerMemory
}

// NewValidator returns the validator that config describes. It does no I/O. The
// error joins every fault of the config, each with its remedy.
func NewValidator(config Config) (*Validator, error) {
	c, err := config.resolve()
	if err != nil {
		return nil, err
	}
	v := &Validator{
		issuer: c.Issuer, audiences: c.Audiences,
		keys: c.Keys, secret: c.Secret, algorithms: make(map[string]*algorithm, len(c.Algorithms)),
		profile: c.Profile, confirmations: c.Confirmations,
		leeway: c.Leeway, maxTokenBytes: c.MaxTokenBytes, decrypt: c.Decrypt, now: c.Now,
		headers: headerMemory{seed: maphash.MakeSeed()},
	}
	v.required = slices.DeleteFunc(slices.Clone(c.Profile.Required), func(name string) bool {
		return name == "iss" || name == "exp" || len(c.Profile.Audience) == 1 && name == c.Profile.Audience[0]
	})
	if config.Now == nil { // a clock of the application's own is none that the source goes by
		v.current = ownCurrentKeys(c.Keys)
	}
	for _, name := range c.Algorithms {
		v.algorithms[name] = algorithms[name]
	}
	return v, nil
}

// Issuer returns the issuer whose tokens v accepts.
func (v *Validator) Issuer() string { return v.issuer }

// Validate returns what token says if it is a valid access token: a JWS in
// compact serialization, of an allowed algorithm and the profile's type, signed
// by a key of the issuer, issued by that issuer for one of the audiences, in
// time, and with every required claim (RFC 9068 §4, RFC 8725 §3, RFC 7519 §7.2).
//
// An error of type [*Error] says that the token is not valid. Any other error
// says that this could not be decided, because the keys are not available or ctx
// ended: it wraps the cause, and it says nothing about the token.
//
// The claims that are returned are read from the very bytes whose signature was
// verified, after it was verified.
func (v *Validator) Validate(ctx context.Context, token string) (*Token, error) {
	token, err := v.decrypted(ctx, token)
	if err != nil {
		return nil, err
	}
	jws, err := split(token, v.maxTokenBytes)
	if err != nil {
		return nil, err
	}
	w := newWorkspace()
	defer w.release()
	p, err := v.authenticate(ctx, jws, w)
	if err != nil {
		return nil, err
	}
	payload, err := w.decodePayload(jws)
	if err != nil {
		return nil, err
	}
	var buf claimBuffer
	claims, err := parseClaims(&buf, payload)
	if err != nil {
		return nil, err
	}
	return v.token(payload, claims, p)
}

// proof is how a token was found to be the issuer's.
type proof struct {
	header *header
	key    crypto.PublicKey // nil for a shared secret
	at     time.Time        // when that was the issuer's key
}

// authenticate makes every check of the header and the signature.
func (v *Validator) authenticate(ctx context.Context, jws compact, w *workspace) (proof, error) {
	slot := v.headers.slot(jws.header)
	header, err := v.header(slot, jws.header)
	if err != nil {
		return proof{}, err
	}
	if err := w.open(jws); err != nil {
		return proof{}, err
	}
	key, at, err := v.verify(ctx, header, w)
	if err != nil {
		return proof{}, err
	}
	slot.add(jws.header, header)
	return proof{header, key, at}, nil
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

// verify returns the key that verifies the signature, nil for a shared secret,
// and the time at which that was the issuer's key. A key that fits but does not
// verify is an invalid signature and never a reason to look for others: that
// would let a forger cause fetches at will.
func (v *Validator) verify(ctx context.Context, h *header, w *workspace) (crypto.PublicKey, time.Time, error) {
	if h.alg.symmetric() {
		if !h.alg.verifyHMAC(v.secret, w.signed, w.signature) {
			return nil, time.Time{}, invalid(ReasonSignature, "", "")
		}
		return nil, v.now(), nil
	}
	if len(w.signature) == 0 {
		return nil, time.Time{}, invalid(ReasonSignature, "", "empty")
	}
	keys, now, err := v.keysFor(ctx, h)
	if err != nil {
		return nil, now, fmt.Errorf("jwt: the verification keys are not available: %w", err)
	}
	known := false
	for _, key := range keys[:min(len(keys), maxKeysTried)] {
		if !h.alg.fits(h.alg, key) {
			continue
		}
		if h.alg.verify(h.alg, key, w.signed, w.signature) {
			return key, now, nil
		}
		known = true
	}
	if !known {
		return nil, now, invalid(ReasonUnknownKey, "kid", "the issuer has no such key for this algorithm")
	}
	return nil, now, invalid(ReasonSignature, "", "")
}
