package jwks

import "time"

// State sums up whether a [Remote] can do its work.
type State string

// The states of a Remote.
const (
	// NeverLoaded: no set was loaded yet. Lookups wait for the first fetch or,
	// if it failed, are told that keys are unavailable.
	NeverLoaded State = "never loaded"
	// Fresh: the set in use is what the issuer publishes, to within the refresh
	// interval.
	Fresh State = "fresh"
	// Stale: the last good set serves on, because the last fetch failed, or
	// because nobody has asked for longer than the refresh interval.
	Stale State = "stale"
	// Unavailable: the last good set is older than MaxStale and is not used.
	Unavailable State = "unavailable"
)

// Usable reports whether known keys are served in this state.
func (s State) Usable() bool { return s == Fresh || s == Stale }

// state is all that a lookup needs to know. It is never changed once it is
// stored, so that a lookup takes one atomic load and no lock.
type state struct {
	set         *keySet   // the last good one, nil if none was ever loaded
	confirmedAt time.Time // beginning of the fetch that last found the set to be current
	freshUntil  time.Time // confirmedAt plus the interval
	usableUntil time.Time // confirmedAt plus MaxStale
	dueAt       time.Time // next scheduled fetch
	soonAt      time.Time // the same while tokens without a kid arrive: never later than dueAt
	restored    bool      // the snapshot file was tried
	failures    int       // in a row
	fault       error     // of the last fetch, nil if it succeeded
	faultAt     time.Time
	source      source
}

// usable returns the set if it may be used at that time, nil otherwise.
func (s *state) usable(now time.Time) *keySet {
	if reached(now, s.usableUntil) {
		return nil
	}
	return s.set
}

func (s *state) due(now time.Time) bool { return reached(now, s.dueAt) }

// dueFor is due for a lookup of that kid. A token without one is tried against
// the keys that are there, so that a new key is not missed: after a rotation its
// signature is merely wrong, until the next fetch. That must not be as far away as
// for everybody else.
//
// The tempting alternative, to fetch when the signature is wrong, was rejected: it
// gives a lever to whoever forges one. What is here is none. It makes for one fetch
// a minute, whatever is sent, and nobody waits for it.
func (s *state) dueFor(kid string, now time.Time) bool {
	if kid == "" {
		return s.soon(now)
	}
	return s.due(now)
}

func (s *state) soon(now time.Time) bool { return reached(now, s.soonAt) }

// condition names the state at a time.
func (s *state) condition(now time.Time) State {
	switch {
	case s.set == nil:
		return NeverLoaded
	case s.usable(now) == nil:
		return Unavailable
	case s.fault != nil || reached(now, s.freshUntil):
		return Stale
	default:
		return Fresh
	}
}

// after is the state that follows when a fetch that began at one time has come
// to an outcome at another. r is a random number, 0 ≤ r < 1.
func (s *state) after(o outcome, began, now time.Time, p patience, r float64) *state {
	next := *s
	next.source = o.source
	if o.err == nil {
		next.confirm(o.set, began, p.interval(o.source.maxAge), p.maxStale)
		next.failures, next.fault, next.faultAt = 0, nil, time.Time{}
		fresh := next.freshUntil.Sub(began)
		next.dueAt = began.Add(afterSuccess(fresh, r))
		next.soonAt = began.Add(afterSuccess(min(fresh, intervalWithoutKID), r))
		return &next
	}
	if o.restored != nil {
		next.restored = true
		if o.restored.set != nil {
			next.confirm(o.restored.set, o.restored.fetchedAt, 0, p.maxStale)
		}
	}
	next.failures++
	next.fault, next.faultAt = o.err, now
	next.dueAt = now.Add(afterFailure(next.failures, next.usable(now) != nil, r))
	next.soonAt = next.dueAt
	return &next
}

func (s *state) confirm(set *keySet, at time.Time, fresh, usable time.Duration) {
	s.set, s.confirmedAt = set, at
	s.freshUntil, s.usableUntil = at.Add(fresh), at.Add(usable)
}
