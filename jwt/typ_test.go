package jwt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// typ is a parameter of the header and, at some issuers, a claim. A refusal says which
// of the two it is about.
//
// checklist 28, 63
func TestRefusalTellsTheHeaderFromTheClaim(t *testing.T) {
	issuer, plain := strict(t)
	keycloak := validatorOf(t, issuer, withProfile(jwt.Keycloak()))
	token := func(opts ...jwttest.TokenOption) string {
		return issuer.Token(append([]jwttest.TokenOption{jwttest.Typ("JWT"), jwttest.Claim("azp", "app"),
			jwttest.Claim("typ", "Bearer")}, opts...)...)
	}
	accept(t, keycloak, token())
	for _, c := range []struct {
		v    validating
		opt  jwttest.TokenOption
		says string
	}{
		{keycloak, jwttest.Typ("logout+jwt"), "type (typ): the header's is not"},
		{keycloak, jwttest.WithoutHeader("typ"), "type (typ): the header has none"},
		{plain, jwttest.Typ("JWT"), "type (typ): JWT in the header"},
		{keycloak, jwttest.Claim("typ", "ID"), "type (typ): the claim is not"},
		{keycloak, jwttest.Without("typ"), "type (typ): the claim is not"},
	} {
		require.ErrorContains(t, refuse(t, c.v, token(c.opt), jwt.ReasonType), c.says)
	}
}
