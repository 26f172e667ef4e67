package jwt

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWorkspaceIsWiped(t *testing.T) {
	for name, token := range map[string]string{
		"good":      "aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl",
		"signature": "aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl!",
	} {
		t.Run(name, func(t *testing.T) {
			jws, err := split(token, 100)
			require.NoError(t, err)
			w := new(workspace)
			if w.open(jws) == nil {
				_, err = w.decodePayload(jws)
				require.NoError(t, err)
			}
			signed, signature, payload := w.signed, w.signature, w.payload
			require.NotEmpty(t, strings.Trim(string(signed), "\x00"))
			require.NotEmpty(t, strings.Trim(string(signature), "\x00"))
			w.release()
			left := strings.Trim(string(signed)+string(signature)+string(payload), "\x00")
			require.Empty(t, left)
		})
	}
}

// Texts of zeros differ from each other by nothing but their length.
func TestDigestsTellLengthsApart(t *testing.T) {
	d, err := newDigester()
	require.NoError(t, err)
	seen := make(map[digest]int)
	for n := range 3 * batch {
		sum := d.of(strings.Repeat("\x00", n))
		require.NotContains(t, seen, sum, "%d and %d zeros", n, seen[sum])
		require.Equal(t, sum, d.of(strings.Repeat("\x00", n)))
		seen[sum] = n
	}
}

func TestDigestsLeaveNoCopy(t *testing.T) {
	d, err := newDigester()
	require.NoError(t, err)
	used := new(scratch)
	d.scratch.New = func() any { return used }
	one, other := d.of("c2lnbmF0dXJl"), d.of("c2lnbmF0dXJm")
	require.NotEqual(t, one, other)
	require.NotZero(t, cap(used.text))
	require.Empty(t, strings.Trim(string(used.text[:cap(used.text)]), "\x00"))
}
