package jwks

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Inside the package: from outside nobody can hold up a fetch between its result and its file.
func TestAnOlderSetIsNotWritten(t *testing.T) {
	config := Config{URL: "https://issuer.example/jwks", SnapshotFile: filepath.Join(t.TempDir(), "keys")}
	require.NoError(t, os.Chmod(filepath.Dir(config.SnapshotFile), 0o700), "whatever the umask")
	file, now := newSnapshotFile(config), time.Now()
	of := func(doc string) snapshot { return snapshot{now, []byte(doc), []chan struct{}{make(chan struct{})}} }
	require.NoError(t, file.write(now, of(`{"keys":["newer"]}`)))
	require.NoError(t, file.write(now.Add(-time.Second), of(`{"keys":["older"]}`)))
	_, doc, err := file.load()
	require.NoError(t, err)
	require.Equal(t, `{"keys":["newer"]}`, string(doc))

	// While somebody writes, the newest set waits, and that one alone.
	require.True(t, file.offer(now.Add(1), of("1")))
	require.False(t, file.offer(now.Add(3), of("3")))
	require.False(t, file.offer(now.Add(2), of("2")))
	next := file.take()
	require.Equal(t, "3", string(next.doc))
	require.Len(t, next.kept, 3, "all three are told when it is written")

	// An older one that comes while a newer one is written is told with that, and not before.
	late := of("2.5")
	require.False(t, file.offer(now.Add(2), late))
	told := func(s snapshot) bool {
		select {
		case <-s.kept[0]:
			return true
		default:
			return false
		}
	}
	require.False(t, told(late))
	require.Nil(t, file.take())
	require.True(t, told(late))
	require.True(t, file.offer(now.Add(4), of("4")), "the place is free")
}
