package jwks_test

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

var (
	noKeys       = body(200, "application/json", `{"keys":[]}`)
	noUsableKeys = body(200, "application/json", `{"keys":[{"kty":"oct","kid":"s","k":"AAAA"}]}`)
)

// servedFor lets traffic ask for a key once a second, until it is refused or d has passed, and returns how long it was
// served.
func servedFor(r *jwks.Remote, kid string, d time.Duration) time.Duration {
	began := time.Now()
	for accepts(r, kid) && time.Since(began) < d {
		time.Sleep(time.Second) // simulated
	}
	return time.Since(began)
}

// An issuer that publishes no usable key has withdrawn the last one: it is refused once a second answer, a refresh
// later, says so too.
func TestLastKeyWithdrawn(t *testing.T) {
	// checklist 94
	for name, tt := range map[string]struct {
		answer answerFunc
		bound  time.Duration
		change func(*jwks.Config)
	}{
		"no keys":        {noKeys, 30 * time.Minute, nil},
		"no usable keys": {noUsableKeys, 30 * time.Minute, nil},
		"as given":       {noKeys, 10 * time.Minute, func(c *jwks.Config) { c.RefreshInterval = 5 * time.Minute }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &logBuffer{}
				e := newEndpoint(ecJWK("a"))
				r := newRemote(t, e, func(c *jwks.Config) {
					c.Logger = log.logger()
					if tt.change != nil {
						tt.change(c)
					}
				})
				require.True(t, accepts(r, "a"))
				e.answer(tt.answer)
				served := servedFor(r, "a", 24*time.Hour)
				require.LessOrEqual(t, served, tt.bound+2*time.Second)
				require.Greater(t, served, tt.bound/2, "one answer is not enough")
				require.True(t, refuses(r, "a"), "for certain, and not: unavailable")
				require.True(t, refuses(r, ""))

				s := r.Status()
				require.LessOrEqual(t, time.Since(s.EmptySince), tt.bound/2+2*time.Second, "asked when it can be believed")
				require.Equal(t, jwks.Fresh, s.State)
				require.Empty(t, s.Keys)
				require.NoError(t, s.LastError)
				require.False(t, s.EmptySince.IsZero())
				require.EqualValues(t, 1, s.Counts.Removed)
				synctest.Wait()
				require.Contains(t, log.String(), `level=WARN msg="jwks: the key set holds no usable key; the last good one serves`)
				require.Contains(t, log.String(), `level=WARN msg="jwks: the issuer has withdrawn every key" since=`)
				require.Contains(t, log.String(), `msg="jwks: key removed" kid=a`)

				time.Sleep(time.Hour) // simulated
				require.True(t, refuses(r, "a"))
				e.answer(nil)
				e.publish(ecJWK("b"))
				time.Sleep(8 * time.Second) // simulated: the cool-down
				require.True(t, accepts(r, "b"), "the first token of a new key is accepted")
				require.True(t, r.Status().EmptySince.IsZero())
				letFetchesEnd()
			})
		})
	}
}

// A deployment that publishes an empty set for some minutes turns nobody away, even if the answer bears a short
// max-age.
func TestEmptySetByAccident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		e.header.Set("Cache-Control", "max-age=60")
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		for range 5 {
			e.publish()
			require.Equal(t, 14*time.Minute, servedFor(r, "a", 14*time.Minute))
			require.Equal(t, jwks.Stale, r.Status().State)
			require.ErrorContains(t, r.Status().LastError, "the set holds no key")
			require.False(t, r.Status().EmptySince.IsZero())
			e.publish(ecJWK("a"))
			time.Sleep(time.Minute) // simulated: the back-off
			require.True(t, accepts(r, "a"))
			synctest.Wait()
			require.Equal(t, jwks.Fresh, r.Status().State)
			require.True(t, r.Status().EmptySince.IsZero(), "what was said before counts no more")
			require.True(t, accepts(r, "a"))
		}
		letFetchesEnd()
	})
}

// What is no set says nothing about keys, however often it is said, and an outage between two empty sets changes
// nothing.
func TestOnlyASetCanBeEmpty(t *testing.T) {
	for name, answer := range map[string]answerFunc{
		"HTML": body(200, "text/html", "<html>"), "HTML as JSON": body(200, "application/json", "<html>"),
		"empty body": body(200, "application/json", ""), "{}": body(200, "application/json", "{}"),
		"null": body(200, "application/json", `{"keys":null}`), "404": body(404, "application/json", `{"keys":[]}`),
		"204": body(204, "application/json", ""), "trailing": body(200, "application/json", `{"keys":[]}{}`),
		"an empty set as HTML": body(200, "text/html", `{"keys":[]}`), "refused": refuse,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEndpoint(ecJWK("a"))
				r := newRemote(t, e, nil)
				require.True(t, accepts(r, "a"))
				e.answer(answer)
				require.Equal(t, 24*time.Hour, servedFor(r, "a", 48*time.Hour), "as in any outage")
				require.True(t, r.Status().EmptySince.IsZero())
				letFetchesEnd()
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		e.answer(noKeys)
		require.Error(t, r.Refresh(t.Context()))
		e.answer(refuse)
		require.Equal(t, time.Hour, servedFor(r, "a", time.Hour))
		e.answer(noKeys)
		require.NoError(t, r.Refresh(t.Context()), "that is the second answer")
		require.True(t, refuses(r, "a"))
		letFetchesEnd()
	})
}

// Where no set was ever loaded there is nothing to withdraw: it stays "unavailable".
func TestEmptySetAtAColdStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		r := newRemote(t, e, nil)
		for range 3600 {
			_, err := r.VerificationKeys(t.Context(), "a", "ES256")
			require.ErrorIs(t, err, jwks.ErrUnavailable)
			time.Sleep(time.Second) // simulated
		}
		require.Equal(t, jwks.NeverLoaded, r.Status().State)
		letFetchesEnd()
	})
}

// A key that is withdrawn so does not come back with the next start.
func TestLastKeyWithdrawnStaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, log := newEndpoint(ecJWK("a")), &logBuffer{}
		file := saved(t, e)
		r := newRemote(t, e, func(c *jwks.Config) { c.SnapshotFile = file })
		require.NoError(t, r.Refresh(t.Context()))
		e.answer(noKeys)
		require.Error(t, r.Refresh(t.Context()))
		require.Contains(t, string(must(os.ReadFile(file))), `"kid":"a"`)
		time.Sleep(15 * time.Minute) // simulated
		require.NoError(t, r.Refresh(t.Context()))
		require.False(t, accepts(restart(t, file, log), "a"))
		letFetchesEnd()
	})
}
