package jwt_test

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// What strangers send about tenants that they are not of does nothing to those who are.

// somewhere are many known tenants that a stranger can name.
func somewhere(t *testing.T, r *registry, n int) (issuers []*jwttest.Issuer) {
	t.Helper()
	for i := range n {
		issuer := tenantAt(t, fmt.Sprintf("https://%d.elsewhere.example", i))
		r.put(issuer)
		issuers = append(issuers, issuer)
	}
	return issuers
}

// forgedFor returns a token for each of the others that a's key has signed. In a bubble tokens are made one after the
// other: two at once take two random generators, and the second one of FIPS 140-3 cannot begin where time stands still.
func forgedFor(a *jwttest.Issuer, others []*jwttest.Issuer) (forged []string) {
	for _, other := range others {
		forged = append(forged, a.Token(jwttest.Claim("iss", other.URL())))
	}
	return forged
}

// A tenant whose calls hang takes half of the places at most, however many tokens name it.
//
// checklist 215
func TestATenantWhoseCallsHangLeavesPlacesToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		release := r.hangBut(a)
		tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) { c.MaxResolving = 4 })
		for range 6 {
			_, err := tenants.Validate(t.Context(), unsigned("https://hung.example"))
			require.ErrorContains(t, unavailable(t, err), "did not answer")
			time.Sleep(time.Second)
		}
		require.Equal(t, 2, tenants.Status().Resolving)
		acceptOnce(t, tenants, a.Token())
		release()
		synctest.Wait()
		_, err := tenants.Validate(t.Context(), unsigned("https://hung.example"))
		require.ErrorIs(t, err, jwt.ErrUnknownIssuer, "asked about again")

		defer r.hangBut(a)()
		for i := range 2 { // which leaves no more than half
			_, err := tenants.Validate(t.Context(), unsigned(fmt.Sprintf("https://%d.example", i)))
			unavailable(t, err)
		}
		time.Sleep(time.Minute)
		asked := r.times("https://hung.example")
		_, err = tenants.Validate(t.Context(), unsigned("https://hung.example"))
		unavailable(t, err)
		require.Equal(t, asked+1, r.times("https://hung.example"), "its calls have all returned")
	})
}

// The same where the tenant is live: others are renewed all the time.
//
// checklist 215
func TestATenantWhoseRenewalsHangLeavesPlacesToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, hung := tenantAt(t, "https://a.example"), tenantAt(t, "https://hung.example")
		r := newRegistry(a, hung)
		tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) { c.MaxResolving = 2 })
		acceptOnce(t, tenants, a.Token())
		acceptOnce(t, tenants, hung.Token())
		release := make(chan struct{})
		defer close(release)
		r.doBefore(func(_ context.Context, issuer string) error {
			if issuer == hung.URL() {
				<-release
			}
			return nil
		})
		for range 30 {
			time.Sleep(time.Minute)
			acceptOnce(t, tenants, hung.Token())
			acceptOnce(t, tenants, a.Token())
		}
		synctest.Wait()
		require.Equal(t, 1, tenants.Status().Resolving)
		require.Greater(t, r.times(a.URL()), 4)
		r.drop(a.URL())
		time.Sleep(6 * time.Minute)
		_, _ = tenants.Validate(t.Context(), a.Token()) // asks
		synctest.Wait()
		refuseOnce(t, tenants, a.Token(), jwt.ReasonUnknownIssuer)
	})
}

// Tokens that nobody has signed are no use of a tenant: those that are used stay.
//
// checklist 213
func TestForgedTokensKeepNoTenantLive(t *testing.T) {
	r := newRegistry()
	others := somewhere(t, r, 60)
	var used []*jwttest.Issuer
	for i := range 10 {
		used = append(used, tenantAt(t, fmt.Sprintf("https://%d.example", i)))
		r.put(used[i])
	}
	tenants := tenantsOf(t, r, mostTenants(20))
	for round := range 200 {
		issuer := used[round%len(used)]
		acceptOnce(t, tenants, issuer.Token())
		acceptOnce(t, tenants, issuer.Token())
		for range 2 {
			forged := used[0].Token(jwttest.Claim("iss", others[round%len(others)].URL()))
			refuseOnce(t, tenants, forged, jwt.ReasonSignature)
		}
	}
	for _, issuer := range used {
		require.Equal(t, 1, r.times(issuer.URL()), "it was used all the time")
	}
}

// slowKeys is a source whose keys take their time.
type slowKeys struct {
	jwt.KeySource
	by time.Duration
}

func (s slowKeys) VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	time.Sleep(s.by) // simulated
	return s.KeySource.VerificationKeys(ctx, kid, alg)
}

// slowly has the keys of an issuer of the registry come after a second.
func (r *registry) slowly(issuer *jwttest.Issuer) {
	config := configOf(issuer)
	config.Keys = slowKeys{config.Keys, time.Second}
	r.set(issuer.URL(), config)
}

// flooded returns a tenant whose keys take a second, in a table of eight that forged tokens of forty others run through
// until stop.
func flooded(t *testing.T) (a *jwttest.Issuer, r *registry, tenants *jwt.Tenants, stop func()) {
	t.Helper()
	a, r = tenantAt(t, "https://a.example"), newRegistry()
	others := somewhere(t, r, 40)
	for _, issuer := range append(others, a) {
		r.slowly(issuer)
	}
	tenants = tenantsOf(t, r, mostTenants(8))
	forged := forgedFor(a, others)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		for i := 0; ctx.Err() == nil; i++ {
			go tenants.Validate(ctx, forged[i%len(forged)])
			time.Sleep(20 * time.Millisecond) // simulated
		}
	}()
	time.Sleep(2 * time.Second) // simulated
	return a, r, tenants, stop
}

// While the keys of a tenant are on their way, tokens that name others push it out of a
// table that is too small: its own token comes to its end all the same.
//
// checklist 213
func TestAValidationOutlivesAnEviction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _, tenants, stop := flooded(t)
		defer stop()
		for range 3 {
			token := acceptOnce(t, tenants, a.Token())
			synctest.Wait()
			require.NotContains(t, liveIn(tenants), a.URL())
			require.False(t, token.StillValid(t.Context()), "it has left")
		}
		stop()
		time.Sleep(time.Minute)
		require.Positive(t, tenants.Status().Evicted)
	})
}

// Tokens of one tenant that come all the time bring it back while it leaves, and it is one
// that is used from its first keys on, whatever the flood is.
//
// checklist 213
func TestAFloodDoesNotKeepATenantFromBeingUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, r, tenants, stop := flooded(t)
		said := make(chan error, 40)
		for range cap(said) {
			token := a.Token()
			go func() { _, err := tenants.Validate(t.Context(), token); said <- err }()
			time.Sleep(100 * time.Millisecond)
		}
		stop()
		for range cap(said) {
			require.NoError(t, <-said)
		}
		require.Equal(t, 1, r.times(a.URL()))
		time.Sleep(time.Minute)
		s := tenants.Status()
		require.EqualValues(t, s.Resolved, uint64(s.Live)+s.Evicted)
	})
}

// However many tenants come at once, and however few may be live, nobody is told to come
// again, and nobody is asked about twice.
//
// checklist 213
func TestMoreTenantsComeAtOnceThanMayBeLive(t *testing.T) {
	for _, most := range []int{1, 5} {
		synctest.Test(t, func(t *testing.T) {
			r := newRegistry()
			all := somewhere(t, r, 100)
			tenants := tenantsOf(t, r, mostTenants(most))
			r.doBefore(behindTheDecision)
			said := make(chan error, 3*len(all))
			for i := range cap(said) {
				token := all[i%len(all)].Token()
				go func() { _, err := tenants.Validate(t.Context(), token); said <- err }()
			}
			for range cap(said) {
				require.NoError(t, <-said)
			}
			synctest.Wait()
			require.Equal(t, len(all), r.total())
			require.EqualValues(t, len(all)-most, tenants.Status().Evicted)
		})
	}
}

// Whoever is removed is not accepted by what was known before, evicted or not.
//
// checklist 214
func TestWhatIsSaidReachesTenantsThatWereEvicted(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *registry, *jwt.Tenants, *jwttest.Issuer){
		"Remove": func(_ *testing.T, r *registry, tenants *jwt.Tenants, a *jwttest.Issuer) {
			r.drop(a.URL())
			tenants.Remove(a.URL())
		},
		"Resolve says so": func(_ *testing.T, r *registry, _ *jwt.Tenants, a *jwttest.Issuer) {
			r.drop(a.URL())
		},
		"Resolve says otherwise": func(t *testing.T, r *registry, _ *jwt.Tenants, a *jwttest.Issuer) {
			config := configOf(a)
			config.Keys = tenantAt(t, a.URL()) // other keys
			r.set(a.URL(), config)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := tenantAt(t, "https://a.example"), tenantAt(t, "https://b.example")
				r := newRegistry(b)
				r.slowly(a)
				tenants := tenantsOf(t, r, mostTenants(1))
				acceptOnce(t, tenants, a.Token())
				time.Sleep(resolveAgain)
				r.doBefore(func(_ context.Context, issuer string) error {
					if issuer == a.URL() {
						time.Sleep(500 * time.Millisecond) // simulated: less than its keys take
					}
					return nil
				})
				said := make(chan error, 1)
				token := a.Token()
				go func() { _, err := tenants.Validate(context.Background(), token); said <- err }()
				time.Sleep(time.Millisecond)
				acceptOnce(t, tenants, b.Token())
				require.NotContains(t, liveIn(tenants), a.URL())
				change(t, r, tenants, a)
				var refusal *jwt.Error
				require.ErrorAs(t, <-said, &refusal)
			})
		})
	}
}

// A tenant that nobody has used for long is asked about before its token is decided, also
// where Resolve could not tell the last time.
//
// checklist 214
func TestAnIdleTenantIsAskedAboutAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		tenants := tenantsOf(t, r)
		acceptOnce(t, tenants, a.Token())
		time.Sleep(5 * time.Minute)
		r.doBefore(func(context.Context, string) error { return errors.New("the database is down") })
		acceptOnce(t, tenants, a.Token())
		synctest.Wait()
		require.EqualValues(t, 1, tenants.Status().Failed)
		r.doBefore(nil)
		r.drop(a.URL())
		time.Sleep(20 * time.Hour)
		refuseOnce(t, tenants, a.Token(jwttest.ExpiresIn(time.Hour)), jwt.ReasonUnknownIssuer)
	})
}

// What is wrong with a Config of Resolve is told to its end, since there the remedy is.
func TestWhyATenantIsUnavailableIsTold(t *testing.T) {
	a := tenantAt(t, "https://a.example")
	r := newRegistry()
	config := configOf(a)
	config.Audiences, config.Algorithms = []string{" " + a.Audience()}, []string{"HS1"}
	r.set(a.URL(), config)
	tenants := tenantsOf(t, r)
	_, err := tenants.Validate(t.Context(), a.Token())
	_, faults := jwt.NewValidator(config)
	require.Greater(t, len(faults.Error()), 200)
	require.ErrorContains(t, unavailable(t, err), faults.Error())
	require.ErrorContains(t, tenants.Status().LastError, faults.Error())
}

func TestTheZeroTenants(t *testing.T) {
	var tenants jwt.Tenants
	tenants.Remove("https://a.example")
	require.Zero(t, tenants.Status())
	require.Empty(t, liveIn(&tenants))
}

// Every fault is told at once, also that two fields do not fit where others are wrong.
func TestFaultsOfATenantsConfigAreJoined(t *testing.T) {
	_, err := jwt.NewTenants(jwt.TenantsConfig{ResolveTimeout: 3, MaxStale: time.Minute, ResolveAgain: time.Hour})
	for _, field := range []string{"Resolve is nil", "ResolveTimeout is 3ns", "MaxStale is 1m0s"} {
		require.ErrorContains(t, err, "jwt: TenantsConfig."+field)
	}
	_, err = jwt.NewTenants(jwt.TenantsConfig{MaxStale: 3, ResolveAgain: time.Hour})
	require.NotContains(t, err.Error(), "no shorter than", "what is wrong by itself is compared with nothing")
}
