package jwks

import (
	"cmp"
	"slices"
	"time"
)

// Status describes the keys that are remembered. Its State is that of the best of them:
// [Fresh] if one was confirmed within its refresh interval, and [NeverLoaded] if there are none,
// which is no fault before a token came. ConfirmedAt and UsableUntil are the latest among
// them, NextRefresh is the earliest, and LastError and Failures are of the last fetches, whatever
// key they were for. Keys is in the order of their kids. It does no I/O.
func (e *KeyEndpoint) Status() Status {
	if e.keys == nil {
		return Status{State: NeverLoaded, LastError: errNoEndpoint}
	}
	s := Status{
		State: NeverLoaded, Source: e.from, JWKSURL: e.config.shownURL(), Counts: e.keys.journal.counts.read(),
	}
	now := time.Now()
	for _, one := range *e.keys.known.Load() {
		s.add(one.flights.state.Load(), now)
	}
	if !s.ConfirmedAt.IsZero() {
		s.Age = max(now.Sub(s.ConfirmedAt), now.Round(0).Sub(s.ConfirmedAt.Round(0))) // see reached
	}
	slices.SortFunc(s.Keys, func(a, b KeyStatus) int { return cmp.Compare(a.KeyID, b.KeyID) })
	e.keys.mu.Lock()
	defer e.keys.mu.Unlock()
	l := e.keys.landed
	s.LastError, s.LastErrorAt, s.Failures = l.fault, l.faultAt, l.failures
	return s
}

// add takes up one key of an endpoint.
func (s *Status) add(one *state, now time.Time) {
	state := one.condition(now)
	if better(state, s.State) {
		s.State = state
	}
	if state.Usable() {
		s.Keys = append(s.Keys, one.set.describe()...)
	}
	if one.confirmedAt.After(s.ConfirmedAt) {
		s.ConfirmedAt = one.confirmedAt
	}
	if one.usableUntil.After(s.UsableUntil) {
		s.UsableUntil = one.usableUntil
	}
	if s.NextRefresh.IsZero() || one.dueAt.Before(s.NextRefresh) {
		s.NextRefresh = one.dueAt
	}
}

// better compares how well a source of one key or another does its work.
func better(a, b State) bool {
	order := []State{NeverLoaded, Unavailable, Stale, Fresh}
	return slices.Index(order, a) > slices.Index(order, b)
}
