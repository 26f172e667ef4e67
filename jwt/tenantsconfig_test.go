package jwt_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
)

func TestTenantsConfigFaults(t *testing.T) {
	const year = 366 * 24 * time.Hour
	for _, tt := range []struct {
		name   string
		change func(*jwt.TenantsConfig)
		fault  string // "" for none
	}{
		{"no resolver", func(c *jwt.TenantsConfig) { c.Resolve = nil }, "Resolve is nil: set it"},
		{"the most tenants", func(c *jwt.TenantsConfig) { c.MaxTenants = 1 << 20 }, ""},
		{"too many tenants", func(c *jwt.TenantsConfig) { c.MaxTenants = 1<<20 + 1 }, "MaxTenants is 1048577: use up to"},
		{"fewer than none", func(c *jwt.TenantsConfig) { c.MaxTenants = -1 }, "MaxTenants is -1: use up to"},
		{"long tokens", func(c *jwt.TenantsConfig) { c.MaxTokenBytes = 1<<20 + 1 }, "MaxTokenBytes is 1048577: use up to"},
		{"many calls", func(c *jwt.TenantsConfig) { c.MaxResolving = 4097 }, "MaxResolving is 4097: use up to"},
		{"without unit", func(c *jwt.TenantsConfig) { c.ResolveTimeout = 5 }, "ResolveTimeout is 5ns, negative or without"},
		{"negative", func(c *jwt.TenantsConfig) { c.RefuseFor = -time.Second }, "RefuseFor is -1s, negative or without"},
		{"a year", func(c *jwt.TenantsConfig) { c.RefuseFor = year }, ""},
		{"longer", func(c *jwt.TenantsConfig) { c.RefuseFor = year + 1 }, "longer than a year: use up to"},
		{"stale before asked again", func(c *jwt.TenantsConfig) { c.MaxStale = time.Minute }, "MaxStale is 1m0s: it must"},
		{"rarely asked again", func(c *jwt.TenantsConfig) { c.ResolveAgain = 48 * time.Hour }, ""},
	} {
		config := jwt.TenantsConfig{Resolve: newRegistry().resolve}
		tt.change(&config)
		tenants, err := jwt.NewTenants(config)
		if tt.fault == "" {
			require.NoError(t, err, tt.name)
			continue
		}
		require.ErrorContains(t, err, tt.fault, tt.name)
		require.Nil(t, tenants, tt.name)
	}
}

// MaxStale counts from the last answer, and not from the first.
//
// checklist 215
func TestMaxStaleCountsFromTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) { c.MaxStale = time.Hour })
		every := func(d time.Duration) {
			for began := time.Now(); time.Since(began) < d; time.Sleep(time.Minute) {
				acceptOnce(t, tenants, a.Token())
			}
		}
		every(2 * time.Hour)
		r.doBefore(func(context.Context, string) error { return errors.New("down") })
		every(50 * time.Minute)
		time.Sleep(11 * time.Minute)
		_, err := tenants.Validate(t.Context(), a.Token())
		require.ErrorContains(t, unavailable(t, err), "down")
	})
}
