package jwks_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// TestFaults shows what a Remote does when things go wrong, as a table:
//
//	go test -run Faults -v ./jwks
//
// Every row is a test of its own, and what it has seen is measured. Rows about
// time run in simulated time, rows about HTTP against a real server.
func TestFaults(t *testing.T) {
	rows := []struct {
		fault, must string
		run         func(t *testing.T) (seen string)
	}{
		{"500 concurrent first verifications, cold", "1 fetch, 0 errors", coldStampede},
		{"5,000 random kids, endpoint takes 50 ms", "at most 3 fetches, valid tokens never wait", flood},
		{"rotation during that flood", "new key accepted within 10 s", rotationInFlood},
		{"rotation, in calm and after forged kids", "first token with the new key accepted", rotationInCalm},
		{"key withdrawn", "refused within 15 min; max-age: 1 min to 1 h", withdrawal},
		{"endpoint answers 500 after a good load", "serves for 24 h, then 503; back within 1 min", func(t *testing.T) string { return outage(t, body(500, "text/html", "sorry")) }},
		{"endpoint refuses after a good load", "serves for 24 h, then 503; back within 1 min", func(t *testing.T) string { return outage(t, refuse) }},
		{"endpoint down at cold start", "503 + Retry-After, first retry in about 1 s", coldOutage},
		{"endpoint hangs", "known kid: no wait; unknown: deadline or 5 s", hanging},
		{"requester that began a fetch goes away", "the others get its result", requesterLeaves},
		{"one bad key in the set", "the rest is used, Status says why", badKeys},
		{"answer that is no key set", "nothing replaced, counted as failure", badAnswers},
		{"huge, endless and redirected answers", "refused; bounded time; under 4 MiB more memory", hugeAnswers},
		{"same kid, new material", "new material used, reported as changed", newMaterial},
		{"restart while the issuer is down", "serves from the snapshot file, if it is good", restarts},
		{"1,000 instances started within a second", "no later second holds more than 2 % of a round", fleet},
		{"72 hours of everything at random", "no key too long, none refused too long", soak},
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintln(w, "\nfault\t must\t seen\t ok\n-----\t ----\t ----\t --")
	for _, row := range rows {
		seen, verdict := "not run", "-"
		if !t.Run(row.fault, func(t *testing.T) {
			verdict = "yes"
			seen = "see above"
			seen = row.run(t)
		}) {
			verdict = "NO"
		}
		fmt.Fprintf(w, "%s\t %s\t %s\t %s\n", row.fault, row.must, seen, verdict)
	}
	require.NoError(t, w.Flush())
	t.Log(table.String())
}

// simulated runs a row in a bubble, where time passes only when all wait.
func simulated(t *testing.T, run func(t *testing.T) string) (seen string) {
	seen = "failed"
	synctest.Test(t, func(t *testing.T) {
		seen = run(t)
		letFetchesEnd()
	})
	return seen
}

func slowEndpoint(keys ...any) *endpoint {
	e := newEndpoint(keys...)
	e.delay = 50 * time.Millisecond
	return e
}

func coldStampede(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		e := slowEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		var wg sync.WaitGroup
		var failed atomic.Int64
		for range 500 {
			wg.Go(func() {
				if !accepts(r, "a") {
					failed.Add(1)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, e.fetches())
		require.Zero(t, failed.Load())
		return fmt.Sprintf("%d fetch, %d errors", e.fetches(), failed.Load())
	})
}

// flood is run twice: by 50 senders at once, and by one that waits for each answer.
func flood(t *testing.T) string {
	var seen []string
	for _, senders := range []int{50, 1} {
		seen = append(seen, simulated(t, func(t *testing.T) string {
			e := slowEndpoint(ecJWK("a"))
			r := newRemote(t, e, nil)
			require.True(t, accepts(r, "a"))
			var wg sync.WaitGroup
			var wrong atomic.Int64
			var waited atomic.Int64
			for s := range senders {
				wg.Go(func() {
					for _, kid := range names(fmt.Sprint("forged", s), 5000/senders) {
						began := time.Now()
						if !accepts(r, "a") {
							wrong.Add(1)
						}
						waited.Add(int64(time.Since(began)))
						if !refuses(r, kid) {
							wrong.Add(1)
						}
					}
				})
			}
			wg.Wait()
			require.LessOrEqual(t, e.fetches()-1, 3)
			require.Zero(t, wrong.Load())
			require.Zero(t, waited.Load())
			return fmt.Sprintf("%d fetches from %d sender(s)", e.fetches()-1, senders)
		}))
	}
	return strings.Join(seen, ", ") + ", waits 0 s"
}

func rotationInFlood(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		e := slowEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for s := range 10 {
			wg.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					refuses(r, fmt.Sprint("forged", s, "-", i))
					time.Sleep(10 * time.Millisecond) // simulated: 1,000 a second in all
				}
			})
		}
		worst := time.Duration(0)
		for i, kid := range names("new", 20) {
			time.Sleep(time.Duration(10+i) * 777 * time.Millisecond) // simulated: at any phase of the cool-down
			e.publish(ecJWK("a"), ecJWK(kid))
			published := time.Now()
			for !accepts(r, kid) {
				time.Sleep(10 * time.Millisecond) // simulated: the token is shown again
			}
			worst = max(worst, time.Since(published))
		}
		cancel()
		wg.Wait()
		require.LessOrEqual(t, worst, 10*time.Second)
		return fmt.Sprintf("within %v, 20 rotations", worst.Round(10*time.Millisecond))
	})
}

func rotationInCalm(t *testing.T) string {
	var failed, rotations int
	for forged := range 3 {
		simulated(t, func(t *testing.T) string {
			e := slowEndpoint(ecJWK("a"))
			r := newRemote(t, e, nil)
			require.True(t, accepts(r, "a"))
			for _, kid := range names("new", 10) {
				for _, other := range names(kid+"-forged", forged) {
					require.True(t, refuses(r, other))
				}
				e.publish(ecJWK("a"), ecJWK(kid))
				if !accepts(r, kid) {
					failed++
				}
				rotations++
				time.Sleep(time.Minute) // simulated
			}
			return ""
		})
	}
	require.Zero(t, failed)
	return fmt.Sprintf("%d of %d refused, after 0 to 2 forged kids", failed, rotations)
}

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
				require.LessOrEqual(t, time.Since(withdrawn), bound+2*time.Second) // a second until it is noticed, a second until it is seen
			}
			return ""
		})
		return took.Round(time.Second)
	}
	return fmt.Sprintf("%v; max-age=1: %v; max-age=1 day: %v",
		after("", 15*time.Minute), after("max-age=1", time.Minute), after("max-age=86400", time.Hour))
}

func outage(t *testing.T, fault answerFunc) string {
	return simulated(t, func(t *testing.T) string {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		loaded := time.Now()
		e.answer(fault)
		for accepts(r, "a") {
			if r.Status().Failures > 0 {
				require.Equal(t, jwks.Stale, r.Status().State)
			}
			time.Sleep(time.Second) // simulated: traffic
		}
		served := time.Since(loaded)
		require.Equal(t, 24*time.Hour, served)
		_, err := r.VerificationKeys(t.Context(), "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.GreaterOrEqual(t, retryAfter(err), time.Second)

		gaps := gaps(e.times()[1:])
		require.InDelta(t, time.Second, gaps[0], float64(1300*time.Millisecond)) // seen by traffic once a second
		require.Greater(t, gaps[5], 4*gaps[0])
		require.LessOrEqual(t, slices.Max(gaps), 55*time.Second)
		slices.Sort(gaps)
		require.Greater(t, len(slices.Compact(gaps)), 15, "jitter")
		return fmt.Sprintf("%v served, then 503; back after %v; gaps 1 s to %v", served, recovery(t, fault), slices.Max(gaps).Round(time.Second))
	})
}

// recovery measures how long a Remote that serves on takes to notice that the
// endpoint is back, at worst.
func recovery(t *testing.T, fault answerFunc) time.Duration {
	worst := time.Duration(0)
	for i := range 20 {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		e.answer(fault)
		time.Sleep(time.Hour) // simulated
		for range 600 + i*7 {
			require.True(t, accepts(r, "a"))
			time.Sleep(time.Second) // simulated
		}
		e.answer(nil)
		back := time.Now()
		for r.Status().State != jwks.Fresh {
			require.True(t, accepts(r, "a"))
			time.Sleep(time.Second) // simulated
		}
		worst = max(worst, time.Since(back))
	}
	require.LessOrEqual(t, worst, time.Minute)
	return worst
}

func gaps(times []time.Time) []time.Duration {
	all := make([]time.Duration, len(times)-1)
	for i := range all {
		all[i] = times[i+1].Sub(times[i])
	}
	return all
}

func coldOutage(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		e := newEndpoint(ecJWK("a"))
		e.down = true
		r := newRemote(t, e, nil)
		_, err := r.VerificationKeys(t.Context(), "a", "ES256")
		require.GreaterOrEqual(t, retryAfter(err), time.Second)
		for range 3000 {
			require.False(t, accepts(r, "a"))
			time.Sleep(10 * time.Millisecond) // simulated: traffic
		}
		gaps := gaps(e.times())
		require.InDelta(t, time.Second, gaps[0], float64(300*time.Millisecond))
		require.LessOrEqual(t, slices.Max(gaps), 6500*time.Millisecond)
		e.set(func(e *endpoint) { e.down = false })
		back := time.Now()
		for !accepts(r, "a") {
			time.Sleep(10 * time.Millisecond) // simulated
		}
		took := time.Since(back)
		require.LessOrEqual(t, took, 6500*time.Millisecond)
		return fmt.Sprintf("Retry-After %v, first retry after %v, back after %v",
			retryAfter(err).Round(100*time.Millisecond), gaps[0].Round(10*time.Millisecond), took.Round(10*time.Millisecond))
	})
}

func hanging(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		require.True(t, accepts(r, "a"))
		e.answer(hang)
		lookup := func(kid string, deadline time.Duration) (time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			began := time.Now()
			_, err := r.VerificationKeys(ctx, kid, "ES256")
			return time.Since(began), err
		}
		short, err := lookup("new", time.Second)
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.Equal(t, time.Second, short)
		known, err := lookup("a", time.Minute) // while that fetch still hangs
		require.NoError(t, err)
		require.Zero(t, known)
		letFetchesEnd()
		long, err := lookup("new", time.Minute)
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.Equal(t, 5*time.Second, long)

		time.Sleep(20 * time.Minute) // simulated: a scheduled one is due, too
		known, err = lookup("a", time.Minute)
		require.NoError(t, err)
		require.Zero(t, known)
		letFetchesEnd()
		e.answer(nil)
		e.publish(ecJWK("a"), ecJWK("new"))
		require.True(t, accepts(r, "new"), "a later fetch is possible")
		return fmt.Sprintf("known %v; unknown %v of 1 s, %v of 1 min; later fetch works", known, short, long)
	})
}

func requesterLeaves(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		e := slowEndpoint(ecJWK("a"))
		r := newRemote(t, e, nil)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := r.VerificationKeys(ctx, "a", "ES256")
			left <- err
		}()
		synctest.Wait() // its fetch is under way
		var wg sync.WaitGroup
		var served atomic.Int64
		for range 100 {
			wg.Go(func() {
				if accepts(r, "a") {
					served.Add(1)
				}
			})
		}
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-left, context.Canceled)
		wg.Wait()
		require.EqualValues(t, 100, served.Load())
		require.Equal(t, 1, e.fetches())
		return fmt.Sprintf("%d of 100 others served by %d fetch", served.Load(), e.fetches())
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
		"200 MB":                func(w http.ResponseWriter, _ *http.Request) { pour(w, 200_000_000) },
		"200 MB of white space": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[`); pour(w, 200_000_000) },
		"100,000 keys":          func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, manyKeys()) },
		"1 MiB of brackets":     func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, brackets()) },
		"redirect loop":         func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) },
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
		handler(discard{}, &http.Request{Method: "GET", URL: must(http.NewRequest("GET", "/", nil)).URL}) // warm up: what it makes once
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
	return fmt.Sprintf("%d kinds refused, %.1f MiB allocated at most; slow body cut after %s", len(handlers)+1, float64(worst)/(1<<20), slow)
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

func restarts(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		file, log := saved(t, newEndpoint(ecJWK("a"))), &logBuffer{}
		good := must(os.ReadFile(file))
		require.True(t, accepts(restart(t, file, log), "a"))
		synctest.Wait() // the log is written after the answer
		require.NotContains(t, log.String(), "ignored")

		unreadable := filepath.Join(t.TempDir(), "directory")
		require.NoError(t, os.Mkdir(unreadable, 0o700))
		require.NoError(t, os.WriteFile(file+".edited", bytes.Replace(good, []byte(`"a"`), []byte(`"b"`), 1), 0o600))
		for _, bad := range []string{file + ".edited", unreadable} {
			require.False(t, accepts(restart(t, bad, log), "a"))
		}
		time.Sleep(24 * time.Hour) // simulated
		require.False(t, accepts(restart(t, file, log), "a"))
		synctest.Wait()
		require.Equal(t, 3, strings.Count(log.String(), "snapshot file ignored"))
		return "served; edited, unreadable, too old: ignored with a warning"
	})
}

func fleet(t *testing.T) string {
	return simulated(t, func(t *testing.T) string {
		const instances = 1000
		e := newEndpoint(ecJWK("a"))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		started := time.Now()
		var wg sync.WaitGroup
		random := rand.New(rand.NewPCG(1, 2))
		for range instances {
			r, wait := newRemote(t, e, nil), time.Duration(random.Int64N(int64(time.Second)))
			wg.Go(func() {
				time.Sleep(wait) // simulated
				_ = r.Run(ctx)
			})
		}
		wg.Wait()
		seconds := map[int]int{}
		for _, at := range e.times() {
			seconds[int(at.Sub(started)/time.Second)]++
		}
		require.Equal(t, instances, seconds[0])
		delete(seconds, 0)
		worst := 0
		for _, n := range seconds {
			worst = max(worst, n)
		}
		require.LessOrEqual(t, worst, instances*2/100)
		require.Greater(t, len(e.times()), 7*instances)
		return fmt.Sprintf("at most %.1f %% in a second, over 2 h", float64(worst)*100/instances)
	})
}
