// Tokentable is an HTTP API protected by tokens from a table of its own: no
// JWT, no authorization server, the application's own token type in handlers.
//
//	cd examples/tokentable && go run .
//
// serves it on loopback with an SQLite file that is deleted afterwards, walks
// through a tour of what is accepted and what is refused, prints it, and goes
// on serving with curl lines to paste. With -once it ends after the tour, with
// status 1 if anything was not as expected. With -log it logs what it refuses,
// and why, which clients are not told. With DATABASE_URL set to a postgres://
// URL it uses that database, and leaves two tables in it, users and tokens.
//
// What to copy from: api.go is the wiring, and store/store.go the look-up.
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
	"path/filepath"
	"syscall"
	"time"

	"example.com/resourceserver/examples/tokentable/store"
	"example.com/resourceserver/protector"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, "tokentable:", err)
	os.Exit(1)
}

// settings are what the command line says.
type settings struct {
	listen    string
	once, log bool
}

func parseSettings(args []string, logs io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("tokentable", flag.ContinueOnError)
	flags.SetOutput(logs)
	flags.StringVar(&s.listen, "listen", "127.0.0.1:0", "`address` to serve on")
	flags.BoolVar(&s.once, "once", false, "end after the tour")
	flags.BoolVar(&s.log, "log", false, "log refusals and outages to standard error")
	return s, flags.Parse(args)
}

func run(ctx context.Context, args []string, getenv func(string) string, out, logs io.Writer) error {
	settings, err := parseSettings(args, logs)
	if err != nil {
		return err
	}
	tokens, remove, err := openStore(ctx, getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer remove()
	defer tokens.Close()

	config := protector.Config{}
	if settings.log {
		config.Logger = slog.New(slog.NewTextHandler(logs, nil))
	}
	api, err := newAPI(tokens, config)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", settings.listen)
	if err != nil {
		return err
	}
	tour := tour{url: "http://" + listener.Addr().String(), tokens: tokens, out: out}
	return serve(ctx, listener, api, tour, settings.once)
}

// openStore uses a new SQLite file where no database is named.
func openStore(ctx context.Context, databaseURL string) (tokens *store.Store, remove func(), err error) {
	if databaseURL != "" {
		tokens, err = store.Open(ctx, databaseURL)
		return tokens, func() {}, err
	}
	folder, err := os.MkdirTemp("", "tokentable")
	if err != nil {
		return nil, nil, err
	}
	remove = func() { os.RemoveAll(folder) }
	tokens, err = store.Open(ctx, filepath.Join(folder, "tokens.db"))
	if err != nil {
		remove()
	}
	return tokens, remove, err
}

func serve(ctx context.Context, listener net.Listener, api http.Handler, tour tour, once bool) error {
	server := &http.Server{Handler: api, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	defer server.Close()

	surprises := tour.walk(ctx)
	if once || surprises != nil {
		return surprises
	}
	if err := tour.printCurl(ctx); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}
