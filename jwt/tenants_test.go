package jwt_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

// checklist 30, 57, 212, 216
func TestATenantIsResolvedOnce(t *testing.T) {
	a, b := tenantAt(t, "https://a.example"), tenantAt(t, "https://b.example/tenant")
	r := newRegistry(a, b)
	tenants := tenantsOf(t, r)
	require.Empty(t, liveIn(tenants))
	for range 3 {
		require.Equal(t, a.URL(), acceptOnce(t, tenants, a.Token()).Issuer())
		require.Equal(t, b.URL(), acceptOnce(t, tenants, b.Token()).Issuer())
	}
	require.Equal(t, 1, r.times(a.URL()))
	require.Equal(t, 1, r.times(b.URL()))
	require.Equal(t, []string{a.URL(), b.URL()}, liveIn(tenants))
	require.Equal(t, jwt.TenantsStatus{Live: 2, Resolved: 2}, tenants.Status())

	// Both use the key ID EdDSA-1: only the key's material tells them apart.
	require.Equal(t, a.KeyID(), b.KeyID())
	refuseOnce(t, tenants, a.Token(jwttest.Claim("iss", b.URL())), jwt.ReasonSignature)
	refuseOnce(t, tenants, b.Token(jwttest.Claim("iss", a.URL())), jwt.ReasonSignature)
	refuseOnce(t, tenants, a.Token(jwttest.Audience("https://other.example")), jwt.ReasonAudience)
}

// checklist 212, 213, 215
func TestAnUnknownTenantIsRememberedBriefly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry()
		tenants := tenantsOf(t, r)
		for range 3 {
			require.Equal(t, "iss", refuseOnce(t, tenants, a.Token(), jwt.ReasonUnknownIssuer).Name)
		}
		require.Equal(t, 1, r.times(a.URL()))
		require.Equal(t, jwt.TenantsStatus{Refused: 1, Unknown: 1, Remembered: 2}, tenants.Status())
		require.Zero(t, a.Requests())
		r.put(a)
		time.Sleep(30*time.Second - time.Nanosecond)
		refuseOnce(t, tenants, a.Token(), jwt.ReasonUnknownIssuer)
		time.Sleep(time.Nanosecond)
		acceptOnce(t, tenants, a.Token())
		require.Equal(t, 2, r.times(a.URL()))
		require.Zero(t, tenants.Status().Refused)
	})
}

// A tenant that was made in the meantime need not wait.
//
// checklist 214
func TestRemoveForgetsThatThereIsNoSuchTenant(t *testing.T) {
	a := tenantAt(t, "https://a.example")
	r := newRegistry()
	tenants := tenantsOf(t, r)
	refuseOnce(t, tenants, a.Token(), jwt.ReasonUnknownIssuer)
	r.put(a)
	tenants.Remove("https://b.example")
	refuseOnce(t, tenants, a.Token(), jwt.ReasonUnknownIssuer)
	tenants.Remove(a.URL())
	acceptOnce(t, tenants, a.Token())
}

// checklist 214
func TestARemovedTenantIsRefusedAtOnce(t *testing.T) {
	a, b := tenantAt(t, "https://a.example"), tenantAt(t, "https://b.example")
	r := newRegistry(a, b)
	tenants := tenantsOf(t, r)
	cache, err := tokencache.New(tenants.Validate, tokencache.Config{})
	require.NoError(t, err)
	tokenA, tokenB := a.Token(), b.Token()
	token, other := acceptOnce(t, cache, tokenA), acceptOnce(t, cache, tokenB)
	require.Same(t, token, acceptOnce(t, cache, tokenA))
	require.True(t, token.StillValid(t.Context()))

	r.drop(a.URL())
	tenants.Remove(a.URL())
	require.False(t, token.StillValid(t.Context()))
	refuseOnce(t, cache, tokenA, jwt.ReasonUnknownIssuer)
	require.True(t, other.StillValid(t.Context()))
	require.Same(t, other, acceptOnce(t, cache, tokenB))
	require.Equal(t, []string{b.URL()}, liveIn(tenants))

	// One that comes back is another: what was validated before stays refused.
	r.put(a)
	tenants.Remove(a.URL())
	require.NotSame(t, token, acceptOnce(t, cache, tokenA))
	require.False(t, token.StillValid(t.Context()))
	require.EqualValues(t, 1, tenants.Status().Removed)
}

// One that is evicted and then removed must be refused at once, too.
//
// checklist 214
func TestAnEvictedTenantsTokensAreValidatedAnew(t *testing.T) {
	a, b := tenantAt(t, "https://a.example"), tenantAt(t, "https://b.example")
	r := newRegistry(a, b)
	tenants := tenantsOf(t, r, mostTenants(1))
	cache, err := tokencache.New(tenants.Validate, tokencache.Config{})
	require.NoError(t, err)
	bearer := a.Token()
	token := acceptOnce(t, cache, bearer)
	acceptOnce(t, tenants, b.Token())
	require.False(t, token.StillValid(t.Context()))
	require.Equal(t, []string{b.URL()}, liveIn(tenants))
	require.NotSame(t, token, acceptOnce(t, cache, bearer))
	require.Equal(t, 2, r.times(a.URL()))
	require.EqualValues(t, 2, tenants.Status().Evicted)
}

// checklist 213
func TestTheLeastRecentlyUsedTenantLeaves(t *testing.T) {
	var issuers []*jwttest.Issuer
	for i := range 40 {
		issuers = append(issuers, tenantAt(t, fmt.Sprintf("https://%d.example", i)))
	}
	tenants := tenantsOf(t, newRegistry(issuers...), mostTenants(8))
	byToken, byCache := issuers[0], issuers[1]
	acceptOnce(t, tenants, byToken.Token())
	remembered := acceptOnce(t, tenants, byCache.Token())
	for _, issuer := range issuers[2:] {
		acceptOnce(t, tenants, byToken.Token())
		require.True(t, remembered.StillValid(t.Context()), "one whose tokens are all remembered is used, too")
		acceptOnce(t, tenants, issuer.Token())
		require.LessOrEqual(t, tenants.Status().Live, 8)
	}
	live := liveIn(tenants)
	require.Len(t, live, 8)
	require.Contains(t, live, byToken.URL())
	require.Contains(t, live, byCache.URL())
}

// Tenants leave by every way there is, in every order, and the books stay right.
//
// checklist 213
func TestTheTableOfTenantsStaysRight(t *testing.T) {
	const issuers, most = 12, 5
	var all []*jwttest.Issuer
	for i := range issuers {
		all = append(all, tenantAt(t, fmt.Sprintf("https://%d.example", i)))
	}
	r := newRegistry(all...)
	tenants := tenantsOf(t, r, mostTenants(most))
	dice := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		issuer := all[dice.IntN(issuers)]
		if dice.IntN(4) == 0 {
			tenants.Remove(issuer.URL())
			require.NotContains(t, liveIn(tenants), issuer.URL())
		} else {
			acceptOnce(t, tenants, issuer.Token())
			require.Contains(t, liveIn(tenants), issuer.URL())
		}
		require.LessOrEqual(t, len(liveIn(tenants)), most)
		require.Equal(t, len(liveIn(tenants)), tenants.Status().Live)
	}
	s := tenants.Status()
	require.EqualValues(t, s.Resolved, uint64(s.Live)+s.Evicted+s.Removed)
	require.Positive(t, s.Evicted)
	require.Positive(t, s.Removed)
}

// checklist 213
func TestAFloodOfUnknownIssuersEvictsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		tenants := tenantsOf(t, r, mostTenants(1))
		token := acceptOnce(t, tenants, a.Token())
		for i := range 12_000 {
			_, err := tenants.Validate(t.Context(), unsigned(fmt.Sprintf("https://%d.example", i)))
			require.ErrorIs(t, err, jwt.ErrUnknownIssuer)
			if i < 1000 {
				require.Zero(t, tenants.Status().Resolving, "whoever has the answer sees the place free")
			}
		}
		require.True(t, token.StillValid(t.Context()))
		require.Equal(t, 1, r.times(a.URL()))
		s := tenants.Status()
		require.Equal(t, 1, s.Live)
		require.LessOrEqual(t, s.Refused, 8192)
		require.Greater(t, s.Refused, 4096)
		require.Zero(t, s.Resolving+s.Waiting)
		require.EqualValues(t, 12_000, s.Unknown)
	})
}

// checklist 213
func TestAdmitKeepsTheFloodOut(t *testing.T) {
	a, b := tenantAt(t, "https://a.example/realms/a"), tenantAt(t, "https://b.example/realms/a")
	r := newRegistry(a, b)
	tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) {
		c.Admit = func(issuer string) bool { return strings.HasPrefix(issuer, "https://a.example/realms/") }
	})
	acceptOnce(t, tenants, a.Token())
	refuseOnce(t, tenants, b.Token(), jwt.ReasonUnknownIssuer)
	require.Equal(t, 1, r.total())
	require.Zero(t, tenants.Status().Refused, "what costs nothing to refuse is not remembered")
}

// Each tenant has its own rules, and none takes longer tokens than all may.
//
// checklist 57, 63
func TestEachTenantHasItsOwnRules(t *testing.T) {
	a, b := tenantAt(t, "https://a.example"), tenantAt(t, "https://b.example")
	r := newRegistry(a)
	config := configOf(b)
	withSecret(&config)
	config.MaxTokenBytes = 2 * defaultMaxTokenBytes
	r.set(b.URL(), config)
	long := jwttest.Claim("x", strings.Repeat("x", defaultMaxTokenBytes))
	tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) { c.MaxTokenBytes = 2 * defaultMaxTokenBytes })
	accept(t, tenants, b.Token(jwttest.Secret(secret)))
	accept(t, tenants, b.Token(jwttest.Secret(secret), long))
	refuse(t, tenants, a.Token(long), jwt.ReasonTooLarge)
	refuse(t, tenants, a.Token(jwttest.Secret(secret)), jwt.ReasonAlgorithm)
	refuse(t, tenants, b.Token(), jwt.ReasonAlgorithm)
	for issuer, keys := range tenants.All() {
		require.Equal(t, issuer == b.URL(), keys == nil)
	}
	for range tenants.All() {
		break
	}
}
