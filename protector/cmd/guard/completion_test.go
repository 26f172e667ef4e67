package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shells are how each is asked what it offers for the last of some words, one offer a line.
var shells = map[string]struct {
	begin string // after the script
	ask   func(words []string) string
	args  []string
}{
	"bash": {"", func(words []string) string {
		return "COMP_WORDS=(" + quoted(words) + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _guard\n" +
			`printf '%s\n' "${COMPREPLY[@]}"; [ ${#COMPREPLY[@]} -gt 0 ] || printf 'FILES\n'` + "\n"
	}, []string{"--norc", "--noprofile"}},
	"zsh": {`compadd() { shift; print -l -- "${(M)@:#$words[CURRENT]*}" }; _files() { print FILES }` + "\n",
		func(words []string) string {
			return "words=(" + quoted(words) + "); CURRENT=$#words; $_comps[guard]\n"
		}, []string{"-f"}},
	"fish": {"", func(words []string) string {
		return "complete -C '" + strings.Join(words, " ") + "'\n"
	}, []string{"--no-config"}},
}

func quoted(words []string) string { return "'" + strings.Join(words, "' '") + "'" }

// In a shell, completion offers the commands, the flags of each, and files where there can be one.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for shell, how := range shells {
		t.Run(shell, func(t *testing.T) {
			script := run(t, "", "completion", shell).out
			for name, c := range map[string]struct {
				words         []string
				offers, never string
			}{
				"commands":          {[]string{"guard", ""}, "explain doctor issuer completion version help", "-json FILES"},
				"a command":         {[]string{"guard", "e"}, "explain", "doctor FILES"},
				"flags":             {[]string{"guard", "doctor", "-j"}, "-json -jwks-url -jwks-file", "-audience -user FILES"},
				"shells":            {[]string{"guard", "completion", ""}, "bash zsh fish", "FILES keys.txt"},
				"a file":            {[]string{"guard", "explain", "-jwks-file", ""}, "FILES", "-json"},
				"a file of another": {[]string{"guard", "doctor", "-jwks-file", "k"}, "FILES", "-json"},
			} {
				t.Run(name, func(t *testing.T) {
					offered := complete(t, shell, load(t, shell, script)+how.begin+how.ask(c.words))
					for word := range strings.FieldsSeq(c.offers) {
						require.Contains(t, offered, word)
					}
					for word := range strings.FieldsSeq(c.never) {
						require.NotContains(t, offered, word)
					}
				})
			}
		})
	}
}

// zsh's own compinit finds the file in fpath by its first line, and the script can be sourced as well.
func TestCompletionIsFoundByZsh(t *testing.T) {
	t.Parallel()
	const start = "autoload -U compinit; compinit -u -D\n"
	how, script := shells["zsh"], run(t, "", "completion", "zsh").out
	for name, loaded := range map[string]string{
		"fpath":  "fpath=('" + fpath(t, script) + "' $fpath); " + start,
		"source": start + script,
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, complete(t, "zsh", loaded+how.begin+how.ask([]string{"guard", "i"})), "issuer")
		})
	}
}

// load returns how the script is read: by zsh from fpath, as its first line invites to.
func load(t *testing.T, shell, script string) string {
	t.Helper()
	if shell != "zsh" {
		return script
	}
	return "fpath=('" + fpath(t, script) + "' $fpath); autoload -Uz _guard; typeset -A _comps=(guard _guard)\n"
}

func fpath(t *testing.T, script string) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "_guard"), []byte(script), 0o600))
	return folder
}

// complete runs a script in a folder with one file, which stands for files.
func complete(t *testing.T, shell, script string) (offered []string) {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skip("there is no", shell, "here")
	}
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "keys.txt"), nil, 0o600))
	command := exec.Command(path, append(shells[shell].args, "-c", script)...)
	command.Dir = folder
	command.Env = append(os.Environ(), "HOME="+folder, "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"))
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	for line := range strings.Lines(string(out)) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t") // fish describes each
		if word == "keys.txt" {
			word = "FILES"
		}
		offered = append(offered, word)
	}
	return offered
}
