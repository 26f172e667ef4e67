package jwks

import (
	"context"
	"errors"
	"fmt"
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
	done   chan struct{} // closed at the end
	err    error         // to be read after done

	waiters   int  // guarded by Remote.mu
	abandoned bool // guarded by Remote.mu: the result is not wanted
}

// join returns the fetch under way, or begins one if allowed says so; own
// tells which. The caller must then wait for it. Nil means that there is none
// and none may begin.
func (r *Remote) join(allowed func(*state, time.Time) bool) (f *flight, own bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f = r.current.Load()
	if f == nil {
		if now := time.Now(); !allowed(r.state.Load(), now) {
			return nil, false
		}
		f, own = r.begin(), true
	}
	f.waiters++
	return f, own
}

// refreshIfDue begins a scheduled fetch that nobody waits for.
func (r *Remote) refreshIfDue() {
	if r.current.Load() != nil {
		return // the usual case while one is under way: no lock
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current.Load() == nil && r.state.Load().due(time.Now()) {
		r.begin()
	}
}

// begin starts a fetch. The caller holds mu. The context is nobody's: a fetch
// that ended with the request that happened to begin it would fail all others,
// and a caller in a hurry would never see one succeed.
func (r *Remote) begin() *flight {
	ctx, cancel := context.WithTimeout(context.Background(), r.cfg.FetchTimeout)
	f := &flight{began: time.Now(), cancel: cancel, done: make(chan struct{})}
	r.current.Store(f)
	r.counters.fetches.Add(1)
	go func() {
		defer cancel()
		defer close(f.done)
		f.err = r.settle(f, r.attempt(ctx, r.state.Load()))
	}()
	return f
}

// attempt is fetch, with a panic of the caller's transport turned into a failure.
// On this goroutine, which is nobody's, it would end the process, where in a
// handler it ends one request. What it says is not repeated: a panic of someone
// else's code may say anything.
func (r *Remote) attempt(ctx context.Context, last *state) (o outcome) {
	defer func() {
		if recover() != nil {
			o = r.failed(ctx, last, last.source, errPanicked)
		}
	}()
	return r.fetch(ctx, last)
}

var errPanicked = errors.New("the fetch panicked: look at the transport of Config.HTTPClient")

// wait returns the fetch's result, or ctx's error if that ends first.
func (r *Remote) wait(ctx context.Context, f *flight) error {
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		f.waiters--
	}()
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return fmt.Errorf("jwks: gave up waiting for a fetch: %w", ctx.Err())
	}
}

// abandon ends a fetch that nobody waits for any more, and waits until it is
// gone. Its place is free at once, so that no lookup joins what is ending.
func (r *Remote) abandon(f *flight) {
	r.mu.Lock()
	f.abandoned = f.waiters == 0 && r.current.CompareAndSwap(f, nil)
	abandoned := f.abandoned
	r.mu.Unlock()
	if abandoned {
		f.cancel()
		<-f.done
	}
}
