package jwks_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// An outage of two days, with a lookup each minute, is told in three records of state.
func TestStateIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, log := newEndpoint(ecJWK("a")), &logBuffer{}
		r := newRemote(t, e, func(c *jwks.Config) { c.Logger = log.logger() })
		require.NoError(t, r.Refresh(t.Context()))
		usableUntil := r.Status().UsableUntil
		e.answer(refuse)
		for range 48 * 60 {
			time.Sleep(time.Minute) // simulated
			_, _ = r.VerificationKeys(t.Context(), "a", "ES256")
		}
		letFetchesEnd()
		e.answer(nil)
		require.NoError(t, r.Refresh(t.Context()))

		told := records(log, "jwks: keys are ")
		require.Len(t, told, 3)
		until := " usable_until=" + usableUntil.Format("2006-01-02T15:04:05.000Z07:00")
		from := ` source=https://issuer.example/jwks.json`
		require.Contains(t, told[0], `level=WARN msg="jwks: keys are stale: the last good set serves on"`+from+until)
		require.Contains(t, told[1], `level=ERROR msg="jwks: keys are unavailable: no token can be verified"`+from+until)
		require.Contains(t, told[2], `level=INFO msg="jwks: keys are good again"`+from)
		require.NotContains(t, told[2], until)
	})
}

// A service that starts during an outage says so, and does not invent a time.
func TestNoKeysFromTheStartIsLogged(t *testing.T) {
	e, log := newEndpoint(ecJWK("a")), &logBuffer{}
	e.answer(refuse)
	r := newRemote(t, e, func(c *jwks.Config) { c.Logger = log.logger() })
	for range 3 {
		require.Error(t, r.Refresh(t.Context()))
	}
	told := records(log, "jwks: keys are ")
	require.Len(t, told, 1)
	require.Contains(t, told[0], "level=ERROR")
	require.NotContains(t, told[0], "usable_until")
	e.answer(nil)
	require.NoError(t, r.Refresh(t.Context()))
	require.Contains(t, records(log, "jwks: keys are ")[1], "usable_until")
}

// records are the lines of the log that hold the text.
func records(log *logBuffer, text string) (found []string) {
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}
