package introspection

import (
	"sync"
	"time"
)

const (
	// breakerThreshold is how many calls in a row must fail before the
	// endpoint is left alone. One reset connection is no outage.
	breakerThreshold = 3
	// breakerPause is how long it is then left alone: about the time a client
	// is told to wait anyway.
	breakerPause = time.Second
	// maxRest is the longest rest that an endpoint's Retry-After can ask for.
	// Its word is heard, but a mistaken hour is not an hour of outage.
	maxRest = 30 * time.Second
)

// breaker keeps an outage from costing every request a call and its time limit:
// after repeated failures the endpoint is left alone for a moment, and then
// tried by one call at a time until one succeeds.
//
// Only failures that no token can bring about are counted (see
// [UnavailableError.endpointWide]). Were every failure counted, a caller with a
// token that trips the endpoint up could shut everyone else out.
type breaker struct {
	mu       sync.Mutex
	failures int
	until    time.Time
	probing  bool
}

// pass is the leave to make one call.
type pass struct{ probe bool }

// admit gives leave for a call, or says how long there will be none.
func (b *breaker) admit(now time.Time) (p pass, wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.failures < breakerThreshold:
		return pass{}, 0, true
	case now.Before(b.until) && b.until.Sub(now) <= maxRest: // further off: the clock was set back
		return pass{}, b.until.Sub(now), false
	case b.probing:
		return pass{}, breakerPause, false
	}
	b.probing = true
	return pass{probe: true}, 0, true
}

// succeeded reports a call that showed the endpoint to be there. It says
// whether this ended a suspension.
func (b *breaker) succeeded(p pass) (resumed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end(p)
	resumed = b.failures >= breakerThreshold
	b.failures = 0
	return resumed
}

// failed reports a call that failed for a reason that is the endpoint's own.
// rest is the rest it asked for, 0 for none. It says whether this began a
// suspension.
func (b *breaker) failed(p pass, now time.Time, rest time.Duration) (suspended bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end(p)
	before := b.failures
	b.failures++
	if rest > 0 {
		b.failures = max(b.failures, breakerThreshold)
	}
	if until := now.Add(max(rest, breakerPause)); until.After(b.until) {
		b.until = until
	}
	return before < breakerThreshold && b.failures >= breakerThreshold
}

func (b *breaker) end(p pass) {
	if p.probe {
		b.probing = false
	}
}
