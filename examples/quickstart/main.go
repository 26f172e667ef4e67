// Quickstart is a protected HTTP API with an issuer to try it with.
//
//	go run ./examples/quickstart
//
// starts both on loopback, walks through a tour of what is accepted and what is
// refused, prints it as a table, and goes on serving with curl lines to paste.
// With -once it ends after the tour, with status 1 if anything was not as
// expected. Before the table it prints the address of a page, on loopback, that shows
// the same and lets you break the issuer and have tokens explained.
//
//	go run ./examples/quickstart -issuer https://id.example -audience https://api.example
//
// protects the same API with an issuer of your own instead. If its tokens are
// not as RFC 9068 has them, add -profile with its name, or with a profile as JSON.
//
// What to copy from: guard.go wires the library in one function, api.go has a
// route for every form of protection, and notes.go is a handler type with
// methods. The rest is the tour and the page.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"example.com/resourceserver/jwt/jwttest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, "quickstart:", err)
	os.Exit(1)
}

func run(ctx context.Context, args []string, getenv func(string) string, out, logs io.Writer) error {
	settings, err := parseSettings(args, getenv, logs)
	if err != nil {
		return err
	}
	if settings.issuer != "" {
		return show(ctx, settings, nil, out, logs)
	}
	issuer, err := jwttest.StartIssuer(jwttest.FirstKey("ES256"))
	if err != nil {
		return err
	}
	defer issuer.Close()
	settings.issuer, settings.audience = issuer.URL(), issuer.Audience()
	return show(ctx, settings, issuer, out, logs)
}

// show starts the API, walks the tour and goes on serving. The embedded issuer
// is nil if the API is protected with another, whose tokens only the user can
// get.
func show(ctx context.Context, settings settings, embedded *jwttest.Issuer, out, logs io.Writer) error {
	service, err := startService(ctx, settings, logs)
	if err != nil {
		return err
	}
	defer service.stop()

	clients, err := newClients(service)
	if err != nil {
		return err
	}
	defer clients.close()

	if settings.once {
		return tour{service, embedded, clients, nil}.walk(ctx, out)
	}
	page, err := startPage(ctx, settings, service, embedded)
	if err != nil {
		return err
	}
	defer page.close()
	fmt.Fprintf(out, "A page to look at: %s\n\n", page.url)
	page.board.tourStarts()
	surprises := tour{service, embedded, clients, page.board.toured}.walk(ctx, out)
	page.board.tourEnds(surprises)
	page.run()
	if surprises != nil {
		fmt.Fprintf(out, "\n%v\n", surprises)
	}
	printCurl(out, service, settings, embedded, clients.alice)
	return service.serve(ctx)
}
