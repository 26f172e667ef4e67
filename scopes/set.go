package scopes

import (
	"iter"
	"slices"
	"strings"
	"sync/atomic"
)

// Set is an immutable set of granted names. The zero value is the empty set.
// It may be copied and used by several goroutines at once.
type Set struct {
	_    [0]func() // no comparison: equal sets may be at two places
	list *list     // nil: the empty set
}

// list is the names of a set that is not empty. It is the same for all copies of the set,
// and never written again, but that it remembers what a Hierarchy has made of it last.
type list struct {
	names   []string // distinct, in the order first seen
	marks   uint64   // the union of mark(name): rules most absent names out at once
	implied *implied // what a Hierarchy has added; nil: nothing

	expanded atomic.Pointer[list] // nil: nothing was added yet
}

// Parse reads the scope-token list of a scope claim or parameter (RFC 6749
// §3.3): names separated by spaces. Extra spaces are tolerated and repeated
// names count once. Nothing but the space separates, and a name outside the
// scope-token grammar is kept as it is: no [Requirement] for scopes can hold
// such a name, so it grants nothing.
func Parse(claim string) Set {
	if claim == "" {
		return Set{}
	}
	return settled(strings.Split(claim, " "))
}

// NewSet returns the set of the given names, as an issuer writes them in a JSON
// array. Names are never split: "profile email" is one name, which no
// requirement for scopes can ask for. Empty names are dropped and repeated ones
// count once. The argument is copied.
func NewSet(names ...string) Set {
	return settled(slices.Clone(names))
}

// smallSet is the size up to which comparing each name with those before it is
// quicker than a map. Above it a map keeps the work linear, since the names of
// a token may be an attacker's choice.
const smallSet = 16

// settled makes a set of the names, in place, without the empty and repeated ones.
func settled(names []string) Set {
	var seen map[string]struct{}
	if len(names) > smallSet {
		seen = make(map[string]struct{}, len(names))
	}
	kept, marks := names[:0], uint64(0)
	for _, name := range names {
		m := mark(name)
		if m == 0 || marks&m != 0 && repeats(name, kept, seen) {
			continue
		}
		if seen != nil {
			seen[name] = struct{}{}
		}
		kept = append(kept, name)
		marks |= m
	}
	if len(kept) == 0 {
		return Set{}
	}
	if cap(kept) > 2*len(kept)+8 { // mostly repeats and spaces: no reason to keep their room
		kept = slices.Clone(kept)
	}
	return Set{list: &list{names: kept, marks: marks}}
}

func repeats(name string, kept []string, seen map[string]struct{}) bool {
	if seen == nil {
		return slices.Contains(kept, name)
	}
	_, ok := seen[name]
	return ok
}

// Has reports whether name was granted. It compares exactly and takes time
// linear in the number of names that were granted, without allocating.
func (s Set) Has(name string) bool {
	return s.marks()&mark(name) != 0 && (slices.Contains(s.list.names, name) || s.list.implied.has(name))
}

// Len returns the number of distinct names.
func (s Set) Len() int {
	if s.list == nil {
		return 0
	}
	return len(s.list.names) + s.list.implied.len()
}

// All iterates over the names in the order in which they were first given. Those
// that a [Hierarchy] has added come behind them, sorted.
func (s Set) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		if s.list == nil {
			return
		}
		for _, name := range s.list.names {
			if !yield(name) {
				return
			}
		}
		s.list.implied.all(yield)
	}
}

// String returns the names separated by single spaces, as a scope claim has
// them. A name that holds a space itself reads as two: use [Set.All] to tell.
func (s Set) String() string { return strings.Join(slices.Collect(s.All()), " ") }

func (s Set) marks() uint64 {
	if s.list == nil {
		return 0
	}
	return s.list.marks
}

// mark maps a name to one of 64 bits. Two names may share a bit, so a mark
// proves absence and never presence. The empty name has no mark: it is in no
// set.
func mark(name string) uint64 {
	if name == "" {
		return 0
	}
	sum := uint(len(name)) + 7*uint(name[0]) + 31*uint(name[len(name)/2]) + 11*uint(name[len(name)-1])
	return 1 << (sum % 64)
}
