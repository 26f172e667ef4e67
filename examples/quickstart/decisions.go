package main

import (
	"context"
	"sync"

	"example.com/resourceserver/protector"
)

// decisions remembers the guard's last decision, for the tour's table. A real
// service would count the same texts as metrics.
type decisions struct {
	mu   sync.Mutex
	last string
}

func (d *decisions) record(_ context.Context, decision protector.Decision) {
	text := string(decision.Outcome)
	if decision.Reason != "" {
		text += ": " + decision.Reason
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = text
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
