package scopes

import (
	"slices"
	"strings"
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

// remember keeps what expand makes of the set, and returns it. A set's names may be parts
// of something large, such as all claims of a token, which nobody means to keep: copies
// are remembered, and those of few names only.
func (c *expansionCell) remember(granted Set, expand func(Set) Set) Set {
	const longest = 1024 // bytes of all names
	size := 0
	for _, name := range granted.list.names {
		size += len(name)
	}
	if size > longest {
		return expand(granted)
	}
	kept := granted.clone()
	known := &expansion{kept, expand(kept)}
	c.Store(known)
	return known.expanded
}

// clone returns a set with names of its own.
func (s Set) clone() Set {
	names := make([]string, len(s.list.names))
	for i, name := range s.list.names {
		names[i] = strings.Clone(name)
	}
	return Set{list: &list{names: names, marks: s.list.marks, implied: s.list.implied}}
}

// isSame reports whether both have the same names in the same order.
func (s Set) isSame(other Set) bool {
	return s.list.marks == other.list.marks && s.list.implied == other.list.implied &&
		slices.Equal(s.list.names, other.list.names)
}
