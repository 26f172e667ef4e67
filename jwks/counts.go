package jwks

import "sync/atomic"

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

func (c *counters) read() Counts {
	return Counts{
		Fetches: c.fetches.Load(), Failures: c.failures.Load(), NotModified: c.notModified.Load(),
		Added: c.added.Load(), Removed: c.removed.Load(), Changed: c.changed.Load(),
		UnknownKID: c.unknown.Load(), CooledDown: c.refused.Load(), JWKSMoved: c.moved.Load(),
	}
}
