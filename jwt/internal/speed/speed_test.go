package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

type validate func(context.Context, string) (*jwt.Token, error)

func (v validate) accepts(token string) func() bool {
	ctx := context.Background()
	return func() bool { _, err := v(ctx, token); return err == nil }
}

func (v validate) refuses(token string) func() bool {
	accepts := v.accepts(token)
	return func() bool { return !accepts() }
}

var rounds = flag.Int("rounds", 1, "how many times everything is measured, each side of a ratio after the other")

// run measures f, which reports whether it did what it should.
func run(b *testing.B, name string, f func() bool) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !f() {
				b.Fatal("not the expected decision")
			}
		}
	})
}

func BenchmarkAccept(b *testing.B) {
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA", "ES384"} {
		f := newFixture(b, alg, 1)
		for range *rounds {
			for _, claims := range []string{"small", "large"} {
				token, name := f.token(claims), "alg="+alg+"/claims="+claims+"/path="
				run(b, name+"floor", floor(b, alg, f.key, token))
				run(b, name+"validate", validate(f.tokens.Validate).accepts(token))
				if alg == "RS256" {
					run(b, name+"middleware", serve(guarded[*jwt.Token](b, protector.Bearer(f.tokens.Validate)), token, 200))
					run(b, name+"cache", validate(f.cached.Validate).accepts(token))
					run(b, name+"cachedmiddleware", serve(guarded[*jwt.Token](b, protector.Bearer(f.cached.Validate)), token, 200))
				}
			}
		}
	}
}

//go:embed testdata/rsa4096.token
var token4096 string

//go:embed testdata/rsa4096.jwks.json
var jwks4096 []byte

// A key of 4096 bits takes seconds to make, so this one, its private half thrown
// away, is kept with a token that does not expire.
func BenchmarkAccept4096(b *testing.B) {
	keys, err := jwks.ParseStatic(jwks4096)
	check(b, err)
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: "https://issuer.example", Audiences: []string{"https://api.example"}, Keys: keys})
	check(b, err)
	key, err := keys.VerificationKeys(b.Context(), "rsa4096", "RS256")
	check(b, err)
	token := strings.TrimSpace(token4096)
	for range *rounds {
		run(b, "path=floor", floor(b, "RS256", key[0], token))
		run(b, "path=validate", validate(tokens.Validate).accepts(token))
	}
}

func BenchmarkKeys(b *testing.B) {
	one, many := newFixture(b, "RS256", 1), newFixture(b, "RS256", 1000)
	for range *rounds {
		run(b, "keys=1", validate(one.tokens.Validate).accepts(one.token("small")))
		run(b, "keys=1000", validate(many.tokens.Validate).accepts(many.token("small")))
	}
}

func BenchmarkRefuse(b *testing.B) {
	f := newFixture(b, "RS256", 1)
	good, tokens := f.token("small"), validate(f.tokens.Validate)
	requests := f.issuer.Requests()
	last := strings.LastIndexByte(good, '.')
	badSignature := good[:last+1] + strings.Repeat("A", 341) + "A"
	algNone, unknownKid := jwttest.Alg("none"), jwttest.Header("kid", "no-such-key")
	long := jwttest.Claim("long", junk(11_500)) // makes nearly 16 KiB, the limit
	for range *rounds {
		run(b, "input=valid/path=floor", floor(b, "RS256", f.key, good))
		run(b, "input=valid/path=validate", tokens.accepts(good))
		run(b, "input=none", serve(guarded[*jwt.Token](b, protector.Bearer(f.tokens.Validate)), "", 401))
		run(b, "input=junk8K", tokens.refuses(junk(8<<10)))
		run(b, "input=junk1M", tokens.refuses(junk(1<<20)))
		run(b, "input=algnone", tokens.refuses(f.token("small", algNone)))
		run(b, "input=algnone16K", tokens.refuses(f.token("small", algNone, long)))
		run(b, "input=payload1M", tokens.refuses(oversized(good, "payload", 1<<20)))
		run(b, "input=header1M", tokens.refuses(oversized(good, "header", 1<<20)))
		run(b, "input=expired", tokens.refuses(expired(f)))
		run(b, "input=badsignature", tokens.refuses(badSignature))
		if f.issuer.Requests() != requests {
			b.Fatal("a refused token caused a fetch")
		}
		run(b, "input=unknownkid", tokens.refuses(f.token("small", unknownKid)))
		run(b, "input=unknownkid16K", tokens.refuses(f.token("small", unknownKid, long)))
		requests = f.issuer.Requests()
	}
}

func expired(f fixture) string {
	return f.issuer.Token(jwttest.Scope("openid profile email"), jwttest.ExpiresIn(-3600e9))
}

func BenchmarkScopes(b *testing.B) {
	granted := scopes.Parse("openid profile email phone address offline_access orders:read orders:write invoices reports")
	required := scopes.MustAnyOf("orders:write billing", "orders:read refunds", "profile email")
	for range *rounds {
		run(b, "scopes=10/alternatives=3", func() bool { return required.SatisfiedBy(granted) })
	}
}

// BenchmarkParallel measures goroutines on one processor and on two.
func BenchmarkParallel(b *testing.B) {
	f := newFixture(b, "RS256", 1)
	token := f.token("small")
	for range *rounds {
		for _, processors := range []int{1, 2} {
			name := fmt.Sprintf("processors=%d/path=", processors)
			parallel(b, name+"validate", processors, validate(f.tokens.Validate).accepts(token))
			parallel(b, name+"cache", processors, validate(f.cached.Validate).accepts(token))
		}
	}
}

func parallel(b *testing.B, name string, processors int, f func() bool) {
	b.Run(name, func(b *testing.B) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if !f() {
					b.Error("refused")
				}
			}
		})
	})
}
