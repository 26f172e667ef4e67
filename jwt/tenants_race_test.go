package jwt_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

// Many requests of more tenants than may be live, while tenants are removed and come
// back, others are made up, and somebody looks on.
func TestTenantsAreSafeForConcurrentUse(t *testing.T) {
	r := newRegistry()
	var good, bad []string
	for i := range 6 {
		issuer := tenantAt(t, fmt.Sprintf("https://%d.example", i))
		r.put(issuer)
		good = append(good, issuer.Token())
		bad = append(bad, issuer.Token(jwttest.Claim("iss", fmt.Sprintf("https://%d.example", (i+1)%6))))
	}
	tenants := tenantsOf(t, r, mostTenants(4), func(c *jwt.TenantsConfig) { c.MaxResolving = 2 })
	cache, err := tokencache.New(tenants.Validate, tokencache.Config{})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := range 300 {
				i := rand.IntN(6)
				url := fmt.Sprintf("https://%d.example", i)
				token, err := cache.Validate(t.Context(), good[i])
				if err == nil && token.Issuer() != url {
					panic("another tenant's token")
				}
				if refusal := (*jwt.Error)(nil); errors.As(err, &refusal) {
					panic(err)
				}
				if _, err := tenants.Validate(t.Context(), bad[i]); err == nil {
					panic("another tenant's key")
				}
				switch n % 10 {
				case 0:
					tenants.Remove(url)
				case 1:
					_, _ = tenants.Validate(t.Context(), unsigned(fmt.Sprintf("https://made-up-%d.example", n)))
				case 2:
					if s := tenants.Status(); s.Live > 4 {
						panic("too many")
					}
				case 3:
					for issuer, keys := range tenants.All() {
						if issuer == "" || keys == nil {
							panic("nobody")
						}
					}
				}
			}
		})
	}
	wg.Wait()
	s := tenants.Status()
	require.Zero(t, s.Waiting)
	require.Zero(t, s.Failed)
	require.EqualValues(t, s.Resolved, uint64(s.Live)+s.Evicted+s.Removed)
}
