package connectguard_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/internal/refusals"
)

// The Go that the README shows is in the examples, which run.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	examples, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	blocks := refusals.Snippets(string(readme))
	require.NotEmpty(t, blocks)
	for _, line := range blocks {
		require.True(t, strings.Contains(string(examples), line), "not in example_test.go:\n%s", line)
	}
}
