package jwt_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// idleTenants are tenants with a jwks.Remote each, which the resolver makes anew each
// time it is asked.
func idleTenants(t *testing.T, many int) (*jwt.Tenants, []*jwttest.Issuer) {
	t.Helper()
	issuers := make(map[string]*jwttest.Issuer, many)
	clients := make(map[string]*http.Client, many)
	inOrder := make([]*jwttest.Issuer, many)
	for i := range many {
		inOrder[i] = tenantAt(t, fmt.Sprintf("https://%d.example", i))
		issuers[inOrder[i].URL()], clients[inOrder[i].URL()] = inOrder[i], inOrder[i].Client()
	}
	tenants, err := jwt.NewTenants(jwt.TenantsConfig{
		Resolve: func(_ context.Context, name string) (jwt.Config, error) {
			keys, err := jwks.NewRemote(jwks.Config{Issuer: name, HTTPClient: clients[name]})
			return jwt.Config{Keys: keys, Audiences: []string{issuers[name].Audience()}}, err
		},
	})
	require.NoError(t, err)
	return tenants, inOrder
}

// The keys of tenants that nobody uses are not fetched, for however long, beside one that
// is used and whose are. The next token of each has them fetched again: a key that was
// withdrawn meanwhile is refused, and the one in its place is accepted.
//
// checklist 214, 216
func TestIdleTenantsFetchNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenants, issuers := idleTenants(t, 6)
		busy, idle := issuers[0], issuers[1:]
		for _, issuer := range issuers {
			acceptOnce(t, tenants, issuer.Token())
		}
		first := idle[0].Requests()
		require.Equal(t, 1, first.JWKS)
		busyAtFirst := busy.Requests()

		rotated, withdrawn := idle[0], idle[1]
		long := jwttest.ExpiresIn(48 * time.Hour)
		before, stolen := rotated.Token(long), withdrawn.Token(long)
		rotated.Rotate()
		kid := withdrawn.KeyID()
		withdrawn.Rotate()
		withdrawn.Retire(kid)
		for began := time.Now(); time.Since(began) < 8*time.Hour; time.Sleep(time.Minute) {
			acceptOnce(t, tenants, busy.Token())
		}
		synctest.Wait()
		require.Greater(t, busy.Requests().JWKS, busyAtFirst.JWKS+24, "four an hour, or more")
		for _, issuer := range idle {
			require.Equal(t, first, issuer.Requests(), issuer.URL())
		}

		acceptOnce(t, tenants, rotated.Token())
		acceptOnce(t, tenants, before)
		acceptOnce(t, tenants, withdrawn.Token())
		refuseOnce(t, tenants, stolen, jwt.ReasonUnknownKey)
		for _, issuer := range idle[2:] {
			acceptOnce(t, tenants, issuer.Token())
		}
		synctest.Wait()
		for _, issuer := range idle {
			want := first.JWKS + 1
			if issuer == withdrawn {
				want++ // the key that is gone is asked for once more
			}
			require.Equal(t, want, issuer.Requests().JWKS, issuer.URL())
		}
		require.Zero(t, tenants.Status().Changed, "each has the keys that it had")
		require.EqualValues(t, len(issuers), tenants.Status().Live)
	})
}
