package main_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	const issuer, esc, opaque = "https://id.example", "\x1b[2J", "2YotnFZFEjr1zCsicMWpAA"
	complete := func(more ...string) []string {
		return append([]string{"explain", "-issuer", issuer, "-audience", "a"}, more...)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no command":        {nil, "guard explain"},
		"another command":   {[]string{esc}, "no such command"},
		"another flag":      {[]string{"explain", "-" + esc}, "no such flag"},
		"no issuer":         {[]string{"explain", "-audience", "a"}, "-issuer is missing"},
		"no audience":       {[]string{"explain", "-issuer", issuer}, "-audience is missing"},
		"an empty audience": {complete("-audience", ""), "environment variable"},
		"plain http":        {complete("-issuer", "http://id.example"), "-insecure-allow-plain-http"},
		"two sources":       {complete("-jwks-url", issuer, "-jwks-file", "f"), "-jwks-file is set"},
		"no profile":        {complete("-profile", esc), "use one of rfc9068"},
		"a bad profile":     {complete("-profile", `{"typ":1}`), "-profile: "},
		"no token":          {complete(), "no token came"},
		"an opaque token":   {[]string{"explain", opaque}, "shell would keep it"},
		"an opaque flag":    {[]string{"explain", "-" + opaque}, "no such flag"},
		"a flag like ours":  {[]string{"explain", "-json: " + opaque}, "no such flag"},
		"an opaque value":   {[]string{"explain", "-json=" + opaque}, "-json: parse error"},
		"a value like ours": {[]string{"explain", "-json=-json: " + opaque}, "-json: parse error"},
		"an opaque profile": {complete("-profile", opaque), "use one of rfc9068"},
		"a folder":          {complete("-profile", "."), "cannot be read"},
		"no value":          {[]string{"explain", "-issuer"}, "-issuer needs a value"},
		"doctor, a token":   {[]string{"doctor", "-issuer", issuer, "-token", opaque}, "shell would keep it"},
		"doctor, no token":  {[]string{"doctor", "-issuer", issuer, "-token", "-"}, "no token came"},
		"doctor, a bad audience": {
			[]string{"doctor", "-issuer", "http://127.0.0.1:1", "-audience", "a:\"b", "-token", "-"}, "-audience names",
		},
		"doctor, no issuer":   {[]string{"doctor"}, "-issuer is missing"},
		"another shell":       {[]string{"completion", "csh"}, "bash, zsh or fish"},
		"issuer for everyone": {[]string{"issuer", "-addr", "0.0.0.0:0"}, "not on loopback"},
		"issuer on any":       {[]string{"issuer", "-addr", ":0"}, "not on loopback"},
		"no such port":        {[]string{"issuer", "-addr", "127.0.0.1:99999"}, "invalid port"},
		"a wish as a user":    {[]string{"issuer", "-user", "expired=a"}, "the name of a wish"},
		"one user twice":      {[]string{"issuer", "-user", "bob=a", "-user", "bob=b"}, "two users have one name"},
		"a user with blanks":  {[]string{"issuer", "-user", "a=b c"}, "NAME=SCOPE"},
	} {
		t.Run(name, func(t *testing.T) {
			input := ""
			if strings.Contains(c.says, "-audience names") {
				input = "a.b.c"
			}
			r := run(t, input, c.args...)
			require.Equal(t, 2, r.code, r.out)
			require.Contains(t, r.err, c.says)
			require.Empty(t, r.out)
			require.NotContains(t, r.err, opaque)
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"help"}, {"-h"}, {"explain", "-h"}, {"doctor", "-h"}, {"issuer", "-h"}, {"completion", "-h"}, {"version", "-h"},
	} {
		r := run(t, "", args...)
		require.Equal(t, 0, r.code)
		require.Contains(t, r.out, "guard ")
	}
}

// A token on the command line is refused wherever it stands, and is not repeated.
func TestTokenOnTheCommandLine(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	token := issuer.Token()
	_, rest, _ := strings.Cut(token, ".")
	indented := base64.RawURLEncoding.EncodeToString([]byte("{\n               \"alg\": \"RS256\"\n}")) + "." + rest
	for name, args := range map[string][]string{
		"in place of a command": {token},
		"argument":              {"explain", token},
		"flag":                  {"doctor", "-token", token},
		"flag with =":           {"doctor", "-token=" + token},
		"with scheme":           {"explain", "Bearer " + token},
		"cut short":             {"explain", token[:30]},
		"as a flag":             {"explain", "-" + token},
		"in another flag":       {"explain", "-issuer", token},
		"in an address":         {"explain", "-issuer", "https://id.example/?a=b&token=" + token},
		"indented":              {"explain", indented},
		"indented, as a flag":   {"explain", "-" + indented},
		"as a profile":          {"explain", "-issuer", "https://id.example", "-audience", "a", "-profile", indented},
		"without its header":    {"explain", rest},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, "", args...)
			require.Equal(t, 2, r.code)
			require.Contains(t, r.err, "is not taken from the command line")
			requireUnrepeated(t, token, r)
			requireUnrepeated(t, indented, r)
		})
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	require.Regexp(t, `^guard \S+ go1\.\d+\S*( \w+)?\n$`, run(t, "", "version").out)
	require.Contains(t, run(t, "", "version", "-json").out, `"go": "go1.`)
}

// What cannot be written is not good.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no device that is full here:", err)
	}
	defer full.Close()
	for _, args := range [][]string{
		{"help"}, {"explain", "-h"}, {"version"}, {"completion", "bash"}, {"completion", "zsh"}, {"completion", "fish"},
	} {
		command := exec.Command(program, args...)
		command.Stdout = full
		require.Error(t, command.Run())
		require.Equal(t, 3, command.ProcessState.ExitCode(), args)
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		if err := exec.Command(program, "version").Run(); err != nil {
			b.Fatal(err)
		}
	}
}
