// Command guard explains access tokens, examines issuers, and plays one, for services that are protected by the
// packages of example.com/resourceserver.
//
//	guard explain     why a token is accepted or refused, check by check
//	guard doctor      what is good and bad about an issuer, what its tokens need, and the Go code for it
//	guard issuer      an issuer for trying a service by hand
//	guard completion  completion for bash, zsh or fish
//	guard version     the version of this program
//
// A token comes from standard input, and never from an argument: the shell would keep it in its history, and
// everybody on the machine could see it in the list of processes. No token that came on standard input is ever
// repeated, and no word of the command line in which there is one, or that nobody expects there.
//
// It exits with 0 if the token is valid or the issuer good, 1 if not, 2 if the command line is wrong, and 3 if it
// could not be decided, as when the issuer's keys cannot be had. Output has colours on a terminal, unless NO_COLOR is
// set, and is JSON with -json.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// What the program exits with.
const (
	exitGood      = 0
	exitBad       = 1
	exitUsage     = 2
	exitUndecided = 3
)

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader // an *os.File where the terminal matters
	out, err io.Writer
	getenv   func(string) string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr, os.Getenv})
	stop()
	os.Exit(code)
}
