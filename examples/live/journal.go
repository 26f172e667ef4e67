package main

import (
	"context"
	"sync"
)

// An event has a number, one more than the one before: that is what a client says that
// it has got, when it comes back.
type event struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
}

// journal keeps the events in their order. A service has them in its database.
type journal struct {
	mu     sync.Mutex
	events []event
	grown  chan struct{} // closed by the next event
}

func newJournal() *journal { return &journal{grown: make(chan struct{})} }

func (j *journal) add(text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, event{len(j.events) + 1, text})
	close(j.grown)
	j.grown = make(chan struct{})
}

// batch is how many events are handed out at once, so that between two batches of a
// long list the context is looked at.
const batch = 100

// behind returns what has come after the event of that number, and waits for it. The
// error is the cause of the context's end.
func (j *journal) behind(ctx context.Context, number int) ([]event, error) {
	for {
		j.mu.Lock()
		rest, grown := j.events[min(number, len(j.events)):], j.grown
		j.mu.Unlock()
		if ctx.Err() != nil { // before anything that is there already
			return nil, context.Cause(ctx)
		}
		if len(rest) > 0 {
			return rest[:min(batch, len(rest))], nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
		}
	}
}
