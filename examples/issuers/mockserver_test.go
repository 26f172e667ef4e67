package issuers_test

import (
	"testing"

	"example.com/resourceserver/jwt"
)

// mockServerProfile is how the tokens of oauth2-mock-server look, once a hook names the client: typ JWT, no jti, and no
// sub where there is no user. Without the hook a machine's token speaks for nobody, and is refused. An ID token has a
// nonce, if its client sent one, and nothing else that an access token lacks: none of this is for more than tests.
func mockServerProfile() jwt.Profile {
	return jwt.Profile{
		Name:                "oauth2-mock-server",
		Types:               []string{"JWT"},
		Required:            []string{"iss", "exp", "aud", "iat"},
		Absent:              []string{"nonce"},
		AllowMissingSubject: true,
	}
}

// checklist 28, 39: tokens of oauth2-mock-server, whose machine tokens say for whom they are and not whose.
func TestMockServer(t *testing.T) {
	var ready struct{ Issuer string }
	server := runNode(t, &ready, "mockserver.mjs")
	app := newClient(t, ready.Issuer, "app", "any")
	access := app.machine(t, "scope", "read", "aud", ours)
	config := jwt.Config{Audiences: []string{ours}, Profile: mockServerProfile()}
	api := newAPI(t, ready.Issuer, config)

	api.accepts(t, access, "app for  may read")
	api.refusesAltered(t, access)
	api.refuses(t, app.machine(t, "scope", "read", "aud", theirs), jwt.ReasonAudience)
	api.refuses(t, app.machine(t, "scope", "read"), jwt.ReasonMissingClaim) // it has no audience
	api.refuses(t, newClient(t, ready.Issuer, "bare", "any").machine(t, "aud", ours), jwt.ReasonMissingClaim)
	user := app.signIn(t, "openid read", nil)
	api.refuses(t, user.AccessToken, jwt.ReasonMissingClaim) // it has no audience
	newAPI(t, ready.Issuer, jwt.Config{Audiences: []string{"app"}, Profile: mockServerProfile()}).
		refuses(t, user.IDToken, jwt.ReasonType)
	newAPI(t, ready.Issuer, jwt.Config{Audiences: []string{ours}}).refuses(t, access, jwt.ReasonType)
	config.Profile.AllowMissingSubject = false
	newAPI(t, ready.Issuer, config).refuses(t, access, jwt.ReasonMissingClaim)
	config.Profile = mockServerProfile()
	config.Now = nextYear
	newAPI(t, ready.Issuer, config).refuses(t, access, jwt.ReasonExpired)

	server.tell(t, "restart")
	api.accepts(t, app.machine(t, "aud", ours), "app for  may ")
	api.refuses(t, access, jwt.ReasonUnknownKey)
}

// checklist 181: every algorithm that the server signs with, EdDSA by both names, each by one more key beside others.
func TestMockServerAlgorithms(t *testing.T) {
	algorithms := []string{
		"RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
	}
	var ready struct{ Issuer string }
	server := runNode(t, &ready, "mockserver.mjs")
	for _, algorithm := range algorithms {
		server.tell(t, "key "+algorithm)
	}
	app := newClient(t, ready.Issuer, "app", "any")
	api := newAPI(t, ready.Issuer, jwt.Config{Audiences: []string{ours}, Profile: mockServerProfile()})
	for range len(algorithms) + 1 {
		token := app.machine(t, "aud", ours)
		api.accepts(t, token, "app for  may ")
		api.refusesAltered(t, token)
	}
}
