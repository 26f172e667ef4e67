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
	// interval. That may be no key at all: see Status.EmptySince.
	Fresh State = "fresh"
	// Stale: the last good set serves on, because the last fetch failed, or
	// because nobody has asked for longer than the refresh interval.
	Stale State = "stale"
	// Unavailable: the last good set is older than MaxStale, or the metadata that
	// says where it is, and is not used. Or it holds no key and the last fetch failed,
	// so that nobody knows whether there is one now.
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
	provenAt    time.Time // confirmedAt, or when the metadata was last read, if that is longer ago
	usableUntil time.Time // provenAt plus MaxStale
	emptySince  time.Time // beginning of the first fetch in a row whose answer was a set without a usable key
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

// asked reports whether the issuer was asked within the last interval before now, whatever came
// of it.
func (s *state) asked(now time.Time, p patience) bool {
	return !reached(now, s.freshUntil) || s.fault != nil && !reached(now, s.faultAt.Add(p.interval(s.source.maxAge)))
}

// dueFor is due for a lookup of that kid. A token without one is tried against
// the keys that are there, so that a new key is not missed: after a rotation its
// signature is merely wrong, until the next fetch. That must not be as far away as
// for everybody else.
//
// The tempting alternative, to fetch when the signature is wrong, was rejected: it
// gives a lever to whoever forges one. What is here is none. It makes for one fetch
// in 45 to 60 seconds, whatever is sent, and nobody waits for it.
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
	case s.usable(now) == nil, s.fault != nil && len(s.set.keys) == 0:
		return Unavailable
	case s.fault != nil || reached(now, s.freshUntil):
		return Stale
	default:
		return Fresh
	}
}

// landed names the state at the end of the fetch that made it, "" before the first.
func (s *state) landed() State {
	switch {
	case s.fault != nil:
		return s.condition(s.faultAt)
	case s.set == nil:
		return ""
	}
	return Fresh
}

// after is the state that follows when a fetch that began at one time has come
// to an outcome at another. r is a random number, 0 ≤ r < 1.
func (s *state) after(o outcome, began, now time.Time, p patience, r float64) *state {
	if o.empty != nil && s.believesEmpty(began, p) {
		o.set, o.err = o.empty, nil
	}
	if o.err == nil {
		return s.afterSuccess(o, began, p, r)
	}
	return s.afterFailure(o, began, now, p, r)
}

func (s *state) afterSuccess(o outcome, began time.Time, p patience, r float64) *state {
	next := *s
	next.source = o.source
	fresh := p.interval(o.source.maxAge)
	next.confirm(o.set, began, fresh, p.maxStale)
	if len(o.set.keys) > 0 {
		next.emptySince = time.Time{}
	}
	next.failures, next.fault, next.faultAt = 0, nil, time.Time{}
	next.dueAt = began.Add(afterSuccess(fresh, r))
	next.soonAt = began.Add(afterSuccess(min(fresh, intervalWithoutKID), r))
	return &next
}

func (s *state) afterFailure(o outcome, began, now time.Time, p patience, r float64) *state {
	next := *s
	next.source = o.source
	if o.restored != nil {
		next.restored = true
		if o.restored.set != nil {
			next.confirm(o.restored.set, o.restored.provenAt, 0, p.maxStale)
		}
	}
	if o.empty != nil && next.emptySince.IsZero() {
		next.emptySince = began
	}
	next.failures++
	next.fault, next.faultAt = o.err, now
	next.dueAt = now.Add(p.backOff(next.failures, next.usable(now) != nil, r))
	if t := next.emptyBelieved(p); t.After(now) && t.Before(next.dueAt) {
		next.dueAt = t
	}
	next.soonAt = next.dueAt
	return &next
}

// believesEmpty decides on an answer that is a set without a usable key. It can
// say that the last key was withdrawn, which is then to be refused. It can also be
// an accident: a deployment that publishes an empty set for a minute must not turn
// every client away. So the first such answer is a failed fetch, as an error page
// is, and one that comes a refresh later is believed, whatever failed in between.
// Whoever can make the issuer's server say so twice could have said nothing at all
// for as long, and withdraws keys but adds none.
//
// Before a set was loaded there is nothing to withdraw, and "unavailable" is the
// better answer.
func (s *state) believesEmpty(began time.Time, p patience) bool {
	if s.set == nil {
		return false
	}
	t := s.emptyBelieved(p)
	return !t.IsZero() && reached(began, t)
}

// emptyBelieved is from when on answers without a usable key are believed, zero if
// the last answer that was a set had one.
func (s *state) emptyBelieved(p patience) time.Time {
	if s.emptySince.IsZero() {
		return time.Time{}
	}
	return s.emptySince.Add(p.emptyFor)
}

// confirm puts a set in use that the issuer had at a time. What its keys rest on is
// no younger than the metadata that said where they are.
func (s *state) confirm(set *keySet, at time.Time, fresh, usable time.Duration) {
	s.set, s.confirmedAt, s.provenAt = set, at, at
	if t := s.source.readAt; !t.IsZero() && t.Before(at) {
		s.provenAt = t
	}
	s.freshUntil, s.usableUntil = at.Add(fresh), s.provenAt.Add(usable)
}
