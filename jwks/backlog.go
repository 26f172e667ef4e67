package jwks

import (
	"sync"
	"time"
)

// backlog is what is still to be logged.
//
// The log is written by whoever calls flush, one at a time, and what waits for it
// is bounded: a logger that blocks holds one goroutine, delays no fetch and no
// lookup, and costs records. One that panics, or ends the goroutine, costs what
// it was about to write.
type backlog struct {
	lost func(records int) // logs that some are

	mu      sync.Mutex
	waiting []func()
	missing int           // records of the entries that found no room
	writing chan struct{} // closed when whoever is in flush is through, nil if nobody is
}

// maxBacklog is what four hours of an outage leave. Calm leaves nothing.
const maxBacklog = 256

// add keeps an entry, which writes that many records, until the next flush. One
// that writes none takes no room, and cannot be lost.
func (b *backlog) add(records int, entry func()) {
	if records == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == maxBacklog {
		b.missing += records
		return
	}
	b.waiting = append(b.waiting, entry)
}

// flush writes all entries that wait, unless somebody else is at it, who will
// write them too.
func (b *backlog) flush() {
	mine := make(chan struct{})
	b.mu.Lock()
	busy := b.writing != nil
	if !busy {
		b.writing = mine
	}
	b.mu.Unlock()
	if busy {
		return
	}
	defer close(mine)
	defer b.leave(mine) // if the logger ends this goroutine
	for entry := b.next(); entry != nil; entry = b.next() {
		unharmed(entry)
	}
}

// next takes the oldest entry. Nil means that flush is over, and the next one may
// begin: an entry that is added from now on is not this one's.
func (b *backlog) next() (entry func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case len(b.waiting) > 0:
		entry, b.waiting = b.waiting[0], b.waiting[1:]
	case b.missing > 0:
		missing := b.missing
		b.missing, entry = 0, func() { b.lost(missing) }
	default:
		b.waiting, b.writing = nil, nil // calm comes: keep nothing of what was said
	}
	return entry
}

func (b *backlog) leave(mine chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.writing == mine {
		b.writing = nil
	}
}

// wait returns when nobody writes any more, or is late.
func (b *backlog) wait(late <-chan time.Time) {
	b.mu.Lock()
	writing := b.writing
	b.mu.Unlock()
	if writing == nil {
		return
	}
	select {
	case <-writing:
	case <-late:
	}
}

// unharmed survives a panic of the logger, which on a goroutine that is nobody's
// would end the process. There is no log to say so in.
func unharmed(entry func()) {
	defer func() { _ = recover() }()
	entry()
}
