package jwks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// flight is one fetch that any number of callers wait for. It has its own time
// limit and belongs to none of them: whoever began it may leave.
//
// singleflight.Group does nearly this. It decides whether to begin or to join
// inside Do, though, and here the token bucket must be asked exactly then: not
// before, or those who join would use up what only those who begin should.
type flight struct {
	began  time.Time
	cancel context.CancelFunc
	result *state        // to be read after landed, nil if the flight was abandoned
	landed chan struct{} // closed when the result is published
	kept   chan struct{} // closed when the snapshot file holds this set, or a newer one
	gone   chan struct{} // closed when its goroutine ends

	waiters   int  // guarded by flights.mu
	abandoned bool // guarded by flights.mu: the result is not wanted
}

// err is what the flight failed with, to be read after landed.
func (f *flight) err() error {
	if f.result == nil {
		return context.Canceled
	}
	return f.result.fault
}

// flights makes the fetches, one at a time, and holds the state that the last
// of them left.
type flights struct {
	state   atomic.Pointer[state]  // never nil
	current atomic.Pointer[flight] // the fetch under way, nil if none
	mu      sync.Mutex             // held to change either; never held during I/O or logging
	moved   chan struct{}          // wakes who sleeps until the next one is due; nil until somebody does

	ask      func(ctx context.Context, last *state) outcome // within the time limit and the grace after it
	snapshot *snapshotFile                                  // nil if there is none
	journal  *journal
	report   func(last, next *state) // is told of each new state, after lookups can see it
	patience patience
	dice     func() float64 // a random number, 0 ≤ r < 1
	timeout  time.Duration  // of one flight
}

func newFlights(c Config) *flights {
	f := newFetcher(c)
	fs := &flights{
		ask:      new(bulkhead).guard(f.fetch),
		snapshot: newSnapshotFile(c),
		journal:  newJournal(c.Logger, c.Issuer, c.shownSource()),
		patience: patienceWith(c),
		dice:     rand.Float64,
		timeout:  c.FetchTimeout,
	}
	fs.journal.ofFile = c.File != ""
	fs.report = fs.journal.report
	fs.state.Store(&state{source: source{metadata: metadata{jwksURL: c.URL}, maxAge: unknownMaxAge}})
	return fs
}

// permission says whether a fetch may begin.
type permission func(*state, time.Time) bool

func always(*state, time.Time) bool { return true }

// join returns the fetch under way, or begins one if that is permitted; own
// tells which. The caller must then wait for it. Nil means that there is none
// and none may begin.
func (fs *flights) join(may permission) (f *flight, own bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f = fs.current.Load()
	if f == nil {
		if now := time.Now(); !may(fs.state.Load(), now) {
			return nil, false
		}
		f, own = fs.begin(), true
	}
	f.waiters++
	return f, own
}

// beginIf begins a fetch that nobody waits for, if none is under way and one is
// permitted.
func (fs *flights) beginIf(may permission) {
	if fs.current.Load() != nil {
		return // the usual case while one is under way: no lock
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.current.Load() == nil && may(fs.state.Load(), time.Now()) {
		fs.begin()
	}
}

// begin starts a fetch. The caller holds mu. The context is nobody's: a fetch
// that ended with the request that happened to begin it would fail all others,
// and a caller in a hurry would never see one succeed.
func (fs *flights) begin() *flight {
	ctx, cancel := context.WithTimeout(context.Background(), fs.timeout)
	f := &flight{
		began: time.Now(), cancel: cancel,
		landed: make(chan struct{}), kept: make(chan struct{}), gone: make(chan struct{}),
	}
	fs.current.Store(f)
	fs.journal.counts.fetches.Add(1)
	go fs.fly(ctx, f, fs.state.Load())
	return f
}

// fly is one flight. Lookups see the result before whoever waits for it is told,
// and neither waits for a disk or for a log.
func (fs *flights) fly(ctx context.Context, f *flight, last *state) {
	defer close(f.gone)
	defer f.cancel()
	f.result = fs.land(f, fs.restore(ctx, last, fs.ask(ctx, last)))
	close(f.landed)
	fs.keep(f)
	fs.journal.backlog.flush()
}

// restore adds what the snapshot file holds to a failure, once, if there is
// nothing better. A file that cannot be read in time is tried with that: what the
// issuer says next is worth more than another wait for the same disk.
func (fs *flights) restore(ctx context.Context, last *state, o outcome) outcome {
	if o.err == nil || fs.snapshot == nil || last.set != nil || last.restored || errors.Is(ctx.Err(), context.Canceled) {
		return o
	}
	found, err := fs.snapshot.readWithin(restoreWithin, time.Now())
	fs.journal.restored(fs.snapshot.name, found, err)
	o.restored = &found
	return o
}

// land publishes the state that follows from an outcome and returns it, nil if the
// flight was abandoned. What it changes is counted at once, and logged later.
func (fs *flights) land(f *flight, o outcome) *state {
	last, next := fs.publish(f, o)
	if next == nil {
		return nil
	}
	fs.journal.count(last, next, o)
	fs.report(last, next)
	return next
}

// keep writes the snapshot file after a fetch that succeeded.
func (fs *flights) keep(f *flight) {
	if fs.snapshot == nil || f.err() != nil {
		close(f.kept)
		return
	}
	s := snapshot{f.result.provenAt, f.result.set.doc, []chan struct{}{f.kept}}
	if err := fs.snapshot.write(f.began, s); err != nil {
		fs.journal.notWritten(fs.snapshot.name, err)
	}
}

// publish replaces the state by the one that follows from an outcome, and
// returns both; next is nil if the flight was abandoned.
func (fs *flights) publish(f *flight, o outcome) (last, next *state) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.abandoned {
		return nil, nil
	}
	last = fs.state.Load()
	next = last.after(o, f.began, time.Now(), fs.patience, fs.dice())
	fs.state.Store(next)
	fs.current.Store(nil)
	select {
	case fs.moved <- struct{}{}:
	default: // nobody sleeps, or has not looked at the last change yet, and will see this one with it
	}
	return last, next
}

// wait returns the fetch's result, or ctx's error if that ends first.
func (fs *flights) wait(ctx context.Context, f *flight) error {
	defer fs.leave(f)
	select {
	case <-f.landed:
		return f.err()
	case <-ctx.Done():
		return fmt.Errorf("jwks: gave up waiting for a fetch: %w", ctx.Err())
	}
}

// leave takes back that the caller of join waits.
func (fs *flights) leave(f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.waiters--
}

// abandonWithin bounds how long abandon waits.
const abandonWithin = time.Second

// abandon ends a fetch that nobody waits for any more, and waits until nothing of
// it is left. Its place is free at once, so that no lookup joins what is ending.
// One that others wait for is theirs, and goes on.
func (fs *flights) abandon(f *flight) {
	fs.mu.Lock()
	underway := fs.current.Load() == f
	if underway && f.waiters == 0 {
		f.abandoned = true
		fs.current.Store(nil)
		f.cancel()
	}
	theirs := underway && !f.abandoned
	fs.mu.Unlock()
	if !theirs {
		fs.settle(f, abandonWithin)
	}
}

// settle waits until nothing is left of a flight and the log is written, or until
// code that hangs, a logger most likely, has had that long.
func (fs *flights) settle(f *flight, limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-f.gone:
		fs.journal.backlog.wait(timer.C)
	case <-timer.C:
	}
}

// changes is where word of each new state comes to whoever sleeps.
func (fs *flights) changes() <-chan struct{} {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.moved == nil {
		fs.moved = make(chan struct{}, 1)
	}
	return fs.moved
}

// sleep returns after d, or sooner if the schedule changed or ctx ended.
func (fs *flights) sleep(ctx context.Context, moved <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-moved:
	case <-ctx.Done():
	}
}
