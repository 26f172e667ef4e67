package jwks

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"slices"
)

// maxCandidates bounds how many keys one lookup returns: those that share a
// kid and an algorithm, and those tried for a token without kid. Every
// candidate costs one signature check per forged token, so this is what a
// forgery can cost at most.
const maxCandidates = 4

// SkippedKey is a key of the published set that is not used, and why.
type SkippedKey struct {
	Index  int    `json:"index"`           // position in the set, from 0
	KeyID  string `json:"kid,omitempty"`   // "" if it has none, or none that could be read
	Reason string `json:"reason"`          // for people; the wording may change
	Secret bool   `json:"secret,omitzero"` // the key came with its private half
}

// lookup is what a token's header says about the key it wants.
type lookup struct{ kid, alg string }

// keySet is one published set, ready for use. It is never changed once built,
// so any number of goroutines may read it.
type keySet struct {
	index   map[lookup][]crypto.PublicKey
	kids    map[string]bool
	keys    []publicKey
	skipped []SkippedKey
	doc     []byte // as it was published, for the snapshot file
}

// parseSet builds a set from a JWK Set document. Each key is judged alone; an
// error means that the document as a whole is no set or holds no usable key.
// Keys that old holds already keep their identity, so that whoever remembers a
// key by pointer keeps what it knows about it. old may be nil.
func parseSet(doc []byte, old *keySet) (*keySet, error) {
	if old != nil && bytes.Equal(old.doc, doc) {
		return old, nil
	}
	raws, err := splitSet(doc)
	if err != nil {
		return nil, err
	}
	set := &keySet{index: make(map[lookup][]crypto.PublicKey), kids: make(map[string]bool), doc: bytes.Clone(doc)}
	known := old.byThumbprint()
	for i, raw := range raws {
		key, err := parseWebKey(raw)
		if same, ok := known[key.thumbprint]; ok && err == nil {
			key.public = same
		}
		if err == nil {
			err = set.add(key)
		}
		if err != nil {
			set.skipped = append(set.skipped, SkippedKey{i, key.kid, err.Error(), errors.Is(err, errPrivate)})
		}
	}
	if len(set.keys) == 0 {
		return nil, noUsableKey(set.skipped)
	}
	set.seal()
	return set, nil
}

func noUsableKey(skipped []SkippedKey) error {
	if len(skipped) == 0 {
		return errors.New("the set holds no key")
	}
	return fmt.Errorf("no usable key among %d, the first is skipped because: %s", len(skipped), skipped[0].Reason)
}

func (s *keySet) byThumbprint() map[string]crypto.PublicKey {
	if s == nil {
		return nil
	}
	known := make(map[string]crypto.PublicKey, len(s.keys))
	for _, k := range s.keys {
		known[k.thumbprint] = k.public
	}
	return known
}

// add files a key under its own kid, and under none for tokens without one.
// Past the bound the first keys of the set stay: their order is the issuer's.
func (s *keySet) add(key publicKey) error {
	fits := key.kid == ""
	for _, alg := range key.algorithms {
		s.file(lookup{"", alg}, key.public)
		if key.kid != "" && s.file(lookup{key.kid, alg}, key.public) {
			fits = true
		}
	}
	if !fits {
		return errTooManyAlike
	}
	if key.kid != "" {
		s.kids[key.kid] = true
	}
	s.keys = append(s.keys, key)
	return nil
}

// file reports whether the key is found under l afterwards.
func (s *keySet) file(l lookup, key crypto.PublicKey) bool {
	keys := s.index[l]
	if slices.ContainsFunc(keys, func(k crypto.PublicKey) bool { return sameKey(k, key) }) {
		return true
	}
	if len(keys) == maxCandidates {
		return false
	}
	s.index[l] = append(keys, key)
	return true
}

func sameKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

// seal makes every slice as long as its array: a caller that appends to what a
// lookup gave it gets a copy.
func (s *keySet) seal() {
	for l, keys := range s.index {
		s.index[l] = slices.Clip(keys)
	}
}

// find looks a key up. settled is false if only a newer set could tell more:
// the kid is not in this one. A kid that is there and does not fit alg, a
// token without kid, and an unknown algorithm are settled. A nil set settles
// the last of these only.
func (s *keySet) find(kid, alg string) (keys []crypto.PublicKey, settled bool) {
	if s == nil {
		return nil, !knownAlgorithm(alg)
	}
	if keys, ok := s.index[lookup{kid, alg}]; ok {
		return keys, true
	}
	return nil, kid == "" || s.kids[kid] || !knownAlgorithm(alg)
}
