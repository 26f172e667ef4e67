package scopes_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/scopes"
)

func hierarchy(t testing.TB, implies map[string][]string) scopes.Hierarchy {
	t.Helper()
	h, err := scopes.NewHierarchy(implies)
	require.NoError(t, err)
	return h
}

// checklist 207, 208
func TestExpand(t *testing.T) {
	h := hierarchy(t, map[string][]string{
		"admin": {"write", "audit"}, "write": {"read"}, "read": {"list"}, "owner": {"admin", "read"},
	})
	for granted, want := range map[string]string{
		"":                "",
		"list":            "list",
		"read":            "read list",
		"write":           "write list read",
		"admin":           "admin audit list read write",
		"owner":           "owner admin audit list read write",
		"write admin":     "write admin audit list read",
		"other write x":   "other write x list read",
		"other":           "other",
		"Admin":           "Admin",
		"admi":            "admi",
		"admin:all":       "admin:all",
		"admin,read":      "admin,read",
		"*":               "*",
		"read read":       "read list",
		"list read write": "list read write",
	} {
		t.Run(granted, func(t *testing.T) {
			for range 3 { // the second time it is remembered
				expanded := h.Expand(scopes.Parse(granted))
				require.Equal(t, want, expanded.String())
				require.Equal(t, len(strings.Fields(want)), expanded.Len())
				for name := range expanded.All() {
					require.True(t, expanded.Has(name))
				}
				require.False(t, expanded.Has(""))
				require.False(t, expanded.Has("nobody"))
				require.Equal(t, want, h.Expand(expanded).String(), "what is expanded has nothing to add")
			}
		})
	}
}

func TestExpandLeavesTheGrantedSetAlone(t *testing.T) {
	h, granted := hierarchy(t, map[string][]string{"write": {"read"}}), scopes.Parse("write")
	require.True(t, h.Expand(granted).Has("read"))
	require.False(t, granted.Has("read"))
	require.Equal(t, 1, granted.Len())
}

func TestZeroHierarchyImpliesNothing(t *testing.T) {
	for _, h := range []scopes.Hierarchy{{}, hierarchy(t, nil), hierarchy(t, map[string][]string{})} {
		require.Equal(t, "admin", h.Expand(scopes.Parse("admin")).String())
		require.Zero(t, h.Expand(scopes.Set{}).Len())
	}
}

func TestHierarchyIsACopy(t *testing.T) {
	implies := map[string][]string{"write": {"read"}}
	h := hierarchy(t, implies)
	implies["write"][0], implies["other"] = "admin", []string{"admin"}
	require.Equal(t, "write read", h.Expand(scopes.Parse("write")).String())
	require.Equal(t, "other", h.Expand(scopes.Parse("other")).String())
}

// Names that come from an array are never split, and are none that can imply.
func TestExpandSplitsNothing(t *testing.T) {
	h := hierarchy(t, map[string][]string{"write": {"read"}})
	require.Equal(t, 1, h.Expand(scopes.NewSet("write x")).Len())
	require.False(t, h.Expand(scopes.NewSet(" write", "write ")).Has("read"))
}

func TestTwoHierarchies(t *testing.T) {
	first := hierarchy(t, map[string][]string{"admin": {"write"}})
	second := hierarchy(t, map[string][]string{"write": {"read"}, "x": {"admin"}})
	require.Equal(t, "admin write read", second.Expand(first.Expand(scopes.Parse("admin"))).String())
	require.Equal(t, "admin", second.Expand(scopes.Parse("admin")).String(), "what another one has added is another set")
	require.Equal(t, "admin write read", second.Expand(first.Expand(scopes.Parse("admin"))).String())
}

// Among so many names are some of which nothing but the other hierarchy tells two sets apart.
func TestTwoHierarchiesOfManyNames(t *testing.T) {
	for i := range 500 {
		name := "n" + strconv.Itoa(i)
		first := hierarchy(t, map[string][]string{"admin": {name}})
		second := hierarchy(t, map[string][]string{name: {"read"}, "x": {"admin"}})
		require.Equal(t, "admin", second.Expand(scopes.Parse("admin")).String())
		require.Equal(t, "admin "+name+" read", second.Expand(first.Expand(scopes.Parse("admin"))).String())
	}
}

// checklist 208
func TestNewHierarchyRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		implies map[string][]string
		says    []string
	}{
		{"blank name", map[string][]string{"": {"read"}}, []string{`""`, "is blank"}},
		{"spaces", map[string][]string{"  ": {"read"}}, []string{"is blank"}},
		{"blank implied", map[string][]string{"write": {""}}, []string{`""`, `"write"`, "is blank"}},
		{"two names in one", map[string][]string{"write read": {"list"}}, []string{`"write read"`, "one scope"}},
		{"two implied in one", map[string][]string{"write": {"read list"}}, []string{`"read list"`, "one scope"}},
		{"quote", map[string][]string{`a"b`: {"read"}}, []string{"holds"}},
		{"backslash", map[string][]string{"write": {`a\b`}}, []string{"holds"}},
		{"control", map[string][]string{"write": {"a\n"}}, []string{"holds"}},
		{"not ASCII", map[string][]string{"écrire": {"read"}}, []string{"holds"}},
		{"not UTF-8", map[string][]string{"write": {"a\xff"}}, []string{"holds"}},
		{"long", map[string][]string{strings.Repeat("a", 257): {"read"}}, []string{"257 bytes", "at most 256"}},
		{"implies nothing", map[string][]string{"write": {}}, []string{`"write" implies nothing`}},
		{"twice", map[string][]string{"write": {"read", "read"}}, []string{"twice"}},
		{"itself", map[string][]string{"write": {"write"}}, []string{`circle: "write" implies "write"`}},
		{"circle of two", map[string][]string{"a": {"b"}, "b": {"a"}}, []string{`"a" implies "b" implies "a"`}},
		{"circle behind a way in", map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"b"}},
			[]string{`circle: "b" implies "c" implies "d" implies "b"`}},
		{"two circles", map[string][]string{"a": {"b"}, "b": {"a"}, "x": {"y"}, "y": {"x"}}, []string{`"a"`, `"x"`}},
		{"everything at once", map[string][]string{"": {"a"}, "b": nil, "c": {"d e"}},
			[]string{"is blank", `"b" implies nothing`, `"d e"`}},
		{"a circle beside a name at fault", map[string][]string{"a": {"b"}, "b": {"a"}, "c d": {"e"}},
			[]string{`"a" implies "b" implies "a"`, `"c d"`}},
		{"a circle through a name at fault", map[string][]string{"a b": {"c"}, "c": {"a b", "a b"}},
			[]string{`"a b" implies "c" implies "a b"`, "twice"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := scopes.NewHierarchy(tt.implies)
			require.Error(t, err)
			for _, s := range tt.says {
				require.ErrorContains(t, err, s)
			}
			for line := range strings.Lines(err.Error()) {
				require.True(t, strings.HasPrefix(line, "scopes: "), line)
			}
			require.Equal(t, "write", h.Expand(scopes.Parse("write")).String(), "what failed to build implies nothing")
		})
	}
}

func TestHierarchyBounds(t *testing.T) {
	chain := func(n int) map[string][]string {
		implies := make(map[string][]string, n)
		for i := range n - 1 {
			implies[strconv.Itoa(i)] = []string{strconv.Itoa(i + 1)}
		}
		return implies
	}
	h := hierarchy(t, chain(4096))
	require.Equal(t, 4096, h.Expand(scopes.Parse("0")).Len())
	require.Equal(t, 1, h.Expand(scopes.Parse("4095")).Len())
	for name, implies := range map[string]map[string][]string{
		"names": chain(4097), "many more names": chain(9000), "implications": {"a": make([]string, 1<<16+1)},
	} {
		_, err := scopes.NewHierarchy(implies)
		require.ErrorContains(t, err, "at most 4096", name)
	}
	circle := chain(4096)
	circle["4095"] = []string{"0"}
	_, err := scopes.NewHierarchy(circle)
	require.ErrorContains(t, err, "circle")
	require.Less(t, len(err.Error()), 500)
	dense := make(map[string][]string)
	for i := range 200 {
		for j := range 200 {
			dense[strconv.Itoa(i)] = append(dense[strconv.Itoa(i)], strconv.Itoa(j))
		}
	}
	_, err = scopes.NewHierarchy(dense)
	require.Less(t, len(err.Error()), 4000)
}

// The challenge names what was declared, and no broader scope.
//
// checklist 207
func TestNearestToWhatIsExpanded(t *testing.T) {
	h := hierarchy(t, map[string][]string{"admin": {"write", "audit"}, "write": {"read"}})
	for _, tt := range []struct {
		required      []string
		granted, want string // want is empty where it suffices
	}{
		{[]string{"read"}, "", "read"},
		{[]string{"read"}, "admin", ""},
		{[]string{"read write", "pay"}, "", "pay"},
		{[]string{"read write pay", "x y"}, "write", "read write pay"},
		{[]string{"x y", "read audit pay"}, "admin", "read audit pay"},
		{[]string{"write"}, "read", "write"},
		{[]string{"x", "audit read"}, "write", "x"},
		{[]string{"audit read", "x"}, "write", "audit read"},
	} {
		required, granted := scopes.MustAnyOf(tt.required...), h.Expand(scopes.Parse(tt.granted))
		require.Equal(t, tt.want == "", required.SatisfiedBy(granted), "%q by %q", tt.required, tt.granted)
		if tt.want != "" {
			require.Equal(t, tt.want, required.Nearest(granted), "%q by %q", tt.required, tt.granted)
		}
	}
}

// What is reached, step by step, as naively as can be.
func reached(implies map[string][]string, granted []string) map[string]bool {
	all := make(map[string]bool)
	for _, name := range granted {
		all[name] = true
	}
	for {
		before := len(all)
		for broad, list := range implies {
			for _, narrow := range list {
				if all[broad] {
					all[narrow] = true
				}
			}
		}
		if len(all) == before {
			return all
		}
	}
}

// randomly makes a table over n names: from one without circles, or from any.
func randomly(random *rand.Rand, n int, circles bool) map[string][]string {
	implies := make(map[string][]string)
	for range random.IntN(3 * n) {
		a, b := random.IntN(n), random.IntN(n)
		if !circles && a >= b {
			continue
		}
		broad, narrow := "s"+strconv.Itoa(a), "s"+strconv.Itoa(b)
		if !slices.Contains(implies[broad], narrow) {
			implies[broad] = append(implies[broad], narrow)
		}
	}
	return implies
}

// goesRound reports whether something implies itself.
func goesRound(implies map[string][]string) bool {
	for name, list := range implies {
		if reached(implies, list)[name] {
			return true
		}
	}
	return false
}

// checklist 207, 208
func TestExpandAgainstAModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	built, refused := 0, 0
	for round := range 2000 {
		n := 1 + random.IntN(12)
		if round%50 == 0 {
			n = 60 + random.IntN(100) // more than a word of bits
		}
		implies := randomly(random, n, n < 12 && round%2 == 0)
		h, err := scopes.NewHierarchy(implies)
		require.Equal(t, goesRound(implies), err != nil, "%v", implies)
		if err != nil {
			refused++
			continue
		}
		built++
		for range 5 {
			var granted []string
			for range random.IntN(4) {
				granted = append(granted, "s"+strconv.Itoa(random.IntN(n+2)))
			}
			want := slices.Sorted(maps.Keys(reached(implies, granted)))
			set := h.Expand(scopes.NewSet(granted...))
			require.Equal(t, want, slices.Sorted(set.All()), "%v of %v", granted, implies)
			require.Equal(t, len(want), set.Len())
			for i := range n + 2 {
				name := "s" + strconv.Itoa(i)
				require.Equal(t, slices.Contains(want, name), set.Has(name), "%q in %v of %v", name, granted, implies)
				require.Equal(t, slices.Contains(want, name), scopes.MustAnyOf(name).SatisfiedBy(set))
			}
		}
	}
	require.Greater(t, built, 500)
	require.Greater(t, refused, 100)
}

// More sets than are remembered, of the same marks or not, by several goroutines.
func TestExpandConcurrently(t *testing.T) {
	h := hierarchy(t, map[string][]string{"admin": {"write"}, "write": {"read"}, "ab": {"x"}, "ba": {"y"}})
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range 2000 {
				other := fmt.Sprintf("s%d", (i*7+g)%300)
				expanded := h.Expand(scopes.Parse(other + " write"))
				if expanded.String() != other+" write read" {
					panic(expanded.String())
				}
				if expanded = h.Expand(scopes.NewSet(other)); expanded.Len() != 1 || !expanded.Has(other) {
					panic(expanded.String())
				}
			}
		})
	}
	wait.Wait()
}

// thousand is a hierarchy of as many scopes, and the broadest of them.
func thousand(t testing.TB) (h scopes.Hierarchy, broadest string) {
	implies := make(map[string][]string)
	for i := range 999 {
		implies[fmt.Sprintf("api:resource-%d:write", i)] = []string{fmt.Sprintf("api:resource-%d:write", i+1)}
	}
	return hierarchy(t, implies), "api:resource-0:write"
}

// checklist 207
func TestExpandRemembers(t *testing.T) {
	h, broadest := thousand(t)
	required := scopes.MustAnyOf("api:resource-999:write")
	same := scopes.Parse("openid profile email " + broadest)
	equal := scopes.Parse("openid profile email " + broadest)
	for name, granted := range map[string]scopes.Set{"the same memory": same, "the same names": equal} {
		require.True(t, required.SatisfiedBy(h.Expand(granted)), name)
		require.Zero(t, testing.AllocsPerRun(100, func() { required.SatisfiedBy(h.Expand(granted)) }), name)
	}
	// What one hierarchy has made of a set is not what another makes of it.
	other := hierarchy(t, map[string][]string{"email": {"mail"}})
	for range 2 {
		require.Equal(t, "openid profile email "+broadest+" mail", other.Expand(same).String())
		require.True(t, required.SatisfiedBy(h.Expand(same)))
		require.False(t, required.SatisfiedBy(other.Expand(same)))
	}
}

// A set of a few short names may come from a claim that is long, and that ends with its token.
//
// checklist 207
func TestExpandKeepsNoClaim(t *testing.T) {
	h := hierarchy(t, map[string][]string{"write": {"read"}})
	for name, granted := range map[string]string{
		"implies": "write", "implies nothing": "profile", "long": strings.Repeat("x", 2000),
	} {
		claim := strings.Repeat(" ", 1<<20) + granted
		memory := weak.Make(unsafe.StringData(claim))
		expanded := h.Expand(scopes.Parse(claim))
		claim = ""
		require.True(t, expanded.Has(granted))
		runtime.GC()
		require.Nil(t, memory.Value(), name)
		runtime.KeepAlive(h)
	}
}

func BenchmarkHierarchy(b *testing.B) {
	h, broadest := thousand(b)
	required := scopes.MustAnyOf("api:resource-999:write")
	granted := scopes.Parse("openid profile email " + broadest)
	for _, bb := range []struct {
		name    string
		granted func() scopes.Set
	}{
		{"same", func() scopes.Set { return granted }},
		{"equal", func() scopes.Set { return scopes.Parse("openid profile email " + broadest) }},
	} {
		b.Run("scopes=1000/second="+bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !required.SatisfiedBy(h.Expand(bb.granted())) {
					b.Fatal("not implied")
				}
			}
		})
	}
	long := strings.Repeat("x", 2000) + " " + broadest
	b.Run("scopes=1000/first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h.Expand(scopes.Parse(long))
		}
	})
}
