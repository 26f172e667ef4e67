package jwttest

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// key is one key pair of an issuer. Its fields are fixed once it is listed,
// except published and jwk, which the issuer's lock guards.
type key struct {
	kid       string
	alg       string
	kind      kind
	pair      crypto.Signer
	published bool
	jwk       map[string]any
	entry     string // jwk as it is served
}

// AddKey publishes a new key for alg, one of those of FirstKey, and returns its
// key ID. Tokens go on being signed with the current key: this is the announcement
// that well-behaved issuers make ahead of a rotation.
func (iss *Issuer) AddKey(alg string) string {
	iss.helper()
	k, err := iss.newKey(alg, true)
	if err != nil {
		iss.fail("AddKey: %v", err)
		return ""
	}
	return k.kid
}

// Rotate publishes a new key of the current key's algorithm, signs with it
// from now on, and returns its key ID. Older keys stay published until Retire.
func (iss *Issuer) Rotate() string {
	iss.helper()
	iss.mu.Lock()
	alg := iss.current.alg
	iss.mu.Unlock()
	k, err := iss.newKey(alg, true)
	if err != nil {
		iss.fail("Rotate: %v", err)
		return ""
	}
	iss.mu.Lock()
	defer iss.mu.Unlock()
	iss.current = k
	return k.kid
}

// Retire takes a key out of the published set. The issuer can still sign with
// it by Key(kid), and goes on doing so by default if it is the current one:
// that is how a test shows that a withdrawn key is refused.
func (iss *Issuer) Retire(kid string) {
	iss.helper()
	if err := iss.changeKey(kid, func(k *key) error { k.published = false; return nil }); err != nil {
		iss.fail("Retire: %v", err)
	}
}

// Alter changes how a key is published: edit gets the members of its JWK
// (RFC 7517) and may set, replace or delete any of them. Signing is not
// affected. An edit sees the result of the one before, and calls no method of
// the issuer.
//
//	issuer.Alter(kid, func(jwk map[string]any) { jwk["use"] = "enc" })
func (iss *Issuer) Alter(kid string, edit func(jwk map[string]any)) {
	iss.helper()
	err := iss.changeKey(kid, func(k *key) error {
		edit(k.jwk)
		return k.encode()
	})
	if err != nil {
		iss.fail("Alter: %v", err)
	}
}

// PublishRaw adds entries to the published set that the issuer has no key for:
// JSON text, well formed or not, written into the "keys" array as it is.
func (iss *Issuer) PublishRaw(entries ...string) {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	iss.rawEntries = append(iss.rawEntries, entries...)
}

// SetJWKS publishes these bytes in place of the key set; nil goes back to the
// real one.
func (iss *Issuer) SetJWKS(document []byte) {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	iss.rawJWKS = slices.Clone(document)
}

// JWKS returns the JSON document that the issuer publishes at JWKSURL.
func (iss *Issuer) JWKS() []byte {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	return iss.encodeJWKS()
}

// KeyID returns the key ID of the key that signs at present.
func (iss *Issuer) KeyID() string {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	return iss.current.kid
}

// PublicKey returns a key by its ID, published or not: an *rsa.PublicKey, an
// *ecdsa.PublicKey, an ed25519.PublicKey or an *mldsa.PublicKey.
func (iss *Issuer) PublicKey(kid string) crypto.PublicKey {
	iss.helper()
	if pair := iss.PrivateKey(kid); pair != nil {
		return pair.Public()
	}
	return nil
}

// PrivateKey returns a key by its ID, published or not, for a test that makes
// signatures of its own: an *rsa.PrivateKey, an *ecdsa.PrivateKey, an
// ed25519.PrivateKey or an *mldsa.PrivateKey. It protects nothing: it is used again by other tests of
// the process.
func (iss *Issuer) PrivateKey(kid string) crypto.Signer {
	iss.helper()
	iss.mu.Lock()
	k, err := iss.find(kid)
	iss.mu.Unlock()
	if err != nil {
		iss.fail("%v", err)
		return nil
	}
	return k.pair
}

// VerificationKeys makes the issuer a jwt.KeySource that needs no network: it
// returns the published keys for alg with that key ID, or all of them for alg
// if kid is empty. It obeys faults on KeySet as a client would see them: with
// Fail, Garbage and Refuse it returns an error, with Stall it waits.
//
// It answers with the keys as they were generated. What Alter, PublishRaw and
// SetJWKS do to the document is seen over HTTP only, and nothing is counted in
// Requests.
func (iss *Issuer) VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	f, err := iss.awaitFault(ctx, KeySet)
	if err != nil {
		return nil, err
	}
	if f.kind != faultNone {
		return nil, errors.New("jwttest: keys unavailable")
	}
	iss.mu.Lock()
	defer iss.mu.Unlock()
	var found []crypto.PublicKey
	for _, k := range iss.keys {
		if k.published && canonical(k.alg) == canonical(alg) && (kid == "" || k.kid == kid) {
			found = append(found, k.pair.Public())
		}
	}
	return found, nil
}

func (iss *Issuer) newKey(alg string, published bool) (*key, error) {
	a, err := lookupAlgorithm(alg)
	if err != nil {
		return nil, err
	}
	pair, err := borrow(a.kind) // outside the lock: an RSA key takes its time
	if err != nil {
		return nil, err
	}
	iss.mu.Lock()
	defer iss.mu.Unlock()
	kid := fmt.Sprintf("%s-%d", alg, len(iss.keys)+1)
	k := &key{kid: kid, alg: alg, kind: a.kind, pair: pair, published: published, jwk: encodeJWK(kid, alg, pair.Public())}
	iss.keys = append(iss.keys, k)
	return k, k.encode()
}

func (iss *Issuer) changeKey(kid string, change func(*key) error) error {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	k, err := iss.find(kid)
	if err != nil {
		return err
	}
	return change(k)
}

func (k *key) encode() error {
	entry, err := json.Marshal(k.jwk)
	if err != nil {
		return fmt.Errorf("key %q: %w", k.kid, err)
	}
	k.entry = string(entry)
	return nil
}

// find is called with the lock held.
func (iss *Issuer) find(kid string) (*key, error) {
	var known []string
	for _, k := range iss.keys {
		if k.kid == kid {
			return k, nil
		}
		known = append(known, k.kid)
	}
	return nil, fmt.Errorf("the issuer has no key %q; it has %q", kid, known)
}

// encodeJWKS is called with the lock held.
func (iss *Issuer) encodeJWKS() []byte {
	if iss.rawJWKS != nil {
		return iss.rawJWKS
	}
	document := []byte(`{"keys":[`)
	for i, entry := range iss.entries() {
		if i > 0 {
			document = append(document, ',')
		}
		document = append(document, entry...)
	}
	return append(document, `]}`...)
}

func (iss *Issuer) entries() []string {
	var entries []string
	for _, k := range iss.keys {
		if k.published {
			entries = append(entries, k.entry)
		}
	}
	return append(entries, iss.rawEntries...)
}
