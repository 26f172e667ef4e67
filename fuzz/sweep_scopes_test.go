package fuzz_test

import (
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/scopes"
)

// Four names that are easy to confuse: one is a prefix of another, one differs by letter case, one has a comma.
var scopeNames = []string{"read", "read:all", "Read", "read,all"}

// A subset of scopeNames, a bit for each.
type subset uint

func (s subset) names() []string {
	var names []string
	for i, name := range scopeNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// TestEveryRequirement compares every requirement of up to three alternatives over four names with what sets of sets
// say, for everything that may have been granted.
//
// checklist 17, 26, 44
func TestEveryRequirement(t *testing.T) {
	const all = 1 << 4
	granted := make([]scopes.Set, all)
	for s := range granted {
		granted[s] = scopes.Parse(strings.Join(subset(s).names(), " "))
	}
	check := func(alternatives ...subset) {
		var texts []string
		for _, a := range alternatives {
			texts = append(texts, strings.Join(a.names(), " "))
		}
		requirement, err := scopes.AnyOf(texts...)
		require.NoError(t, err)
		for s := range granted {
			satisfied := slices.ContainsFunc(alternatives, func(a subset) bool { return a&^subset(s) == 0 })
			if got := requirement.SatisfiedBy(granted[s]); got != satisfied {
				t.Fatalf("%q satisfied by %q: %v", texts, granted[s], got)
			}
			if nearest := requirement.Nearest(granted[s]); nearest != texts[nearestTo(subset(s), alternatives)] {
				t.Fatalf("%q: nearest to %q is %q", texts, granted[s], nearest)
			}
		}
	}
	for a := subset(1); a < all; a++ {
		check(a)
		for b := subset(1); b < all; b++ {
			check(a, b)
			for c := subset(1); c < all; c++ {
				check(a, b, c)
			}
		}
	}
}

// nearestTo is the first of the alternatives of which the granted ones lack fewest.
func nearestTo(granted subset, alternatives []subset) int {
	best := 0
	for i, a := range alternatives {
		if bits.OnesCount(uint(a&^granted)) < bits.OnesCount(uint(alternatives[best]&^granted)) {
			best = i
		}
	}
	return best
}

// TestEveryOrder: neither the order of what is granted, nor that of the names within an alternative, nor spaces
// change the answer.
//
// checklist 26
func TestEveryOrder(t *testing.T) {
	orders := permutations(scopeNames)
	for _, granted := range orders {
		set := scopes.Parse(" " + strings.Join(granted[:3], "  ") + " " + granted[0])
		for _, required := range orders {
			requirement, err := scopes.AnyOf(" " + strings.Join(required[:2], "  ") + " ")
			require.NoError(t, err)
			want := slices.Contains(granted[:3], required[0]) && slices.Contains(granted[:3], required[1])
			require.Equal(t, want, requirement.SatisfiedBy(set), "%q by %q", required[:2], granted[:3])
			require.Equal(t, want, requirement.SatisfiedBy(scopes.NewSet(granted[:3]...)))
		}
	}
}

func permutations(names []string) [][]string {
	if len(names) == 0 {
		return [][]string{nil}
	}
	var all [][]string
	for i := range names {
		for _, rest := range permutations(slices.Delete(slices.Clone(names), i, i+1)) {
			all = append(all, append([]string{names[i]}, rest...))
		}
	}
	return all
}

// TestEveryByteInAScope: the characters of a scope-token (RFC 6749 §3.3), and no other, make a requirement.
func TestEveryByteInAScope(t *testing.T) {
	for b := range 256 {
		name := "a" + string([]byte{byte(b)}) + "c"
		_, err := scopes.AnyOf(name)
		good := b == 0x21 || 0x23 <= b && b <= 0x5B || 0x5D <= b && b <= 0x7E
		require.Equal(t, good || b == ' ', err == nil, "%q", name)
	}
}
