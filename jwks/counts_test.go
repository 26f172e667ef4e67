package jwks_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// Lookups that wait for keys at all, or that go without because of an outage, say
// nothing about the kid.
//
// checklist 222
func TestUnknownKIDCountsOnlyUnknownKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, func(c *jwks.Config) { c.MaxStale = time.Hour })
		unknown := func() uint64 { return r.Status().Counts.UnknownKID }

		require.True(t, accepts(r, "a"))
		require.Zero(t, unknown(), "the first lookup of a good kid waits for the first set")
		require.True(t, refuses(r, "b"))
		require.EqualValues(t, 1, unknown())
		_, err := r.VerificationKeys(t.Context(), "a", "RS256") // an EC key
		require.NoError(t, err)
		require.EqualValues(t, 2, unknown(), "no key of that kid and alg")
		_, err = r.VerificationKeys(t.Context(), "a", "none")
		require.NoError(t, err)
		require.True(t, accepts(r, "a"))
		require.EqualValues(t, 2, unknown())

		e.answer(refuse)
		time.Sleep(2 * time.Hour) // simulated
		for range 3 {
			for _, kid := range []string{"a", "b"} {
				_, err := r.VerificationKeys(t.Context(), kid, "ES256")
				require.ErrorIs(t, err, jwks.ErrUnavailable)
			}
		}
		require.Equal(t, jwks.Unavailable, r.Status().State)
		require.EqualValues(t, 2, unknown(), "keys are unavailable: which kid it is does not matter")
	})
}

func TestUnknownKIDCountsTheFirstLookup(t *testing.T) {
	r := newRemote(t, newEndpoint(ecJWK("a")), nil)
	require.True(t, refuses(r, "b"))
	require.EqualValues(t, 1, r.Status().Counts.UnknownKID)
}

func TestSuccessesAndFailuresOnlyGrow(t *testing.T) {
	e := newEndpoint(ecJWK("a"))
	r := newRemote(t, e, nil)
	require.NoError(t, r.Refresh(t.Context()))
	e.answer(refuse)
	require.Error(t, r.Refresh(t.Context()))
	e.answer(nil)
	require.NoError(t, r.Refresh(t.Context()))
	c := r.Status().Counts
	require.Equal(t, []uint64{3, 2, 1}, []uint64{c.Fetches, c.Successes, c.Failures})
}
