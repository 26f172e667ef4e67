package jwt

import (
	"sync/atomic"
	"time"
)

// lease is how long what was said about a tenant counts. A tenant and every token
// that it has accepted share it: a token can tell that its tenant has left, or that
// somebody has to ask about it again, without knowing who that is.
type lease struct {
	until atomic.Pointer[time.Time] // nil once the tenant has left, for good
	used  atomic.Bool               // since it was last passed over
}

func newLease(until time.Time) *lease {
	l := new(lease)
	l.extend(until)
	return l
}

// extend makes a lease that has not ended count until then. The caller sees to it
// that end does not come in between.
func (l *lease) extend(until time.Time) { l.until.Store(&until) }

func (l *lease) end() { l.until.Store(nil) }

func (l *lease) ended() bool { return l.until.Load() == nil }

// holds reports whether the lease counts at that time.
func (l *lease) holds(now time.Time) bool {
	until := l.until.Load()
	return until != nil && !reached(now, *until)
}

// touch notes that the tenant is used. It writes only if that is news, so that
// readers on several processors do not take the line from each other.
func (l *lease) touch() {
	if !l.used.Load() {
		l.used.Store(true)
	}
}

// passOver takes the note away and reports whether it was there.
func (l *lease) passOver() bool { return l.used.Swap(false) }

// reached reports whether now is at t or past it, by either clock: the monotonic one
// stands still while a machine sleeps, and the wall clock can be set back.
func reached(now, t time.Time) bool {
	return !now.Before(t) || !now.Round(0).Before(t.Round(0))
}
