package jwks_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// The keys go where any others do: tokens are accepted through a rotation, forged ones are refused, and of what cannot
// be told nobody is told that it is forged.
func TestKeyEndpointInAValidator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
		s := newKeyServer()
		publish := func(kid string) string {
			s.publish(kid, publicPEM(issuer.PublicKey(kid)))
			return kid
		}
		first := publish(issuer.KeyID())
		tokens, err := jwt.NewValidator(jwt.Config{
			Audiences: []string{issuer.Audience()},
			Keys:      newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) { c.Issuer = issuer.URL() }),
		})
		require.NoError(t, err)
		refused := func(token string) jwt.Reason {
			_, err := tokens.Validate(t.Context(), token)
			var e *jwt.Error
			require.ErrorAs(t, err, &e)
			return e.Reason
		}
		old, err := tokens.Validate(t.Context(), issuer.Token())
		require.NoError(t, err)
		require.Equal(t, jwt.ReasonUnknownKey, refused(issuer.Token(jwttest.Header("kid", "../keys"))))
		require.Equal(t, jwt.ReasonUnknownKey, refused(issuer.Token(jwttest.Header("kid", "made-up"))))

		publish(issuer.Rotate())
		require.Equal(t, jwt.ReasonSignature, refused(issuer.Token(jwttest.Header("kid", first))))
		_, err = tokens.Validate(t.Context(), issuer.Token())
		require.NoError(t, err, "the first token of a new key")
		s.withdraw(first)
		require.True(t, old.StillValid(t.Context()))
		time.Sleep(16 * time.Minute) // simulated
		require.False(t, old.StillValid(t.Context()))

		for i := range 20 {
			_, _ = tokens.Validate(t.Context(), issuer.Token(jwttest.Header("kid", fmt.Sprint(i))))
		}
		publish(issuer.Rotate())
		_, err = tokens.Validate(t.Context(), issuer.Token())
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		var refusal *jwt.Error
		require.NotErrorAs(t, err, &refusal)
		time.Sleep(retryAfter(err)) // simulated
		_, err = tokens.Validate(t.Context(), issuer.Token())
		require.NoError(t, err)
		letFetchesEnd()
	})
}
