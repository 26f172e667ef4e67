package jwks

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Inside the package: from outside nobody can hold up a fetch between its result and its file.
func TestAnOlderSetIsNotWritten(t *testing.T) {
	config := Config{URL: "https://issuer.example/jwks", MaxStale: time.Hour, SnapshotFile: filepath.Join(t.TempDir(), "keys")}
	file, now := newSnapshotFile(config), time.Now()
	require.NoError(t, file.write(now, []byte(`{"keys":["newer"]}`)))
	require.NoError(t, file.write(now.Add(-time.Second), []byte(`{"keys":["older"]}`)))
	h, doc, err := loadSnapshot(config.SnapshotFile)
	require.NoError(t, err)
	require.Equal(t, `{"keys":["newer"]}`, string(doc))
	require.Equal(t, now.UnixNano(), h.FetchedAt.UnixNano())

	// While somebody writes, the newest set waits, and that one alone.
	require.True(t, file.offer(now.Add(1), []byte("1")))
	require.False(t, file.offer(now.Add(3), []byte("3")))
	require.False(t, file.offer(now.Add(2), []byte("2")))
	at, doc := file.take()
	require.Equal(t, "3", string(doc))
	require.Equal(t, now.Add(3), at)
	_, doc = file.take()
	require.Nil(t, doc)
	require.True(t, file.offer(now.Add(4), []byte("4")), "the place is free")
}
