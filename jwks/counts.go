package jwks

import "sync/atomic"

// Counts are running totals since the Remote was made.
//
// CooledDown counts what was answered, "no such key" or "unavailable", because no fetch might begin
// for it: within the cool-down or the back-off, for a key that a fetch within the last cool-down did
// not find, or beside 1024 lookups that waited already. A lookup is also among these if it waited for
// a fetch that was under way, and the one that it would have needed after that was not allowed.
type Counts struct {
	Fetches     uint64 `json:"fetches"`      // begun
	Failures    uint64 `json:"failures"`     // of those
	Successes   uint64 `json:"successes"`    // of those; the rest is under way, or was given up by Run
	NotModified uint64 `json:"not_modified"` // of those, answered by 304
	Added       uint64 `json:"added"`        // keys new in a set
	Removed     uint64 `json:"removed"`      // keys gone from a set
	Changed     uint64 `json:"changed"`      // keys whose material changed under the same kid
	UnknownKID  uint64 `json:"unknown_kid"`  // lookups of a key that a set which could be used did not hold
	CooledDown  uint64 `json:"cooled_down"`  // lookups answered without the fetch that they asked for
	JWKSMoved   uint64 `json:"jwks_moved"`   // times that discovery named another origin for the set
}

type counters struct {
	fetches, failures, successes, notModified, added, removed, changed, unknown, refused, moved atomic.Uint64
}

func (c *counters) read() Counts {
	return Counts{
		Fetches: c.fetches.Load(), Failures: c.failures.Load(),
		Successes: c.successes.Load(), NotModified: c.notModified.Load(),
		Added: c.added.Load(), Removed: c.removed.Load(), Changed: c.changed.Load(),
		UnknownKID: c.unknown.Load(), CooledDown: c.refused.Load(), JWKSMoved: c.moved.Load(),
	}
}
