package main_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// In a shell, completion offers the commands, and the flags of each.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for shell, c := range map[string]struct{ source, ask, want string }{
		"bash": {"bash", `COMP_WORDS=(guard doctor -j); COMP_CWORD=2; _guard; echo "${COMPREPLY[@]}"`, "-json -jwks-"},
		"zsh":  {"zsh", "", ""},
		"fish": {"fish", `complete -C "guard doctor -j"`, "-json"},
	} {
		t.Run(shell, func(t *testing.T) {
			script := run(t, "", "completion", c.source).out
			for _, word := range []string{"explain", "doctor", "issuer", "discovery-url"} {
				require.Contains(t, script, word)
			}
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skip("there is no", shell, "here")
			}
			if shell == "zsh" {
				script = "compdef() { :; }\n" + script
			}
			out, err := exec.Command(path, "-c", script+c.ask).CombinedOutput()
			require.NoError(t, err, string(out))
			for word := range strings.FieldsSeq(c.want) {
				require.Contains(t, string(out), word)
			}
			require.NotContains(t, string(out), "-audience")
		})
	}
}
