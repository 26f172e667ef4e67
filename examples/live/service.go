package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
)

const (
	// protocol is what client and server speak, and tokenProtocol is what the token
	// follows in the list of protocols that the client offers.
	protocol      = "events"
	tokenProtocol = "access_token"

	// statusToken ends a WebSocket whose token has ended. What HTTP calls 401 is left to
	// each application (RFC 6455 §7.4.2).
	statusToken = websocket.StatusCode(4401)

	// eventToken is the same for an event stream: a stream that breaks off does not say
	// why.
	eventToken = "token"

	// patience is for clients that do not read what they have asked for.
	patience = 10 * time.Second
)

// service has one list of events, and two ways to follow it.
type service struct {
	journal  *journal
	sessions *sessions
}

func newService(tokens *jwt.Validator, journal *journal, sessions *sessions) (http.Handler, error) {
	guard, err := protector.New(protector.Config{
		Validators:        []protector.Validator{protector.Bearer(tokens.Validate)},
		WebSocketProtocol: tokenProtocol, // for browsers
	})
	if err != nil {
		return nil, err
	}
	s := &service{journal, sessions}
	streams := guard.RequirePolicy(protector.Policy{
		Scopes:      []string{"events"},
		UntilExpiry: true,
		Withdrawn:   sessions.of,
	})
	mux := http.NewServeMux()
	mux.Handle("GET /events", streams(http.HandlerFunc(s.stream)))
	mux.Handle("GET /socket", streams(http.HandlerFunc(s.socket)))
	mux.Handle("DELETE /session", guard.Require()(protector.For(s.logOut)))
	return mux, nil
}

// stream sends events as they come (Server-Sent Events), for as long as the token lasts.
// A client that comes back says in Last-Event-ID how far it has got.
func (s *service) stream(w http.ResponseWriter, r *http.Request) {
	last, ok := position(w, r.Header.Get("Last-Event-ID"))
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	answer := http.NewResponseController(w)
	for {
		if err := answer.Flush(); err != nil {
			return
		}
		events, err := s.journal.behind(r.Context(), last)
		answer.SetWriteDeadline(time.Now().Add(patience))
		if err != nil { // the token has ended, or the client is gone and reads no more
			fmt.Fprintf(w, "event: %s\ndata: the token has ended\n\n", eventToken)
			return
		}
		for _, e := range events {
			if r.Context().Err() != nil {
				break
			}
			fmt.Fprintf(w, "id: %d\ndata: %s\n\n", e.Number, strconv.Quote(e.Text))
			last = e.Number
		}
	}
}

// socket sends the same by WebSocket, and says why it ends.
func (s *service) socket(w http.ResponseWriter, r *http.Request) {
	last, ok := position(w, r.URL.Query().Get("after"))
	if !ok {
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{protocol}})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	// The library cuts the connection when the context that it reads with ends. That one
	// must outlive the token, or nobody can say why it is over; so must that of write.
	gone := conn.CloseRead(context.WithoutCancel(r.Context()))
	ctx, cancel := context.WithCancel(r.Context())
	defer context.AfterFunc(gone, cancel)()
	defer cancel()
	for {
		events, err := s.journal.behind(ctx, last)
		if err != nil {
			conn.Close(statusToken, "the token has ended")
			return
		}
		for _, e := range events {
			if ctx.Err() != nil {
				break
			}
			if write(gone, conn, e) != nil {
				return
			}
			last = e.Number
		}
	}
}

// write may outlast the token, by patience at most: what is on its way
// then was sent in time.
func write(ctx context.Context, conn *websocket.Conn, e event) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return wsjson.Write(ctx, conn, e)
}

// position is the number of the last event that the client has got: none, if it says
// nothing.
func position(w http.ResponseWriter, text string) (last int, ok bool) {
	last, err := strconv.Atoi(cmp.Or(text, "0"))
	if err != nil || last < 0 {
		http.Error(w, "no number of an event", http.StatusBadRequest)
		return 0, false
	}
	return last, true
}

func (s *service) logOut(w http.ResponseWriter, _ *http.Request, token *jwt.Token) {
	s.sessions.end(sessionID(token))
	w.WriteHeader(http.StatusNoContent)
}
