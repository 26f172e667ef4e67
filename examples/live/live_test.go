package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

// A live service, with an issuer beside it and one user's session.
type live struct {
	issuer   *jwttest.Issuer
	journal  *journal
	sessions *sessions
	origin   string
}

func start(t *testing.T) *live {
	s := &live{jwttest.NewIssuer(t, jwttest.FirstKey("ES256")), newJournal(), newSessions(), ""}
	tokens, err := newTokens(s.issuer)
	require.NoError(t, err)
	handler, err := newService(tokens, s.journal, s.sessions)
	require.NoError(t, err)
	origin, stop, err := serve(handler)
	require.NoError(t, err)
	t.Cleanup(stop)
	s.origin = origin
	s.sessions.begin("s")
	return s
}

// ways are the two ways to follow the events.
var ways = map[string]func(*follower) func(context.Context, string) error{
	"stream": func(f *follower) func(context.Context, string) error { return f.stream },
	"socket": func(f *follower) func(context.Context, string) error { return f.socket },
}

// Each event comes once and in its order, while one token after the other ends in the middle of them.
//
// checklist 204
func TestNothingIsLostWhenTokensEnd(t *testing.T) {
	const connections, ahead = 4, 5
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			got := 0
			f := &follower{origin: s.origin}
			f.token = func(context.Context) (string, error) { return newToken(s.issuer, "s", 250*time.Millisecond), nil }
			f.each = func(e event) {
				got++
				require.Equal(t, event{got, fmt.Sprint("news ", got)}, e)
				s.journal.add(fmt.Sprint("news ", got+ahead)) // some are always on their way
				if f.opened == connections {
					stop()
				}
			}
			for i := range ahead {
				s.journal.add(fmt.Sprint("news ", i+1))
			}
			connect := way(f)
			require.ErrorIs(t, f.follow(ctx, func(ctx context.Context, token string) error {
				err := connect(ctx, token)
				if ctx.Err() == nil {
					require.ErrorIs(t, err, errTokenEnded, "the client is told why")
				}
				return err
			}), context.Canceled)
			require.Equal(t, connections, f.opened)
			require.Greater(t, got, connections)
		})
	}
}

// Whoever logs out hears nothing more, whatever is there already to be heard.
//
// checklist 204
func TestLoggingOutEndsWhatIsOpen(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			asked := 0
			f := &follower{origin: s.origin}
			f.token = func(context.Context) (string, error) {
				asked++
				return newToken(s.issuer, "s", time.Hour), nil
			}
			f.each = func(e event) {
				require.Equal(t, 1, e.Number)
				r, err := http.NewRequest(http.MethodDelete, s.origin+"/session", nil)
				require.NoError(t, err)
				r.Header.Set("Authorization", "Bearer "+newToken(s.issuer, "s", time.Hour))
				response, err := http.DefaultClient.Do(r)
				require.NoError(t, err)
				response.Body.Close()
				require.Equal(t, http.StatusNoContent, response.StatusCode)
				s.journal.add("for others")
			}
			s.journal.add("news")
			require.ErrorIs(t, f.follow(t.Context(), way(f)), errRefused)
			require.Equal(t, []int{1, 2, 1}, []int{f.opened, asked, f.last})
		})
	}
}

// A token of a session that nobody has begun is as good as one of a session that is over.
func TestTokensOfNoSession(t *testing.T) {
	s := start(t)
	for _, token := range []string{newToken(s.issuer, "other", time.Hour), s.issuer.Token(jwttest.Scope("events"))} {
		f := &follower{origin: s.origin}
		require.ErrorIs(t, f.stream(t.Context(), token), errRefused)
		require.ErrorIs(t, f.socket(t.Context(), token), errRefused)
	}
}

// checklist 205
func TestTheTokenIsNoAnswer(t *testing.T) {
	s := start(t)
	token := newToken(s.issuer, "s", time.Hour)
	carrier := tokenProtocol + "." + token
	for _, tt := range []struct {
		name   string
		offers []string
		origin string
		status int
		answer string
	}{
		{"both", []string{protocol, carrier}, "", 101, protocol},
		{"token first", []string{carrier, protocol}, "", 101, protocol},
		{"the token alone", []string{carrier}, "", 400, ""},
		{"a protocol that the server does not speak", []string{"soap", carrier}, "", 101, ""},
		{"its own page", []string{protocol, carrier}, s.origin, 101, protocol},
		{"another's page", []string{protocol, carrier}, "https://evil.example", 403, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header := http.Header{}
			if tt.origin != "" {
				header.Set("Origin", tt.origin)
			}
			conn, response, err := websocket.Dial(t.Context(), s.origin+"/socket",
				&websocket.DialOptions{Subprotocols: tt.offers, HTTPHeader: header})
			require.NotNil(t, response, err)
			require.Equal(t, tt.status, response.StatusCode)
			require.Equal(t, tt.answer, response.Header.Get("Sec-WebSocket-Protocol"))
			require.NotContains(t, fmt.Sprint(response.Header), token)
			if tt.status == 101 {
				require.NoError(t, err)
				require.Equal(t, tt.answer, conn.Subprotocol())
				require.NoError(t, conn.CloseNow())
			}
		})
	}
}

// page is what a page in a browser does. Node's WebSocket is that of the browsers' standard.
const page = `
const [url, ...protocols] = process.argv.slice(1)
const socket = new WebSocket(url, protocols)
socket.onmessage = event => { console.log(socket.protocol, JSON.parse(event.data).text); socket.close() }
socket.onerror = () => { console.log("failed") }
`

// checklist 205
func TestABrowsersWebSocket(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: it is here for its WebSocket, which follows the standard for browsers")
	}
	options := []string{"--experimental-websocket", "-e", page, "--"} // Node 22 has it without being asked
	if exec.Command(node, "--experimental-websocket", "-e", "0").Run() != nil {
		t.Skip("this node is too old to have a WebSocket")
	}
	s := start(t)
	s.journal.add("hello")
	url := strings.Replace(s.origin, "http", "ws", 1) + "/socket"
	carrier := tokenProtocol + "." + newToken(s.issuer, "s", time.Hour)
	for _, tt := range []struct {
		name      string
		protocols []string
		want      string
	}{
		{"a token", []string{protocol, carrier}, "events hello"},
		{"no token", []string{protocol}, "failed"},
		{"the token alone", []string{carrier}, "failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), node,
				append(append(options, url), tt.protocols...)...).CombinedOutput()
			require.NoError(t, err, string(out))
			require.Contains(t, string(out), tt.want)
		})
	}
}

func TestPositions(t *testing.T) {
	s := start(t)
	for _, position := range []string{"x", "-1", "1.5", "99999999999999999999"} {
		r, err := http.NewRequest(http.MethodGet, s.origin+"/events", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+newToken(s.issuer, "s", time.Hour))
		r.Header.Set("Last-Event-ID", position)
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, http.StatusBadRequest, response.StatusCode, position)
	}
}

// What is there already when the token ends is not sent any more, also in the middle of what was handed out at once.
func TestAStreamEndsBetweenTwoEvents(t *testing.T) {
	s := &service{journal: newJournal()}
	for range batch {
		s.journal.add("event")
	}
	ctx, end := context.WithCancel(t.Context())
	w := &watched{httptest.NewRecorder(), end}
	s.stream(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/events", nil))
	require.Equal(t, 1, strings.Count(w.Body.String(), "id: "))
	require.Equal(t, 1, strings.Count(w.Body.String(), "event: token"))
}

// watched calls written at each Write.
type watched struct {
	*httptest.ResponseRecorder
	written func()
}

func (w *watched) Write(p []byte) (int, error) {
	w.written()
	return w.ResponseRecorder.Write(p)
}

// A stream that breaks off says nothing about its token.
func TestReadingAStream(t *testing.T) {
	for _, tt := range []struct {
		sent string
		last int
		err  error
	}{
		{"id: 1\ndata: \"a\"\n\nid: 2\ndata: \"b\"\n", 1, io.ErrUnexpectedEOF},
		{"id: 1\ndata: \"a\"\n\nevent: token\n", 1, errTokenEnded},
		{"", 0, io.ErrUnexpectedEOF},
	} {
		f := &follower{each: func(event) {}}
		require.ErrorIs(t, f.read(bufio.NewScanner(strings.NewReader(tt.sent))), tt.err)
		require.Equal(t, tt.last, f.last)
	}
}

// A lost connection is tried again, and not in a loop.
func TestLostConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("lost")
		f := &follower{token: func(context.Context) (string, error) { return "x", nil }}
		ctx, stop := context.WithCancel(t.Context())
		began, tries := time.Now(), 0
		require.ErrorIs(t, f.follow(ctx, func(context.Context, string) error {
			if tries++; tries == 3 {
				stop()
			}
			return lost
		}), context.Canceled)
		require.Equal(t, 2*pause, time.Since(began))
	})
}

func TestTour(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, name := range []string{"stream", "socket"} {
		for n := range 7 {
			require.Equal(t, 1, strings.Count(out.String(), fmt.Sprintf("%s: %d news %d\n", name, n+1, n+1)), out.String())
		}
		require.Contains(t, out.String(), name+": the token was refused\n")
		require.Greater(t, strings.Count(out.String(), name+": a new token\n"), 2)
	}
}
