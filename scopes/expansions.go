package scopes

import (
	"slices"
	"sync/atomic"
)

// expansions remembers what was expanded: the tokens of a service have the same few
// sets again and again. It is a table of fixed size in which the last set to come wins.
// Only the issuer's signature, or its answer, brings a set here, so strangers fill
// nothing; who owns tokens of many kinds may displace what others have in it, and then
// it is expanded again.
type expansions [64]expansionCell

type expansionCell struct{ atomic.Pointer[expansion] }

// expansion holds the set that was expanded, so that its memory is never another's.
type expansion struct{ granted, expanded Set }

// cell returns the place for the set, by its content.
func (e *expansions) cell(granted Set) *expansionCell {
	l := granted.list
	return &e[(l.marks+uint64(len(l.names)))*0x9E3779B97F4A7C15>>58] // 2⁶⁴ by the golden ratio: the upper bits mix
}

func (c *expansionCell) find(granted Set) (expanded Set, ok bool) {
	known := c.Load()
	if known == nil || !known.granted.isSame(granted) {
		return Set{}, false
	}
	return known.expanded, true
}

// remember keeps the set itself, and not a copy: it is found by its place, without a
// look at the names. The names of a long one may be parts of a whole token's claims,
// which nobody means to keep: it is expanded each time.
func (c *expansionCell) remember(granted, expanded Set) {
	const longest = 1024 // bytes of all names
	size := 0
	for _, name := range granted.list.names {
		size += len(name)
	}
	if size <= longest {
		c.Store(&expansion{granted, expanded})
	}
}

// isSame reports whether both have the same names in the same order.
func (s Set) isSame(other Set) bool {
	return s.list == other.list || s.list.marks == other.list.marks && s.list.implied == other.list.implied &&
		slices.Equal(s.list.names, other.list.names)
}
