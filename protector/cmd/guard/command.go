package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"example.com/resourceserver/protector/cmd/guard/internal/terminal"
)

// command is one word after guard.
type command struct {
	name    string
	summary string
	// prepare declares the flags, and returns what runs once they are set.
	prepare func(*flag.FlagSet) func(context.Context, streams) (int, error)
	word    string // the one argument that it takes, "" for none
}

// commands are listed in the order of the help.
func commands() []command {
	return []command{
		{"explain", "say check by check why a token is accepted or refused", prepareExplain, ""},
		{"doctor", "examine an issuer, find the profile of its tokens, write the Go code", prepareDoctor, ""},
		{"issuer", "run an issuer for trying a service by hand", prepareIssuer, ""},
		{"completion", "print completion for a shell", prepareCompletion, "bash|zsh|fish"},
		{"version", "print the version", prepareVersion, ""},
	}
}

// usageError is a mistake in the command line.
type usageError string

func (e usageError) Error() string { return string(e) }

func run(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 {
		io.WriteString(s.err, help())
		return exitUsage
	}
	if holdsToken(args) {
		return complain(s, "guard", usageError(refusedToken))
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return show(s, "guard", help())
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, args[1:], s)
		}
	}
	return complain(s, "guard", usageError("no such command; guard help lists them"))
}

func (c command) run(ctx context.Context, args []string, s streams) int {
	name := "guard " + c.name
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	start := c.prepare(flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return show(s, name, c.help(flags))
	case err != nil:
		return complain(s, name, flagFault(flags, err))
	case c.word == "" && flags.NArg() > 0:
		return complain(s, name, usageError("it takes no argument. If that was a token: "+refusedToken))
	}
	code, err := start(ctx, s)
	if err != nil {
		return complain(s, name, err)
	}
	return code
}

// flagFault tells a mistake of a flag's without what was written there: it may be a token.
func flagFault(flags *flag.FlagSet, err error) error {
	fault := usageError("there is no such flag, or it is not written so; " + flags.Name() + " -h lists them")
	flags.VisitAll(func(f *flag.Flag) {
		if err.Error() == "flag needs an argument: -"+f.Name {
			fault = usageError("-" + f.Name + " needs a value")
		}
		// The value stands before the flag's name, and why it is refused is the last.
		reason := strings.LastIndex(err.Error(), " -"+f.Name+": ")
		if reason >= 0 && strings.HasPrefix(err.Error(), "invalid ") {
			fault = usageError(err.Error()[reason+1:])
		}
	})
	return fault
}

// complain says what went wrong. A mistake of the caller's is told apart from one of the world's.
func complain(s streams, name string, err error) int {
	fmt.Fprintln(s.err, name+": "+terminal.Lines(err.Error(), maxComplaint))
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitUndecided
}

const maxComplaint = 2000 // bytes of a line

func help() string {
	var b strings.Builder
	b.WriteString("guard explains access tokens, examines issuers, and plays one.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  guard %-11s %s\n", c.name, c.summary)
	}
	b.WriteString("\nguard COMMAND -h lists what can be set. " +
		"A token is read from standard input, and never from an argument.\n" +
		"Exit status: 0 good, 1 bad, 2 wrong use, 3 could not be decided.\n")
	return b.String()
}

func (c command) help(flags *flag.FlagSet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "guard %s: %s.\n\n", strings.TrimSpace(c.name+" "+c.word), c.summary)
	flags.SetOutput(&b)
	flags.PrintDefaults()
	return b.String()
}

// show writes a text that was asked for. That it cannot be written is no success.
func show(s streams, name, text string) int {
	if _, err := io.WriteString(s.out, text); err != nil {
		return complain(s, name, err)
	}
	return exitGood
}
