package scopes_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/scopes"
)

// checklist 26
func TestSatisfiedBy(t *testing.T) {
	for _, tt := range []struct {
		name     string
		required []string
		granted  string
		want     bool
	}{
		{"one", []string{"profile"}, "profile", true},
		{"one of many granted", []string{"profile"}, "email profile openid", true},
		{"and", []string{"profile email"}, "email profile", true},
		{"and, one missing", []string{"profile email"}, "email", false},
		{"or, first", []string{"profile", "email"}, "profile", true},
		{"or, second", []string{"profile", "email"}, "email", true},
		{"or, none", []string{"profile", "email"}, "user", false},
		{"mix, and side", []string{"profile email", "user"}, "profile email", true},
		{"mix, or side", []string{"profile email", "user"}, "user", true},
		{"mix, half of and", []string{"profile email", "user"}, "profile", false},
		{"case", []string{"profile"}, "Profile", false},
		{"prefix", []string{"read"}, "read:all", false},
		{"longer required", []string{"read:all"}, "read", false},
		{"substring", []string{"file"}, "profile", false},
		{"same ends, same length", []string{"abcdef"}, "abXdef", false},
		{"no pattern", []string{"*"}, "profile", false},
		{"comma does not separate what is granted", []string{"profile"}, "profile,email", false},
		{"comma is part of a name", []string{"profile,email"}, "profile,email", true},
		{"tab does not separate", []string{"profile"}, "profile\temail", false},
		{"extra spaces granted", []string{"email"}, "  profile   email ", true},
		{"extra spaces required", []string{"  profile   email "}, "profile email", true},
		{"nothing granted", []string{"profile"}, "", false},
		{"only spaces granted", []string{"profile"}, "   ", false},
		{"repeated", []string{"profile profile"}, "profile", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := scopes.AnyOf(tt.required...)
			require.NoError(t, err)
			require.Equal(t, tt.want, r.SatisfiedBy(scopes.Parse(tt.granted)))
		})
	}
}

func TestAnyOfRefuses(t *testing.T) {
	for _, tt := range []struct {
		name         string
		alternatives []string
		says         string
	}{
		{"none", nil, "no alternative"},
		{"blank", []string{""}, "alternative 1 is blank"},
		{"spaces", []string{"profile", "   "}, "alternative 2 is blank"},
		{"tab", []string{"a\tb"}, "alternative 1"},
		{"newline", []string{"a\n"}, "alternative 1"},
		{"quote", []string{`a"b`}, "alternative 1"},
		{"backslash", []string{`a\b`}, "alternative 1"},
		{"delete", []string{"a\x7f"}, "alternative 1"},
		{"not ASCII", []string{"profil\u00e9"}, "alternative 1"},
		{"not UTF-8", []string{"a\xff"}, "alternative 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := scopes.AnyOf(tt.alternatives...)
			require.ErrorContains(t, err, tt.says)
			require.False(t, r.SatisfiedBy(scopes.Parse("a profile")), "what failed to build lets nobody in")
			require.PanicsWithError(t, err.Error(), func() { scopes.MustAnyOf(tt.alternatives...) })
		})
	}
}

func TestAnyOfReportsEveryFault(t *testing.T) {
	_, err := scopes.AnyOf("", "ok", "a\"b")
	require.ErrorContains(t, err, "alternative 1")
	require.ErrorContains(t, err, "alternative 3")
	require.NotContains(t, err.Error(), "alternative 2")
}

func TestAnyOfNames(t *testing.T) {
	r, err := scopes.AnyOfNames(`Équipe\ops "x"`, "admin")
	require.NoError(t, err)
	require.True(t, r.SatisfiedBy(scopes.NewSet(`"x"`, `Équipe\ops`)))
	require.False(t, r.SatisfiedBy(scopes.NewSet(`Équipe\ops`)))
	for _, bad := range []string{"", " ", "a\tb", "a\u00a0b", "a\x00", "a\xff"} {
		_, err := scopes.AnyOfNames(bad)
		require.Error(t, err, "%q", bad)
	}
}

func TestZeroRequirementIsShut(t *testing.T) {
	var r scopes.Requirement
	require.False(t, r.SatisfiedBy(scopes.Set{}))
	require.False(t, r.SatisfiedBy(scopes.Parse("profile")))
	require.Empty(t, r.Nearest(scopes.Set{}))
	require.Equal(t, "(unsatisfiable)", r.String())
}

func TestUnrestricted(t *testing.T) {
	r := scopes.Unrestricted()
	require.True(t, r.SatisfiedBy(scopes.Set{}))
	require.True(t, r.SatisfiedBy(scopes.Parse("profile")))
	require.Empty(t, r.Nearest(scopes.Set{}))
	require.Equal(t, "(unrestricted)", r.String())
}

// checklist 17
func TestNearest(t *testing.T) {
	r := scopes.MustAnyOf("a b c", "d e", " f  g ")
	for granted, want := range map[string]string{
		"":      "d e",
		"a b":   "a b c",
		"a b d": "a b c",
		"f":     "f g",
		"d f":   "d e",
	} {
		require.Equal(t, want, r.Nearest(scopes.Parse(granted)), "granted %q", granted)
	}
	require.Equal(t, "a b c | d e | f g", r.String())
}

func TestSet(t *testing.T) {
	s := scopes.Parse(" b a  b ")
	require.Equal(t, 2, s.Len())
	require.Equal(t, "b a", s.String())
	require.Equal(t, []string{"b", "a"}, slices.Collect(s.All()))
	require.True(t, s.Has("a"))
	require.False(t, s.Has(""))
	require.False(t, s.Has("c"))

	given := []string{"a", "", "a b", "a"}
	n := scopes.NewSet(given...)
	given[0] = "changed"
	require.Equal(t, []string{"a", "a b"}, slices.Collect(n.All()))
	require.True(t, n.Has("a b"))
	require.False(t, n.Has("b"))
	require.Zero(t, scopes.Parse("").Len())
	require.Zero(t, scopes.NewSet().Len())
}

// A token's scope claim may hold thousands of names: the set stays exact, and
// building it must not be quadratic (the large case would run for minutes).
func TestLargeSet(t *testing.T) {
	names := make([]string, 200_000)
	for i := range names {
		names[i] = strconv.Itoa(i % 150_000)
	}
	s := scopes.Parse(strings.Join(names, " "))
	require.Equal(t, 150_000, s.Len())
	require.True(t, s.Has("149999"))
	require.False(t, s.Has("150000"))
}

func TestSatisfiedByDoesNotAllocate(t *testing.T) {
	r, granted := tenAgainstThree()
	require.Zero(t, testing.AllocsPerRun(100, func() { r.SatisfiedBy(granted) }))
}

func tenAgainstThree() (scopes.Requirement, scopes.Set) {
	return scopes.MustAnyOf("orders:write billing", "orders:read refunds", "profile email"),
		scopes.Parse("openid profile email phone address offline_access orders:read orders:write invoices reports")
}

func BenchmarkSatisfiedBy(b *testing.B) {
	r, granted := tenAgainstThree()
	b.Run("scopes=10/alternatives=3/result=yes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !r.SatisfiedBy(granted) {
				b.Fatal("not satisfied")
			}
		}
	})
	no := scopes.MustAnyOf("orders:write billing", "orders:read refunds", "profile adress")
	b.Run("scopes=10/alternatives=3/result=no", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if no.SatisfiedBy(granted) {
				b.Fatal("satisfied")
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		scopes.Parse("openid profile email phone address offline_access orders:read orders:write invoices reports")
	}
}
