package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A row whose paths are called otherwise would be one that is not measured, and each path has to come to its decision.
func TestEveryTenantRowHasItsPaths(t *testing.T) {
	many := newTenancy(100, 50)
	many.fill(50)
	fetched := many.keysFetched()
	names := map[string]bool{"": true}
	for _, p := range many.paths(50) {
		for range 60 { // each tenant, and some again
			require.True(t, p.run(), p.name)
		}
		names["Tenants/"+p.name] = true
	}
	for _, r := range tenantRows {
		for _, name := range []string{r.what, r.less, r.base} {
			require.True(t, names[name], "%s: %s", r.title, name)
		}
	}
	require.EqualValues(t, 50, fetched, "one for each tenant")
	require.Equal(t, fetched, many.keysFetched(), "and none for those that are made up")
}

// First tokens at a real host: a discovery and a key set for each, few connections, and none that fails.
//
// checklist 213
func TestFirstTokensOfTenants(t *testing.T) {
	var out strings.Builder
	good, err := printBursts(&out, 1, 300)
	require.NoError(t, err)
	require.True(t, good, out.String())
}
