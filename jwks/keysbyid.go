package jwks

import (
	"context"
	"crypto"
	"errors"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Bounds on the fetches of one endpoint that are under way. Those for kids that nobody knows have
// places of their own, and cannot take the turns of known keys. Both together leave room for what
// maxLeftBehind is for.
//
// As many as are admitted at once may also come in quick succession: at a start each kid in use is
// one that nobody knows, where for a set a single fetch does.
const (
	maxAdmitted = 12
	maxTurns    = 16
)

var (
	errFlooded = errors.New("more unknown kids than may be fetched: see KeyEndpointConfig.Cooldown")
	errFailing = errors.New("this key could not be fetched a moment ago")
)

// keysByID are the keys of an endpoint, each fetched when it is first asked for. Kids that are not
// known come from tokens that nobody has verified: what they can bring about is bounded here.
type keysByID struct {
	url      string // with the placeholder
	most     int    // keys
	get      *getter
	bulkhead bulkhead
	turns    chan struct{} // taken by the fetches of known keys
	journal  *journal
	patience patience
	timeout  time.Duration

	misses   *rate.Limiter
	cooldown time.Duration
	absent   absentKeys   // kids that the endpoint has no key for
	failing  absentKeys   // kids whose key could not be fetched
	waiting  atomic.Int64 // lookups of unknown kids

	known    atomic.Pointer[map[string]*keyByID] // is never changed, but replaced
	mu       sync.Mutex                          // held to replace it, and for what follows; never during I/O
	admitted map[string]*keyByID                 // unknown ones, while they are fetched
	landed   landing                             // the last one
}

// landing is how the last fetch of an endpoint ended.
type landing struct {
	fault    error
	faultAt  time.Time
	failures int       // in a row
	id       string    // the kid that was asked for, if it failed
	triedAt  time.Time // faultAt, or when that kid was to be asked for again
}

func newKeysByID(c KeyEndpointConfig) *keysByID {
	k := &keysByID{
		url: c.URL, most: c.MaxKeys, get: newGetter(c.HTTPClient), turns: make(chan struct{}, maxTurns),
		journal:  newJournal(c.Logger, c.Issuer, c.shownSource()),
		patience: newPatience(c.RefreshInterval, c.MaxStale), timeout: c.FetchTimeout,
		misses: rate.NewLimiter(rate.Every(c.Cooldown), maxAdmitted), cooldown: c.Cooldown,
		absent:   absentKeys{lifetime: c.Cooldown, seed: maphash.MakeSeed()},
		failing:  absentKeys{lifetime: min(c.Cooldown, firstRetry), seed: maphash.MakeSeed()},
		admitted: make(map[string]*keyByID),
	}
	k.known.Store(&map[string]*keyByID{})
	return k
}

// find looks a key up. A known one that is fresh takes no lock.
func (k *keysByID) find(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	one := (*k.known.Load())[kid]
	if one == nil {
		return k.findUnknown(ctx, kid, alg)
	}
	now := time.Now()
	one.use(now)
	f, err := one.refresh(ctx, now)
	if err != nil {
		return nil, err
	}
	return k.await(ctx, one, f, alg)
}

// findUnknown waits for a fetch of its own kid, if one is under way or may begin.
func (k *keysByID) findUnknown(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	k.journal.counts.unknown.Add(1)
	if ctx.Err() != nil {
		return nil, &unavailableError{errLeft(ctx), time.Second}
	}
	one, f, err := k.admit(kid)
	switch {
	case err == errNoSuchKey:
		k.journal.counts.refused.Add(1)
		return nil, nil
	case err != nil:
		return nil, err
	}
	k.waiting.Add(1)
	defer k.waiting.Add(-1)
	return k.await(ctx, one, f, alg)
}

// await waits for a fetch, if there is one to wait for, and answers.
func (k *keysByID) await(ctx context.Context, one *keyByID, f *flight, alg string) ([]crypto.PublicKey, error) {
	if f != nil {
		err := one.flights.wait(ctx, f)
		select {
		case <-f.landed: // its result decides, good or bad
		default:
			return nil, &unavailableError{err, time.Second}
		}
	}
	return one.keys(alg, time.Now())
}

func (k *keysByID) refused(cause error, retryAfter time.Duration) error {
	k.journal.counts.refused.Add(1)
	return &unavailableError{cause, max(retryAfter, time.Second)}
}

// admit returns the fetch of a kid that is not known, beginning it if that is allowed. It may be
// known by now: there is no fetch to wait for then. The error is errNoSuchKey, or ErrUnavailable.
//
// The refusal for want of a token of the bucket is not "no such key", as it is for a set: no
// recent answer speaks for it.
func (k *keysByID) admit(kid string) (*keyByID, *flight, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if one := (*k.known.Load())[kid]; one != nil {
		return one, nil, nil
	}
	one := k.admitted[kid]
	switch {
	case k.absent.has(kid, "", now):
		return nil, nil, errNoSuchKey
	case k.failing.has(kid, "", now):
		return nil, nil, k.refused(errFailing, firstRetry)
	case k.waiting.Load() >= maxWaiting:
		return nil, nil, k.refused(errCrowded, k.cooldown)
	case one != nil:
		f, _ := one.flights.join(never) // nil if it has just landed
		return one, f, nil
	case !k.affords(now, 1):
		return nil, nil, k.refused(errFlooded, k.cooldown)
	case len(k.admitted) == maxAdmitted, !k.affords(now, len(k.admitted)+1):
		return nil, nil, k.refused(errFlooded, time.Second)
	}
	one = k.newKey(strings.Clone(kid)) // it is a part of a token, which is not to be kept with it
	k.admitted[one.id] = one
	f, _ := one.flights.join(always)
	return one, f, nil
}

// affords reports whether there are tokens for so many fetches that find no key. One that is under way
// has not taken its token yet: see settle.
func (k *keysByID) affords(now time.Time, fetches int) bool {
	const rounding = 1e-6
	return k.misses.TokensAt(now)+rounding >= float64(fetches)
}

func never(*state, time.Time) bool { return false }

func (k *keysByID) newKey(kid string) *keyByID {
	one := &keyByID{id: kid}
	ask := k.bulkhead.guard(keyFetcher{kid, k.get}.fetch)
	one.flights = &flights{
		ask:     func(ctx context.Context, last *state) outcome { return k.inTurn(ctx, last, ask) },
		journal: k.journal, patience: k.patience, dice: inTime, timeout: k.timeout,
		report: func(last, next *state) { k.settle(one, last, next) },
	}
	location := strings.Replace(k.url, placeholder, kid, 1)
	one.flights.state.Store(&state{source: source{metadata: metadata{jwksURL: location}, maxAge: unknownMaxAge}})
	one.use(time.Now())
	return one
}

// inTime has a refresh begin a twentieth of the interval before a key would have to be waited for, so
// that a key in use is not, even where the fetch hangs.
func inTime() float64 { return rand.Float64() * 0.8 }

// inTurn asks for a known key when there is a turn, within the time limit of the fetch. After a
// pause a thousand of them may be due at once. Who gets none in that time is behind others that
// got no answer.
func (k *keysByID) inTurn(
	ctx context.Context, last *state, ask func(context.Context, *state) outcome,
) outcome {
	if last.set == nil {
		return ask(ctx, last)
	}
	select {
	case k.turns <- struct{}{}:
		defer func() { <-k.turns }()
		return ask(ctx, last)
	case <-ctx.Done():
		return failed(last.source, last.source, transportFault(ctx.Err()))
	}
}

// settle files a key by what its fetch came to, before whoever waits for that is told.
//
// The fetch of an unknown kid costs a token only if it finds no key. Nobody can make up a kid that has
// one, and after a start each kid in use is unknown: they are all there within seconds.
func (k *keysByID) settle(one *keyByID, last, next *state) {
	k.journal.reportOne(last, next)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.landed = k.landed.after(one.id, next)
	isNew := k.admitted[one.id] == one
	if isNew {
		delete(k.admitted, one.id)
		if next.set == nil || len(next.set.keys) == 0 {
			k.misses.ReserveN(time.Now(), 1)
		}
	}
	switch {
	case next.set != nil && len(next.set.keys) == 0:
		k.absent.add(one.id, "", next.confirmedAt)
		k.forget(one)
	case isNew && next.set != nil:
		k.remember(one)
	case isNew:
		k.failing.add(one.id, "", next.faultAt)
	}
}

func (l landing) after(id string, s *state) landing {
	if s.fault == nil {
		return landing{}
	}
	return landing{s.fault, s.faultAt, l.failures + 1, id, s.faultAt}
}

// retry asks again for the kid whose fetch was the last to fail, within the bounds on the fetches that
// tokens cause. Whatever the endpoint says of it, even that there is no such key, tells that it is there.
func (k *keysByID) retry() {
	k.mu.Lock()
	id := k.landed.id
	k.landed.triedAt = time.Now()
	k.mu.Unlock()
	if id == "" {
		return
	}
	switch one, f, _ := k.admit(id); {
	case f != nil:
		one.flights.leave(f)
	case one != nil:
		one.flights.beginIf((*state).due)
	}
}

// remember adds a key, in the place of the one that was not used for the longest time if need be. It
// copies them all: a key is new once in months, or after a start, and each of them is a fetch.
func (k *keysByID) remember(one *keyByID) {
	all := maps.Clone(*k.known.Load())
	if len(all) >= k.most {
		delete(all, leastUsed(all))
	}
	all[one.id] = one
	k.known.Store(&all)
}

func (k *keysByID) forget(one *keyByID) {
	if (*k.known.Load())[one.id] != one {
		return // made room for another one, or was never known
	}
	all := maps.Clone(*k.known.Load())
	delete(all, one.id)
	k.known.Store(&all)
}

func leastUsed(all map[string]*keyByID) (kid string) {
	var at int64
	for id, one := range all {
		if t := one.usedAt.Load(); kid == "" || t < at {
			kid, at = id, t
		}
	}
	return kid
}
