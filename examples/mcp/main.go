// Mcp is an MCP server whose tools need scopes.
//
//	cd examples/mcp && go run .
//
// starts it on loopback with an authorization server beside it, has a client of the
// official Go SDK find its way from a refusal to a token and from one tool's scope to
// the next, prints that, and goes on serving with curl lines to paste. With -once it
// ends after the tour.
//
// What to copy from: server.go is the wiring.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt/jwttest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, "mcp:", err)
	os.Exit(1)
}

func run(ctx context.Context, args []string, out, logs io.Writer) error {
	flags := flag.NewFlagSet("mcp", flag.ContinueOnError)
	flags.SetOutput(logs)
	listen := flags.String("listen", "127.0.0.1:0", "`address` to serve on")
	once := flags.Bool("once", false, "end after the tour")
	if err := flags.Parse(args); err != nil {
		return err
	}
	issuer, err := jwttest.StartIssuer(jwttest.FirstKey("ES256"))
	if err != nil {
		return err
	}
	defer issuer.Close()
	stop, err := serve("127.0.0.1:0", func(origin string) (http.Handler, error) {
		return newAuthorizationServer(issuer, origin, grantAll), nil
	})
	if err != nil {
		return err
	}
	defer stop()
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL()})
	if err != nil {
		return err
	}
	var url string
	stop, err = serve(*listen, func(origin string) (http.Handler, error) {
		url = origin + "/mcp"
		return newAPI(issuer.URL(), url, keys, mcp.StreamableHTTPOptions{}, slog.New(slog.NewTextHandler(logs, nil)))
	})
	if err != nil {
		return err
	}
	defer stop()
	if err := tour(ctx, url, out); err != nil || *once {
		return err
	}
	printCurl(out, issuer, url)
	<-ctx.Done()
	return nil
}

// serve serves what handler makes for the origin of a new listener.
func serve(addr string, handler func(origin string) (http.Handler, error)) (stop func(), err error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	h, err := handler("http://" + listener.Addr().String())
	if err != nil {
		listener.Close()
		return nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	return func() { server.Close() }, nil
}

func printCurl(out io.Writer, issuer *jwttest.Issuer, url string) {
	token := issuer.Token(jwttest.Subject("alice"), jwttest.Audience(url), jwttest.Scope("notes:read"),
		jwttest.ExpiresIn(time.Hour))
	origin := strings.TrimSuffix(url, "/mcp")
	call := ` -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' ` + url +
		` -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"%s"}}'` + "\n"
	fmt.Fprintf(out, "\nNow try it yourself. This token is alice's, to read, and good for an hour:\n\n")
	fmt.Fprintf(out, "TOKEN='%s'\n\n", token)
	fmt.Fprintf(out, "curl -i %s\n", url)
	fmt.Fprintf(out, "curl -i %s/.well-known/oauth-protected-resource/mcp\n", origin)
	fmt.Fprintf(out, `curl -i -H "Authorization: Bearer $TOKEN"`+call, "add_note")
	fmt.Fprintf(out, "\nServing on %s. The log below says why a request is refused. Ctrl-C ends.\n", url)
}
