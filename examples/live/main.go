// Live is a service of event streams and WebSockets that end with their tokens, and a
// client that misses nothing.
//
//	cd examples/live && go run .
//
// starts it on loopback with an issuer beside it. Tokens live for a second; two
// followers come back with a new one each time, until the user logs out.
//
// What to copy from: service.go is the server, follower.go the client.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(1)
	}
}

// tokensLast is how long tokens are good for here, so that some end while one looks on.
const tokensLast = time.Second

func run(ctx context.Context, out io.Writer) error {
	issuer, err := jwttest.StartIssuer(jwttest.FirstKey("ES256"))
	if err != nil {
		return err
	}
	defer issuer.Close()
	tokens, err := newTokens(issuer)
	if err != nil {
		return err
	}
	journal, sessions := newJournal(), newSessions()
	handler, err := newService(tokens, journal, sessions)
	if err != nil {
		return err
	}
	origin, stop, err := serve(handler)
	if err != nil {
		return err
	}
	defer stop()
	return tour(ctx, out, origin, journal, sessions, issuer)
}

// newTokens validates the issuer's tokens. They are so short-lived that the usual leeway
// would be most of their life; services leave Leeway out.
func newTokens(issuer *jwttest.Issuer) (*jwt.Validator, error) {
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL()})
	if err != nil {
		return nil, err
	}
	return jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: keys, Leeway: jwt.NoLeeway,
	})
}

func serve(handler http.Handler) (origin string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: patience}
	go server.Serve(listener)
	return "http://" + listener.Addr().String(), func() { server.Close() }, nil
}

// newToken is what a client gets from its authorization server, with a refresh token.
func newToken(issuer *jwttest.Issuer, session string, lasts time.Duration) string {
	expiry := float64(time.Now().Add(lasts).UnixMilli()) / 1000
	return issuer.Token(jwttest.Subject("alice"), jwttest.Scope("events"), jwttest.Claim("sid", session),
		jwttest.Claim("exp", expiry))
}

// tour has two clients follow the events of some seconds, and then logs their user out.
func tour(ctx context.Context, out io.Writer, origin string, journal *journal, sessions *sessions,
	issuer *jwttest.Issuer) error {
	const id = "session-1"
	sessions.begin(id)
	lines := make(chan string)
	done := make(chan error, 2)
	for name, connect := range map[string]func(*follower) func(context.Context, string) error{
		"stream": func(f *follower) func(context.Context, string) error { return f.stream },
		"socket": func(f *follower) func(context.Context, string) error { return f.socket },
	} {
		f := &follower{origin: origin}
		f.token = func(context.Context) (string, error) {
			lines <- name + ": a new token"
			return newToken(issuer, id, tokensLast), nil
		}
		f.each = func(e event) { lines <- fmt.Sprintf("%s: %d %s", name, e.Number, e.Text) }
		go func() { done <- fmt.Errorf("%s: %w", name, f.follow(ctx, connect(f))) }()
	}
	ticks := time.NewTicker(400 * time.Millisecond)
	defer ticks.Stop()
	for n, left := 1, 2; left > 0; {
		select {
		case line := <-lines:
			fmt.Fprintln(out, line)
		case err := <-done:
			fmt.Fprintln(out, err)
			left--
		case <-ticks.C:
			if n++; n > 8 {
				fmt.Fprintln(out, "alice logs out")
				sessions.end(id)
				ticks.Stop()
				continue
			}
			journal.add("news " + strconv.Itoa(n-1))
		}
	}
	return ctx.Err()
}
