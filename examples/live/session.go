package main

import (
	"context"
	"errors"
	"sync"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
)

var (
	errLoggedOut = errors.New("logged out")
	errNoSession = errors.New("no such session")
)

// sessions are those of users who have signed in. A token says in its claim sid which
// it belongs to, and is good no longer than that.
type sessions struct {
	mu   sync.Mutex
	open map[string]session
}

type session struct {
	context.Context
	end context.CancelCauseFunc
}

func newSessions() *sessions { return &sessions{open: make(map[string]session)} }

func (s *sessions) begin(id string) {
	ctx, end := context.WithCancelCause(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[id] = session{ctx, end}
}

// end ends the session, and with it whatever is open in it.
func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if gone, ok := s.open[id]; ok {
		gone.end(errLoggedOut)
		delete(s.open, id)
	}
}

// of is what [protector.Policy] calls Withdrawn. A token of no session is withdrawn.
func (s *sessions) of(token protector.Token) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if open, ok := s.open[sessionID(token)]; ok {
		return open
	}
	return never
}

var never = func() context.Context {
	ctx, end := context.WithCancelCause(context.Background())
	end(errNoSession)
	return ctx
}()

func sessionID(token protector.Token) string {
	var claims struct {
		Session string `json:"sid"`
	}
	if t, ok := token.(*jwt.Token); !ok || t.Decode(&claims) != nil {
		return ""
	}
	return claims.Session
}
