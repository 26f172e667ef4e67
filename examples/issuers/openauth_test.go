package issuers_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
)

// openAuthProfile is how access tokens of OpenAuth look: typ JWT, the client in aud and nowhere else, neither iat nor
// jti, and mode, which is access. There are no ID tokens and no scopes: what a token says of its subject is below
// properties. Relaxed against RFC 9068: the audience is the client, so any API of the issuer takes the token.
func openAuthProfile() jwt.Profile {
	return jwt.Profile{
		Name:     "OpenAuth",
		Types:    []string{"JWT"},
		Required: []string{"iss", "exp", "aud", "sub"},
		ClientID: []string{"aud"},
		Equal:    map[string]string{"mode": "access"},
	}
}

// checklist 28: tokens of OpenAuth, whose metadata is where RFC 8414 has it, and not where OpenID Connect has it.
func TestOpenAuth(t *testing.T) {
	var ready struct{ Issuer string }
	server := runNode(t, &ready, "openauth.mjs")
	app, other := newClient(t, ready.Issuer, "app", "any"), newClient(t, ready.Issuer, "other", "any")
	user := app.signIn(t, "", nil, "client_id", "app")
	machine := func(c *client) string {
		return c.machine(t, "provider", "known", "client_id", c.id, "client_secret", c.secret)
	}
	access := machine(app)
	config := jwt.Config{Audiences: []string{"app"}, Profile: openAuthProfile()}
	api := newAPI(t, ready.Issuer, config)

	api.accepts(t, user.AccessToken, "app for user-7 may ")
	api.accepts(t, access, "app for app may ")
	api.refusesAltered(t, access)
	api.refuses(t, machine(other), jwt.ReasonAudience)
	status, _ := api.ask(t, user.RefreshToken)
	require.Equal(t, http.StatusBadRequest, status) // no bearer token has a colon (RFC 6750 §2.1)
	newAPI(t, ready.Issuer, jwt.Config{Audiences: []string{"app"}}).refuses(t, access, jwt.ReasonType)
	config.Now = nextYear
	newAPI(t, ready.Issuer, config).refuses(t, access, jwt.ReasonExpired)

	server.tell(t, "rotate")
	api.accepts(t, machine(app), "app for app may ")
	api.refuses(t, access, jwt.ReasonUnknownKey)
}
