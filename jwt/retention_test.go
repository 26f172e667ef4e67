package jwt_test

import (
	"runtime"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

// A Token and a Validator outlive requests by far. Neither of them may keep the
// text of a token, not even by a part of it such as the header.
func TestNothingKeepsTheTextOfAToken(t *testing.T) {
	for name, header := range map[string]any{
		"usual":             nil,
		"certificate chain": []string{strings.Repeat("A", 4000)},
	} {
		t.Run(name, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
			validator := validatorOf(t, issuer)
			bearer := issuer.Token(jwttest.Header("x5c", header))
			text := weak.Make(unsafe.StringData(bearer))
			token, err := validator.Validate(t.Context(), bearer)
			require.NoError(t, err)
			bearer = ""
			runtime.GC()
			require.Nil(t, text.Value())
			runtime.KeepAlive([]any{token, validator})
		})
	}
}

// More headers than are remembered, each of them twice.
func TestHeadersThatAllDifferAreAccepted(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
	validator := validatorOf(t, issuer)
	bearers := make([]string, 50)
	for i := range bearers {
		bearers[i] = issuer.Token(jwttest.Header("n", i))
	}
	for range 2 {
		for _, bearer := range bearers {
			_, err := validator.Validate(t.Context(), bearer)
			require.NoError(t, err)
		}
	}
}
