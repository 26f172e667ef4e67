// The race detector makes pools forget and memory grow, so what is counted here
// is counted without it.

//go:build !race

package tokencache_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

func TestAHitAllocatesNothing(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	keys, err := jwks.ParseStatic(issuer.JWKS())
	require.NoError(t, err)
	cache, _ := cached(t, issuer, keys, tokencache.Config{})
	bearer := issuer.Token(jwttest.Scope("openid profile email"))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := cache.Validate(t.Context(), bearer); err != nil {
			t.Fatal(err)
		}
	}))
}

// What the cache says it takes is what it takes, within a seventh.
func TestCacheUsageIsHonest(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	validator, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer, Confirmations: []string{"jkt"},
	})
	require.NoError(t, err)
	many := strings.Split(strings.Repeat("a ", 999), " ")
	long := json.RawMessage(`"` + strings.Repeat(`\u0061`, 1000) + `"`)
	escaped := json.RawMessage(`[` + strings.Repeat(`"`+strings.Repeat(`\u0061`, 40)+`",`, 39) + `"\/"]`)
	audiences := append(many, issuer.Audience())
	for name, option := range map[string]func(i int) jwttest.TokenOption{
		"usual":        func(int) jwttest.TokenOption { return jwttest.Scope("openid profile email") },
		"certificates": func(int) jwttest.TokenOption { return jwttest.Header("x5c", []string{strings.Repeat("A", 4000)}) },
		"headers all differ": func(i int) jwttest.TokenOption {
			return jwttest.Header("n", fmt.Sprintf("%0300d", i))
		},
		"scopes all differ": func(i int) jwttest.TokenOption { return jwttest.Scope(fmt.Sprintf("read:%0300d", i)) },
		"hardly any scopes": func(int) jwttest.TokenOption { return jwttest.Scope(strings.Repeat(" a", 2000)) },
		"many audiences":    func(int) jwttest.TokenOption { return jwttest.Audience(audiences...) },
		"many methods":      func(int) jwttest.TokenOption { return jwttest.Claim("amr", many) },
		"a confirmation":    func(int) jwttest.TokenOption { return jwttest.Claim("cnf", map[string]any{"jkt": "x"}) },
		"an acr":            func(int) jwttest.TokenOption { return jwttest.Claim("acr", "1") },
		"escapes in sub":    func(int) jwttest.TokenOption { return jwttest.Claim("sub", long) },
		"escapes in jti": func(i int) jwttest.TokenOption {
			return jwttest.Claim("jti", json.RawMessage(fmt.Sprintf(`"%d%s`, i, string(long)[1:])))
		},
		"escapes in acr":    func(int) jwttest.TokenOption { return jwttest.Claim("acr", long) },
		"escapes in scope":  func(int) jwttest.TokenOption { return jwttest.Claim("scope", long) },
		"escapes in scopes": func(int) jwttest.TokenOption { return jwttest.Claim("scope", escaped) },
		"escapes in amr":    func(int) jwttest.TokenOption { return jwttest.Claim("amr", escaped) },
		"escapes in cnf": func(int) jwttest.TokenOption {
			return jwttest.Claim("cnf", map[string]any{"jkt": long})
		},
		"escapes elsewhere": func(int) jwttest.TokenOption { return jwttest.Claim("other", long) },
		"backslashes": func(int) jwttest.TokenOption {
			return jwttest.Claim("sub", json.RawMessage(`"`+strings.Repeat(`\\`, 3000)+`"`))
		},
		"escapes in aud": func(int) jwttest.TokenOption {
			return jwttest.Claim("aud", json.RawMessage(strings.TrimSuffix(string(escaped), "]")+`,"`+issuer.Audience()+`"]`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			cache, err := tokencache.New(validator.Validate, tokencache.Config{MaxBytes: 1 << 29})
			require.NoError(t, err)
			before := heap()
			for i := range 500 {
				accept(t, cache, issuer.Token(option(i)))
			}
			taken := heap() - before
			entries, claimed := cache.Usage()
			t.Logf("%d entries take %d bytes, %d each; the cache says %d", entries, taken, taken/entries, claimed)
			require.InEpsilon(t, taken, claimed, 0.15)
			runtime.KeepAlive(cache)
		})
	}
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// A cache outlives requests by far. It must not keep the text of a token, not even
// by a part of it such as the header.
func TestCacheKeepsNotTheTextOfAToken(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	cache, _ := cached(t, issuer, issuer, tokencache.Config{})
	bearer := issuer.Token()
	text := weak.Make(unsafe.StringData(bearer))
	token := accept(t, cache, bearer)
	bearer = ""
	runtime.GC()
	require.Nil(t, text.Value())
	runtime.KeepAlive([]any{token, cache})
}
