// The race detector makes pools forget and memory grow, so what is counted here
// is counted without it.

//go:build !race

package jwt_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// The signature check allocates on its own account, so the ceiling is what
// validation adds to it.
func TestValidateAllocatesLittle(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	keys, err := jwks.ParseStatic(issuer.JWKS())
	require.NoError(t, err)
	cache, _ := cached(t, issuer, keys, jwt.CacheConfig{})
	validator, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: keys})
	require.NoError(t, err)

	bearer := issuer.Token(jwttest.Scope("openid profile email"))
	last := strings.LastIndexByte(bearer, '.')
	signed, key := []byte(bearer[:last]), issuer.PublicKey(issuer.KeyID()).(*rsa.PublicKey)
	floor := testing.AllocsPerRun(100, func() {
		signature, _ := base64.RawURLEncoding.DecodeString(bearer[last+1:])
		sum := sha256.Sum256(signed)
		require.NoError(t, rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature))
	})
	validate := testing.AllocsPerRun(100, func() {
		if _, err := validator.Validate(t.Context(), bearer); err != nil {
			t.Fatal(err)
		}
	})
	require.LessOrEqual(t, validate-floor, 2.0)

	hit := testing.AllocsPerRun(100, func() {
		if _, err := cache.Validate(t.Context(), bearer); err != nil {
			t.Fatal(err)
		}
	})
	require.Zero(t, hit)
}

func TestRefusingAllocatesLittle(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	validator, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer})
	require.NoError(t, err)
	good := issuer.Token()
	header, payload, _ := strings.Cut(good, ".")
	for name, bad := range map[string]string{
		"junk":     strings.Repeat("a", 8<<10),
		"megabyte": strings.Repeat("a", 1<<20),
		"header":   header + strings.Repeat("a", 1<<20) + "." + payload,
		"payload":  header + "." + strings.Repeat("a", 1<<20) + payload,
		"none":     issuer.Token(jwttest.Alg("none")),
		"dots":     strings.Repeat(".", 16<<10),
		"depth":    issuer.Token(jwttest.RawHeader(`{"alg":` + strings.Repeat("[", 4000))),
		"members":  issuer.Token(jwttest.RawHeader(`{"alg":"RS256"` + strings.Repeat(`,"a":1`, 900) + `}`)),
	} {
		t.Run(name, func(t *testing.T) {
			allocs := testing.AllocsPerRun(20, func() {
				if _, err := validator.Validate(t.Context(), bad); err == nil {
					t.Fatal("accepted")
				}
			})
			require.LessOrEqual(t, allocs, 20.0)
		})
	}
}

// An idle resource server: the validator, its keys and the protector.
func TestIdleMemory(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	document := issuer.JWKS()
	before := heap()
	keys, err := jwks.ParseStatic(document)
	require.NoError(t, err)
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: keys})
	require.NoError(t, err)
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(tokens.Validate)}})
	require.NoError(t, err)
	require.Less(t, heap()-before, 1<<20)
	runtime.KeepAlive(guard)
}

// What the cache says it takes is what it takes, within a seventh.
func TestCacheUsageIsHonest(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	validator, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer, Confirmations: []string{"jkt"}})
	require.NoError(t, err)
	many := strings.Split(strings.Repeat("a ", 999), " ")
	audiences := append(many, issuer.Audience())
	for name, option := range map[string]func(i int) jwttest.TokenOption{
		"usual":              func(int) jwttest.TokenOption { return jwttest.Scope("openid profile email") },
		"certificates":       func(int) jwttest.TokenOption { return jwttest.Header("x5c", []string{strings.Repeat("A", 4000)}) },
		"headers all differ": func(i int) jwttest.TokenOption { return jwttest.Header("n", fmt.Sprintf("%0300d", i)) },
		"scopes all differ":  func(i int) jwttest.TokenOption { return jwttest.Scope(fmt.Sprintf("read:%0300d", i)) },
		"hardly any scopes":  func(i int) jwttest.TokenOption { return jwttest.Scope(strings.Repeat(" a", 2000)) },
		"many audiences":     func(int) jwttest.TokenOption { return jwttest.Audience(audiences...) },
		"many methods":       func(int) jwttest.TokenOption { return jwttest.Claim("amr", many) },
		"a confirmation":     func(int) jwttest.TokenOption { return jwttest.Claim("cnf", map[string]any{"jkt": "x"}) },
		"an acr":             func(int) jwttest.TokenOption { return jwttest.Claim("acr", "1") },
	} {
		t.Run(name, func(t *testing.T) {
			cache, err := jwt.NewCache(validator.Validate, jwt.CacheConfig{MaxBytes: 1 << 30})
			require.NoError(t, err)
			before := heap()
			for i := range 2000 {
				_, err := cache.Validate(t.Context(), issuer.Token(option(i)))
				require.NoError(t, err)
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
