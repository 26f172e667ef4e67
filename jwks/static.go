package jwks

import (
	"context"
	"crypto"
	"fmt"
	"slices"
)

// Static is a key set that never changes: keys from a file, from the
// configuration, or made by a test. The zero Static has none. It is safe for
// concurrent use.
type Static struct{ set *keySet }

// ParseStatic reads a JWK Set (RFC 7517 §5). Each key is judged alone, by the
// same rules as the keys of a [Remote]; [Static.Skipped] lists those that are
// not used. It is an error if the document is no JWK Set, is larger than 1 MiB
// or 1024 keys, or holds not one usable key.
func ParseStatic(jwksJSON []byte) (*Static, error) {
	set, err := parseSet(EncodingJWKSet, jwksJSON, nil)
	if err != nil {
		return nil, fmt.Errorf("jwks: %w", err)
	}
	return &Static{set}, nil
}

// VerificationKeys returns the public keys that a token with this kid and alg
// may be signed with: *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or, with
// Go 1.27, *mldsa.PublicKey.
// Empty means that there is no such key. The error is always nil.
//
// An empty kid stands for a token without one, and gets the keys that fit alg,
// four at most: first those that have no kid themselves, and each kind in the order
// of the document. The slice is shared: do not change its elements.
func (s *Static) VerificationKeys(_ context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	keys, _ := s.set.find(kid, alg)
	return keys, nil
}

// Skipped lists the keys of the document that are not used.
func (s *Static) Skipped() []SkippedKey {
	if s.set == nil {
		return nil
	}
	return slices.Clone(s.set.skipped)
}
