package jwt_test

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

// sequences calls f with every sequence of n numbers below the base.
func sequences(base, n int, f func([]int)) {
	sequence := make([]int, n)
	for {
		f(sequence)
		at := n - 1
		for at >= 0 && sequence[at] == base-1 {
			sequence[at] = 0
			at--
		}
		if at < 0 {
			return
		}
		sequence[at]++
	}
}

// world is what the tests of this file do with tenants: two issuers whose keys have
// the same name, a registry of them, and the tokens that there are.
type world struct {
	a, b           *jwttest.Issuer
	material       map[string]crypto.PublicKey // by the name of the key
	tokens         map[string]modelToken       // by name
	mu             sync.Mutex
	published      map[string]string // by issuer: the name of its key
	present, mixed bool              // a is in the registry; what is said of a is said of b
}

type modelToken struct{ text, issuer, key string }

func newWorld(t *testing.T) *world {
	a, b := tenantAt(t, "https://a.example"), tenantAt(t, "https://b.example")
	second := a.AddKey("EdDSA")
	keep, named := jwttest.ExpiresIn(10000*time.Hour), jwttest.Header("kid", "k")
	w := &world{a: a, b: b, material: map[string]crypto.PublicKey{
		"a1": a.PublicKey(a.KeyID()), "a2": a.PublicKey(second), "b": b.PublicKey(b.KeyID()),
	}, tokens: map[string]modelToken{
		"a1":      {a.Token(keep, named), a.URL(), "a1"},
		"a2":      {a.Token(keep, named, jwttest.Key(second)), a.URL(), "a2"},
		"b":       {b.Token(keep, named), b.URL(), "b"},
		"a by b":  {b.Token(keep, named, jwttest.Claim("iss", a.URL())), a.URL(), "b"},
		"b by a1": {a.Token(keep, named, jwttest.Claim("iss", b.URL())), b.URL(), "a1"},
	}}
	w.reset()
	return w
}

func (w *world) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.present, w.mixed = true, false
	w.published = map[string]string{w.a.URL(): "a1", w.b.URL(): "b"}
}

// rotate publishes the other key of a.
func (w *world) rotate() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.published[w.a.URL()] = map[string]string{"a1": "a2", "a2": "a1"}[w.published[w.a.URL()]]
}

// change changes what the registry says.
func (w *world) change(what *bool, to bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*what = to
}

// config is what the registry has for an issuer. Its keys are those that are published
// when they are asked for.
func (w *world) config(issuer string) (jwt.Config, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if issuer == w.a.URL() && !w.present {
		return jwt.Config{}, jwt.ErrUnknownIssuer
	}
	if issuer == w.a.URL() && w.mixed {
		issuer = w.b.URL()
	}
	return jwt.Config{Issuer: issuer, Audiences: []string{w.a.Audience()}, Keys: publishedKeys{w, issuer}}, nil
}

// publishedKeys is the key source of one issuer.
type publishedKeys struct {
	world  *world
	issuer string
}

func (p publishedKeys) VerificationKeys(context.Context, string, string) ([]crypto.PublicKey, error) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	return []crypto.PublicKey{p.world.material[p.world.published[p.issuer]]}, nil
}

// What is said about a token.
const (
	accepted    = "accepted"
	unknown     = "unknown issuer"
	wrongKey    = "wrong key"
	undecidable = "nobody can tell"
)

func verdictOf(err error) string {
	var refusal *jwt.Error
	switch {
	case err == nil:
		return accepted
	case !errors.As(err, &refusal):
		return undecidable
	case refusal.Reason == jwt.ReasonUnknownIssuer:
		return unknown
	case refusal.Reason == jwt.ReasonSignature:
		return wrongKey
	}
	return err.Error()
}

// tenantModel says, in the plainest way, what is known about one issuer.
type tenantModel struct {
	incarnation int       // 0 if it is not live
	until       time.Time // of the lease
	refused     time.Time // until when it is remembered that there is none
	failed      time.Time // until when it is remembered that nobody can tell
}

// model is Tenants with a cache in front, for one caller at a time. It keeps no keys.
type model struct {
	world   *world
	most    int
	by      map[string]*tenantModel
	cached  map[string]int // the incarnation that accepted a token, by name
	counter int
}

func newModel(w *world, most int) *model {
	return &model{world: w, most: most, cached: make(map[string]int),
		by: map[string]*tenantModel{w.a.URL(): {}, w.b.URL(): {}}}
}

func (m *model) remove(issuer string) { m.by[issuer] = &tenantModel{} }

func (m *model) validate(name string) string {
	token := m.world.tokens[name]
	n, now := m.by[token.issuer], time.Now()
	good := m.world.published[token.issuer] == token.key
	if good && n.incarnation != 0 && m.cached[name] == n.incarnation && now.Before(n.until) {
		return accepted
	}
	delete(m.cached, name)
	late := false
	switch {
	case n.incarnation == 0 && now.Before(n.refused):
		return unknown
	case n.incarnation == 0 && now.Before(n.failed):
		return undecidable
	case n.incarnation == 0 || !now.Before(n.until.Add(resolveAgain)):
		if said := m.ask(token.issuer); said != "" {
			return said
		}
	case !now.Before(n.until):
		late = true // the answer comes behind the decision
	}
	said := wrongKey
	if good {
		said, m.cached[name] = accepted, n.incarnation
	}
	if late {
		m.ask(token.issuer)
	}
	return said
}

// ask asks the registry, and returns what is said without looking at a key, if it is.
func (m *model) ask(issuer string) string {
	n, now := m.by[issuer], time.Now()
	mixed := issuer == m.world.a.URL() && m.world.mixed
	switch {
	case issuer == m.world.a.URL() && !m.world.present:
		*n = tenantModel{refused: now.Add(30 * time.Second)}
		return unknown
	case mixed && n.incarnation == 0:
		n.failed = now.Add(time.Second)
		return undecidable
	case mixed:
		n.until = now.Add(30 * time.Second)
		return ""
	case n.incarnation == 0:
		if m.counter++; m.most == 1 {
			for _, other := range m.by {
				other.incarnation = 0
			}
		}
		n.incarnation = m.counter
	}
	n.until = now.Add(resolveAgain)
	return ""
}

// Every sequence of a few things that can happen, of the resolver, removal, eviction, a
// cache in front and rotation, against a model that fits on a page. No key of one tenant
// vouches for another's token, and what is decided is what the model says.
//
// checklist 30, 212, 213, 214, 215, 216
func TestTenantsAreAsTheirModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		steps := []string{"a1", "a2", "b", "a by b", "remove", "registry", "rotate", "mix", "wait"}
		for most := 1; most <= 2; most++ {
			sequences(len(steps), 3, func(sequence []int) {
				w.reset()
				tenants, err := jwt.NewTenants(jwt.TenantsConfig{MaxTenants: most,
					Resolve: func(_ context.Context, issuer string) (jwt.Config, error) {
						time.Sleep(time.Millisecond) // what is asked behind a decision is answered behind it
						return w.config(issuer)
					}})
				require.NoError(t, err)
				cache, err := tokencache.New(tenants.Validate, tokencache.Config{MaxEntries: 8})
				require.NoError(t, err)
				m, done := newModel(w, most), []string{"a1"}
				check := func(name string) {
					_, err := cache.Validate(t.Context(), w.tokens[name].text)
					time.Sleep(2 * time.Millisecond)
					synctest.Wait()
					if got, want := verdictOf(err), m.validate(name); got != want {
						require.Equal(t, want, got, "%d live: %s", most, strings.Join(done, ", "))
					}
				}
				check("a1")
				for _, n := range sequence {
					done = append(done, steps[n])
					switch steps[n] {
					case "remove":
						tenants.Remove(w.a.URL())
						m.remove(w.a.URL())
					case "registry":
						w.change(&w.present, !w.present)
					case "rotate":
						w.rotate()
					case "mix":
						w.change(&w.mixed, !w.mixed)
					case "wait":
						time.Sleep(resolveAgain)
					default:
						check(steps[n])
					}
				}
				check("a1")
			})
		}
	})
}

// The same where things happen in the middle of others: a resolver that takes a second
// to say what was true when it was asked, keys that take as long, and requests that do
// not wait for each other. Once a tenant is out of the registry, and Remove has been
// called, no token of it is accepted, whenever it came, and none that was is still good.
//
// checklist 214, 216
func TestTenantsInEveryInterleaving(t *testing.T) {
	steps := []string{"a1", "a by b", "b", "drop", "put", "remove", "second"}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		sequences(len(steps), 3, func(sequence []int) {
			for _, begin := range [][]int{{0}, {0, 6}} { // the registry is being asked, or then the keys are
				interleave(t, w, steps, append(begin, sequence...))
			}
		})
	})
}

func interleave(t *testing.T, w *world, steps []string, sequence []int) {
	w.reset()
	tenants, err := jwt.NewTenants(jwt.TenantsConfig{MaxTenants: 1,
		Resolve: func(_ context.Context, issuer string) (jwt.Config, error) {
			config, err := w.config(issuer)
			config.Keys = slowly{config.Keys}
			time.Sleep(time.Second) // simulated
			return config, err
		}})
	require.NoError(t, err)
	cache, err := tokencache.New(tenants.Validate, tokencache.Config{MaxEntries: 8})
	require.NoError(t, err)
	undisturbed := !slices.ContainsFunc(sequence, func(n int) bool {
		return slices.Contains([]string{"drop", "put", "remove"}, steps[n])
	})
	var dead atomic.Bool // and nobody has put it back since
	var mu sync.Mutex
	var good []*jwt.Token
	validate := func(name string) {
		go func() {
			token, err := cache.Validate(context.Background(), w.tokens[name].text)
			if err != nil && name != "a by b" && undisturbed {
				panic(fmt.Sprint(name, " has ", err, " after ", sequence))
			}
			if err == nil && (name == "a by b" || dead.Load() && w.tokens[name].issuer == w.a.URL()) {
				panic(fmt.Sprint(name, " is accepted after ", sequence))
			}
			if err == nil && w.tokens[name].issuer == w.a.URL() {
				mu.Lock()
				defer mu.Unlock()
				good = append(good, token)
			}
		}()
	}
	for _, n := range sequence {
		switch steps[n] {
		case "drop":
			w.change(&w.present, false)
		case "put":
			w.change(&w.present, true)
			dead.Store(false)
		case "remove":
			dead.Store(!w.present) // all others are waiting
			tenants.Remove(w.a.URL())
			if dead.Load() {
				for _, token := range good {
					require.False(t, token.StillValid(t.Context()), "%v", sequence)
				}
			}
		case "second":
			time.Sleep(time.Second) // simulated
		default:
			validate(steps[n])
		}
		synctest.Wait()
	}
	time.Sleep(time.Minute) // simulated
}

// slowly is a key source that takes a second.
type slowly struct{ jwt.KeySource }

func (s slowly) VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	time.Sleep(time.Second) // simulated
	return s.KeySource.VerificationKeys(ctx, kid, alg)
}
