package jwt_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// oneAtATime are tenants for which Resolve is called one at a time.
func oneAtATime(t *testing.T, r *registry, adjust ...func(*jwt.TenantsConfig)) *jwt.Tenants {
	t.Helper()
	return tenantsOf(t, r, append(adjust, func(c *jwt.TenantsConfig) { c.MaxResolving = 1 })...)
}

// hold has each call for that issuer go on, whatever its context says, until release is
// closed.
func (r *registry) hold(issuer string) (release chan struct{}) {
	release = make(chan struct{})
	r.doBefore(func(_ context.Context, asked string) error {
		if asked == issuer {
			<-release
		}
		return nil
	})
	return release
}

// One of two requests that wait for a place, for the same tenant, goes away.
//
// checklist 215
func TestWhoLeavesTheQueueLeavesItToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := tenantAt(t, "https://a.example"), tenantAt(t, "https://b.example")
		r := newRegistry(a, b)
		release := r.hold(a.URL())
		tenants := oneAtATime(t, r)
		impatient, cancel := context.WithCancel(t.Context())
		results := make([]error, 3)
		for i, ctx := range []context.Context{t.Context(), impatient, t.Context()} {
			issuer := []*jwttest.Issuer{a, b, b}[i]
			go func(token string) { _, results[i] = tenants.Validate(ctx, token) }(issuer.Token())
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		require.ErrorIs(t, results[1], context.Canceled)
		require.Equal(t, 1, tenants.Status().Waiting)
		close(release)
		synctest.Wait()
		require.NoError(t, results[0])
		require.NoError(t, results[2])
		require.Equal(t, 1, r.times(b.URL()))
	})
}

// Whoever goes away finds that what they waited for has ended already.
//
// checklist 214
func TestLeavingWhatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		release := r.hold(a.URL())
		tenants := oneAtATime(t, r)
		go func(token string) { _, _ = tenants.Validate(t.Context(), token) }(a.Token())
		synctest.Wait()
		impatient, cancel := context.WithCancel(t.Context())
		defer cancel()
		name := func(i int) string { return fmt.Sprintf("https://%d.example", i) }
		for i := range 64 {
			go func() { _, _ = tenants.Validate(impatient, unsigned(name(i))) }()
		}
		synctest.Wait()
		require.Equal(t, 64, tenants.Status().Waiting)
		for i := range 64 {
			if i == 32 {
				cancel()
			}
			tenants.Remove(name(i))
		}
		synctest.Wait()
		require.Zero(t, tenants.Status().Waiting)
		close(release)
		synctest.Wait()
	})
}

// idleBehind has two live tenants, of which nobody uses the second for hours, and then
// the first, for which Resolve holds the only place for renewals.
func idleBehind(t *testing.T, adjust func(*jwt.TenantsConfig)) (
	r *registry, tenants *jwt.Tenants, idle *jwttest.Issuer, release chan struct{},
) {
	t.Helper()
	a, b := tenantAt(t, "https://a.example"), tenantAt(t, "https://b.example")
	r = newRegistry(a, b)
	tenants = oneAtATime(t, r, adjust)
	acceptOnce(t, tenants, a.Token())
	acceptOnce(t, tenants, b.Token())
	release = r.hold(a.URL())
	time.Sleep(2 * time.Hour) // simulated: whoever calls this is in a bubble
	go func(token string) { _, _ = tenants.Validate(t.Context(), token) }(a.Token())
	synctest.Wait()
	return r, tenants, b, release
}

// A tenant about which nobody could be asked in time, for so long that what is known of it
// is too old, is not served.
//
// checklist 214, 215
func TestATenantThatIsTooOldIsNotServedFromTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, tenants, idle, release := idleBehind(t, func(c *jwt.TenantsConfig) { c.MaxStale = time.Hour })
		_, err := tenants.Validate(t.Context(), idle.Token())
		require.ErrorContains(t, unavailable(t, err), "was not reached")
		require.NotContains(t, liveIn(tenants), idle.URL())
		close(release)
		synctest.Wait()
	})
}

// A live tenant is asked about in its turn, also if whoever caused it has left.
//
// checklist 214
func TestARenewalOutlivesWhoWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, tenants, idle, release := idleBehind(t, func(*jwt.TenantsConfig) {})
		impatient, cancel := context.WithCancel(t.Context())
		go func(token string) { _, _ = tenants.Validate(impatient, token) }(idle.Token())
		synctest.Wait()
		require.Equal(t, 1, tenants.Status().Waiting)
		cancel()
		synctest.Wait()
		close(release)
		synctest.Wait()
		require.Equal(t, 2, r.times(idle.URL()))
		require.Zero(t, tenants.Status().Resolving)
	})
}
