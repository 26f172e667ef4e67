package jwt

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWorkspaceIsWiped(t *testing.T) {
	for name, token := range map[string]string{
		"good":      "aGVhZGVy.eyJhIjoxfQ.c2lnbmF0dXJl",
		"signature": "aGVhZGVy.eyJhIjoxfQ.c2lnbmF0dXJl!",
		"payload":   "aGVhZGVy.eyJhIjoxfQ!.c2lnbmF0dXJl",
	} {
		t.Run(name, func(t *testing.T) {
			jws, err := split(token, 100)
			require.NoError(t, err)
			w := new(workspace)
			_ = w.decodeSignature(jws)
			_ = w.signingInput(jws)
			_, _ = w.decodePayload(jws)
			parts := [][]byte{w.signed, w.signature, w.payload}
			for _, part := range parts {
				require.NotEmpty(t, strings.Trim(string(part), "\x00"))
			}
			w.release()
			for _, part := range parts {
				require.Empty(t, strings.Trim(string(part), "\x00"))
			}
		})
	}
}

// A pool of memory that anybody could make large would be a leak.
func TestLargeWorkspacesAreNotKept(t *testing.T) {
	large := func() []byte { return make([]byte, 1, maxWorkspace+1) }
	for name, w := range map[string]*workspace{
		"signed": {signed: large()}, "signature": {signature: large()}, "payload": {payload: large()},
		"together": {signed: make([]byte, 1, maxWorkspace/2), payload: make([]byte, 1, maxWorkspace/2+1)},
	} {
		w.signed, w.signature, w.payload = append(w.signed, 'x'), append(w.signature, 'x'), append(w.payload, 'x')
		w.release()
		require.NotZero(t, w.signed[0]|w.signed[len(w.signed)-1], "%s: kept for another token", name)
	}
}

// checklist 66, 67
func TestDecodeIsStrict(t *testing.T) {
	const alphabet = "AQg_-+=\n\r"
	segments := []string{""}
	for i := 0; len(segments[i]) < 6; i++ {
		for _, c := range alphabet {
			segments = append(segments, segments[i]+string(c))
		}
	}
	require.Greater(t, len(segments), 500_000)
	for _, segment := range segments {
		decoded, err := base64.RawURLEncoding.DecodeString(segment)
		// What the encoder spells in this way is base64url, and nothing else is.
		strict := err == nil && base64.RawURLEncoding.EncodeToString(decoded) == segment
		got, ok := decode([]byte("before"), segment)
		if ok != strict || ok && string(got) != "before"+string(decoded) {
			t.Fatalf("%q: %v, %q", segment, ok, got)
		}
	}
}

func TestEveryPlaceHasItsName(t *testing.T) {
	for n, name := range claimNames {
		require.Equal(t, n, place(name), "%q", name)
	}
	require.Equal(t, -1, place(""))
	require.Equal(t, -1, place("ISS"))
}
