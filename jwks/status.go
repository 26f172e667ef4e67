package jwks

import (
	"slices"
	"sync/atomic"
	"time"
)

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

// Status is a picture of a [Remote] at one time, for people and probes.
type Status struct {
	State       State
	Source      string        // the configured issuer, or URL without query
	JWKSURL     string        // where the set is, without query; "" if discovery has not found out yet
	ConfirmedAt time.Time     // when the issuer last had this set; zero if never
	Age         time.Duration // since ConfirmedAt; 0 if never
	UsableUntil time.Time     // when the set in use expires, if no fetch succeeds; zero if there is none
	NextRefresh time.Time     // when the next scheduled fetch is due; zero before the first

	Keys    []KeyStatus  // usable keys of the set
	Skipped []SkippedKey // keys of the set that are not used, and why

	LastError      error     // of the last fetch; nil if it succeeded
	LastErrorAt    time.Time // zero if LastError is nil
	Failures       int       // fetches in a row that failed
	DiscoveryError error     // discovery failed and older metadata is in use; nil otherwise

	Counts Counts
}

// KeyStatus describes one usable key.
type KeyStatus struct {
	KeyID      string   `json:"kid,omitempty"`
	Type       string   `json:"kty"`
	Algorithms []string `json:"alg"`        // what it may verify
	Thumbprint string   `json:"thumbprint"` // RFC 7638, SHA-256, base64url
}

// Counts are running totals since the Remote was made.
type Counts struct {
	Fetches     uint64 `json:"fetches"`      // begun
	Failures    uint64 `json:"failures"`     // of those
	NotModified uint64 `json:"not_modified"` // of those, answered by 304
	Added       uint64 `json:"added"`        // keys new in a set
	Removed     uint64 `json:"removed"`      // keys gone from a set
	Changed     uint64 `json:"changed"`      // keys whose material changed under the same kid
	UnknownKID  uint64 `json:"unknown_kid"`  // lookups that the set in use could not answer
	CooledDown  uint64 `json:"cooled_down"`  // of those, answered without a fetch because of the cool-down or the back-off
	JWKSMoved   uint64 `json:"jwks_moved"`   // times that discovery named another origin for the set
}

type counters struct {
	fetches, failures, notModified, added, removed, changed, unknown, refused, moved atomic.Uint64
}

func (r *Remote) count(last, next *state, o outcome) {
	c := &r.counters
	if o.err != nil {
		c.failures.Add(1)
	}
	if o.notModified {
		c.notModified.Add(1)
	}
	if next.source.movedFrom(last.source) {
		c.moved.Add(1)
	}
	kinds := map[string]*atomic.Uint64{"added": &c.added, "removed": &c.removed, "changed": &c.changed}
	for _, change := range changes(last.set, next.set) {
		kinds[change.what].Add(1)
	}
}

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

// Status describes the set in use. It does no I/O and takes no lock.
func (r *Remote) Status() Status {
	s, now := r.state.Load(), time.Now()
	status := Status{
		State:          s.condition(now),
		Source:         r.cfg.Issuer + place(r.cfg.URL), // exactly one is set
		JWKSURL:        place(s.source.metadata.jwksURL),
		ConfirmedAt:    s.confirmedAt,
		UsableUntil:    s.usableUntil,
		NextRefresh:    s.dueAt,
		LastError:      s.fault,
		LastErrorAt:    s.faultAt,
		Failures:       s.failures,
		DiscoveryError: s.source.fault,
		Counts:         r.counters.read(),
	}
	if s.set != nil {
		status.Age = max(now.Sub(s.confirmedAt), now.Round(0).Sub(s.confirmedAt.Round(0))) // see reached
		status.Keys, status.Skipped = s.set.describe(), slices.Clone(s.set.skipped)
	}
	return status
}

func (s *keySet) describe() []KeyStatus {
	keys := make([]KeyStatus, len(s.keys))
	for i, k := range s.keys {
		keys[i] = KeyStatus{k.ID, k.Type, slices.Clone(k.Algorithms), k.Thumbprint}
	}
	return keys
}

func (c *counters) read() Counts {
	return Counts{
		Fetches: c.fetches.Load(), Failures: c.failures.Load(), NotModified: c.notModified.Load(),
		Added: c.added.Load(), Removed: c.removed.Load(), Changed: c.changed.Load(),
		UnknownKID: c.unknown.Load(), CooledDown: c.refused.Load(), JWKSMoved: c.moved.Load(),
	}
}
