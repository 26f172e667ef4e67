//go:build unix

package jwks_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pipe in the place of the file, in which nobody writes, holds up nobody.
func TestKeyFileThatIsAPipe(t *testing.T) {
	name, r := keyFile(t, setOf(ecJWK("a")), nil)
	require.True(t, accepts(r, "a"))
	require.NoError(t, os.Remove(name))
	require.NoError(t, syscall.Mkfifo(name, 0o600))
	require.ErrorContains(t, r.Refresh(t.Context()), "not a regular file")
	require.True(t, accepts(r, "a"))
}
