package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// What is measured of jwt.Tenants, and what it may weigh.
const (
	knownTenants = 100_000
	liveTenants  = 10_000
	mostBytes    = 6 << 10
)

// tenantRows are printed by -tenants. One tenant's token again and again shows what it
// costs to find the tenant; 500 tenants in turn show what it costs that none of what is
// known of them, their key included, is in the processor's caches, as it is not for as
// many APIs of one issuer each. A flood of issuers that nobody has heard of costs
// what the resolver costs, and the goroutine and the time limit that a call of it has;
// where Admit can tell from memory, it costs neither.
var tenantRows = []row{
	{title: "one of 10,000 live tenants, over one issuer", what: "Tenants/path=tenant", less: "Tenants/path=single",
		base: "Tenants/path=floor", most: 0.03, allocs: 0},
	{title: "500 of 10,000 in turn, over one issuer", what: "Tenants/path=tenants", less: "Tenants/path=single",
		base: "Tenants/path=floor", most: 0.3, allocs: 0},
	{title: "unknown issuer, always another, not admitted", what: "Tenants/input=notadmitted",
		base: "Tenants/path=floor", most: 0.05, allocs: 10},
	{title: "unknown issuer, remembered", what: "Tenants/input=remembered", base: "Tenants/path=floor", most: 0.05,
		allocs: 10},
	{title: "unknown issuer, always another, resolver asked", what: "Tenants/input=asked",
		base: "Tenants/path=floor", most: 1, allocs: 40},
}

// tenancy is a service with many tenants, in one process with their issuer.
type tenancy struct {
	fixture
	tenants *jwt.Tenants
	admit   atomic.Bool
}

func tenantURL(n int) string { return fmt.Sprintf("https://issuer.example/tenants/%d", n) }

func newTenancy(known, live int) *tenancy {
	t := &tenancy{fixture: newFixture("RS256", 1)}
	t.admit.Store(true)
	registry := make(map[string]bool, known)
	for n := range known {
		registry[tenantURL(n)] = true
	}
	client := t.issuer.Client()
	t.tenants = must(jwt.NewTenants(jwt.TenantsConfig{
		MaxTenants: live, ResolveAgain: 24 * time.Hour,
		Admit: func(string) bool { return t.admit.Load() },
		Resolve: func(_ context.Context, issuer string) (jwt.Config, error) {
			if !registry[issuer] {
				return jwt.Config{}, jwt.ErrUnknownIssuer
			}
			keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer, URL: t.issuer.JWKSURL(), HTTPClient: client,
				RefreshInterval: 24 * time.Hour})
			return jwt.Config{Keys: keys, Audiences: []string{t.issuer.Audience()}}, err
		},
	}))
	return t
}

func (t *tenancy) tokenOf(tenant int) string {
	return t.token("small", jwttest.Claim("iss", tenantURL(tenant)))
}

// fill has the first token of as many tenants validated, and returns what each weighs.
func (t *tenancy) fill(live int) int {
	tokens := make([]string, live)
	for n := range tokens {
		tokens[n] = t.tokenOf(n)
	}
	before := heap()
	for _, token := range tokens {
		must(t.tenants.Validate(context.Background(), token))
	}
	weight := (heap() - before) / live
	runtime.KeepAlive(tokens)
	return weight
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// paths go through all live tenants, or through issuers that nobody has heard of: more
// of them than are remembered.
func (t *tenancy) paths(live int) []path {
	own := t.token("small")
	some := make([]string, min(live, 500)) // at equal distances
	for n := range some {
		some[n] = t.tokenOf(n * live / len(some))
	}
	unknown := make([]string, 1<<16)
	for n := range unknown {
		claims := fmt.Sprintf(`{"iss":"https://issuer.example/unknown/%d","sub":"5ba552d67","aud":"api"}`, n)
		unknown[n] = "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "." + junk(342)
	}
	tenants := validate(t.tenants.Validate)
	refuse := func(tokens []string, admit bool) func() bool {
		next := 0
		return func() bool {
			t.admit.Store(admit)
			next++
			return tenants.refuses(tokens[next%len(tokens)], jwt.ReasonUnknownIssuer)()
		}
	}
	next := 0
	return []path{
		{"path=floor", floor("RS256", t.key, own)},
		{"path=single", validate(t.tokens.Validate).accepts(own)},
		{"path=tenant", tenants.accepts(some[len(some)/2])},
		{"path=tenants", func() bool { next++; return tenants.accepts(some[next%len(some)])() }},
		{"input=notadmitted", refuse(unknown, false)},
		{"input=asked", refuse(unknown, true)},
		{"input=remembered", refuse(unknown[:1], true)},
	}
}

// printTenants prints the figures of jwt.Tenants, and reports whether they are within
// their targets.
func printTenants(w io.Writer, rounds int, slice time.Duration) (bool, error) {
	t := newTenancy(knownTenants, liveTenants)
	weight := t.fill(liveTenants)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s := make(samples)
	before := t.keysFetched()
	if err := s.add("Tenants", t.paths(liveTenants), rounds, slice); err != nil {
		return false, err
	}
	fetched := t.keysFetched() - before
	good := report(w, tenantRows, s)
	fmt.Fprintf(w, "\n%d tenants known, %d live: %d bytes each, of at most %d: %s\n", knownTenants,
		t.tenants.Status().Live, weight, mostBytes, verdict(weight <= mostBytes))
	fmt.Fprintf(w, "fetches during all of that: %d, of at most 0: %s\n", fetched, verdict(fetched == 0))
	return good && weight <= mostBytes && fetched == 0, nil
}

// keysFetched counts the fetches of all live tenants.
func (t *tenancy) keysFetched() (n uint64) {
	for _, keys := range t.tenants.All() {
		n += keys.(*jwks.Remote).Status().Counts.Fetches
	}
	return n
}
