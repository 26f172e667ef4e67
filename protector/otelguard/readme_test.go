package otelguard_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/internal/refusals"
)

// The Go that the README shows is in the examples, which run, or compile.
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

// The README and the package's guide name every metric that there is.
func TestDocumentsNameEveryMetric(t *testing.T) {
	names := []string{
		"decision.duration", "jwks.fetches", "jwks.last_success", "jwks.usable_until", "jwks.keys", "jwks.state",
		"jwks.unknown_kids", "jwks.tenants", "jwks.tenants_failing", "token.cache", "replay.checks", "introspection.duration",
	}
	for _, file := range []string{"README.md", "doc.go"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range names {
			require.Contains(t, string(text), "resourceserver."+name, file)
		}
	}
}
