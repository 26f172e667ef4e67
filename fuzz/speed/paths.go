package main

import (
	"context"
	_ "embed"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/scopes"
)

// path is one way through the library, or the floor beside it. run goes it once
// and reports whether the decision was the expected one.
type path struct {
	name string
	run  func() bool
}

// group is paths that are measured in turn.
type group struct {
	name  string
	paths func() []path
}

func groups() (all []group) {
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA", "ES384"} {
		all = append(all, group{"Accept", func() []path { return accept(alg, "small") }})
	}
	return append(all,
		group{"Accept", func() []path { return accept("RS256", "large") }},
		group{"Accept4096", accept4096},
		group{"Keys", keys},
		group{"Guard", guard},
		group{"Remember", func() []path { return remember("small") }},
		group{"Remember", func() []path { return remember("large") }},
		group{"Refuse", refuse},
		group{"Proof", proof},
		group{"Scopes", decide},
		group{"Certificate", certificate},
		group{"Parallel", parallel})
}

// accept has a good token.
func accept(alg, claims string) []path {
	f := newFixture(alg, 1)
	token, name := f.token(claims), "alg="+alg+"/claims="+claims+"/path="
	return []path{
		{name + "floor", floor(alg, f.key, token)},
		{name + "validate", validate(f.tokens.Validate).accepts(token)},
	}
}

// guard has the middleware around it.
func guard() []path {
	f := newFixture("RS256", 1)
	token, tokens := f.token("small"), validate(f.tokens.Validate)
	return []path{
		{"path=floor", floor("RS256", f.key, token)},
		{"path=validate", tokens.accepts(token)},
		{"path=middleware", tokens.answers(token, 200)},
	}
}

// remember has the cache in between. The floor is that of a small token.
func remember(claims string) []path {
	f := newFixture("RS256", 1)
	token, tokens, name := f.token(claims), validate(f.cached.Validate), "claims="+claims+"/path="
	return []path{
		{name + "floor", floor("RS256", f.key, f.token("small"))},
		{name + "cache", tokens.accepts(token)},
		{name + "middleware", tokens.answers(token, 200)},
	}
}

//go:embed testdata/rsa4096.token
var token4096 string

//go:embed testdata/rsa4096.jwks.json
var jwks4096 []byte

// accept4096 has a key of 4096 bits. To make one takes seconds, so this one, its
// private half thrown away, is kept with a token that does not expire.
func accept4096() []path {
	keys := must(jwks.ParseStatic(jwks4096))
	tokens := must(jwt.NewValidator(jwt.Config{Issuer: "https://issuer.example",
		Audiences: []string{"https://api.example"}, Keys: keys}))
	key := must(keys.VerificationKeys(context.Background(), "rsa4096", "RS256"))
	token := strings.TrimSpace(token4096)
	return []path{{"path=floor", floor("RS256", key[0], token)},
		{"path=validate", validate(tokens.Validate).accepts(token)}}
}

// keys has key sets of different sizes.
func keys() []path {
	one, many := newFixture("RS256", 1), newFixture("RS256", 1000)
	return []path{
		{"keys=1", validate(one.tokens.Validate).accepts(one.token("small"))},
		{"keys=1000", validate(many.tokens.Validate).accepts(many.token("small"))},
	}
}

// refuse has what is refused, and a good token to compare with.
func refuse() []path {
	f := newFixture("RS256", 1)
	good, tokens := f.token("small"), validate(f.tokens.Validate)
	withoutFetch := func(run func() bool) func() bool {
		return func() bool { before := f.issuer.Requests(); return run() && f.issuer.Requests() == before }
	}
	algNone := jwttest.Alg("none")
	several := must(jwt.ByIssuer(f.tokens))
	const other = "https://other.example"
	unknownIssuer := f.token("small", jwttest.RawPayload(`{"long":"`+junk(11_900)+`","iss":"`+other+`"}`))
	long := jwttest.Claim("long", junk(11_500)) // makes nearly 16 KiB, the limit
	badSignature := good[:strings.LastIndexByte(good, '.')+1] + strings.Repeat("A", 342)
	return []path{
		{"input=valid/path=floor", floor("RS256", f.key, good)},
		{"input=valid/path=validate", tokens.accepts(good)},
		{"input=none", tokens.answers("", 401)},
		{"input=junk8K", tokens.refuses(junk(8<<10), jwt.ReasonMalformed)},
		{"input=junk1M", tokens.refuses(junk(1<<20), jwt.ReasonTooLarge)},
		{"input=algnone", tokens.refuses(f.token("small", algNone), jwt.ReasonAlgorithm)},
		{"input=algnone16K", tokens.refuses(f.token("small", algNone, long), jwt.ReasonAlgorithm)},
		{"input=algnoneheader8K", tokens.refuses(f.token("small", algNone, jwttest.Header("x5c", []string{junk(6_000)})),
			jwt.ReasonAlgorithm)},
		{"input=unknownissuer16K", validate(several.Validate).refuses(unknownIssuer, jwt.ReasonUnknownIssuer)},
		{"input=unicodeheader8K", tokens.refuses(f.token("small", headerOf(`\u20ac`)), jwt.ReasonAlgorithm)},
		{"input=mixedheader8K", tokens.refuses(f.token("small", headerOf(`é\n`)), jwt.ReasonAlgorithm)},
		{"input=tinyclaims16K", validate(several.Validate).refuses(
			f.token("small", claimsOf(`"\u20ac":[],`, 11_700, other)), jwt.ReasonUnknownIssuer)},
		{"input=nearlyiss16K", validate(several.Validate).refuses(
			f.token("small", claimsOf(`"\u0069\u0073\u0053":1,`, 11_700, other)), jwt.ReasonUnknownIssuer)},
		{"input=mixedboth16K", validate(several.Validate).refuses(
			f.token("small", headerOf(`é\n`), claimsOf(`"é\n":1,`, 5_500, f.issuer.URL())), jwt.ReasonAlgorithm)},
		{"input=unknownkid", unknownKids(f)},
		{"input=unknownkid16K", unknownKids(f, long)},
		{"input=payload1M", tokens.refuses(oversized(good, "payload", 1<<20), jwt.ReasonTooLarge)},
		{"input=header1M", tokens.refuses(oversized(good, "header", 1<<20), jwt.ReasonTooLarge)},
		{"input=expired", withoutFetch(tokens.refuses(f.token("small", jwttest.ExpiresIn(-time.Hour)), jwt.ReasonExpired))},
		{"input=badsignature", withoutFetch(tokens.refuses(badSignature, jwt.ReasonSignature))},
	}
}

// headerOf makes a header of nearly 8 KB encoded, with as many names as it may have,
// which are made of unit. To decode them costs the most of all that a header can hold.
func headerOf(unit string) jwttest.TokenOption {
	var b strings.Builder
	b.WriteString(`{"typ":"at+jwt"`)
	for i := range 60 {
		fmt.Fprintf(&b, `,"%s%02d":1`, strings.Repeat(unit, (6_000/60-9)/len(unit)), i)
	}
	return jwttest.RawHeader(b.String() + `,"alg":"none"}`)
}

// claimsOf makes claims of so many bytes, members first and the issuer behind them.
func claimsOf(members string, bytes int, issuer string) jwttest.TokenOption {
	return jwttest.RawPayload(`{` + strings.Repeat(members, bytes/len(members)) + `"iss":"` + issuer + `"}`)
}

// unknownKids refuses tokens with different kids, one after the other.
func unknownKids(f fixture, opts ...jwttest.TokenOption) func() bool {
	refuses := make([]func() bool, 16) // as many as fit a cache: what comes from a socket is in it
	for i := range refuses {
		kid := jwttest.Header("kid", fmt.Sprintf("no-such-key-%d", i))
		refuses[i] = validate(f.tokens.Validate).refuses(f.token("small", append(opts, kid)...), jwt.ReasonUnknownKey)
	}
	next := 0
	return func() bool {
		next = (next + 1) % len(refuses)
		return refuses[next]()
	}
}

// decide has the scope decision, and the floor.
func decide() []path {
	f := newFixture("RS256", 1)
	granted := scopes.Parse("openid profile email phone address offline_access orders:read orders:write invoices reports")
	required := scopes.MustAnyOf("orders:write billing", "orders:read refunds", "profile email")
	return []path{
		{"path=floor", floor("RS256", f.key, f.token("small"))},
		{"scopes=10/alternatives=3", func() bool { return required.SatisfiedBy(granted) }},
		{"hierarchy=1000", imply(f)},
	}
}

// imply decides about a token whose scope claim another had before, by a chain of a thousand scopes. It looks at what
// was granted first, as a rule does.
func imply(f fixture) func() bool {
	implies := make(map[string][]string)
	name := func(i int) string { return fmt.Sprintf("api:resource-%d:write", i) }
	for i := range 999 {
		implies[name(i)] = []string{name(i + 1)}
	}
	hierarchy := must(scopes.NewHierarchy(implies))
	required := scopes.MustAnyOf("billing", name(999))
	var granted scopes.Set
	for range 2 {
		bearer := f.token("small", jwttest.Scope("openid profile email "+name(0)))
		granted = must(f.tokens.Validate(context.Background(), bearer)).Scopes()
		hierarchy.Expand(granted)
	}
	return func() bool {
		return !required.SatisfiedBy(granted) && required.SatisfiedBy(hierarchy.Expand(granted))
	}
}

// parallel has the same work on one processor and on two.
func parallel() (paths []path) {
	f := newFixture("RS256", 1)
	token := f.token("small")
	for _, processors := range []int{1, 2} {
		name := fmt.Sprintf("processors=%d/path=", processors)
		paths = append(paths,
			path{name + "validate", onProcessors(processors, validations, validate(f.tokens.Validate).accepts(token))},
			path{name + "cache", onProcessors(processors, hits, validate(f.cached.Validate).accepts(token))})
	}
	return paths
}

// onProcessors runs f so many times in two goroutines on so many processors.
func onProcessors(processors, times int, f func() bool) func() bool {
	return func() bool {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		good := [2]bool{}
		var wg sync.WaitGroup
		for i := range good {
			wg.Go(func() {
				ok := true
				for range times / 2 {
					ok = f() && ok
				}
				good[i] = ok
			})
		}
		wg.Wait()
		return good == [2]bool{true, true}
	}
}
