package issuers_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
)

// betterAuth is what betterauth.mjs says about itself.
type betterAuth struct {
	Origin string
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
	User   json.RawMessage
}

// issuer is where the plugin oauth-provider is, below the path that better-auth answers at.
func (b betterAuth) issuer() string { return b.Origin + "/api/auth" }

// signedIn returns the client, in a browser whose user is signed in.
func (b betterAuth) signedIn(t *testing.T) *client {
	t.Helper()
	app := newClient(t, b.issuer(), b.ID, b.Secret)
	response, err := app.browser.Post(b.issuer()+"/sign-in/email", "application/json", bytes.NewReader(b.User))
	require.NoError(t, err)
	okay(t, response)
	return app
}

// checklist 28, 37, 39: access tokens of better-auth's plugin oauth-provider are those of RFC 9068, signed with EdDSA.
func TestBetterAuth(t *testing.T) {
	var ready betterAuth
	server := runNode(t, &ready, "betterauth.mjs")
	app := ready.signedIn(t)
	user := app.signIn(t, "openid read", nil, "resource", ours)
	machine := app.machine(t, "scope", "read", "resource", ours)
	api := newAPI(t, ready.issuer(), jwt.Config{Audiences: []string{ours}})

	api.accepts(t, machine, ready.ID+" for "+ready.ID+" may read")
	status, who := api.ask(t, user.AccessToken)
	require.Equal(t, 200, status, api.decided.Err)
	require.Contains(t, who, "may openid read")
	api.refusesAltered(t, user.AccessToken)
	api.refuses(t, user.IDToken, jwt.ReasonType)
	api.refuses(t, app.machine(t, "scope", "read", "resource", theirs), jwt.ReasonAudience)
	api.refuses(t, app.machine(t, "scope", "read"), jwt.ReasonMalformed) // without a resource it is opaque
	newAPI(t, ready.issuer(), jwt.Config{Audiences: []string{ours}, Now: nextYear}).
		refuses(t, machine, jwt.ReasonExpired)

	server.tell(t, "rotate")
	api.accepts(t, app.machine(t, "resource", ours), ready.ID+" for "+ready.ID+" may read")
	api.refuses(t, machine, jwt.ReasonUnknownKey)
}

// betterAuthSession is how the tokens look that the plugin jwt gives whoever is signed in: no typ, no client, no jti
// and no scope. The issuer is the origin of the application, and so is the audience. There is no metadata for it: the
// keys are at its path /api/auth/jwks. What marks them is the record of the user, with the time of its creation. The
// tokens of the plugin oauth-provider have the same keys, and another issuer.
func betterAuthSession() jwt.Profile {
	return jwt.Profile{
		Name:             "better-auth session",
		AllowMissingType: true,
		Required:         []string{"iss", "exp", "aud", "sub", "iat", "createdAt"},
	}
}

// checklist 28: the tokens of a session are taken by a profile of their own, and by no other.
func TestBetterAuthSession(t *testing.T) {
	var ready betterAuth
	runNode(t, &ready, "betterauth.mjs")
	app := ready.signedIn(t)
	response, err := app.browser.Get(ready.issuer() + "/token")
	require.NoError(t, err)
	var session struct{ Token string }
	require.NoError(t, json.Unmarshal([]byte(okay(t, response)), &session))
	config := jwt.Config{Issuer: ready.Origin, Audiences: []string{ready.Origin}, Profile: betterAuthSession()}
	keys := jwks.Config{URL: ready.issuer() + "/jwks"}
	api := newAPIWith(t, keys, config)

	status, _ := api.ask(t, session.Token)
	require.Equal(t, 200, status, api.decided.Err)
	api.refusesAltered(t, session.Token)
	user := app.signIn(t, "openid read", nil, "resource", ours)
	api.refuses(t, user.IDToken, jwt.ReasonType)
	api.refuses(t, user.AccessToken, jwt.ReasonIssuer)
	newAPI(t, ready.issuer(), jwt.Config{Audiences: []string{ours}}).refuses(t, session.Token, jwt.ReasonType)
	config.Now = nextYear
	newAPIWith(t, keys, config).refuses(t, session.Token, jwt.ReasonExpired)
}
