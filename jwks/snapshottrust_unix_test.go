//go:build unix

package jwks_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// needsRoot: only root can give a file away.
func needsRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the owner of a file can only be changed by root")
	}
}

// Whoever can write the file, or put another in its place, could choose the keys.
func TestSnapshotFileThatOthersMayChange(t *testing.T) {
	const stranger = 12345
	mode := func(name string, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) { require.NoError(t, os.Chmod(filepath.Join(dir, name), mode)) }
	}
	owner := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			needsRoot(t)
			require.NoError(t, os.Chown(filepath.Join(dir, name), stranger, -1))
		}
	}
	for name, tt := range map[string]struct {
		spoil  func(t *testing.T, dir string)
		reason string // "" if the file is still believed
	}{
		"untouched":                        {func(*testing.T, string) {}, ""},
		"readable by all":                  {mode("keys", 0o644), ""},
		"group may write":                  {mode("keys", 0o620), "others may write: chmod go-w"},
		"world may write":                  {mode("keys", 0o602), "others may write: chmod go-w"},
		"of another owner":                 {owner("keys"), "owned by user 12345"},
		"directory readable by all":        {mode("", 0o755), ""},
		"group may write in the directory": {mode("", 0o770), "in its directory others may write: chmod go-w"},
		"world may write in the directory": {mode("", 0o707), "in its directory others may write: chmod go-w"},
		"a directory with the sticky bit":  {mode("", 0o777|os.ModeSticky), ""},
		"directory of another owner":       {owner(""), "its directory is owned by user 12345"},
		"another owner, with the sticky bit": {func(t *testing.T, dir string) {
			mode("", 0o777|os.ModeSticky)(t, dir)
			owner("keys")(t, dir)
		}, "owned by user 12345"},
		"a symbolic link": {func(t *testing.T, dir string) {
			require.NoError(t, os.Rename(filepath.Join(dir, "keys"), filepath.Join(dir, "elsewhere")))
			require.NoError(t, os.Symlink("elsewhere", filepath.Join(dir, "keys")))
		}, "not a regular file"},
		"a pipe": {func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, "keys")))
			require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "keys"), 0o600))
		}, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			file, log := saved(t, newEndpoint(ecJWK("a"))), &logBuffer{}
			tt.spoil(t, filepath.Dir(file))
			r := restart(t, file, log)
			require.Equal(t, tt.reason == "", accepts(r, "a"))
			if tt.reason != "" {
				log.requireContains(t, `level=WARN msg="jwks: snapshot file ignored"`)
				log.requireContains(t, tt.reason)
			}
		})
	}
}

// A directory that is reached by a link is as good as the directory, if the link is ours.
func TestSnapshotFileThroughALinkedDirectory(t *testing.T) {
	file, log := saved(t, newEndpoint(ecJWK("a"))), &logBuffer{}
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(filepath.Dir(file), link))
	require.True(t, accepts(restart(t, filepath.Join(link, "keys"), log), "a"), log.String())
	needsRoot(t)
	require.NoError(t, os.Lchown(link, 12345, -1))
	require.False(t, accepts(restart(t, filepath.Join(link, "keys"), log), "a"))
	log.requireContains(t, "its directory is owned by user 12345")
}

// A file that would not be believed is not written either: better said now than when it is needed.
func TestSnapshotFileIsNotWrittenWhereOthersMay(t *testing.T) {
	dir, log := t.TempDir(), &logBuffer{}
	require.NoError(t, os.Chmod(dir, 0o777))
	r := newRemote(t, newEndpoint(ecJWK("a")), func(c *jwks.Config) {
		c.SnapshotFile, c.Logger = filepath.Join(dir, "keys"), log.logger()
	})
	require.NoError(t, r.Refresh(t.Context()))
	require.Contains(t, log.String(), `level=WARN msg="jwks: snapshot file not written"`)
	require.Contains(t, log.String(), "in its directory others may write: chmod go-w")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}
