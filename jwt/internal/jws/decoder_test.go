package jws

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDecoderIsWiped(t *testing.T) {
	for name, text := range map[string]string{
		"good":      "aGVhZGVy.eyJhIjoxfQ.c2lnbmF0dXJl",
		"signature": "aGVhZGVy.eyJhIjoxfQ.c2lnbmF0dXJl!",
		"payload":   "aGVhZGVy.eyJhIjoxfQ!.c2lnbmF0dXJl",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Cut(text, 100)
			require.NoError(t, err)
			d := new(Decoder)
			_, _ = d.Signature(c)
			_ = d.SigningInput(c)
			_, _ = d.Payload(c)
			parts := [][]byte{d.signed, d.signature, d.payload}
			for _, part := range parts {
				require.NotEmpty(t, strings.Trim(string(part), "\x00"))
			}
			d.Wipe()
			for _, part := range parts {
				require.Empty(t, strings.Trim(string(part), "\x00"))
			}
		})
	}
}

// A pool of memory that anybody could make large would be a leak.
func TestLargeMemoryIsNotKept(t *testing.T) {
	large := func() []byte { return make([]byte, 1, maxKept+1) }
	for name, d := range map[string]*Decoder{
		"signed": {signed: large()}, "signature": {signature: large()}, "payload": {payload: large()},
		"together": {signed: make([]byte, 1, maxKept/2), payload: make([]byte, 1, maxKept/2+1)},
	} {
		d.Wipe()
		require.Equal(t, &Decoder{}, d, name)
	}
	d := &Decoder{signed: make([]byte, 1, maxKept)}
	d.Wipe()
	require.Equal(t, maxKept, cap(d.signed))
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
