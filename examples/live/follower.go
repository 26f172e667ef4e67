package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// A follower is a client that gets each event once, whatever becomes of its
// connections: it remembers the last one, and comes back for what is behind it.
type follower struct {
	origin string                                    // of the service
	token  func(ctx context.Context) (string, error) // one that is good, now
	each   func(event)
	last   int
	opened int // connections
}

var (
	errRefused    = errors.New("the token was refused")
	errTokenEnded = errors.New("the token has ended")
)

// pause is how long a follower waits whose connection was lost for another reason than
// its token's end.
const pause = time.Second

// follow calls connect again and again, until the context ends or a fresh token is
// refused: then the user has to sign in.
func (f *follower) follow(ctx context.Context, connect func(ctx context.Context, token string) error) error {
	for {
		token, err := f.token(ctx)
		if err != nil {
			return err
		}
		switch err = connect(ctx, token); {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errRefused):
			return err
		case errors.Is(err, errTokenEnded): // as was to be expected
			continue
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// stream follows the events by Server-Sent Events.
func (f *follower) stream(ctx context.Context, token string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.origin+"/events", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if f.last > 0 {
		r.Header.Set("Last-Event-ID", strconv.Itoa(f.last))
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := accepted(response, http.StatusOK); err != nil {
		return err
	}
	f.opened++
	return f.read(bufio.NewScanner(response.Body))
}

// read reads events. One that breaks off before its empty line does not count.
func (f *follower) read(lines *bufio.Scanner) (err error) {
	var e event
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case name == "event" && value == eventToken:
			return errTokenEnded
		case name == "id":
			e.Number, err = strconv.Atoi(value)
		case name == "data":
			e.Text, err = strconv.Unquote(value)
		case name == "":
			f.got(e)
		}
		if err != nil {
			return err
		}
	}
	return cmp.Or(lines.Err(), io.ErrUnexpectedEOF)
}

// socket follows the events by WebSocket, as a page in a browser does.
func (f *follower) socket(ctx context.Context, token string) error {
	conn, response, err := websocket.Dial(ctx, fmt.Sprintf("%s/socket?after=%d", f.origin, f.last),
		&websocket.DialOptions{Subprotocols: []string{protocol, tokenProtocol + "." + token}})
	if response == nil {
		return err
	}
	if err := accepted(response, http.StatusSwitchingProtocols); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	if conn.Subprotocol() != protocol { // where a browser closes the connection
		return fmt.Errorf("the server answers with the protocol %q", conn.Subprotocol())
	}
	f.opened++
	for {
		var e event
		if err := wsjson.Read(ctx, conn, &e); websocket.CloseStatus(err) == statusToken {
			return errTokenEnded
		} else if err != nil {
			return err
		}
		f.got(e)
	}
}

func accepted(response *http.Response, want int) error {
	switch response.StatusCode {
	case want:
		return nil
	case http.StatusUnauthorized:
		return errRefused
	}
	return fmt.Errorf("the service answers %s", response.Status)
}

func (f *follower) got(e event) {
	f.last = e.Number
	f.each(e)
}
