package scopes

import "errors"

// Hierarchy says which scopes imply which others, so that "admin" need not be granted
// beside "write" and "read". Build one with [NewHierarchy]. The zero Hierarchy implies
// nothing. It is immutable, and may be copied and used by several goroutines at once.
type Hierarchy struct {
	_ [0]func() // no comparison

	closures *closures // nil: nothing is implied
	known    *expansions
}

// The bounds of a hierarchy. A large API has some hundred scopes. What is implied takes
// a bit for each name and name, 2 MiB at most.
const (
	mostNames        = 4096
	mostImplications = 1 << 16
	longestName      = 256 // bytes
)

// NewHierarchy returns the hierarchy in which each name implies the names in its list,
// and what these imply in their turn:
//
//	scopes.NewHierarchy(map[string][]string{"admin": {"write"}, "write": {"read"}})
//
// Names are compared byte by byte, as everywhere here: none is a pattern or a prefix,
// so what is not declared is not implied. The map is copied, and may be empty.
//
// The error joins every fault found: a name that is blank, not in the grammar of RFC
// 6749 §3.3 or longer than 256 bytes, a name that implies nothing or the same twice, and
// scopes that imply each other in a circle, which would be one scope with several names.
// More than 4,096 names or 65,536 implications are a fault as well, and circles are not
// looked for then.
func NewHierarchy(implies map[string][]string) (Hierarchy, error) {
	if err := tooLarge(implies); err != nil {
		return Hierarchy{}, err
	}
	declared, faults := declare(implies)
	if len(declared.names) > mostNames {
		return Hierarchy{}, errors.Join(append(faults, tooManyNames(len(declared.names)))...)
	}
	closures, circles := closuresOf(declared)
	if faults = append(faults, circles...); len(faults) > 0 || len(declared.names) == 0 {
		return Hierarchy{}, errors.Join(faults...)
	}
	return Hierarchy{closures: closures, known: new(expansions)}, nil
}

// IsZero reports whether the hierarchy implies nothing.
func (h Hierarchy) IsZero() bool { return h.closures == nil }

// Expand returns granted with all that it implies. It is for the side of what was
// granted: a [Requirement], and the challenge that [Requirement.Nearest] names, stay as
// narrow as they were declared.
//
// What was expanded is remembered, by the set and, for 64 sets at most, by the hierarchy:
// a copy of the set, or another of the same names in the same order, costs no more than
// to find it, and no memory. The names of a set that are not in the hierarchy imply
// nothing.
func (h Hierarchy) Expand(granted Set) Set {
	if h.closures == nil || granted.list == nil || granted.list.implied.of(h.closures.vocabulary) {
		return granted
	}
	if known := granted.list.expanded.Load(); known != nil && known.implied.of(h.closures.vocabulary) {
		return Set{list: known}
	}
	cell := h.known.cell(granted)
	expanded, ok := cell.find(granted)
	if !ok {
		expanded = cell.remember(granted, h.closures.expand)
	}
	if expanded.list.implied.of(h.closures.vocabulary) {
		granted.list.expanded.Store(expanded.list)
	}
	return expanded
}
