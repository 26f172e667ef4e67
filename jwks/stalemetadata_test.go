package jwks_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// Metadata that could not be read for MaxStale names the place of the keys no longer, although that place still
// answers.
func TestMetadataHasAnAgeLimit(t *testing.T) {
	for name, fault := range map[string]answerFunc{
		"refused": refuse, "404": body(404, "", ""),
		"mismatch": metadata("https://evil.example", "https://evil.example/jwks.json"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, log := newEndpoint(ecJWK("a")), &logBuffer{}
				r := newRemote(t, e, func(c *jwks.Config) { byIssuer(c); c.Logger = log.logger() })
				require.True(t, accepts(r, "a"))
				read := time.Now()
				e.set(func(e *endpoint) { e.metadata = fault })
				time.Sleep(time.Hour) // simulated
				require.True(t, accepts(r, "a"))
				synctest.Wait()
				s := r.Status()
				require.Equal(t, jwks.Fresh, s.State, "the set itself is as good as ever")
				require.Equal(t, read, s.DiscoveredAt)
				require.Equal(t, read.Add(24*time.Hour), s.UsableUntil, "and Status says for how long")
				require.Error(t, s.DiscoveryError)
				require.Contains(t, log.String(), "usable_until="+read.Add(24*time.Hour).Format("2006-01-02T15:04:05"))

				require.Equal(t, 23*time.Hour, servedFor(r, "a", 48*time.Hour))
				asked := e.fetches()
				_, err := r.VerificationKeys(t.Context(), "a", "ES256")
				require.ErrorIs(t, err, jwks.ErrUnavailable)
				require.Equal(t, jwks.Unavailable, r.Status().State)
				for range 3600 {
					require.False(t, accepts(r, "a"))
					time.Sleep(time.Second) // simulated
				}
				require.Equal(t, asked, e.fetches(), "the old place is not asked any more")

				e.set(func(e *endpoint) { e.metadata = nil })
				time.Sleep(10 * time.Second) // simulated: the back-off
				require.True(t, accepts(r, "a"))
				require.NoError(t, r.Status().DiscoveryError)
				letFetchesEnd()
			})
		})
	}
}

// Nor does a restart lengthen the life of what rests on old metadata.
func TestMetadataAgeInTheSnapshotFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, log := newEndpoint(ecJWK("a")), &logBuffer{}
		file := saved(t, e) // makes the directory
		r := newRemote(t, e, func(c *jwks.Config) { byIssuer(c); c.SnapshotFile = file })
		require.NoError(t, r.Refresh(t.Context()))
		read := time.Now()
		e.set(func(e *endpoint) { e.metadata = refuse })
		time.Sleep(20 * time.Hour) // simulated
		require.NoError(t, r.Refresh(t.Context()))
		down := newEndpoint()
		down.down = true
		again := newRemote(t, down, func(c *jwks.Config) { byIssuer(c); c.SnapshotFile, c.Logger = file, log.logger() })
		require.True(t, accepts(again, "a"), log.String())
		require.Equal(t, read.Add(24*time.Hour).UTC(), again.Status().UsableUntil)
		letFetchesEnd()
	})
}
