package jwks_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// A lookup finds no key, and before it asks for a fetch the one of somebody else lands and brings that key: it has it,
// without another fetch, and also where strangers have used up what may be fetched for unknown kids.
func TestKeyThatCameMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.NoError(t, r.Refresh(t.Context()))
		for strangers := range 9 {
			keys, err := jwks.LookAgain(t.Context(), r, "a", "ES256")
			require.NoError(t, err, strangers)
			require.Len(t, keys, 1, strangers)
			require.Equal(t, 1+min(strangers, 3), e.fetches(), "one for each of three strangers, none for the key")
			require.False(t, accepts(r, fmt.Sprint("stranger", strangers)))
		}
	})
}
