package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/resourceserver/protector/cmd/guard/internal/devissuer"
	"example.com/resourceserver/protector/cmd/guard/internal/terminal"
	"example.com/resourceserver/protector/cmd/guard/internal/wiring"
)

type issuer struct {
	devissuer.Config
	users users
	json  bool
}

func prepareIssuer(flags *flag.FlagSet) func(context.Context, streams) (int, error) {
	var i issuer
	flags.StringVar(&i.Address, "addr", "127.0.0.1:0", "`host:port` on loopback; port 0 is any, and so another each time")
	flags.StringVar(&i.Audience, "audience", "https://api.example", "`name` of your API in the aud claim")
	flags.Var(&i.users, "user", "a `user` and the scopes of its tokens, as in alice=profile,email; may be given again")
	flags.BoolVar(&i.json, "json", false, "print where it is as JSON, and answers to commands on standard error")
	return i.run
}

// users is a flag that may be given more than once.
type users []devissuer.User

func (u *users) String() string { return fmt.Sprint(len(*u)) }

func (u *users) Set(value string) error {
	name, scope, _ := strings.Cut(value, "=")
	if name == "" || strings.ContainsAny(value, " \t\r\n") {
		return errors.New("write NAME=SCOPE,SCOPE")
	}
	*u = append(*u, devissuer.User{Name: name, Scope: strings.ReplaceAll(scope, ",", " ")})
	return nil
}

// run serves until the program is told to end. That commands end does not end it: it may have been started without any.
func (i *issuer) run(ctx context.Context, s streams) (int, error) {
	if i.Config.Users = i.users; len(i.users) == 0 {
		i.Config.Users = []devissuer.User{{Name: "alice", Scope: "profile"}}
	}
	if i.Audience == "" {
		return 0, usageError("-audience is empty")
	}
	running, err := devissuer.Start(i.Config)
	if _, world := errors.AsType[*os.SyscallError](err); world { // the address is in use, say
		return 0, err
	} else if err != nil {
		return 0, usageError(err.Error())
	}
	defer running.Close()
	failed := make(chan error, 1)
	go func() { failed <- running.Serve() }()
	if err := i.announce(running, s); err != nil {
		return 0, err
	}
	quit := make(chan struct{})
	if i.json {
		s.out = s.err // standard output is one document
	}
	go obey(running, s, quit)
	select {
	case err := <-failed:
		return 0, err
	case <-quit:
	case <-ctx.Done():
	}
	return exitGood, nil
}

// announce says where it is, and how to use it.
func (i *issuer) announce(running *devissuer.Issuer, s streams) error {
	code, err := wiring.File(wiring.Service{Issuer: running.URL(), Audiences: []string{i.Audience}})
	if err != nil {
		return err
	}
	if i.json {
		return writeJSON(s.out, map[string]string{
			"issuer": running.URL(), "audience": i.Audience, "command": running.CommandURL(), "go": code,
		})
	}
	_, err = fmt.Fprintf(s.out, `An issuer for trying things on this machine. It signs whatever it is asked to sign.

export ISSUER=%s
export AUDIENCE=%s
export TOKEN=$(curl -s -d token %s)
curl -i -H "Authorization: Bearer $TOKEN" localhost:8080/

%s
Commands, here or by curl -d COMMAND %s, and quit:

%s
`, running.URL(), shellQuoted(i.Audience), running.CommandURL(), code, running.CommandURL(), devissuer.Help)
	return err
}

// shellQuoted is a text as one word of a shell.
func shellQuoted(text string) string {
	const harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/._-"
	if strings.Trim(text, harmless) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(terminal.Plain(text, maxComplaint), "'", `'\''`) + "'"
}

// obey reads commands until quit, or until there are no more.
func obey(running *devissuer.Issuer, s streams, quit chan<- struct{}) {
	prompt := ""
	if terminal.Is(s.in) {
		prompt = "> "
	}
	lines := bufio.NewScanner(s.in)
	for io.WriteString(s.out, prompt); lines.Scan(); io.WriteString(s.out, prompt) {
		switch line := strings.TrimSpace(lines.Text()); line {
		case "":
		case "quit":
			close(quit)
			return
		default:
			answer, err := running.Do(line)
			if err != nil {
				answer = "guard issuer: " + err.Error()
			}
			fmt.Fprintln(s.out, answer)
		}
	}
}
