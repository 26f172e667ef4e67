package jwks

import (
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"example.com/resourceserver/jwks/jwk"
)

// maxCandidates bounds how many keys one lookup returns: those that share a
// kid and an algorithm, and those tried for a token without kid. Every
// candidate costs one signature check per forged token, so this is what a
// forgery can cost at most.
const maxCandidates = 4

var (
	errTooManyAlike    = fmt.Errorf("more than %d keys share this kid", maxCandidates)
	errTooManyNameless = fmt.Errorf("has no kid, like %d keys before it: no more are tried for a token", maxCandidates)
)

// SkippedKey is a key of the published set that is not used, and why.
type SkippedKey struct {
	Index  int    `json:"index"`           // position in the set, from 0
	KeyID  string `json:"kid,omitempty"`   // "" if it has none, or none that could be read
	Reason string `json:"reason"`          // for people; the wording may change
	Secret bool   `json:"secret,omitzero"` // the key came with its private half
}

// candidates are the keys that a token with one of these algs may be signed with.
type candidates struct {
	algs []string
	keys []crypto.PublicKey
}

// keySet is one published set, ready for use. It is never changed once built,
// so any number of goroutines may read it.
type keySet struct {
	index   map[string][]candidates // by kid, and under "" for tokens without one
	anyKID  bool                    // the keys have no names, and are tried for tokens of any
	keys    []jwk.Key
	skipped []SkippedKey
	sum     [sha256.Size]byte // of the document
	doc     []byte            // as it was published, if there is a snapshot file to keep it in
}

// parseSet builds a set from a document in that encoding. Each key is judged alone; an
// error means that the document as a whole is no set or holds no usable key. In
// the latter case the empty set comes with the error.
// Keys that old holds already keep their identity, so that whoever remembers a
// key by pointer keeps what it knows about it. old may be nil.
func parseSet(encoding Encoding, doc []byte, old *keySet) (*keySet, error) {
	sum := sha256.Sum256(doc)
	if old != nil && old.sum == sum {
		return old, nil
	}
	all, err := encoding.split(doc)
	if err != nil {
		return nil, err
	}
	set, err := newKeySet(all, old)
	set.sum, set.anyKID = sum, encoding == EncodingPEM
	return set, err
}

// newKeySet is parseSet for a document that is cut into its keys: a set always, and an error if no
// key in it is usable.
func newKeySet(all []published, old *keySet) (*keySet, error) {
	set := &keySet{index: make(map[string][]candidates)}
	known := old.byThumbprint()
	for i, one := range all {
		key, err := one.judge()
		if same, ok := known[key.Thumbprint]; ok && err == nil {
			key.Public = same
		}
		if err == nil {
			err = set.add(key)
		}
		if err != nil {
			set.skipped = append(set.skipped, SkippedKey{i, key.ID, err.Error(), errors.Is(err, jwk.ErrPrivate)})
		}
	}
	if len(set.keys) == 0 {
		return set, noUsableKey(set.skipped)
	}
	set.addToNameless()
	set.join()
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
		known[k.Thumbprint] = k.Public
	}
	return known
}

// add files a key under its kid, which may be none. Past the bound the first keys of the set stay:
// their order is the issuer's. A key is listed as used for the algorithms under which it is found,
// and skipped if there are none.
func (s *keySet) add(key jwk.Key) error {
	var found []string
	for _, alg := range key.Algorithms {
		if s.file(key.ID, alg, key.Public) {
			found = append(found, alg)
		}
	}
	switch {
	case len(found) > 0:
		key.Algorithms = found
		s.keys = append(s.keys, key)
		return nil
	case key.ID == "":
		return errTooManyNameless
	default:
		return errTooManyAlike
	}
}

// addToNameless files the keys that have a kid for tokens without one, too, under the algorithms
// for which they are listed. They come after all keys without kid: whoever signs without naming
// the key most likely does so with one that has no name, and such a key has no other way to be
// found.
//
// A key that finds no room here is used by its name all the same. Tokens without kid are the
// exception, an issuer with several keys has to name the one it signs with (OpenID Connect Core
// §10.1), and a longer list of candidates would raise what each forged token costs.
func (s *keySet) addToNameless() {
	for _, key := range s.keys {
		for _, alg := range key.Algorithms {
			s.file("", alg, key.Public)
		}
	}
}

// file reports whether the key is found under kid and alg afterwards.
func (s *keySet) file(kid, alg string, key crypto.PublicKey) bool {
	i := slices.IndexFunc(s.index[kid], func(c candidates) bool { return c.algs[0] == alg })
	if i < 0 {
		i = len(s.index[kid])
		s.index[kid] = append(s.index[kid], candidates{algs: []string{alg}})
	}
	c := &s.index[kid][i]
	if slices.ContainsFunc(c.keys, func(k crypto.PublicKey) bool { return jwk.Same(k, key) }) {
		return true
	}
	if len(c.keys) == maxCandidates {
		return false
	}
	c.keys = append(c.keys, key)
	return true
}

// join makes one entry of those under a kid that have the same keys: an RSA key has
// six algorithms, and there may be ten thousand sets. Every slice of keys is as long
// as its array, so that a caller that appends to what a lookup gave it gets a copy.
func (s *keySet) join() {
	s.keys = slices.Clip(s.keys)
	for kid, apart := range s.index {
		var joined []candidates
		for _, c := range apart {
			i := slices.IndexFunc(joined, c.sameKeys)
			if i < 0 {
				i = len(joined)
				joined = append(joined, candidates{keys: slices.Clip(c.keys)})
			}
			joined[i].algs = append(joined[i].algs, c.algs...)
		}
		s.index[kid] = joined
	}
}

func (c candidates) sameKeys(d candidates) bool { return slices.EqualFunc(c.keys, d.keys, jwk.Same) }

// find looks a key up. answered is false if only a newer set could tell more: the kid is not in
// this one, or no key under it fits alg. The latter is how it looks when an issuer adds a key of
// another type under a kid that is in use already, and refusing its tokens until the next refresh
// would be refusing them for up to an hour. What is asked for a token without kid, or with an
// unknown algorithm, is answered by any set, and the latter without one: s may be nil.
//
// It is on the way of every token. A map by kid and alg together was rejected,
// as hashing two strings takes longer than comparing the few algorithms of a key.
func (s *keySet) find(kid, alg string) (keys []crypto.PublicKey, answered bool) {
	if s == nil {
		return nil, !jwk.Known(alg)
	}
	if s.anyKID {
		kid = ""
	}
	algs := s.index[kid]
	for i := range algs {
		if slices.Contains(algs[i].algs, alg) {
			return algs[i].keys, true
		}
	}
	return nil, kid == "" || !jwk.Known(alg)
}
