package main

import (
	"context"
	"maps"
	"sync"

	"example.com/resourceserver/protector"
)

// decisions remembers the guard's last decision, for the tour's table, and counts all
// of them, for the page. A real service would count the same texts as metrics.
type decisions struct {
	mu     sync.Mutex
	last   string
	counts map[string]int // by outcome and reason, of which there are few
}

func (d *decisions) record(_ context.Context, decision protector.Decision) {
	text := string(decision.Outcome)
	if decision.Reason != "" {
		text += ": " + decision.Reason
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = text
	if d.counts == nil {
		d.counts = make(map[string]int)
	}
	d.counts[text]++
}

// take returns the last decision and forgets it. There is none for a route
// without protection.
func (d *decisions) take() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	last := d.last
	d.last = ""
	if last == "" {
		return "open"
	}
	return last
}

// counted returns how often each decision was made.
func (d *decisions) counted() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.counts)
}
