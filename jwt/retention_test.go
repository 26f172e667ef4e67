package jwt_test

import (
	"context"
	"crypto"
	"runtime"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
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

// A tenant outlives the first token that named it, which anybody may have made up: a name that is a
// part of its claims would keep all of them.
func TestATenantKeepsNothingOfTheTokenThatNamedIt(t *testing.T) {
	var claims weak.Pointer[byte]
	config := jwt.TenantsConfig{
		Admit: func(issuer string) bool {
			claims = weak.Make(unsafe.StringData(issuer))
			return true
		},
		Resolve: func(_ context.Context, issuer string) (jwt.Config, error) {
			return jwt.Config{Issuer: issuer, Audiences: []string{"orders"}, Keys: keySource(noKeys)}, nil
		},
	}
	tenants, err := jwt.NewTenants(config)
	require.NoError(t, err)
	refuseOnce(t, tenants, unsigned("https://a.example"), jwt.ReasonUnknownKey)
	runtime.GC()
	require.Nil(t, claims.Value())
	require.Equal(t, []string{"https://a.example"}, liveIn(tenants))
}

func noKeys(context.Context, string, string) ([]crypto.PublicKey, error) { return nil, nil }

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
