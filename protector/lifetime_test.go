package protector_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// lenient is a token that is good for a while behind its expiry.
type lenient struct {
	token
	leeway time.Duration
}

func (l *lenient) ValidAt(at time.Time) bool {
	return l.expires.IsZero() || at.Before(l.expires.Add(l.leeway))
}

// watching waits for the end of its request, for an hour at most, and tells how long it took and why.
type watching struct {
	lasted time.Duration
	cause  error
}

func (w *watching) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	started := time.Now()
	select {
	case <-r.Context().Done():
		w.cause = context.Cause(r.Context())
	case <-time.After(time.Hour):
	}
	w.lasted = time.Since(started)
}

var doorNames = []string{"middleware", "nested", "check"}

// doors are the ways to a handler: the middleware, and Check.
func doors(
	t *testing.T, guard *protector.Protector, policy protector.Policy, next http.Handler,
) map[string]http.Handler {
	return map[string]http.Handler{
		"middleware": guard.RequirePolicy(policy)(next),
		"nested":     guard.Require()(guard.RequirePolicy(policy)(next)),
		"check":      adapter(guard, newRule(t, guard, policy), next),
	}
}

// checklist 204
func TestUntilExpiry(t *testing.T) {
	const never = time.Hour
	for _, tt := range []struct {
		name   string
		token  func(now time.Time) *lenient
		policy protector.Policy
		lasts  time.Duration
	}{
		{"to the expiry", func(now time.Time) *lenient {
			return &lenient{token{expires: now.Add(time.Minute)}, 0}
		}, protector.Policy{UntilExpiry: true}, time.Minute},
		{"leeway included", func(now time.Time) *lenient {
			return &lenient{token{expires: now.Add(time.Minute)}, 90 * time.Second}
		}, protector.Policy{UntilExpiry: true}, 150 * time.Second},
		{"within the leeway", func(now time.Time) *lenient {
			return &lenient{token{expires: now.Add(-time.Minute)}, 90 * time.Second}
		}, protector.Policy{UntilExpiry: true}, 30 * time.Second},
		{"that ends before it expires", func(now time.Time) *lenient {
			return &lenient{token{expires: now.Add(time.Minute)}, -20 * time.Second}
		}, protector.Policy{UntilExpiry: true}, 40 * time.Second},
		{"without expiry", func(time.Time) *lenient {
			return &lenient{token{user: "alice"}, 0}
		}, protector.Policy{UntilExpiry: true}, never},
		{"not asked for", func(now time.Time) *lenient {
			return &lenient{token{expires: now.Add(time.Minute)}, 0}
		}, protector.Policy{}, never},
		{"optional", func(now time.Time) *lenient {
			return &lenient{token{expires: now.Add(time.Minute)}, 0}
		}, protector.Policy{UntilExpiry: true, Optional: true}, time.Minute},
	} {
		inBubble(t, func(t *testing.T) {
			row := tt.token(time.Now())
			guard := newGuard(t, protector.Config{Validators: []protector.Validator{
				protector.Bearer(func(context.Context, string) (*lenient, error) { return row, nil }),
			}})
			for _, door := range doorNames {
				seen := new(watching)
				*row = *tt.token(time.Now())
				handler := doors(t, guard, tt.policy, seen)[door]
				ctx, end := context.WithCancel(t.Context())
				handler.ServeHTTP(newRecorder(), newRequest("alice").WithContext(ctx))
				end()
				require.InDelta(t, tt.lasts, seen.lasted, float64(time.Millisecond), "%s: %s", tt.name, door)
				if tt.lasts == never {
					require.NoError(t, seen.cause)
					continue
				}
				var refusal *protector.Error
				require.ErrorAs(t, seen.cause, &refusal)
				require.Equal(t, []any{401, "invalid_token", "expired", "Bearer"},
					[]any{refusal.Status, refusal.Code, refusal.Reason, refusal.Scheme})
			}
		})
	}
}

// questioned is a token that counts how often it is asked whether it is good.
type questioned struct {
	lenient
	asked int
}

func (q *questioned) ValidAt(at time.Time) bool {
	q.asked++
	return q.lenient.ValidAt(at)
}

// An end that no clock will see costs no more to find than another.
func TestUntilAnExpiryFarAway(t *testing.T) {
	for name, expires := range map[string]time.Time{
		"a year": time.Now().AddDate(1, 0, 0), "9999": time.Unix(253402300799, 0), "a million years": time.Unix(1<<45, 0),
		"the longest": time.Unix(1<<62, 0),
	} {
		row := &questioned{lenient: lenient{token: token{user: "alice", expires: expires}}}
		guard := newGuard(t, protector.Config{Validators: []protector.Validator{
			protector.Bearer(func(context.Context, string) (*questioned, error) { return row, nil }),
		}})
		r, err := guard.Check(newRequest("alice"), newRule(t, guard, protector.Policy{UntilExpiry: true}))
		require.NoError(t, err, name)
		require.NoError(t, r.Context().Err(), name)
		require.Less(t, row.asked, 100, name)
	}
}

// Whoever asks the clock of the configuration asks it everywhere.
func TestUntilExpiryByTheConfiguredClock(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ahead := func() time.Time { return time.Now().Add(24 * time.Hour) }
		row, seen := &token{expires: ahead().Add(time.Minute)}, new(watching)
		guard := newGuard(t, protector.Config{Now: ahead, Validators: []protector.Validator{
			protector.Bearer(func(context.Context, string) (*token, error) { return row, nil }),
		}})
		guard.RequirePolicy(protector.Policy{UntilExpiry: true})(seen).ServeHTTP(newRecorder(), newRequest("alice"))
		require.Equal(t, time.Minute, seen.lasted)
	})
}

func TestUntilExpiryOfAnonymousRequests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := new(watching)
		withdrawn := func(protector.Token) context.Context { panic("there is no token") }
		guard := newGuard(t, protector.Config{})
		guard.RequirePolicy(protector.Policy{Optional: true, UntilExpiry: true, Withdrawn: withdrawn})(seen).
			ServeHTTP(newRecorder(), newRequest(""))
		require.Equal(t, time.Hour, seen.lasted)
	})
}

var errLoggedOut = errors.New("logged out")

// checklist 204
func TestWithdrawn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, door := range doorNames {
			session, logOut := context.WithCancelCause(t.Context())
			seen := new(watching)
			guard := newGuard(t, protector.Config{})
			policy := protector.Policy{UntilExpiry: true, Withdrawn: func(tok protector.Token) context.Context {
				require.Equal(t, "alice", tok.(*token).user)
				return session
			}}
			handler := doors(t, guard, policy, seen)[door]
			time.AfterFunc(time.Minute, func() { logOut(errLoggedOut) })
			handler.ServeHTTP(newRecorder(), newRequest("alice"))
			require.Equal(t, time.Minute, seen.lasted, door)
			var refusal *protector.Error
			require.ErrorAs(t, seen.cause, &refusal)
			require.Equal(t, []any{401, "revoked"}, []any{refusal.Status, refusal.Reason})
			require.ErrorContains(t, refusal, errLoggedOut.Error())

			answer := newRecorder()
			handler.ServeHTTP(answer, newRequest("alice"))
			require.Equal(t, 401, answer.Code, "the session has ended")
		}
	})
}

// counting is the context of a session that counts who waits for its end. The package context asks AfterFunc, since
// the context has a channel of its own.
type counting struct {
	context.Context
	done    chan struct{}
	waiting atomic.Int64
}

func (c *counting) Done() <-chan struct{} { return c.done }

func (c *counting) AfterFunc(func()) (stop func() bool) {
	c.waiting.Add(1)
	return sync.OnceValue(func() bool { c.waiting.Add(-1); return true })
}

// A session lives longer than its requests, and must not remember them.
func TestRequestsLeaveTheirSession(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, door := range doorNames {
			session := &counting{Context: t.Context(), done: make(chan struct{})}
			guard := newGuard(t, protector.Config{})
			policy := protector.Policy{UntilExpiry: true, Withdrawn: func(protector.Token) context.Context { return session }}
			waiting := int64(-1)
			handler := doors(t, guard, policy, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				waiting = session.waiting.Load()
			}))[door]
			ctx, end := context.WithCancel(t.Context())
			handler.ServeHTTP(newRecorder(), newRequest("alice").WithContext(ctx))
			end() // as net/http does when the handler has returned
			synctest.Wait()
			require.Equal(t, int64(1), waiting, door)
			require.Zero(t, session.waiting.Load(), door)
		}
	})
}

// A middleware leaves no timer behind, also where nobody ends the context of the request.
func TestMiddlewareEndsWhatItBegan(t *testing.T) {
	noSession := func(protector.Token) context.Context { return nil }
	session := func(protector.Token) context.Context { return t.Context() }
	ends := time.Now().Add(time.Hour)
	for name, tt := range map[string]struct {
		expires   time.Time
		withdrawn func(protector.Token) context.Context
	}{
		"expiry": {ends, nil}, "no session": {ends, noSession}, "both": {ends, session}, "session": {time.Time{}, session},
	} {
		t.Run(name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{Validators: []protector.Validator{
				returning(&token{user: "alice", expires: tt.expires}),
			}})
			var ctx context.Context
			guard.RequirePolicy(protector.Policy{UntilExpiry: true, Withdrawn: tt.withdrawn})(http.HandlerFunc(
				func(_ http.ResponseWriter, r *http.Request) {
					ctx = r.Context()
					require.NoError(t, ctx.Err())
				})).ServeHTTP(newRecorder(), newRequest("alice"))
			require.ErrorIs(t, ctx.Err(), context.Canceled)
			require.NotErrorAs(t, context.Cause(ctx), new(*protector.Error))
		})
	}
}

// An event stream over a real connection ends when its user logs out, and the connection with it.
func TestStreamEndsWithItsToken(t *testing.T) {
	session, logOut := context.WithCancelCause(t.Context())
	guard := newGuard(t, protector.Config{})
	policy := protector.Policy{UntilExpiry: true, Withdrawn: func(protector.Token) context.Context { return session }}
	server := serve(t, guard.RequirePolicy(policy)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: hello\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		fmt.Fprintf(w, "event: end\ndata: %v\n\n", context.Cause(r.Context()))
	})))
	r, err := http.NewRequest(http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer alice")
	response, err := server.Client().Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	require.True(t, lines.Scan())
	require.Equal(t, "data: hello", lines.Text())
	logOut(errLoggedOut)
	var last string
	for lines.Scan() {
		last = cmp.Or(lines.Text(), last)
	}
	require.NoError(t, lines.Err())
	require.Equal(t, "data: protector: 401 invalid_token (revoked): logged out", last)
}

func TestWithdrawnNeedsUntilExpiry(t *testing.T) {
	policy := protector.Policy{Withdrawn: func(protector.Token) context.Context { return nil }}
	require.ErrorContains(t, policy.Validate(), "Withdrawn has no effect without UntilExpiry: set both")
	_, err := newGuard(t, protector.Config{}).NewRule(policy)
	require.ErrorContains(t, err, "NewRule: the function Withdrawn")
}

// Policies that nobody could pass, or that an inventory could not hold.
func TestPoliciesThatNobodyMeans(t *testing.T) {
	logger := slog.New(slog.DiscardHandler)
	for says, policy := range map[string]protector.Policy{
		"NoDelegation is set, and rule 2 of Claims is about act": {NoDelegation: true, Claims: []protector.ClaimRule{
			{Path: []string{"org"}, AnyOf: []any{1}}, {Path: []string{"act", "sub"}, AnyOf: []any{"x"}},
		}},
		"InsecureShadowUntil is before the year 0": {InsecureShadowUntil: time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		_, err := newGuard(t, protector.Config{Logger: logger, Validators: []protector.Validator{
			protector.Bearer(func(context.Context, string) (protector.Token, error) { return nil, nil }),
		}}).NewRule(policy)
		require.ErrorContains(t, err, says)
	}
}

// Many open streams: no goroutine for any of them, and little memory.
//
// checklist 204
func TestOpenStreamsAreCheap(t *testing.T) {
	const streams, most = 10_000, 700 // bytes each
	row := &token{user: "alice", expires: time.Now().Add(time.Hour)}
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (*token, error) { return row, nil }),
	}})
	open := func(policy protector.Policy) (goroutines int, bytes float64) {
		rule := newRule(t, guard, policy)
		requests, opened := make([]*http.Request, streams), make([]*http.Request, streams)
		ctx, end := context.WithCancel(t.Context())
		defer end()
		for i := range requests {
			own, stop := context.WithCancel(ctx) // as net/http makes one for each
			defer stop()
			requests[i] = newRequest("alice").WithContext(own)
		}
		goroutines, before := runtime.NumGoroutine(), heap()
		for i, r := range requests {
			var err error
			opened[i], err = guard.Check(r, rule)
			require.NoError(t, err)
			opened[i].Context().Done() // as whoever streams waits for it
		}
		bytes = float64(heap()-before) / streams
		runtime.KeepAlive([2][]*http.Request{requests, opened})
		return runtime.NumGoroutine() - goroutines, bytes
	}
	_, without := open(protector.Policy{})
	goroutines, with := open(protector.Policy{UntilExpiry: true})
	t.Logf("a stream takes %.0f bytes, and %.0f with UntilExpiry", without, with)
	require.Zero(t, goroutines)
	require.Less(t, with-without, float64(most))
}
