package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadme does what the README says, in its order, and sees each line of output that it shows.
func TestReadme(t *testing.T) {
	t.Parallel()
	for _, needed := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(needed); err != nil {
			t.Skip("there is no", needed, "here")
		}
	}
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks := strings.Split(string(text), "```console\n")
	require.Len(t, blocks, 5)

	start, _, _ := strings.Cut(strings.TrimPrefix(blocks[1], "$ guard "), "\n")
	issuer := startIssuer(t, strings.Fields(strings.Replace(start, "issuer -addr 127.0.0.1:8900 ", "", 1))...)
	here := strings.NewReplacer("http://127.0.0.1:8900", issuer.Issuer)

	announced := run(t, "quit\n", "issuer").out
	require.Contains(t, announced, "An issuer for trying things on this machine.")
	script := "set -o pipefail\nexport ISSUER=" + issuer.Issuer + " PATH=" + filepath.Dir(program) + ":$PATH\n"
	var shown []string
	for _, block := range blocks[2:] {
		block, _, _ = strings.Cut(block, "```")
		for line := range strings.Lines(block) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				script += command
			} else {
				shown = append(shown, here.Replace(strings.TrimSpace(line)))
			}
		}
	}
	out, _ := exec.Command("bash", "-c", script).CombinedOutput() // some of it exits with 1, as it should
	require.NotEmpty(t, shown)
	for _, line := range shown {
		require.Contains(t, string(out), line)
	}
	require.Less(t, strings.Count(string(text), "\n"), 80, "one screen and no more")
}
