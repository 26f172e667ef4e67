package jwks_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// Faults of what an issuer answers.

func withdrawal(t *testing.T) string {
	after := func(cacheControl string, bound time.Duration) time.Duration {
		var took time.Duration
		simulated(t, func(t *testing.T) string {
			for range 10 {
				e := slowEndpoint(ecJWK("old"), ecJWK("new"))
				e.header.Set("Cache-Control", cacheControl)
				r := newRemote(t, e, nil)
				require.True(t, accepts(r, "old"))
				e.publish(ecJWK("new"))
				withdrawn := time.Now()
				for accepts(r, "old") {
					time.Sleep(time.Second) // simulated: traffic
				}
				took = max(took, time.Since(withdrawn))
				// A second until it is noticed, a second until it is seen.
				require.LessOrEqual(t, time.Since(withdrawn), bound+2*time.Second)
			}
			return ""
		})
		return took.Round(time.Second)
	}
	return fmt.Sprintf("%v; max-age=1: %v; max-age=1 day: %v",
		after("", 15*time.Minute), after("max-age=1", time.Minute), after("max-age=86400", time.Hour))
}

func lastWithdrawal(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		e := slowEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		e.publish()
		served := servedFor(r, "a", 24*time.Hour)
		require.Greater(t, served, 15*time.Minute)
		require.LessOrEqual(t, served, 30*time.Minute+2*time.Second)
		return served.String()
	})
}

func badKeys(t *testing.T) string {
	ec, rs, ed := ecJWK("bad"), jwkOf("bad", &rsa2048().PublicKey), jwkOf("bad", newEd())
	bad := map[string]string{
		"unknown kty":  `{"kty":"AKP","kid":"bad"}`,
		"malformed":    `{"kty":"EC","kid":"bad","x":1}`,
		"not a key":    `7`,
		"duplicate":    `{"kty":"EC",` + ec.json()[1:],
		"symmetric":    `{"kty":"oct","kid":"bad","k":"AAAA"}`,
		"private":      ec.with("d", "AAAA").json(),
		"weak":         rs.with("n", b64(bytes.Repeat([]byte{255}, 128))).json(),
		"weak e":       rs.with("e", "AQ").json(),
		"off-curve":    ec.with("x", ec["y"]).json(),
		"wrong use":    ec.with("use", "enc").json(),
		"wrong ops":    ec.with("key_ops", []string{"encrypt"}).json(),
		"wrong alg":    ec.with("alg", "RS256").json(),
		"wrong length": ed.with("x", b64(make([]byte, 31))).json(),
		"wrong x5c":    ec.with("x5c", []string{certificate(t, newEC())}).json(),
	}
	for name, key := range bad {
		r := newRemote(t, newEndpoint(ecJWK("a"), key, ecJWK("b")), nil)
		require.True(t, accepts(r, "a") && accepts(r, "b"), name)
		require.True(t, refuses(r, "bad"), name)
		require.Len(t, r.Status().Skipped, 1, name)
		require.NotEmpty(t, r.Status().Skipped[0].Reason, name)
	}
	return fmt.Sprintf("%d kinds skipped, each with a reason", len(bad))
}

func badAnswers(t *testing.T) string {
	good := setOf(ecJWK("z"))
	bad := map[string]answerFunc{
		"HTML":            body(200, "text/html", "<html>"),
		"HTML as JSON":    body(200, "application/json", "<html>"),
		"{}":              body(200, "application/json", "{}"),
		"no keys":         body(200, "application/json", `{"keys":[]}`),
		"error":           body(200, "application/json", `{"error":"server_error"}`),
		"truncated":       body(200, "application/json", good[:len(good)/2]),
		"trailing":        body(200, "application/json", good+good),
		"only bad keys":   body(200, "application/json", `{"keys":[{"kty":"oct"}]}`),
		"204":             body(204, "application/json", ""),
		"206":             body(206, "application/json", good),
		"304 unasked":     body(304, "application/json", ""),
		"empty":           body(200, "application/json", ""),
		"breaks off":      breaksOff,
		"refused":         refuse,
		"500 with a body": body(500, "application/json", good),
	}
	for name, answer := range bad {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		e.answer(answer)
		require.Error(t, r.Refresh(t.Context()), name)
		require.True(t, accepts(r, "a"), name)
		require.EqualValues(t, 1, r.Status().Counts.Failures, name)
		require.Equal(t, jwks.Stale, r.Status().State, name)
	}
	e := newEndpoint(ecJWK("a"))
	e.header.Set("ETag", `"1"`)
	r := newRemote(t, e, nil)
	require.True(t, accepts(r, "a"))
	e.answer(body(304, "", ""))
	require.NoError(t, r.Refresh(t.Context()))
	require.Equal(t, jwks.Fresh, r.Status().State)
	return fmt.Sprintf("%d kinds refused; 304 after a set: success", len(bad))
}

func breaksOff(req *http.Request) (*http.Response, error) {
	resp := respond(req, 200, nil, "")
	resp.ContentLength = -1
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(setOf(ecJWK("z"))), brokenReader{}))
	return resp, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func hugeAnswers(t *testing.T) string {
	handlers := map[string]http.HandlerFunc{
		"200 MB, announced": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(200_000_000))
			pour(w, 200_000_000)
		},
		"200 MB": func(w http.ResponseWriter, _ *http.Request) { pour(w, 200_000_000) },
		"200 MB of white space": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"keys":[`)
			pour(w, 200_000_000)
		},
		"100,000 keys":      func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, manyKeys()) },
		"1 MiB of brackets": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, brackets()) },
		"redirect loop":     func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) },
		"redirect to http": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://issuer.example/", http.StatusFound)
		},
		"redirect to another host": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/", http.StatusFound)
		},
		"endless header": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 200<<10))
			fmt.Fprint(w, setOf(ecJWK("evil")))
		},
	}
	worst := uint64(0)
	for name, handler := range handlers {
		handler(discard{}, must(http.NewRequest("GET", "/", nil))) // warm up: what it makes once
		s := server(t, handler)
		r, err := jwks.NewRemote(jwks.Config{URL: s.URL})
		require.NoError(t, err)
		more := allocated(func() { err = r.Refresh(t.Context()) })
		require.Error(t, err, name)
		require.Less(t, more, uint64(4<<20), name)
		worst = max(worst, more)
	}
	slow := simulated(t, func(t *testing.T) string {
		e := newEndpoint()
		e.answer(drip)
		began := time.Now()
		require.ErrorIs(t, newRemote(t, e, nil).Refresh(t.Context()), context.DeadlineExceeded)
		require.Equal(t, 5*time.Second, time.Since(began))
		return time.Since(began).String()
	})
	return fmt.Sprintf("%d kinds refused, %.1f MiB allocated at most; slow body cut after %s",
		len(handlers)+1, float64(worst)/(1<<20), slow)
}

// allocated returns all bytes that a function allocates, garbage included: no
// less than what it can ever hold at once.
func allocated(f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// discard is a ResponseWriter for nothing.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) WriteHeader(int)             {}
func (discard) Write(b []byte) (int, error) { return len(b), nil }

var (
	spaces   = bytes.Repeat([]byte(" "), 64<<10)
	manyKeys = sync.OnceValue(func() string { return `{"keys":[` + strings.Repeat("{},", 100_000) + `{}]}` })
	brackets = sync.OnceValue(func() string { return strings.Repeat("[", 1<<20-1) })
)

// pour writes n bytes, or until the other side has had enough.
func pour(w io.Writer, n int) {
	for n > 0 {
		written, err := w.Write(spaces[:min(n, len(spaces))])
		if err != nil {
			return
		}
		n -= written
	}
}

// drip answers with a byte a second, for ever.
func drip(req *http.Request) (*http.Response, error) {
	resp := respond(req, 200, nil, "")
	resp.ContentLength = -1
	resp.Body = io.NopCloser(dripReader{req.Context()})
	return resp, nil
}

type dripReader struct{ ctx context.Context }

func (d dripReader) Read(b []byte) (int, error) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-timer.C:
		b[0] = ' '
		return 1, nil
	}
}

func newMaterial(t *testing.T) string {
	log := &logBuffer{}
	before, after := newEC(), newEC()
	e := newEndpoint(jwkOf("a", before))
	r := newRemote(t, e, func(c *jwks.Config) { c.Logger = log.logger() })
	require.True(t, accepts(r, "a"))
	e.publish(jwkOf("a", after))
	require.NoError(t, r.Refresh(t.Context()))
	keys, err := r.VerificationKeys(t.Context(), "a", "ES256")
	require.NoError(t, err)
	require.Len(t, keys, 1)
	require.True(t, after.Equal(keys[0]))
	require.EqualValues(t, 1, r.Status().Counts.Changed)
	require.Contains(t, log.String(), `msg="jwks: key changed" kid=a`)
	return "used from that refresh on, 1 change counted and logged"
}
