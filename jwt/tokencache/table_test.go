package tokencache

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type fake struct{}

func (*fake) StillValid(context.Context) bool { return true }
func (*fake) Size() int                       { return 800 }

func tableOf(tb testing.TB, config Config) *table[*fake] {
	config, faults := config.resolve()
	require.Empty(tb, faults)
	return newTable[*fake](config)
}

// The hash depends on the end and the length, so that a longer text, which a
// stranger may send, is not taken for an entry's before it is compared.
func TestHashOf(t *testing.T) {
	table := tableOf(t, Config{})
	short := "a.b.0123456789012345678901234567890123456789"
	require.Equal(t, table.hashOf(short), table.hashOf("x"+short[1:]))
	require.NotEqual(t, table.hashOf(short), table.hashOf(short[:len(short)-1]+"x"))
	for n := range 1000 {
		longer := fmt.Sprintf("%0*d%s", n+1, 0, short)
		require.NotEqual(t, table.hashOf(short).tag(), table.hashOf(longer).tag(), n)
	}
	for _, tiny := range []string{"", "a", "a.b.c"} {
		require.Equal(t, table.hashOf(tiny), table.hashOf(tiny))
	}
	require.NotEqual(t, table.hashOf(short), tableOf(t, Config{}).hashOf(short), "the seed is each table's own")
}

// No code is computed for a text that is longer than the token whose beginning and end
// it has: a stranger with a token could have the cache read megabytes.
func TestFindReadsNoLongText(t *testing.T) {
	table := tableOf(t, Config{})
	token := "a.b." + strings.Repeat("s", 400)
	table.add(table.hashOf(token), token, new(fake), 0)
	read, of := 0, table.macOf
	table.macOf = func(text string) mac { read += len(text); return of(text) }
	long := token + strings.Repeat("s", 1<<20)
	require.Nil(t, table.find(table.hashOf(long), long))
	require.Zero(t, read)
	require.NotNil(t, table.find(table.hashOf(token), token))
	require.NotZero(t, read)
}

// What has taken an entry's place meanwhile is not removed in its stead.
func TestRemoveLeavesWhatCameLater(t *testing.T) {
	table := tableOf(t, Config{})
	const token = "a.b.c"
	h := table.hashOf(token)
	table.add(h, token, new(fake), 0)
	old := table.find(h, token)
	table.add(h, token, new(fake), 0)
	table.remove(h, old)
	require.NotNil(t, table.find(h, token))
	count, bytes := table.usage()
	require.Equal(t, 1, count)
	require.Equal(t, int(old.size), bytes)
}

// The mark and the tag share a word.
func TestTouchAndPassOver(t *testing.T) {
	var e entry[*fake]
	e.tag.Store(hash(1<<64 - 1).tag())
	for range 2 {
		require.False(t, e.passOver())
		e.touch()
		e.touch()
		require.True(t, e.passOver())
	}
	require.Equal(t, hash(1<<64-1).tag(), e.tag.Load())
}

// BenchmarkTable measures a look-up, with the comparison of what was signed and the
// code of the signature.
func BenchmarkTable(b *testing.B) {
	for _, n := range []int{1, 10_000} {
		t, tokens := tableOf(b, Config{}), make([]string, 0, n)
		for len(tokens) < n {
			token := fmt.Sprintf("%0100d.%0200d.%s", 0, len(tokens), rand.Text()+rand.Text())
			t.add(t.hashOf(token), token, new(fake), 0)
			tokens = append(tokens, token)
		}
		// Some rows are full before others.
		tokens = slices.DeleteFunc(tokens, func(token string) bool { return t.find(t.hashOf(token), token) == nil })
		if len(tokens) < n*9/10 {
			b.Fatalf("%d of %d tokens are left", len(tokens), n)
		}
		b.Run(fmt.Sprintf("tokens=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i = (i + 7) % len(tokens) {
					t.find(t.hashOf(tokens[i]), tokens[i]).touch() // and panic if it is not there
				}
			})
		})
	}
}
