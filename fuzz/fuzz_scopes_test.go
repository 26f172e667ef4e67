package fuzz_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"example.com/resourceserver/scopes"
)

// FuzzScopes compares scopes with a model that is as naive as can be: a scope claim is the set of what stands between
// its spaces, a requirement is a set of such sets, and it is satisfied when one of them is contained.
func FuzzScopes(f *testing.F) {
	// checklist 17, 20, 26, 44, 207, 208
	f.Fuzz(func(t *testing.T, claim, first, second, third string) {
		granted, model := scopes.Parse(claim), between(claim)
		sameNames(t, granted, model)
		sameNames(t, scopes.NewSet(claim, first, claim), keep(map[string]bool{claim: true, first: true}))
		alternatives := [][]string{{first}, {first, second}, {first, second, third}}
		for _, list := range alternatives {
			required, err := scopes.AnyOf(list...)
			if wellFormed := !slices.ContainsFunc(list, malformed); (err == nil) != wellFormed {
				t.Fatalf("AnyOf(%q): %v", list, err)
			}
			if want := err == nil && containsOne(model, list); required.SatisfiedBy(granted) != want {
				t.Fatalf("%q satisfies %q: %v", claim, list, !want)
			}
			checkNames(t, list, granted, model)
			checkNearest(t, required, list, granted, model, err == nil)
		}
		checkHierarchy(t, granted, model, []string{first, second, third})
		if !scopes.Unrestricted().SatisfiedBy(granted) || (scopes.Requirement{}).SatisfiedBy(granted) {
			t.Fatalf("%q", claim)
		}
	})
}

// checkHierarchy has each name of a list imply each of the next, and compares with a model that goes on as long as
// there is something to add. Of long lists it would do nothing else.
func checkHierarchy(t *testing.T, granted scopes.Set, model map[string]bool, lists []string) {
	if slices.ContainsFunc(lists, func(list string) bool { return len(between(list)) > 8 }) {
		return
	}
	implies, faulty := make(map[string][]string), false
	for i := range lists[1:] {
		for broad := range between(lists[i]) {
			for narrow := range between(lists[i+1]) {
				faulty = faulty || malformed(broad) || malformed(narrow) || max(len(broad), len(narrow)) > 256 ||
					slices.Contains(implies[broad], narrow)
				implies[broad] = append(implies[broad], narrow)
			}
		}
	}
	for broad := range implies {
		faulty = faulty || closure(implies, implies[broad]...)[broad]
	}
	hierarchy, err := scopes.NewHierarchy(implies)
	if (err == nil) == faulty {
		t.Fatalf("NewHierarchy(%q): %v", implies, err)
	}
	want := maps.Clone(model)
	if !faulty {
		want = closure(implies, slices.Collect(maps.Keys(model))...)
	}
	for range 2 { // the second time it is remembered
		expanded := hierarchy.Expand(granted)
		sameNames(t, expanded, want)
		sameNames(t, hierarchy.Expand(expanded), want)
	}
	sameNames(t, granted, model)
}

// closure returns the names with all that they imply.
func closure(implies map[string][]string, names ...string) map[string]bool {
	all := make(map[string]bool)
	for len(names) > 0 {
		if !all[names[0]] {
			names = append(names, implies[names[0]]...)
		}
		all[names[0]], names = true, names[1:]
	}
	return all
}

// between returns what stands between the spaces.
func between(claim string) map[string]bool {
	names := make(map[string]bool)
	start := 0
	for i := 0; i <= len(claim); i++ {
		if i == len(claim) || claim[i] == ' ' {
			names[claim[start:i]] = true
			start = i + 1
		}
	}
	return keep(names)
}

func keep(names map[string]bool) map[string]bool {
	delete(names, "")
	return names
}

// malformed is the grammar of RFC 6749 §3.3 turned round.
func malformed(alternative string) bool {
	for i := range len(alternative) {
		if c := alternative[i]; c < 0x20 || c > 0x7e || c == 0x22 || c == 0x5c {
			return true
		}
	}
	return len(between(alternative)) == 0
}

func containsOne(granted map[string]bool, alternatives []string) bool {
	return slices.ContainsFunc(alternatives, func(a string) bool { return missing(granted, a) == 0 })
}

func missing(granted map[string]bool, alternative string) (n int) {
	for name := range between(alternative) {
		if !granted[name] {
			n++
		}
	}
	return n
}

// checkNames does the same for names that are not scopes, and for the constructor that panics.
func checkNames(t *testing.T, list []string, granted scopes.Set, model map[string]bool) {
	required, err := scopes.AnyOfNames(list...)
	forbidden := func(a string) bool {
		return !utf8.ValidString(a) || strings.ContainsFunc(a, func(c rune) bool {
			return c == utf8.RuneError || c != ' ' && unicode.In(c, unicode.White_Space, unicode.Cc)
		}) || len(between(a)) == 0
	}
	if wellFormed := !slices.ContainsFunc(list, forbidden); (err == nil) != wellFormed {
		t.Fatalf("AnyOfNames(%q): %v", list, err)
	}
	if required.SatisfiedBy(granted) != (err == nil && containsOne(model, list)) || required.String() == "" {
		t.Fatalf("%q for %q: %v", granted, list, required)
	}
	defer func() {
		if panicked := recover() != nil; panicked != slices.ContainsFunc(list, malformed) {
			t.Fatalf("MustAnyOf(%q) panics: %v", list, panicked)
		}
	}()
	_ = scopes.MustAnyOf(list...)
}

// checkNearest demands the first of those alternatives of which the fewest names are missing.
func checkNearest(t *testing.T, required scopes.Requirement, list []string, granted scopes.Set,
	model map[string]bool, ok bool) {
	nearest := required.Nearest(granted)
	if !ok {
		if nearest != "" {
			t.Fatalf("a requirement that could not be built names %q", nearest)
		}
		return
	}
	best := list[0]
	for _, a := range list {
		if missing(model, a) < missing(model, best) {
			best = a
		}
	}
	if !maps.Equal(between(nearest), between(best)) || strings.Contains(nearest, "  ") ||
		strings.TrimSpace(nearest) != nearest {
		t.Fatalf("nearest to %q of %q is %q, not %q", granted, list, best, nearest)
	}
}

func sameNames(t *testing.T, set scopes.Set, model map[string]bool) {
	got := make(map[string]bool)
	for name := range set.All() {
		got[name] = true
		if !set.Has(name) {
			t.Fatalf("%q is in the set and the set does not have it", name)
		}
	}
	if !maps.Equal(got, model) || set.Len() != len(model) {
		t.Fatalf("the set has %q, the model %v", set, model)
	}
}

func scopesSeeds() (seeds []seed) {
	for _, s := range [][4]string{
		{"profile email", "profile", "email", "user"},
		{"profile email", "profile email", "user", "user"},
		{"email  profile profile", "email profile", "x", "y"},
		{"user", "profile email", "user", "x"},
		{"", "profile", "email", "user"},
		{"a b c", "a b c d", "a d", "e f"},
		{"read", "read:all", "reader", "rea"},
		{"Profile", "profile", "PROFILE", "prófile"},
		{"profile,email", "profile", "email", "profile,email"},
		{"profile\temail", "profile", "email", "profile\temail"},
		{"profile\u00a0email", "profile", "profile\u00a0email", "x"},
		{"рrofile", "profile", "рrofile", "x"},
		{`a"b a\b`, `a"b`, `a\b`, "a"},
		{"a", "", " ", "   "},
		{"\x00 \x7f \xff", "\x00", "\x7f", "\xff"},
		{"a b c d e f g h i j k l m n o p q r s t", "t", "a t", "u"},
		{"ab ba", "ab", "ba", "aa bb"},
		{"admin x", "admin owner", "write audit", "read list"},
		{"write", "admin", "write", "admin"},
		{"write", "write", "write", "read"},
		{"write", "admin", "write", "write"},
	} {
		seeds = append(seeds, seed{s[0], []any{s[0], s[1], s[2], s[3]}})
	}
	for i := range seeds {
		seeds[i].name = ""
	}
	return numbered(seeds)
}
