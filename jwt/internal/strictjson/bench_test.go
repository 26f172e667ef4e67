package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/resourceserver/jwt/internal/strictjson"
)

// headerOf returns a header of 6 KB with 60 names that are made of unit.
func headerOf(unit string) string {
	var b strings.Builder
	b.WriteString(`{"alg":"RS256","typ":"at+jwt"`)
	for i := range 60 {
		fmt.Fprintf(&b, `,"%s%02d":1`, strings.Repeat(unit, (6000/60-9)/len(unit)), i)
	}
	b.WriteByte('}')
	return b.String()
}

// These units cost the most of all that a header can be made of.
func BenchmarkParseAtMost(b *testing.B) {
	for name, unit := range map[string]string{
		"ascii": "a", "utf8": "é", "short": `\n`, "unicode": `\u20ac`, "pair": `\ud83d\ude00`, "mixed": `é\n`,
	} {
		text := headerOf(unit)
		b.Run("names="+name, func(b *testing.B) {
			var buf [64]strictjson.Member
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := strictjson.ParseAtMost(buf[:0], text, 64); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	for name, unit := range map[string]string{
		"members": `"isS":1,`, "escapes": `"\u0069\u0073\u0053":1,`, "strings": `"\n\n\n":"\n",`, "arrays": `"\u20ac":[],`,
		"space": " ",
	} {
		text := `{` + strings.Repeat(unit, 11_700/len(unit)) + `"iss":"a"}`
		b.Run("text="+name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := strictjson.Find(text, "iss"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
