package jwt_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// registry is an application's own list of tenants. What fails or takes long is up to
// the test.
type registry struct {
	mu      sync.Mutex
	tenants map[string]jwt.Config
	asked   map[string]int
	before  func(ctx context.Context, issuer string) error
}

func newRegistry(issuers ...*jwttest.Issuer) *registry {
	r := &registry{tenants: make(map[string]jwt.Config), asked: make(map[string]int)}
	for _, issuer := range issuers {
		r.put(issuer)
	}
	return r
}

func (r *registry) put(issuer *jwttest.Issuer) { r.set(issuer.URL(), configOf(issuer)) }

func (r *registry) set(issuer string, config jwt.Config) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tenants[issuer] = config
}

func (r *registry) drop(issuer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tenants, issuer)
}

// doBefore has f called before each answer, whose error takes its place.
func (r *registry) doBefore(f func(ctx context.Context, issuer string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = f
}

// hangBut has calls hang, for all issuers but one, until the function is called that it returns.
func (r *registry) hangBut(quick *jwttest.Issuer) (release func()) {
	released := make(chan struct{})
	r.doBefore(func(_ context.Context, issuer string) error {
		if issuer != quick.URL() {
			<-released
		}
		return nil
	})
	return func() { close(released) }
}

// times returns how often the registry was asked for an issuer.
func (r *registry) times(issuer string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[issuer]
}

func (r *registry) total() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, times := range r.asked {
		n += times
	}
	return n
}

func (r *registry) resolve(ctx context.Context, issuer string) (jwt.Config, error) {
	r.mu.Lock()
	r.asked[issuer]++
	before := r.before
	r.mu.Unlock()
	if before != nil {
		if err := before(ctx, issuer); err != nil {
			return jwt.Config{}, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	config, ok := r.tenants[issuer]
	if !ok {
		return jwt.Config{}, fmt.Errorf("registry: %w", jwt.ErrUnknownIssuer)
	}
	return config, nil
}

// tenantAt returns an issuer with a quick key.
func tenantAt(t *testing.T, url string) *jwttest.Issuer {
	t.Helper()
	return jwttest.NewIssuer(t, jwttest.At(url), jwttest.FirstKey("EdDSA"))
}

func tenantsOf(t *testing.T, r *registry, adjust ...func(*jwt.TenantsConfig)) *jwt.Tenants {
	t.Helper()
	config := jwt.TenantsConfig{Resolve: r.resolve}
	for _, f := range adjust {
		f(&config)
	}
	tenants, err := jwt.NewTenants(config)
	require.NoError(t, err)
	return tenants
}

func mostTenants(n int) func(*jwt.TenantsConfig) {
	return func(c *jwt.TenantsConfig) { c.MaxTenants = n }
}

// liveIn returns the issuers of the live tenants, sorted.
func liveIn(tenants *jwt.Tenants) []string {
	return slices.Sorted(maps.Keys(maps.Collect(tenants.All())))
}

// unavailable demands that nobody could tell.
func unavailable(t *testing.T, err error) error {
	t.Helper()
	require.Error(t, err)
	var refusal *jwt.Error
	require.NotErrorAs(t, err, &refusal)
	var retry interface{ RetryAfter() time.Duration }
	require.ErrorAs(t, err, &retry)
	require.Positive(t, retry.RetryAfter())
	return err
}
