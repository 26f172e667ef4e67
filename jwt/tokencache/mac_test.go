package tokencache

import (
	"crypto/aes"
	"crypto/cipher"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// macs are the two ways to compute a code, each under the key that it is given.
var macs = map[string]func(key [32]byte) func(string) mac{
	"GMAC": func(key [32]byte) func(string) mac {
		g, err := newGMAC(key)
		if err != nil { // in a program restricted to FIPS 140
			return newHMAC(key).of
		}
		return g.of
	},
	"HMAC": func(key [32]byte) func(string) mac { return newHMAC(key).of },
}

func TestMACTellsTextsApart(t *testing.T) {
	for name, under := range macs {
		t.Run(name, func(t *testing.T) {
			of := under([32]byte{1})
			seen := make(map[mac]string)
			texts := []string{"", "\x00", "a", "b", "\x80"}
			for n := range 400 { // the ends that are filled up, and beyond
				texts = append(texts, strings.Repeat("x", n+1), strings.Repeat("\x00", n+2), strings.Repeat("x", n)+"y")
			}
			for _, text := range texts {
				sum := of(text)
				other, twice := seen[sum]
				require.True(t, !twice || other == text, "%q and %q", other, text)
				require.Equal(t, sum, of(text))
				require.NotZero(t, sum)
				seen[sum] = text
			}
			require.NotEqual(t, of("a"), under([32]byte{2})("a"))
		})
	}
}

func TestMACLeavesNoCopy(t *testing.T) {
	const text, other = "c2lnbmF0dXJl", "c2lnbmF0dXJm"
	wiped := func(room int, texts ...[]byte) {
		t.Helper()
		for _, text := range texts {
			require.Empty(t, strings.Trim(string(text[:cap(text)]), "\x00"), "room for %d", room)
		}
	}
	for room := range 3 * batch {
		h, given := newHMAC([32]byte{}), make([]byte, room)
		used := h.pool.New().(*hmacScratch)
		used.text = given[:0]
		h.pool.New = func() any { return used }
		require.NotEqual(t, h.of(text), h.of(other))
		wiped(room, given, used.text)

		g, err := newGMAC([32]byte{})
		if err != nil {
			continue // not allowed in a program restricted to FIPS 140
		}
		given = make([]byte, room)
		scratch := &gmacScratch{text: given[:0]}
		g.pool.New = func() any { return scratch }
		require.NotEqual(t, g.of(text), g.of(other))
		wiped(room, given, scratch.text)
	}
}

// A pool of memory that anybody could make large would be a leak.
func TestMACKeepsNoLargeMemory(t *testing.T) {
	long := strings.Repeat("x", 4*maxScratch)
	h := newHMAC([32]byte{})
	h.of(long)
	require.LessOrEqual(t, cap(h.pool.Get().(*hmacScratch).text), maxScratch)
	if g, err := newGMAC([32]byte{}); err == nil {
		g.of(long)
		require.LessOrEqual(t, cap(g.pool.Get().(*gmacScratch).text), maxScratch)
	}
}

// Each cache has a key of its own. One that was left all zero would be everybody's:
// what is kept of a signature could then be computed, and told to be the same, by
// anybody who reads the memory.
func TestMACKeyIsRandom(t *testing.T) {
	first, second := newMAC(), newMAC()
	require.NotEqual(t, first("a"), second("a"))
	for name, under := range macs {
		require.NotEqual(t, under([32]byte{})("a"), first("a"), name)
	}
}

// The code is the one of NIST SP 800-38D, by another way to compute it.
func TestGMACIsTheStandardsOwn(t *testing.T) {
	key := [32]byte{1, 2, 3}
	g, err := newGMAC(key)
	if err != nil {
		t.Skip("GCM with a nonce of one's own is not allowed here: ", err)
	}
	block, err := aes.NewCipher(key[:16])
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	text := append([]byte("text"), make([]byte, 116)...)
	text = append(text, 4, 0, 0, 0, 0, 0, 0, 0)
	require.Len(t, text, batch)
	require.Equal(t, mac(aead.Seal(nil, make([]byte, 12), nil, text)), g.of("text"))
}

func BenchmarkMAC(b *testing.B) {
	signature := strings.Repeat("s", 343)
	for name, under := range macs {
		of := under([32]byte{1})
		b.Run("code="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				of(signature)
			}
		})
	}
}
