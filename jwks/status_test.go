package jwks_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

func TestStatusThroughALife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"), jwk{"kty": "oct", "kid": "s", "k": "AAAA"})
		r := newRemote(t, e, nil)
		s := r.Status()
		require.Equal(t, jwks.NeverLoaded, s.State)
		require.Equal(t, jwks.Status{State: jwks.NeverLoaded, Source: setURL, JWKSURL: setURL}, s)

		e.set(func(e *endpoint) { e.down = true })
		require.Error(t, r.Refresh(t.Context()))
		require.Equal(t, jwks.NeverLoaded, r.Status().State)
		require.ErrorContains(t, r.Status().LastError, "connection refused")

		e.set(func(e *endpoint) { e.down = false })
		require.NoError(t, r.Refresh(t.Context()))
		loaded := time.Now()
		time.Sleep(time.Minute) // simulated
		s = r.Status()
		require.Equal(t, jwks.Fresh, s.State)
		require.Equal(t, time.Minute, s.Age)
		require.Equal(t, loaded, s.ConfirmedAt)
		require.Equal(t, loaded.Add(24*time.Hour), s.UsableUntil)
		require.NoError(t, s.LastError)
		require.Equal(t, "a", s.Keys[0].KeyID)
		require.Equal(t, "EC", s.Keys[0].Type)
		require.Equal(t, []string{"ES256"}, s.Keys[0].Algorithms)
		require.Len(t, s.Keys[0].Thumbprint, 43)
		require.Equal(t, 1, s.Skipped[0].Index)
		require.Equal(t, "s", s.Skipped[0].KeyID)

		time.Sleep(15 * time.Minute) // simulated: nobody asks
		require.Equal(t, jwks.Stale, r.Status().State)
		require.True(t, accepts(r, "a"))
		synctest.Wait()
		require.Equal(t, jwks.Fresh, r.Status().State, "a lookup began the refresh")

		e.set(func(e *endpoint) { e.down = true })
		require.Error(t, r.Refresh(t.Context()))
		require.Equal(t, jwks.Stale, r.Status().State)
		require.Equal(t, 1, r.Status().Failures)
		time.Sleep(24 * time.Hour) // simulated
		require.Equal(t, jwks.Unavailable, r.Status().State)
		require.EqualValues(t, 4, r.Status().Counts.Fetches)
		require.EqualValues(t, 2, r.Status().Counts.Failures)
	})
}

// A set is as old as the question that it answered, and so is the metadata: what happened while the answer was on its
// way is not in it.
func TestAgeCountsFromTheBeginningOfAFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		e.delay = 2 * time.Second
		r := newRemote(t, e, byIssuer)
		began := time.Now()
		require.NoError(t, r.Refresh(t.Context()))
		require.Equal(t, 4*time.Second, time.Since(began), "the metadata and the set")
		s := r.Status()
		require.Equal(t, began, s.ConfirmedAt)
		require.Equal(t, began, s.DiscoveredAt)
		require.Equal(t, 4*time.Second, s.Age)
		require.Equal(t, began.Add(24*time.Hour), s.UsableUntil)
		require.False(t, s.NextRefresh.After(began.Add(15*time.Minute)))
	})
}

// What an answer says of its age holds until the next answer: a 200 without max-age has none, a 304 without it leaves
// it.
func TestMaxAgeIsOfTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		interval := func() time.Duration { // to within a quarter
			require.NoError(t, r.Refresh(t.Context()))
			return time.Until(r.Status().NextRefresh)
		}
		e.header.Set("ETag", `"1"`)
		e.header.Set("Cache-Control", "max-age=60")
		require.LessOrEqual(t, interval(), time.Minute)
		e.answer(body(304, "", ""))
		require.LessOrEqual(t, interval(), time.Minute)
		e.answer(nil)
		e.header.Del("Cache-Control")
		require.Greater(t, interval(), 10*time.Minute)
	})
}

func TestStatusHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"), `{"kty":"oct"}`)
		e.delay = time.Second // so that the fetch which the first probe begins cannot end before the probe
		r := newRemote(t, e, nil)
		probe := func(method string) (int, map[string]any) {
			w := httptest.NewRecorder()
			r.StatusHandler().ServeHTTP(w, httptest.NewRequest(method, "/", nil))
			doc := map[string]any{}
			if w.Code != 405 {
				require.Equal(t, "application/json", w.Header().Get("Content-Type"))
				require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
				require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
			}
			return w.Code, doc
		}
		code, doc := probe("GET")
		require.Equal(t, 503, code)
		require.Equal(t, "never loaded", doc["state"])
		require.Equal(t, []any{}, doc["keys"])
		time.Sleep(2 * time.Second) // simulated
		code, doc = probe("GET")
		require.Equal(t, 200, code, "the probe itself began the first fetch")
		require.Equal(t, "fresh", doc["state"])
		require.Equal(t, "a", doc["keys"].([]any)[0].(map[string]any)["kid"])
		require.Contains(t, doc["skipped"].([]any)[0].(map[string]any)["reason"], "symmetric")
		require.Equal(t, 1.0, doc["counts"].(map[string]any)["fetches"])

		e.set(func(e *endpoint) { e.down, e.delay = true, 0 })
		require.Error(t, r.Refresh(t.Context()))
		code, doc = probe("HEAD")
		require.Equal(t, 200, code)
		require.Equal(t, "stale", doc["state"])
		require.Contains(t, doc["last_error"], "refused")
		time.Sleep(25 * time.Hour) // simulated
		code, doc = probe("GET")
		require.Equal(t, 503, code)
		require.Equal(t, "unavailable", doc["state"])
		code, _ = probe("POST")
		require.Equal(t, 405, code)
	})
}

func TestEvents(t *testing.T) {
	log := &logBuffer{}
	kept := ecJWK("kept")
	e := newEndpoint(kept, ecJWK("renewed"), ecJWK("gone"), ecJWK(""))
	r := newRemote(t, e, func(c *jwks.Config) { c.Logger = log.logger() })
	since := func() string { // what was logged since the last call
		log.mu.Lock()
		defer log.mu.Unlock()
		s := log.buf.String()
		log.buf.Reset()
		return s
	}
	require.NoError(t, r.Refresh(t.Context()))
	require.Equal(t, 4, strings.Count(since(), `msg="jwks: key added"`))

	e.publish(kept, ecJWK("renewed"), ecJWK("new"), `{"kty":"oct","kid":"s"}`)
	require.NoError(t, r.Refresh(t.Context()))
	events := since()
	require.Contains(t, events, `level=WARN msg="jwks: key changed" kid=renewed`)
	require.Contains(t, events, `level=INFO msg="jwks: key added" kid=new`)
	require.Contains(t, events, `level=INFO msg="jwks: key removed" kid=gone`)
	require.Contains(t, events, `level=INFO msg="jwks: key removed" kid=""`)
	require.Contains(t, events, `msg="jwks: key skipped" index=3 kid=s`)
	require.NotContains(t, events, "kept")

	require.NoError(t, r.Refresh(t.Context()))
	require.Empty(t, since(), "nothing changed, nothing said")
	e.answer(refuse)
	require.Error(t, r.Refresh(t.Context()))
	events = since()
	require.Contains(t, events, `level=WARN msg="jwks: keys are stale: the last good set serves on" `+
		`source=https://issuer.example/jwks.json usable_until=`)
	require.Contains(t, events, `level=WARN msg="jwks: refresh failed" `+
		`error="key set at https://issuer.example/jwks.json: connection refused" failures=1 state=stale`)
	e.answer(nil)
	require.NoError(t, r.Refresh(t.Context()))
	require.Contains(t, since(), `level=INFO msg="jwks: keys are good again" `+
		`source=https://issuer.example/jwks.json usable_until=`)

	counts := r.Status().Counts
	require.Equal(t, []uint64{5, 2, 1}, []uint64{counts.Added, counts.Removed, counts.Changed})
}

// What a transport says need not be UTF-8, and must not silence the probe.
func TestStatusHandlerWithAnIllegibleError(t *testing.T) {
	e := newEndpoint()
	e.answer(func(*http.Request) (*http.Response, error) { return nil, errors.New("refused: \xff") })
	r := newRemote(t, e, nil)
	require.Error(t, r.Refresh(t.Context()))
	w := httptest.NewRecorder()
	r.StatusHandler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 503, w.Code)
	require.Contains(t, w.Body.String(), "refused: \ufffd")
}

// Whoever writes a status elsewhere writes what the handler serves.
func TestStatusAsJSON(t *testing.T) {
	e := newEndpoint()
	e.answer(func(*http.Request) (*http.Response, error) { return nil, errors.New("refused: \xff") })
	r := newRemote(t, e, nil)
	require.Error(t, r.Refresh(t.Context()))
	document, err := json.Marshal(map[string]any{"keys": r.Status()})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	r.StatusHandler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.JSONEq(t, `{"keys":`+w.Body.String()+`}`, string(document))
	require.Contains(t, string(document), `"last_error":"`)
}

// A logger may call back: no lock is held while it runs.
func TestLoggerMayCallBack(t *testing.T) {
	e := newEndpoint(ecJWK("a"))
	var r *jwks.Remote
	log := callback(func() { _ = r.Status(); accepts(r, "a") })
	r = newRemote(t, e, func(c *jwks.Config) { c.Logger = log })
	require.NoError(t, r.Refresh(t.Context()))
}
