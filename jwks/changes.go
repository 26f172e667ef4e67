package jwks

import (
	"slices"

	"example.com/resourceserver/jwks/jwk"
)

// change is a difference between two sets.
type change struct {
	what string // "added", "removed" or "changed"
	key  jwk.Key
}

// changes compares two sets by kid and thumbprint. A kid that lost one key and
// gained another is one change: same name, new material.
func changes(old, now *keySet) []change {
	if old == now {
		return nil
	}
	added, removed := now.without(old), old.without(now)
	var all []change
	for _, k := range added {
		what := "added"
		if k.ID != "" && slices.ContainsFunc(removed, sameID(k)) {
			what = "changed"
		}
		all = append(all, change{what, k})
	}
	for _, k := range removed {
		if k.ID == "" || !slices.ContainsFunc(added, sameID(k)) {
			all = append(all, change{"removed", k})
		}
	}
	return all
}

func sameID(a jwk.Key) func(jwk.Key) bool {
	return func(b jwk.Key) bool { return a.ID == b.ID }
}

// without lists the keys of s that other does not hold under the same kid.
func (s *keySet) without(other *keySet) []jwk.Key {
	type identity struct{ kid, thumbprint string }
	held := make(map[identity]bool)
	if other != nil {
		for _, k := range other.keys {
			held[identity{k.ID, k.Thumbprint}] = true
		}
	}
	var missing []jwk.Key
	if s != nil {
		for _, k := range s.keys {
			if !held[identity{k.ID, k.Thumbprint}] {
				missing = append(missing, k)
			}
		}
	}
	return missing
}
