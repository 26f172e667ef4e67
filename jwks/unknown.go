package jwks

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"hash/maphash"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// errNoSuchKey is the refusal that is certain: the issuer publishes no such key.
// A caller of this package gets it as no keys and a nil error.
var errNoSuchKey = errors.New("no such key")

// unknownKeys answers what the current set cannot, by the result of a fetch.
type unknownKeys struct {
	flights  *flights
	misses   *rate.Limiter
	absent   absentKeys
	waiting  atomic.Int64  // lookups
	timeout  time.Duration // of a lookup
	cooldown time.Duration
}

func newUnknownKeys(fs *flights, c Config) *unknownKeys {
	return &unknownKeys{
		flights:  fs,
		misses:   rate.NewLimiter(rate.Every(c.Cooldown), missFetchBurst),
		absent:   absentKeys{lifetime: c.Cooldown, seed: maphash.MakeSeed()},
		timeout:  c.FetchTimeout,
		cooldown: c.Cooldown,
	}
}

// errLeft says that whoever asks has left already: that causes no fetch.
func errLeft(ctx context.Context) error {
	return fmt.Errorf("nobody waits for a fetch: %w", ctx.Err())
}

// maxWaiting bounds how many lookups of unknown kids wait at a time. Without it
// made-up tokens could pile up requests while an endpoint hangs. There is no such
// bound before the first set is loaded: nothing could be answered anyway.
//
// One too many is told "unavailable" and not "no such key": the set may be as old
// as the interval, and the answer that is under way may hold the key.
const maxWaiting = 1024

var errCrowded = fmt.Errorf("more than %d lookups wait for the fetch under way", maxWaiting)

// find waits for a fetch, and answers with keys, errNoSuchKey or ErrUnavailable. While
// no set can be used, no key is known: what then counts as unknown is a key that the
// set which comes does not hold.
func (u *unknownKeys) find(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	compared := u.flights.state.Load().usable(time.Now()) != nil
	keys, err := u.look(ctx, kid, alg)
	if compared || err == errNoSuchKey {
		u.flights.journal.counts.unknown.Add(1)
	}
	return keys, err
}

// look is find, uncounted.
func (u *unknownKeys) look(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	counts, now := &u.flights.journal.counts, time.Now()
	if u.flights.state.Load().usable(now) != nil {
		if u.absent.has(kid, alg, now) {
			counts.refused.Add(1)
			return nil, errNoSuchKey
		}
		defer u.waiting.Add(-1)
		if u.waiting.Add(1) > maxWaiting {
			counts.refused.Add(1)
			return nil, u.unavailable(errCrowded)
		}
	}
	if ctx.Err() != nil {
		return nil, u.unavailable(errLeft(ctx))
	}
	q := question{u, kid, alg}
	// Most of a flood of made-up kids ends here, before there is anything to wait for.
	f, own := u.flights.join(q.mayFetch)
	if f == nil {
		return q.unasked()
	}
	return q.await(ctx, f, own)
}

// question is a key that was not there when it was looked for. A fetch may land at any time after
// that and bring it, so every answer is by the set in use when the answer is given: a set that holds
// the key is never fetched again for it, nor is the key refused because no further fetch may begin.
type question struct {
	unknown  *unknownKeys
	kid, alg string
}

func (q question) answer() (keys []crypto.PublicKey, answered bool) {
	return q.unknown.flights.state.Load().usable(time.Now()).find(q.kid, q.alg)
}

func (q question) mayFetch(s *state, now time.Time) bool {
	_, answered := s.usable(now).find(q.kid, q.alg)
	return !answered && q.unknown.mayFetch(s, now)
}

// unasked is the answer when no fetch may begin.
func (q question) unasked() ([]crypto.PublicKey, error) {
	if keys, answered := q.answer(); answered {
		return keys, nil
	}
	return nil, q.unknown.refusal()
}

func (q question) await(ctx context.Context, f *flight, own bool) ([]crypto.PublicKey, error) {
	ctx, cancel := context.WithTimeout(ctx, q.unknown.timeout) // two fetches may not take twice the time
	defer cancel()
	waiting := fresher{q.unknown.flights, q.mayFetch, func(err error) bool {
		_, answered := q.answer()
		return answered || err != nil
	}}
	f, err := waiting.wait(ctx, f, own)
	if f == nil {
		return q.unasked()
	}
	if keys, answered := q.answer(); answered {
		return keys, nil
	}
	if err != nil {
		return nil, q.unknown.unavailable(err)
	}
	q.unknown.absent.add(q.kid, q.alg, f.began)
	return nil, errNoSuchKey
}

// mayFetch is the rule for fetches that requests cause: a scheduled one that is
// due, and beside it what the token bucket allows. The two are separate, so that
// a flood cannot use up the schedule. With no usable set the schedule alone
// counts: its back-off is short then.
func (u *unknownKeys) mayFetch(s *state, now time.Time) bool {
	return s.due(now) || s.usable(now) != nil && u.misses.AllowN(now, 1)
}

// refusal is the answer when no fetch may begin and the set does not tell. If the last one succeeded the
// set is no older than the cool-down, and the kid is not in it. To answer 503
// here would let a flood of made-up tokens look like an outage.
func (u *unknownKeys) refusal() error {
	u.flights.journal.counts.refused.Add(1)
	s := u.flights.state.Load()
	if s.usable(time.Now()) != nil && s.failures == 0 {
		return errNoSuchKey
	}
	return u.unavailable(s.fault)
}

// unavailable wraps cause with the time until somebody tries again.
func (u *unknownKeys) unavailable(cause error) error {
	s, now := u.flights.state.Load(), time.Now()
	after := s.dueAt.Sub(now)
	if s.usable(now) != nil {
		after = min(after, u.cooldown)
	}
	return &unavailableError{cause, max(after, time.Second)}
}
