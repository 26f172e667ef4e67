package jwks

import (
	"context"
	"crypto"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Remote is a key set that an issuer publishes. It fetches the set when it is
// first asked, keeps it fresh, notices new keys, and serves the last good
// set through an outage. Make one per issuer with [NewRemote]; any number of
// validators may share it. It is safe for concurrent use.
//
// A Remote starts no goroutine but a fetch, and a fetch ends within
// Config.FetchTimeout. Refreshes happen when a lookup finds one due: that lookup
// does not wait for it. A process whose traffic may pause for longer than the
// refresh interval should use [Remote.Run], which refreshes without traffic;
// otherwise the first request after a pause is judged by the set from
// before it.
type Remote struct {
	cfg       Config
	get       *getter
	discovery *discovery // nil if Config.URL says where the set is
	misses    *rate.Limiter
	absent    *absentKids
	counters  counters
	waiting   atomic.Int64  // lookups of unknown kids
	moved     chan struct{} // wakes Run: the next refresh may be sooner now

	state   atomic.Pointer[state]  // never nil
	current atomic.Pointer[flight] // the fetch under way, nil if none
	mu      sync.Mutex             // held to change either; never held during I/O or logging
	writing sync.Mutex             // held to write the snapshot file
}

// state is all that a lookup needs to know. It is never changed once it is
// stored, so that a lookup takes one atomic load and no lock.
type state struct {
	set         *keySet   // the last good one, nil if none was ever loaded
	confirmedAt time.Time // begin of the fetch that last found the set to be current
	freshUntil  time.Time // confirmedAt plus the interval
	usableUntil time.Time // confirmedAt plus MaxStale
	dueAt       time.Time // next scheduled fetch
	restored    bool      // the snapshot file was tried
	failures    int       // in a row
	fault       error     // of the last fetch, nil if it succeeded
	faultAt     time.Time
	source      source
}

// usable returns the set if it may be used at that time, else nil.
func (s *state) usable(now time.Time) *keySet {
	if reached(now, s.usableUntil) {
		return nil
	}
	return s.set
}

func (s *state) due(now time.Time) bool { return reached(now, s.dueAt) }

// NewRemote checks the configuration and reports every fault in it at once. It
// does no I/O: the first lookup, or [Remote.Refresh] or [Remote.Run], does.
func NewRemote(config Config) (*Remote, error) {
	cfg, err := config.resolve()
	if err != nil {
		return nil, err
	}
	r := &Remote{
		cfg:    cfg,
		get:    newGetter(cfg.HTTPClient),
		misses: rate.NewLimiter(rate.Every(cfg.Cooldown), missFetchBurst),
		absent: newAbsentKids(cfg.Cooldown),
		moved:  make(chan struct{}, 1),
	}
	if cfg.Issuer != "" {
		r.discovery = &discovery{issuer: cfg.Issuer, plainHTTP: cfg.InsecureAllowPlainHTTP, get: r.get}
	}
	r.state.Store(&state{source: source{metadata: metadata{jwksURL: cfg.URL}, maxAge: unknownMaxAge}})
	return r, nil
}

// VerificationKeys returns the public keys that a token with this kid and alg
// may be signed with: *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey,
// four at most. An empty kid stands for a token without one, and gets the
// keys that fit alg, in the order they are published. The slice is shared: do
// not change its elements.
//
// Empty with a nil error means that there is no such key: reject the token. An
// error means that this could not be found out; it is [ErrUnavailable], has a
// RetryAfter method, and says nothing about the token.
//
// A lookup that the current set can answer takes no lock, allocates nothing
// and never waits, not even for ctx. That includes a kid that is there but does
// not fit alg, an algorithm that this package does not know, and a token
// without kid. An unknown kid, and the first lookup of all, wait for a shared
// fetch until ctx ends or Config.FetchTimeout has passed, whichever comes first;
// the fetch goes on without whoever leaves. Fetches for unknown kids are
// limited by Config.Cooldown, and an unknown kid within it is answered from
// the set, which is then that recent.
func (r *Remote) VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	now := time.Now()
	if keys, ok := r.CurrentKeys(now, kid, alg); ok {
		return keys, nil
	}
	return r.await(ctx, kid, alg, now)
}

// CurrentKeys is VerificationKeys for whoever would rather have no answer than
// wait for one: ok is false where VerificationKeys would wait for a fetch. now is
// the system's time, which the caller has read already. A refresh that is due
// begins, as with VerificationKeys.
func (r *Remote) CurrentKeys(now time.Time, kid, alg string) (keys []crypto.PublicKey, ok bool) {
	s := r.state.Load()
	set := s.usable(now)
	keys, settled := set.find(kid, alg)
	if settled && set != nil && s.due(now) {
		r.refreshIfDue()
	}
	return keys, settled
}

// await answers what the current set cannot, by the result of a fetch.
//
// A fetch that was under way already may have been answered before the key was
// published. If its result does not settle the question, one more is asked
// for, so that the first token of a new key is not refused for bad timing.
func (r *Remote) await(ctx context.Context, kid, alg string, now time.Time) ([]crypto.PublicKey, error) {
	r.counters.unknown.Add(1)
	if r.state.Load().usable(now) != nil {
		if r.absent.has(kid, now) {
			r.counters.refused.Add(1)
			return nil, nil
		}
		defer r.waiting.Add(-1)
		if r.waiting.Add(1) > maxWaiting {
			r.counters.refused.Add(1)
			return nil, r.unavailable(errCrowded)
		}
	}
	f, own := r.join(r.lookupMayFetch)
	if f == nil {
		return nil, r.refusal(now)
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.FetchTimeout) // two fetches may not take twice the time
	defer cancel()
	for again := false; f != nil; again = true {
		err := r.wait(ctx, f)
		if keys, settled := r.currentSet().find(kid, alg); settled {
			return keys, nil
		}
		if err != nil {
			return nil, r.unavailable(err)
		}
		if own || again {
			r.absent.add(kid, f.began)
			return nil, nil
		}
		f, own = r.join(r.lookupMayFetch)
	}
	return nil, r.refusal(time.Now())
}

// maxWaiting bounds how many lookups of unknown kids wait at a time. While an
// endpoint hangs, made-up tokens could else pile up requests. There is no such
// bound before the first set is loaded: nothing could be answered anyway.
//
// One too many is told "unavailable" and not "no such key": the set may be as old
// as the interval, and the answer that is under way may hold the key.
const maxWaiting = 1024

var errCrowded = fmt.Errorf("more than %d lookups wait for the fetch under way", maxWaiting)

func (r *Remote) currentSet() *keySet { return r.state.Load().usable(time.Now()) }

// lookupMayFetch is the rule for fetches that requests cause: a scheduled one
// that is due, and beside it what the token bucket allows. The two are
// separate, so that a flood cannot use up the schedule. With no usable set the
// schedule alone counts: its back-off is short then.
func (r *Remote) lookupMayFetch(s *state, now time.Time) bool {
	return s.due(now) || s.usable(now) != nil && r.misses.AllowN(now, 1)
}

// refusal is the answer to an unknown kid when no fetch may begin. If the last
// one succeeded the set is no older than the cool-down, and the kid is not in
// it. To answer 503 here would let a flood of made-up tokens look like an outage.
func (r *Remote) refusal(now time.Time) error {
	r.counters.refused.Add(1)
	s := r.state.Load()
	if s.usable(now) != nil && s.failures == 0 {
		return nil
	}
	return r.unavailable(s.fault)
}

// unavailable wraps cause with the time until somebody tries again.
func (r *Remote) unavailable(cause error) error {
	s, now := r.state.Load(), time.Now()
	after := s.dueAt.Sub(now)
	if s.usable(now) != nil {
		after = min(after, r.cfg.Cooldown)
	}
	return &unavailableError{cause, max(after, time.Second)}
}

// Refresh fetches the set now, whatever the schedule says, and waits for the
// result or for ctx. If a fetch is under way it waits for that, and for one
// more: the result is never older than the call. An error means that nothing
// was replaced. Calls at the same time share fetches, but nothing else limits
// them: do not call it for a request.
func (r *Remote) Refresh(ctx context.Context) error {
	for again := false; ; again = true {
		f, own := r.join(func(*state, time.Time) bool { return true })
		err := r.wait(ctx, f)
		if own || again || ctx.Err() != nil {
			return err
		}
	}
}

// Run keeps the set fresh until ctx ends, and then returns ctx.Err(). It
// fetches at once if that is due, as it is in the beginning. No fetch that it
// began outlives it, unless a request waits for the result. Faults do not end
// it; see [Remote.Status].
func (r *Remote) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if wait := time.Until(r.state.Load().dueAt); wait > 0 {
			r.sleep(ctx, wait)
			continue
		}
		f, own := r.join((*state).due)
		if f != nil && r.wait(ctx, f) != nil && own && ctx.Err() != nil {
			r.abandon(f)
		}
	}
	return ctx.Err()
}

// sleep returns after d, or sooner if the schedule changed or ctx ended.
func (r *Remote) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.moved:
	case <-ctx.Done():
	}
}
