package introspection

import (
	"sync"
	"time"
)

const (
	// breakerThreshold is how many calls in a row must fail before the
	// endpoint is left alone. One refused connection is no outage.
	breakerThreshold = 3
	// breakerPause is how long it is then left alone: about the time a client
	// is told to wait anyway.
	breakerPause = time.Second
)

// breaker keeps an outage from costing every request a call and its time limit:
// after repeated failures the endpoint is left alone for a moment, and then
// tried by one call a second until one gets through. That one call must not keep
// the next from trying: it may be about a token that is slow to be answered.
//
// Tokens are the choice of strangers, who can send as many different ones as they
// like. So nothing that comes after a token was sent counts, whatever it is: a
// status, a cut connection and a long silence may be all that a firewall has to
// say about that token, and the endpoint may answer about every other. What counts
// is that a call did not come as far as sending it: our own credentials could not
// be had, or no connection could be made. And one connection that is made, or one
// answer that comes, to whichever call, ends it all at once.
type breaker struct {
	mu          sync.Mutex
	failures    int
	until       time.Time
	connections uint64 // how often the endpoint was found to be there
}

// admit gives leave for a call, or says how long there will be none.
func (b *breaker) admit(f *flight, now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f.connections = b.connections
	switch {
	case b.failures < breakerThreshold:
		return 0, true
	case now.Before(b.until):
		return b.until.Sub(now), false
	}
	b.until = now.Add(breakerPause)
	return 0, true
}

// connected reports that the endpoint is there. It says whether this ended a
// suspension.
func (b *breaker) connected() (resumed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	resumed = b.failures >= breakerThreshold
	b.failures = 0
	b.connections++
	return resumed
}

// failed reports a call that did not come as far as sending its token. One that
// began before the last time that the endpoint was there proves nothing. It says
// whether calls are suspended by this, or go on being so.
func (b *breaker) failed(f *flight, now time.Time) (suspended bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f.connections != b.connections {
		return false
	}
	b.failures++
	b.until = now.Add(breakerPause)
	return b.failures >= breakerThreshold
}
