package fuzz_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
)

var (
	workAlone = must(jwt.NewValidator(jwt.Config{
		Issuer: fuzzIssuer, Audiences: []string{fuzzAudience}, Now: func() time.Time { return fuzzNow },
		Algorithms: []string{"HS256"}, Secret: fuzzSecret,
	}))
	workSeveral = must(jwt.ByIssuer(workAlone))
)

// hostile are texts of about n bytes, made to cost as much as they can.
var hostile = map[string]func(n int) string{
	"members":               func(n int) string { return `{"x":1` + members(n/11) + `}` },
	"members, then arrays":  func(n int) string { return membersThen(n/22, `[1],`, n/8) },
	"members, then objects": mostOf(func(n, m int) string { return membersThen(m, `{"a":1},`, n/16) }),
	"objects in objects": func(n int) string {
		return `{"x":[` + strings.Repeat(strings.Repeat(`{"a":`, 29)+"1"+strings.Repeat("}", 29)+",", n/175) + `1]}`
	},
	"escapes":       func(n int) string { return `{"x":"` + strings.Repeat(`\u00e9`, n/6) + `"}` },
	"escaped names": func(n int) string { return `{` + strings.ReplaceAll(members(n/16), `"m`, `"\u006d`)[1:] + `}` },
	// Shorter ones are remembered, and read once.
	"scopes":          func(n int) string { return `{"scope":"` + spaced(n) + `"}` },
	"scopes in array": func(n int) string { return `{"scope":["` + strings.ReplaceAll(spaced(n/2), " ", `","`) + `"]}` },
	"audiences":       func(n int) string { return `{"aud":["` + strings.ReplaceAll(spaced(n/4), " ", `","`) + `"]}` },
	"numbers":         func(n int) string { return `{"exp":` + strings.Repeat("1", n) + `}` },
	"white space":     func(n int) string { return `{` + strings.Repeat(" \t\r\n", n/4) + `}` },
	"one string":      func(n int) string { return `{"x":"` + strings.Repeat("a", n) + `"}` },
}

func membersThen(n int, element string, times int) string {
	return `{"x":1` + members(n) + `,"y":[` + strings.Repeat(element, times) + `1]}`
}

// mostOf tries several numbers of members and takes the one that costs the most: which fills an array to its last
// place is the runtime's secret.
func mostOf(text func(n, m int) string) func(n int) string {
	return func(n int) (worst string) {
		most := uint64(0)
		for m := n / 100; m < n/30; m++ {
			candidate := text(n, m)
			if used := allocated(workSeveral.Validate, encode64(fuzzHeader)+"."+encode64(candidate)+".AA"); used > most {
				worst, most = candidate, used
			}
		}
		return worst
	}
}

// spaced is n bytes of different names.
func spaced(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%x ", i)
	}
	return b.String() + "a"
}

// beside adds the first member of an object, and what follows it, to claims that are valid without.
func beside(object string) string {
	name, _, found := strings.Cut(object[1:], ":")
	if !found {
		return strings.TrimSuffix(fuzzClaims, "}") + object[1:]
	}
	return strings.TrimSuffix(without(name), "}") + "," + object[1:]
}

// TestWorkIsLinear shows that memory, and so the work that fills it, grows no faster than the input, however the
// input is made: in a header, in claims that were signed, and in claims that nobody has verified, which ByIssuer
// reads.
func TestWorkIsLinear(t *testing.T) {
	// checklist 64
	const small, large = 1500, 6000 // a header may have 8 KiB, encoded
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			for place, measure := range map[string]func(text string) uint64{
				"header": func(text string) uint64 {
					return allocated(workAlone.Validate, encode64(text)+"."+encode64(fuzzClaims)+".AA")
				},
				"claims": func(text string) uint64 {
					return allocated(workAlone.Validate, fuzzToken("HS256", fuzzHeader, beside(text)))
				},
				"unverified claims": func(text string) uint64 {
					return allocated(workSeveral.Validate, encode64(fuzzHeader)+"."+encode64(text)+".AA")
				},
			} {
				few, many := measure(text(small)), measure(text(large))
				t.Logf("%s: %d bytes allocated for %d, %d for %d", place, few, small, many, large)
				require.Less(t, many, 6*few+8<<10, "%s: more than in proportion", place)
				require.Less(t, many, uint64(40*large), "%s: %d bytes for each byte", place, many/large)
			}
		})
	}
}

// allocated returns the bytes that one call allocates.
func allocated(validate func(context.Context, string) (*jwt.Token, error), token string) uint64 {
	least := ^uint64(0)
	for range 5 { // the first calls fill pools, and other goroutines may allocate too
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = validate(context.Background(), token)
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// TestKeySetWorkIsLinear does the same for key sets.
func TestKeySetWorkIsLinear(t *testing.T) {
	// checklist 96
	entry := func(member string) string { return `{"kty":"OKP",` + member + `},` }
	list := func(n int) string { return `["` + strings.ReplaceAll(spaced(n/2), " ", `","`) + `"]` }
	for name, text := range map[string]func(n int) string{
		"keys":      func(n int) string { return strings.Repeat(entry(`"a":1`), min(n/20, 1000)) },
		"members":   func(n int) string { return entry(members(n / 11)[1:]) },
		"key_ops":   func(n int) string { return entry(`"key_ops":` + list(n)) },
		"x5c":       func(n int) string { return entry(`"x5c":` + list(n)) },
		"same kids": func(n int) string { return strings.Repeat(keyShapes[0].text+",", min(n/150, 1000)) },
		"moduli": func(n int) string {
			return strings.Repeat(`{"kty":"RSA","e":"AQAB","n":"`+strings.Repeat("_", 2730)+`"},`, n/2760)
		},
		"weak keys": func(n int) string { return strings.Repeat(modulus(rocaModulus())+",", n/400) },
		"strings":   func(n int) string { return entry(`"n":"` + strings.Repeat("A", n) + `"`) },
	} {
		t.Run(name, func(t *testing.T) {
			measure := func(n int) uint64 {
				document := []byte(`{"keys":[` + text(n) + keyShapes[0].text + `]}`)
				return allocated(func(context.Context, string) (*jwt.Token, error) {
					_, err := jwks.ParseStatic(document)
					require.NoError(t, err)
					return nil, nil
				}, "")
			}
			few, many := measure(5_000), measure(20_000)
			t.Logf("%d bytes allocated for 5000, %d for 20000", few, many)
			require.Less(t, many, 6*few+8<<10, "more than in proportion")
		})
	}
}
