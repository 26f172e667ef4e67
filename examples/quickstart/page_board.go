package main

import (
	"encoding/json"
	"slices"
	"sync"
)

// message is an event of the stream (WHATWG HTML §9.2).
type message struct {
	name string
	data []byte // JSON, so it has no line breaks
}

func newMessage(name string, value any) message {
	data, err := json.Marshal(value)
	if err != nil {
		data = []byte("null")
	}
	return message{name, data}
}

// board keeps what whoever opens the page has missed, and passes on what happens. It is
// safe for concurrent use.
type board struct {
	mu       sync.Mutex
	tour     []message // since the last one started
	seconds  []message // the last of them
	watchers map[chan message]bool
}

const (
	maxWatchers = 8   // streams at a time; a browser has no more than six for one origin
	maxBehind   = 128 // messages that a watcher has not taken yet
	maxSeconds  = 60  // as many as the chart shows
)

// watch returns what has been, and a channel of what is to come, or false if too many
// watch already. The channel is closed when its watcher falls too far behind.
func (b *board) watch() (past []message, news chan message, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.watchers) >= maxWatchers {
		return nil, nil, false
	}
	if b.watchers == nil {
		b.watchers = make(map[chan message]bool)
	}
	news = make(chan message, maxBehind)
	b.watchers[news] = true
	return slices.Concat(b.tour, b.seconds), news, true
}

func (b *board) leave(news chan message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.watchers, news)
}

func (b *board) isWatched() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.watchers) > 0
}

func (b *board) tourStarts() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tour = nil
	b.tourSays(newMessage("start", nil))
}

func (b *board) toured(e entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tourSays(newMessage("line", e))
}

// tourEnds says what was not as expected, if anything.
func (b *board) tourEnds(surprises error) {
	text := ""
	if surprises != nil {
		text = surprises.Error()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tourSays(newMessage("end", text))
}

func (b *board) tourSays(m message) {
	b.tour = append(b.tour, m)
	b.send(m)
}

func (b *board) measured(s second) {
	m := newMessage("second", s)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.seconds) == maxSeconds {
		b.seconds = slices.Delete(b.seconds, 0, 1)
	}
	b.seconds = append(b.seconds, m)
	b.send(m)
}

func (b *board) send(m message) {
	for news := range b.watchers {
		select {
		case news <- m:
		default:
			delete(b.watchers, news)
			close(news)
		}
	}
}
