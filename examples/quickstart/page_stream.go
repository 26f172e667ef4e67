package main

import (
	"fmt"
	"net/http"
	"time"
)

// patience is how long a client may take to read what it was sent.
const patience = 10 * time.Second

// events streams what happens until the client or the page goes. A client that reads too
// slowly is let go, and connects again.
func (p *page) events(w http.ResponseWriter, r *http.Request) {
	past, news, ok := p.board.watch()
	if !ok {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer p.board.leave(news)
	w.Header().Set("Content-Type", "text/event-stream")
	s := stream{w, http.NewResponseController(w)}
	defer s.controller.SetWriteDeadline(time.Time{})
	if !s.send(append([]message{newMessage("about", p.about())}, past...)...) {
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case m, ok := <-news:
			if !ok || !s.send(m) {
				return
			}
		}
	}
}

type stream struct {
	http.ResponseWriter
	controller *http.ResponseController
}

// send reports whether the client can go on.
func (s stream) send(messages ...message) bool {
	s.controller.SetWriteDeadline(time.Now().Add(patience))
	for _, m := range messages {
		if _, err := fmt.Fprintf(s, "event: %s\ndata: %s\n\n", m.name, m.data); err != nil {
			return false
		}
	}
	return s.controller.Flush() == nil
}
