package jwt

import (
	"encoding/json"
	"sync/atomic"
	"time"
)

// TenantsStatus is a picture of [Tenants] at one time, for people and for counters.
type TenantsStatus struct {
	Live      int // tenants
	Refused   int // issuers for which it is remembered that there is no tenant, or that nobody could tell
	Resolving int // calls of Resolve under way
	Waiting   int // issuers that wait for one

	// Running totals since the Tenants were made.
	Resolved   uint64 // answers with a Config, of Resolve
	Changed    uint64 // of those, that replaced a live tenant
	Unknown    uint64 // answers that there is no such tenant
	Failed     uint64 // calls without answer, or with a Config that is no good
	Evicted    uint64 // tenants that left because others came
	Removed    uint64 // tenants that left by Remove
	Turned     uint64 // tokens whose issuer found no room to wait
	Remembered uint64 // tokens refused without a question

	LastError   error     // of the last call that failed; nil if none did
	LastErrorAt time.Time // zero if LastError is nil
}

// MarshalJSON writes the fields under their names in snake_case, such as last_error_at,
// and the error as its text. What is zero of the last error is left out.
func (s TenantsStatus) MarshalJSON() ([]byte, error) {
	document := struct {
		Live        int       `json:"live"`
		Refused     int       `json:"refused"`
		Resolving   int       `json:"resolving"`
		Waiting     int       `json:"waiting"`
		Resolved    uint64    `json:"resolved"`
		Changed     uint64    `json:"changed"`
		Unknown     uint64    `json:"unknown"`
		Failed      uint64    `json:"failed"`
		Evicted     uint64    `json:"evicted"`
		Removed     uint64    `json:"removed"`
		Turned      uint64    `json:"turned"`
		Remembered  uint64    `json:"remembered"`
		LastError   string    `json:"last_error,omitempty"`
		LastErrorAt time.Time `json:"last_error_at,omitzero"`
	}{
		s.Live, s.Refused, s.Resolving, s.Waiting, s.Resolved, s.Changed, s.Unknown, s.Failed,
		s.Evicted, s.Removed, s.Turned, s.Remembered, "", s.LastErrorAt,
	}
	if s.LastError != nil {
		document.LastError = s.LastError.Error()
	}
	return json.Marshal(document)
}

type tenantCounters struct {
	resolved, changed, unknown, failed, evicted, removed, turnedAway, refused atomic.Uint64
}

// tenantFault is what was wrong the last time that something was.
type tenantFault struct {
	err error
	at  time.Time
}

// Status describes the tenants. It asks nobody.
func (t *Tenants) Status() TenantsStatus {
	if t.table == nil {
		return TenantsStatus{} // of the zero Tenants
	}
	c := &t.counts
	s := TenantsStatus{
		Refused:  t.known.count(time.Now()),
		Resolved: c.resolved.Load(), Changed: c.changed.Load(), Unknown: c.unknown.Load(), Failed: c.failed.Load(),
		Evicted: c.evicted.Load(), Removed: c.removed.Load(), Turned: c.turnedAway.Load(), Remembered: c.refused.Load(),
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Live, s.LastError, s.LastErrorAt = len(t.table.ring), t.lastFault.err, t.lastFault.at
	for _, d := range []*desk{&t.newcomers, &t.renewals} {
		s.Resolving += d.taken
		s.Waiting += d.waiting
	}
	return s
}
