package issuers_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
)

// glewlwydTables is where Debian's package has the statements that make an empty database, with its administrator.
const glewlwydTables = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"

// glewlwyd is a server with one issuer and two clients, and the administrator, who is its only user.
type glewlwyd struct {
	address string
	admin   *http.Client
}

func (g *glewlwyd) issuer() string { return g.address + "/api/oidc" }

func startGlewlwyd(t *testing.T) *glewlwyd {
	t.Helper()
	program, err := exec.LookPath("glewlwyd")
	if err != nil {
		// A server in C, which a distribution has or has not.
		t.Skip("no Glewlwyd here: apt-get install dbconfig-sqlite3 glewlwyd")
	}
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	port := freePort(t)
	g := &glewlwyd{fmt.Sprintf("http://127.0.0.1:%d", port), &http.Client{Jar: jar, Timeout: patience}}
	serve(t, g.address+"/config", program, "--config-file", glewlwydConfig(t, port))
	g.call(t, http.MethodPost, "/auth", values{"username": "admin", "password": "password"})
	g.call(t, http.MethodPost, "/mod/plugin/", g.plugin(t))
	g.call(t, http.MethodPost, "/scope/", values{"name": "read", "password_required": false, "scheme": values{}})
	g.call(t, http.MethodPut, "/user/admin", values{
		"username": "admin", "enabled": true, "scope": []string{"g_admin", "g_profile", "openid", "read"},
	})
	g.call(t, http.MethodPost, "/client/", values{
		"client_id": "app", "password": "secret", "confidential": true, "enabled": true, "scope": []string{"read"},
		"redirect_uri": []string{callback}, "authorization_type": []string{"code", "client_credentials"},
		"token_endpoint_auth_method": []string{"client_secret_basic"},
	})
	g.call(t, http.MethodPut, "/auth/grant/app", values{"scope": "openid read"})
	return g
}

// glewlwydConfig makes a database, and returns the name of a configuration file.
func glewlwydConfig(t *testing.T, port int) string {
	t.Helper()
	folder := t.TempDir()
	database, config := filepath.Join(folder, "database"), filepath.Join(folder, "config")
	tables, err := os.Open(glewlwydTables)
	require.NoError(t, err)
	defer tables.Close()
	sqlite := exec.Command("sqlite3", "-cmd", "PRAGMA synchronous = OFF", database)
	sqlite.Stdin = tables
	output, err := sqlite.CombinedOutput()
	require.NoError(t, err, string(output))
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
port = %[1]d
bind_address = "127.0.0.1"
external_url = "http://127.0.0.1:%[1]d"
login_url = "login.html"
api_prefix = "api"
log_mode = "console"
log_level = "ERROR"
cookie_domain = "127.0.0.1"
cookie_secure = 0
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "/usr/lib/glewlwyd/user"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
hash_algorithm = "SHA512"
database = { type = "sqlite3" path = "%[2]s" }
`, port, database), 0o600))
	return config
}

// values is an object in JSON.
type values map[string]any

// plugin is the issuer, with a key that nobody has seen.
func (g *glewlwyd) plugin(t *testing.T) values {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: private, KeyID: rand.Text(), Algorithm: "RS256", Use: "sig"},
	}})
	require.NoError(t, err)
	return values{"module": "oidc", "name": "oidc", "display_name": "oidc", "enabled": true, "parameters": values{
		"iss": g.issuer(), "jwt-type": "rsa", "jwt-key-size": "256", "jwks-private": string(keys), "jwks-show": true,
		"access-token-duration": 3600, "refresh-token-duration": 3600, "code-duration": 60,
		"auth-type-code-enabled": true, "auth-type-client-enabled": true, "allow-non-oidc": true, "pkce-allowed": true,
		"resource-allowed": true, "resource-scope": values{"openid": []string{ours}, "read": []string{ours, theirs}},
	}}
}

// rotate has the issuer sign with a new key, and forget the old one.
func (g *glewlwyd) rotate(t *testing.T) {
	t.Helper()
	g.call(t, http.MethodPut, "/mod/plugin/oidc", g.plugin(t))
	g.call(t, http.MethodPut, "/mod/plugin/oidc/reset", nil)
}

func (g *glewlwyd) call(t *testing.T, method, path string, body values) {
	t.Helper()
	content, err := json.Marshal(body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), method, g.address+"/api"+path, bytes.NewReader(content))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := g.admin.Do(request)
	require.NoError(t, err)
	okay(t, response)
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// checklist 28, 37, 39: access tokens of Glewlwyd are those of RFC 9068. Its metadata is below a path and nowhere else.
func TestGlewlwyd(t *testing.T) {
	server := startGlewlwyd(t)
	app := newClient(t, server.issuer(), "app", "secret")
	app.browser.Jar = server.admin.Jar
	user := app.signIn(t, "openid read", nil, "resource", ours, "g_continue", "")
	machine := app.machine(t, "scope", "read", "resource", ours)
	api := newAPI(t, server.issuer(), jwt.Config{Audiences: []string{ours}})

	api.accepts(t, machine, "app for app may read")
	status, who := api.ask(t, user.AccessToken)
	require.Equal(t, 200, status, api.decided.Err)
	require.Contains(t, who, "may openid read")
	api.refusesAltered(t, user.AccessToken)
	api.refuses(t, user.IDToken, jwt.ReasonType)
	api.refuses(t, app.machine(t, "scope", "read", "resource", theirs), jwt.ReasonAudience)
	api.refuses(t, app.machine(t, "scope", "read"), jwt.ReasonAudience) // without a resource it is for its scopes
	newAPI(t, server.issuer(), jwt.Config{Audiences: []string{ours}, Now: nextYear}).
		refuses(t, machine, jwt.ReasonExpired)

	server.rotate(t)
	api.accepts(t, app.machine(t, "scope", "read", "resource", ours), "app for app may read")
	api.refuses(t, machine, jwt.ReasonUnknownKey)
}
