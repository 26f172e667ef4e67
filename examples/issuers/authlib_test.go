package issuers_test

import (
	"os/exec"
	"testing"

	"example.com/resourceserver/jwt"
)

// authlibProfile is how access tokens of Authlib's JWTBearerTokenGenerator look, once aud, sub and jti are added in the
// method that it has for that: typ JWT, and what RFC 9068 asks for. ID tokens have at_hash always, and
// no client_id.
func authlibProfile() jwt.Profile {
	return jwt.Profile{
		Name:     "Authlib",
		Types:    []string{"JWT"},
		Required: []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"},
		Absent:   []string{"nonce", "at_hash", "c_hash"},
	}
}

// authlib is what authlib_server.py says about itself.
type authlib struct {
	Issuer  string
	Secrets map[string]string // by client
}

func (a authlib) client(t *testing.T, id string) *client {
	t.Helper()
	return newClient(t, a.Issuer, id, a.Secrets[id])
}

func startAuthlib(t *testing.T) (authlib, *program) {
	t.Helper()
	python := findPython(t)
	var ready authlib
	server := run(t, &ready, python, "authlib_server.py")
	return ready, server
}

// findPython returns a Python that has Authlib and Flask: the first on the PATH, or the system's own, for which Debian
// has them as packages.
func findPython(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		python, err := exec.LookPath(name)
		if err == nil && exec.Command(python, "-c", "import authlib.oauth2, flask").Run() == nil {
			return python
		}
	}
	// Authlib is Python's: no module of Go can bring it along.
	t.Skip("no Python here has Authlib and Flask: apt-get install python3-authlib python3-flask, or by pip")
	return ""
}

// checklist 28, 37, 39: a server made with Authlib.
func TestAuthlib(t *testing.T) {
	ready, server := startAuthlib(t)
	app := ready.client(t, "app")
	user, machine := app.signIn(t, "openid read", nil), app.machine(t, "scope", "read")
	config := jwt.Config{Audiences: []string{ours}, Profile: authlibProfile()}
	api := newAPI(t, ready.Issuer, config)

	api.accepts(t, user.AccessToken, "app for 7 may openid read")
	api.accepts(t, machine, "app for app may read")
	api.refusesAltered(t, machine)
	api.refuses(t, ready.client(t, "elsewhere").machine(t), jwt.ReasonAudience)
	newAPI(t, ready.Issuer, jwt.Config{Audiences: []string{"app"}, Profile: authlibProfile()}).
		refuses(t, user.IDToken, jwt.ReasonType)
	newAPI(t, ready.Issuer, jwt.Config{Audiences: []string{ours}}).refuses(t, machine, jwt.ReasonType)
	config.Now = nextYear
	newAPI(t, ready.Issuer, config).refuses(t, machine, jwt.ReasonExpired)

	server.tell(t, "rotate")
	api.accepts(t, app.machine(t, "scope", "read"), "app for app may read")
	api.refuses(t, machine, jwt.ReasonUnknownKey)
}

// checklist 28: what the generator gives by itself says not for whom it is; and a user whose identifier is a number has
// a sub that is one, up to Authlib 1.6. Neither is taken: the first would be good anywhere, and the second is no string
// (RFC 7519 §4.1.2).
func TestAuthlibAsItComes(t *testing.T) {
	ready, _ := startAuthlib(t)
	api := newAPI(t, ready.Issuer, jwt.Config{Audiences: []string{ours}, Profile: authlibProfile()})
	bare := ready.client(t, "bare")
	api.refuses(t, bare.machine(t), jwt.ReasonMissingClaim)
	api.refuses(t, bare.signIn(t, "openid read", nil).AccessToken, jwt.ReasonMissingClaim)
	api.refuses(t, ready.client(t, "numbered").signIn(t, "openid", nil).AccessToken, jwt.ReasonClaimType)
}
