package jwt

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/internal/jws"
)

// A validation that is over leaves nothing of its token to the next one.
func TestAValidationIsForgotten(t *testing.T) {
	compact := jws.Compact{Signed: "aGVhZGVy.eyJhIjoxfQ", Header: "aGVhZGVy", Payload: "eyJhIjoxfQ",
		Signature: "c2lnbmF0dXJl"}
	v := newValidation("aGVhZGVy.eyJhIjoxfQ.c2lnbmF0dXJl")
	v.compact = compact
	signature, err := v.decoder.Signature(compact)
	require.NoError(t, err)
	v.signature = signature
	v.payload, err = v.decoder.Payload(compact)
	require.NoError(t, err)
	v.claims, err = parseClaims(&v.members, v.payload)
	require.NoError(t, err)
	signed := v.decoder.SigningInput(compact)
	v.end()
	for _, part := range [][]byte{signature, signed} {
		require.Empty(t, strings.Trim(string(part), "\x00"))
	}
	v.decoder = jws.Decoder{}
	require.Equal(t, validation{}, *v)
}

// A check that is forgotten must not be one that is passed.
func TestEveryCheckIsOne(t *testing.T) {
	v := &validation{validator: new(Validator)}
	require.ErrorContains(t, v.pass(t.Context(), lastCheck+1), "no such check")
	require.ErrorContains(t, v.pass(t.Context(), 0), "no such check")
}
