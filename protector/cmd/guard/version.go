package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

func prepareVersion(flags *flag.FlagSet) func(context.Context, streams) (int, error) {
	asJSON := flags.Bool("json", false, "print JSON")
	return func(_ context.Context, s streams) (int, error) {
		version := versionOf()
		if *asJSON {
			return exitGood, writeJSON(s.out, version)
		}
		_, err := fmt.Fprintln(s.out, strings.TrimSpace("guard "+version.Version+" "+version.Go+" "+version.Revision))
		return exitGood, err
	}
}

type version struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Revision string `json:"revision,omitempty"`
}

// versionOf is what the build wrote into the program.
func versionOf() version {
	v := version{"unknown", runtime.Version(), ""}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	return v
}
