package scopes

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Requirement is what has to be granted: one of several alternatives, each a
// list of names that are needed together. Build one with [AnyOf], [AnyOfNames]
// or [Unrestricted].
//
// The zero Requirement is satisfied by no set: a requirement that somebody
// forgot to fill in keeps a door shut. Values are immutable, and may be copied
// and used by several goroutines at once.
type Requirement struct {
	alternatives []Set
	unrestricted bool
}

// AnyOf returns the requirement that at least one alternative is granted. An
// alternative is a scope name, or several separated by spaces that must all be
// granted (RFC 6749 §3.3).
//
// The error joins every fault found: no alternative at all, a blank one, and a
// character outside the scope-token grammar (%x21 / %x23-5B / %x5D-7E). No
// alternative at all is refused because it may equally be meant as "anything
// goes" or "nothing does"; say [Unrestricted] for the former.
func AnyOf(alternatives ...string) (Requirement, error) {
	return anyOf(alternatives, scopeTokenChar,
		"a scope may hold only the visible ASCII characters other than '\"' and '\\'")
}

// MustAnyOf is [AnyOf] for requirements written in the program: it panics where
// AnyOf returns an error, so that the mistake is seen at start-up.
func MustAnyOf(alternatives ...string) Requirement {
	r, err := AnyOf(alternatives...)
	if err != nil {
		panic(err)
	}
	return r
}

// AnyOfNames is [AnyOf] for names that are not scopes, such as groups and roles
// (RFC 7643 §4.1.2): the syntax is the same, and a name may hold any character
// but white space and control characters. The error joins every fault found.
func AnyOfNames(alternatives ...string) (Requirement, error) {
	return anyOf(alternatives, nameChar,
		"a name may not hold white space other than the space that separates, control characters or invalid UTF-8")
}

// Unrestricted returns the requirement that every set satisfies, the empty one
// included.
func Unrestricted() Requirement { return Requirement{unrestricted: true} }

// SatisfiedBy reports whether granted holds every name of at least one
// alternative. It does not allocate.
func (r Requirement) SatisfiedBy(granted Set) bool {
	for i := range r.alternatives {
		if granted.includes(r.alternatives[i]) {
			return true
		}
	}
	return r.unrestricted
}

// Nearest returns the alternative of which granted lacks the fewest names,
// separated by spaces: what a client should ask its user for next. It is the
// scope attribute of an insufficient_scope challenge (RFC 6750 §3.1). Among
// equals the first one given wins. It is empty for a requirement without
// alternatives.
//
// The alternative is named whole, as it was declared: a client that asks for just
// that gets a token that suffices. What is granted by a [Hierarchy] counts as
// granted; nothing broader than what was declared is ever named.
func (r Requirement) Nearest(granted Set) string {
	nearest, fewest := "", -1
	for i := range r.alternatives {
		if n := granted.lacks(r.alternatives[i]); fewest < 0 || n < fewest {
			nearest, fewest = r.alternatives[i].String(), n
		}
	}
	return nearest
}

// String describes the requirement for a person: the alternatives, joined by
// " | ".
func (r Requirement) String() string {
	if r.unrestricted {
		return "(unrestricted)"
	}
	if len(r.alternatives) == 0 {
		return "(unsatisfiable)"
	}
	texts := make([]string, len(r.alternatives))
	for i, alternative := range r.alternatives {
		texts[i] = alternative.String()
	}
	return strings.Join(texts, " | ")
}

// includes reports whether s holds every name of other, which no Hierarchy has added
// to. The marks settle most refusals without comparing a single name.
func (s Set) includes(other Set) bool {
	if other.list.marks&^s.marks() != 0 {
		return false
	}
	for _, name := range other.list.names {
		if !s.Has(name) {
			return false
		}
	}
	return true
}

// lacks counts the names of other that s does not hold.
func (s Set) lacks(other Set) int {
	n := 0
	for _, name := range other.list.names {
		if !s.Has(name) {
			n++
		}
	}
	return n
}

func anyOf(alternatives []string, allowed func(rune) bool, rule string) (Requirement, error) {
	if len(alternatives) == 0 {
		return Requirement{}, errors.New("scopes: no alternative given: name at least one, or use Unrestricted")
	}
	var faults []error
	sets := make([]Set, len(alternatives))
	for i, alternative := range alternatives {
		sets[i] = Parse(alternative)
		if err := check(alternative, sets[i], allowed, rule); err != nil {
			faults = append(faults, fmt.Errorf("scopes: alternative %d %w", i+1, err))
		}
	}
	if len(faults) > 0 {
		return Requirement{}, errors.Join(faults...)
	}
	return Requirement{alternatives: sets}, nil
}

func check(alternative string, names Set, allowed func(rune) bool, rule string) error {
	if names.Len() == 0 {
		return errors.New("is blank: it would let everybody in")
	}
	for name := range names.All() {
		if at := strings.IndexFunc(name, func(c rune) bool { return !allowed(c) }); at >= 0 {
			return fmt.Errorf("(%q) holds %q: %s", alternative, name[at:], rule)
		}
	}
	return nil
}

// scopeTokenChar is the scope-token grammar of RFC 6749 §3.3.
func scopeTokenChar(c rune) bool {
	return c > ' ' && c <= '~' && c != '"' && c != '\\'
}

func nameChar(c rune) bool {
	return c != utf8.RuneError && !unicode.IsSpace(c) && !unicode.IsControl(c)
}
