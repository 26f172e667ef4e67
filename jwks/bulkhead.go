package jwks

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// bulkhead keeps what the caller's code does in one fetch from the rest of the
// ship. That code is the transport of Config.HTTPClient and what it calls: a proxy
// function, CheckRedirect, a cookie jar, the body of an answer. It may panic, end its
// goroutine, or go on for ever whatever its context says. Each of these fails one
// fetch, and no more. A dialer is out of reach if it panics: net/http calls it, and
// what TLS calls, in goroutines of its own.
//
// A goroutine cannot be stopped from outside. One that does not heed its context
// is left behind, and keeps one of a few places until it ends by itself.
type bulkhead struct{ inside atomic.Int64 }

// maxLeftBehind bounds the goroutines that one Remote can leave behind. They cost
// some kilobytes and perhaps a connection each. A transport that hangs for minutes
// needs a handful of places; one that hangs for ever has them all after a quarter
// of an hour, and the fetches that follow fail at once until one is free again. To
// go on without a bound would leak memory until the process ends.
const maxLeftBehind = 32

// grace is how long code of the caller's may take to notice that its time is over.
const grace = 100 * time.Millisecond

var (
	errPanicked   = errors.New("the fetch panicked: look at the transport of Config.HTTPClient")
	errGoexit     = errors.New("the transport of Config.HTTPClient ended its goroutine")
	errLeftBehind = errors.New("the transport of Config.HTTPClient does not heed its context, " +
		"or the disk of Config.File hangs: a fetch goes on")
	errNoPlaceLeft = fmt.Errorf("%d requests have gone on after their contexts ended: "+
		"the transport of Config.HTTPClient hangs, or the disk of Config.File", maxLeftBehind)
)

// guard returns fetch as it is asked behind the bulkhead: for what is to follow a state. It
// ends within the time limit of its context and the grace after it.
func (b *bulkhead) guard(
	fetch func(ctx context.Context, from source, last *keySet) outcome,
) func(ctx context.Context, last *state) outcome {
	return func(ctx context.Context, last *state) outcome {
		o, err := b.run(ctx, func() outcome { return fetch(ctx, last.source, last.set) })
		if err != nil {
			return failed(last.source, last.source, err)
		}
		return o
	}
}

// run calls fetch and returns its result. It returns soon after ctx ends, whatever
// fetch does. An error means that fetch gave no result.
func (b *bulkhead) run(ctx context.Context, fetch func() outcome) (outcome, error) {
	if b.inside.Add(1) > maxLeftBehind {
		b.inside.Add(-1)
		return outcome{}, errNoPlaceLeft
	}
	done := make(chan fetched, 1)
	go func() {
		defer b.inside.Add(-1)
		call(fetch, done)
	}()
	select {
	case r := <-done:
		return r.outcome, r.err
	case <-ctx.Done():
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case r := <-done:
		return r.outcome, r.err
	case <-late.C:
		return outcome{}, leftBehind(ctx)
	}
}

// fetched is the outcome of a fetch, or why it has none.
type fetched struct {
	outcome outcome
	err     error
}

// call sends exactly one result, however fetch ends. What a panic says is not
// repeated: that of someone else's code may say anything.
func call(fetch func() outcome, done chan<- fetched) {
	r := fetched{err: errGoexit} // until it is known better
	defer func() {
		if recover() != nil {
			r.err = errPanicked
		}
		done <- r
	}()
	r.outcome = fetch()
	r.err = nil
}

// leftBehind says both that the time is over, for errors.Is, and whose fault it is.
func leftBehind(ctx context.Context) error { return fmt.Errorf("%w: %w", errLeftBehind, ctx.Err()) }
