package main

import (
	"context"
	"errors"
	"flag"
	"io"

	"example.com/resourceserver/protector/cmd/guard/internal/doctor"
	"example.com/resourceserver/protector/cmd/guard/internal/terminal"
)

type examination struct {
	source
	audiences several
	token     string
	json      bool
}

func prepareDoctor(flags *flag.FlagSet) func(context.Context, streams) (int, error) {
	var e examination
	e.declare(flags)
	flags.Var(&e.audiences, "audience", "`name` of your API in the aud claim; may be given again")
	flags.StringVar(&e.token, "token", "", "`-` to read a token from standard input, and find the profile that it needs")
	flags.BoolVar(&e.json, "json", false, "print JSON")
	return e.run
}

func (e *examination) run(ctx context.Context, s streams) (int, error) {
	keys, err := e.config()
	if err != nil {
		return 0, err
	}
	config := doctor.Config{Keys: keys, Audiences: e.audiences}
	switch e.token {
	case "":
	case "-":
		if config.Token, err = readToken(ctx, s); err != nil {
			return 0, err
		}
	default:
		return 0, usageError("-token takes - and nothing else: " + refusedToken)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	report, err := doctor.Examine(ctx, config)
	if fault, ok := errors.AsType[doctor.ConfigError](err); ok {
		return 0, inFlags(fault)
	} else if err != nil {
		return 0, err
	}
	if e.json {
		err = writeJSON(s.out, report)
	} else {
		_, err = io.WriteString(s.out, report.Text(terminal.PaintFor(s.out, s.getenv)))
	}
	return exitOfReport(report), err
}

func exitOfReport(r doctor.Report) int {
	switch r.Verdict {
	case doctor.Bad:
		return exitBad
	case doctor.Unknown:
		return exitUndecided
	}
	return exitGood
}
