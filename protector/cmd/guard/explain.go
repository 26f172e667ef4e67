package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"time"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector/cmd/guard/internal/doctor"
	"example.com/resourceserver/protector/cmd/guard/internal/profiles"
	"example.com/resourceserver/protector/cmd/guard/internal/terminal"
)

// patience bounds what a command waits for the network.
const patience = 20 * time.Second

type explain struct {
	source
	audiences, confirmations several
	profile                  string
	json                     bool
}

func prepareExplain(flags *flag.FlagSet) func(context.Context, streams) (int, error) {
	var e explain
	e.declare(flags)
	flags.Var(&e.audiences, "audience", "`name` of your API in the aud claim; may be given again")
	flags.StringVar(&e.profile, "profile", "rfc9068", "how the issuer's tokens look: `one` of "+profiles.Names()+
		", or JSON, or a file that holds JSON, as jwt.ParseProfile documents it")
	flags.Var(&e.confirmations, "confirmation", "`method` by which your API takes bound tokens: jkt (DPoP) or x5t#S256 "+
		"(mutual TLS); may be given again")
	flags.BoolVar(&e.json, "json", false, "print JSON")
	return e.run
}

func (e *explain) run(ctx context.Context, s streams) (int, error) {
	tokens, err := e.validator(ctx)
	if err != nil {
		return 0, err
	}
	token, err := readToken(ctx, s)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	explanation := tokens.Explain(ctx, token)
	if e.json {
		err = writeJSON(s.out, explanation)
	} else {
		_, err = io.WriteString(s.out, doctor.PaintExplanation(explanation.String(), terminal.PaintFor(s.out, s.getenv)))
	}
	return exitOf(explanation), err
}

// validator is the one that a service with these settings has.
func (e *explain) validator(ctx context.Context) (*jwt.Validator, error) {
	if len(e.audiences) == 0 {
		return nil, usageError("-audience is missing: how your API is named in the aud claim")
	}
	config, err := e.config()
	if err != nil {
		return nil, err
	}
	keys, err := jwks.NewRemote(config)
	if err != nil {
		return nil, inFlags(err)
	}
	profile, err := readProfile(ctx, e.profile)
	if err != nil {
		return nil, err
	}
	tokens, err := jwt.NewValidator(jwt.Config{
		Audiences: e.audiences, Keys: doctor.Fetching(ctx, keys), Profile: profile, Confirmations: e.confirmations,
	})
	if err != nil {
		return nil, inFlags(err)
	}
	return tokens, nil
}

// readProfile reads that of -profile, which may be a pipe that nobody writes to.
func readProfile(ctx context.Context, value string) (jwt.Profile, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	profile, err := terminal.Await(ctx, func() (jwt.Profile, error) { return profiles.Parse(value) })
	switch {
	case errors.Is(err, terminal.ErrInterrupted):
		return profile, err
	case errors.Is(err, context.DeadlineExceeded):
		return profile, usageError("-profile: nothing came from that file")
	case err != nil:
		return profile, usageError("-profile: " + err.Error())
	}
	return profile, nil
}

func exitOf(e jwt.Explanation) int {
	switch {
	case e.Err() == nil:
		return exitGood
	case e.Reason() == "":
		return exitUndecided
	}
	return exitBad
}

func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
