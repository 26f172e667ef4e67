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
				_, err = w.claims(jws)
				require.NoError(t, err)
			}
			text, signature, payload := w.token, w.signature, w.payload
			require.Equal(t, strings.Replace(token, ".c2", "c2", 1), string(text))
			w.release()
			left := strings.Trim(string(text)+string(signature)+string(payload), "\x00")
			require.Empty(t, left)
		})
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
