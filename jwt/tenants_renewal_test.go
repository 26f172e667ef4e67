package jwt_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

const resolveAgain = 5 * time.Minute // by default

// behindTheDecision lets an answer that nobody waits for come after the token's.
func behindTheDecision(context.Context, string) error { time.Sleep(time.Millisecond); return nil }

// An answer that says the same leaves everything as it is, what a cache remembers
// included, and nobody waits for it.
//
// checklist 214, 215
func TestATenantThatStaysTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		tenants := tenantsOf(t, r)
		cache, err := tokencache.New(tenants.Validate, tokencache.Config{})
		require.NoError(t, err)
		bearer := a.Token(jwttest.ExpiresIn(24 * time.Hour))
		token := acceptOnce(t, cache, bearer)
		r.doBefore(func(context.Context, string) error { time.Sleep(time.Second); return nil })
		for n := 2; n < 6; n++ {
			time.Sleep(resolveAgain - 2*time.Second) // it counts from when it was asked for
			require.Same(t, token, acceptOnce(t, cache, bearer))
			time.Sleep(2 * time.Second)
			began := time.Now()
			token = acceptOnce(t, cache, bearer) // asks again, which a token that is remembered cannot
			require.Zero(t, time.Since(began))
			require.True(t, token.StillValid(t.Context()), "while the answer is under way")
			time.Sleep(time.Second)
			require.Same(t, token, acceptOnce(t, cache, bearer))
			require.Equal(t, n, r.times(a.URL()))
		}
		require.EqualValues(t, 1, tenants.Status().Live)
		require.Zero(t, tenants.Status().Changed)
	})
}

// Every field of a Config that is another makes another tenant.
//
// checklist 214
func TestATenantThatChanges(t *testing.T) {
	a := tenantAt(t, "https://a.example")
	for name, change := range map[string]func(*jwt.Config){
		"audiences":     func(c *jwt.Config) { c.Audiences = []string{"https://other.example"} },
		"keys":          func(c *jwt.Config) { c.Keys = tenantAt(t, "https://c.example") },
		"fewer keys":    func(c *jwt.Config) { c.Keys = always() },
		"algorithms":    func(c *jwt.Config) { c.Algorithms = []string{"RS256"} },
		"secret":        withSecret,
		"profile":       func(c *jwt.Config) { c.Profile = jwt.Keycloak() },
		"required":      func(c *jwt.Config) { c.Required = []string{"email"} },
		"confirmations": func(c *jwt.Config) { c.Confirmations = []string{"jkt"} },
		"leeway":        func(c *jwt.Config) { c.Leeway = time.Second },
		"size":          func(c *jwt.Config) { c.MaxTokenBytes = 100 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRegistry(a)
				tenants := tenantsOf(t, r)
				token := acceptOnce(t, tenants, a.Token(jwttest.ExpiresIn(time.Hour)))
				config := configOf(a)
				change(&config)
				r.set(a.URL(), config)
				time.Sleep(resolveAgain)
				_, _ = tenants.Validate(t.Context(), a.Token())
				synctest.Wait()
				require.False(t, token.StillValid(t.Context()))
				require.EqualValues(t, 1, tenants.Status().Changed)
				require.EqualValues(t, 1, tenants.Status().Live)
			})
		})
	}
}

// A secret that changes is another tenant, and one that does not is not.
func TestATenantWithASharedSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		config := configOf(a)
		withSecret(&config)
		r := newRegistry()
		r.set(a.URL(), config)
		tenants := tenantsOf(t, r)
		bearer := a.Token(jwttest.Secret(secret), jwttest.ExpiresIn(time.Hour))
		renew := func() {
			time.Sleep(resolveAgain)
			_, _ = tenants.Validate(t.Context(), bearer)
			synctest.Wait()
		}
		token := acceptOnce(t, tenants, bearer)
		renew()
		require.True(t, token.StillValid(t.Context()))
		config.Secret = append([]byte("new: "), secret...)
		r.set(a.URL(), config)
		renew()
		require.False(t, token.StillValid(t.Context()))
		refuseOnce(t, tenants, bearer, jwt.ReasonSignature)
	})
}

// comparedBy is a key source that says by a function whether another one is the same.
type comparedBy struct {
	jwt.KeySource
	isSame func() bool
}

func (c *comparedBy) SameSource(any) bool { return c.isSame() }

// What a key source does when it is compared is the application's, as what Resolve does: it harms
// the answer that it is for, and neither the process nor another tenant.
func TestAKeySourceThatCannotBeCompared(t *testing.T) {
	for name, isSame := range map[string]func() bool{
		"panics":             func() bool { panic("secret") },
		"ends its goroutine": func() bool { runtime.Goexit(); return true },
		"hangs": func() bool {
			time.Sleep(time.Hour) // simulated
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := tenantAt(t, "https://a.example"), tenantAt(t, "https://b.example")
				r := newRegistry(a, b)
				tenants, err := jwt.NewTenants(jwt.TenantsConfig{
					Resolve: func(ctx context.Context, issuer string) (jwt.Config, error) {
						config, err := r.resolve(ctx, issuer)
						config.Keys = &comparedBy{config.Keys, isSame}
						return config, err
					},
				})
				require.NoError(t, err)
				token := acceptOnce(t, tenants, a.Token(jwttest.ExpiresIn(time.Hour)))
				time.Sleep(resolveAgain)
				acceptOnce(t, tenants, a.Token())
				time.Sleep(time.Second)
				before := time.Now()
				acceptOnce(t, tenants, b.Token())
				require.Equal(t, before, time.Now(), "nobody waits for it")
				time.Sleep(10 * time.Second) // longer than a call may take
				require.True(t, token.StillValid(t.Context()), "it could not be told, and so nothing has changed")
				require.EqualValues(t, 1, tenants.Status().Failed)
				require.NotContains(t, tenants.Status().LastError.Error(), "secret")
				time.Sleep(time.Hour) // until nothing hangs
			})
		})
	}
}

// A resolver may make its key source anew each time: what is known is kept if it is
// that of the same place.
func TestAKeySourceThatIsMadeAnew(t *testing.T) {
	a := tenantAt(t, "https://a.example")
	document, client := a.JWKS(), a.Client()
	other := tenantAt(t, "https://b.example").JWKS()
	remote := func(issuer string, adjust ...func(*jwks.Config)) func() jwt.KeySource {
		return func() jwt.KeySource {
			config := jwks.Config{Issuer: issuer, HTTPClient: client}
			for _, f := range adjust {
				f(&config)
			}
			keys, err := jwks.NewRemote(config)
			require.NoError(t, err)
			return keys
		}
	}
	static := func(document []byte) func() jwt.KeySource {
		return func() jwt.KeySource {
			keys, err := jwks.ParseStatic(document)
			require.NoError(t, err)
			return keys
		}
	}
	for _, tt := range []struct {
		name         string
		first, after func() jwt.KeySource
		same         bool
	}{
		{"remote", remote(a.URL()), remote(a.URL()), true},
		{"another interval", remote(a.URL()), remote(a.URL(), func(c *jwks.Config) { c.MaxStale = time.Hour }), false},
		{"another client", remote(a.URL()), remote(a.URL(), func(c *jwks.Config) { c.HTTPClient = a.Client() }), false},
		{"static", static(document), static(document), true},
		{"another set", static(document), static(other), false},
		{"remote for static", static(document), remote(a.URL()), false},
		{"static for remote", remote(a.URL()), static(document), false},
		{"a function", func() jwt.KeySource { return keySource(a.VerificationKeys) },
			func() jwt.KeySource { return keySource(a.VerificationKeys) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				next := tt.first
				tenants, err := jwt.NewTenants(jwt.TenantsConfig{
					Resolve: func(context.Context, string) (jwt.Config, error) {
						return jwt.Config{Issuer: a.URL(), Audiences: []string{a.Audience()}, Keys: next()}, nil
					},
				})
				require.NoError(t, err)
				token := acceptOnce(t, tenants, a.Token(jwttest.ExpiresIn(time.Hour)))
				next = tt.after
				time.Sleep(resolveAgain)
				_, _ = tenants.Validate(t.Context(), a.Token())
				synctest.Wait()
				require.Equal(t, tt.same, token.StillValid(t.Context()))
			})
		})
	}
}

// checklist 214
func TestATenantThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		tenants := tenantsOf(t, r)
		cache, err := tokencache.New(tenants.Validate, tokencache.Config{})
		require.NoError(t, err)
		bearer := a.Token(jwttest.ExpiresIn(24 * time.Hour))
		token := acceptOnce(t, cache, bearer)
		r.drop(a.URL())
		r.doBefore(behindTheDecision)
		time.Sleep(resolveAgain)
		acceptOnce(t, cache, bearer) // by what was said before, and asks again
		time.Sleep(time.Second)
		require.False(t, token.StillValid(t.Context()))
		refuseOnce(t, cache, bearer, jwt.ReasonUnknownIssuer)
		require.Empty(t, liveIn(tenants))
	})
}

// Whoever comes after a long pause waits for the answer: it may be that the tenant has
// been gone for days.
//
// checklist 214
func TestATenantThatIsGoneWhenItComesBack(t *testing.T) {
	for _, tt := range []struct {
		name string
		idle time.Duration
		sure bool
	}{{"short pause", 2*resolveAgain - time.Nanosecond, false}, {"long pause", 2 * resolveAgain, true}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := tenantAt(t, "https://a.example")
				r := newRegistry(a)
				tenants := tenantsOf(t, r)
				bearer := a.Token(jwttest.ExpiresIn(24 * time.Hour))
				acceptOnce(t, tenants, bearer)
				r.drop(a.URL())
				r.doBefore(behindTheDecision)
				time.Sleep(tt.idle)
				if tt.sure {
					refuseOnce(t, tenants, bearer, jwt.ReasonUnknownIssuer)
				} else {
					acceptOnce(t, tenants, bearer)
				}
				time.Sleep(time.Second)
			})
		})
	}
}

// While the resolver fails a live tenant serves on, and nobody waits for it.
//
// checklist 215
func TestATenantOutlivesAnOutageOfTheResolver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) { c.MaxStale = time.Hour })
		token := acceptOnce(t, tenants, a.Token(jwttest.ExpiresIn(24*time.Hour)))
		r.doBefore(func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() })
		began, serves, fails := time.Now(), 0, error(nil)
		for fails == nil && time.Since(began) < 2*time.Hour {
			time.Sleep(10 * time.Second)
			at := time.Now()
			if _, fails = tenants.Validate(t.Context(), a.Token()); fails == nil {
				require.Zero(t, time.Since(at))
				serves++
			}
		}
		require.Greater(t, serves, 350)
		unavailable(t, fails)
		require.InDelta(t, time.Hour, time.Since(began), float64(time.Minute))
		require.InDelta(t, 55*60/35, r.times(a.URL()), 20)
		require.Empty(t, liveIn(tenants))
		require.False(t, token.StillValid(t.Context()))
		require.Error(t, tenants.Status().LastError)
		r.doBefore(nil)
		time.Sleep(10 * time.Second) // a call may be under way still
		acceptOnce(t, tenants, a.Token())
	})
}

// After an outage the schedule is the old one.
func TestATenantAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		tenants := tenantsOf(t, r)
		use := func(idle time.Duration) int {
			time.Sleep(idle)
			acceptOnce(t, tenants, a.Token())
			synctest.Wait()
			return r.times(a.URL())
		}
		require.Equal(t, 1, use(0))
		r.doBefore(func(context.Context, string) error { return errors.New("down") })
		require.Equal(t, 2, use(resolveAgain))
		require.Equal(t, 2, use(30*time.Second-1))
		require.Equal(t, 3, use(1))
		r.doBefore(nil)
		require.Equal(t, 4, use(30*time.Second))
		require.Equal(t, 4, use(resolveAgain-1))
		require.Equal(t, 5, use(1))
	})
}

// However many made-up issuers wait for an answer, live tenants are asked about.
//
// checklist 213, 214
func TestAFloodDoesNotPutOffRenewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) { c.MaxResolving = 2 })
		bearer := a.Token(jwttest.ExpiresIn(time.Hour))
		acceptOnce(t, tenants, bearer)
		r.drop(a.URL())
		time.Sleep(resolveAgain)
		r.doBefore(func(ctx context.Context, issuer string) error {
			if issuer != a.URL() {
				<-ctx.Done()
			}
			return behindTheDecision(ctx, issuer)
		})
		for i := range 100 {
			go func() { _, _ = tenants.Validate(context.Background(), unsigned(fmt.Sprintf("https://%d.example", i))) }()
		}
		synctest.Wait()
		acceptOnce(t, tenants, bearer)
		time.Sleep(time.Second)
		refuseOnce(t, tenants, bearer, jwt.ReasonUnknownIssuer)
		time.Sleep(time.Hour)
	})
}

// A tenant about which nobody can be asked, since all calls hang, serves no longer than
// one whose calls fail.
//
// checklist 215
func TestATenantThatCannotBeAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := tenantAt(t, "https://a.example"), tenantAt(t, "https://b.example")
		r := newRegistry(a, b)
		tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) { c.MaxResolving, c.MaxStale = 1, time.Hour })
		acceptOnce(t, tenants, a.Token())
		acceptOnce(t, tenants, b.Token())
		release := make(chan struct{})
		r.doBefore(func(context.Context, string) error { <-release; return nil })
		began, fails := time.Now(), error(nil)
		for fails == nil && time.Since(began) < 3*time.Hour {
			time.Sleep(10 * time.Second)
			_, _ = tenants.Validate(t.Context(), b.Token())
			_, fails = tenants.Validate(t.Context(), a.Token())
		}
		unavailable(t, fails)
		require.InDelta(t, time.Hour, time.Since(began), float64(time.Minute))
		close(release)
	})
}
