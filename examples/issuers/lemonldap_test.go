package issuers_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
)

// lemonLDAPProfile is that of jwt/ISSUERS.md.
func lemonLDAPProfile() jwt.Profile {
	return jwt.Profile{
		Name:                "LemonLDAP::NG",
		Types:               []string{"JWT"},
		Required:            []string{"iss", "exp", "aud", "client_id", "iat", "jti", "scope"},
		Scope:               []string{"scope"},
		Absent:              []string{"nonce", "at_hash", "c_hash", "azp", "auth_time"},
		AllowMissingSubject: true,
	}
}

// startLemonLDAP starts the portal with one client and the users of its demonstration, and returns the issuer.
func startLemonLDAP(t *testing.T) string {
	t.Helper()
	plackup, err := exec.LookPath("plackup")
	if err != nil || exec.Command("perl", "-MLemonldap::NG::Portal::Issuer::OpenIDConnect", "-e1").Run() != nil {
		// A portal in Perl with 100 packages behind it: the gate does not install it.
		t.Skip("no LemonLDAP::NG here: apt-get install lemonldap-ng, with what it recommends, and libcrypt-jwt-perl")
	}
	port := freePort(t)
	issuer := fmt.Sprintf("http://127.0.0.1:%d/", port)
	t.Setenv("LLNG_DEFAULTCONFFILE", lemonLDAPConfig(t, issuer))
	serve(t, issuer+".well-known/openid-configuration", plackup, "--host", "127.0.0.1", "--port", fmt.Sprint(port),
		"--access-log", os.DevNull, "/usr/share/lemonldap-ng/portal/htdocs/index.psgi")
	return issuer
}

// lemonLDAPConfig writes a configuration, and returns the name of the file that says where it is.
func lemonLDAPConfig(t *testing.T, issuer string) string {
	t.Helper()
	folder := t.TempDir()
	sessions, file := filepath.Join(folder, "sessions"), filepath.Join(folder, "lemonldap-ng.ini")
	require.NoError(t, os.MkdirAll(filepath.Join(sessions, "lock"), 0o700))
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	require.NoError(t, err)
	store := values{"Directory": sessions, "LockDirectory": filepath.Join(sessions, "lock")}
	installed, err := os.ReadFile("/var/lib/lemonldap-ng/conf/lmConf-1.json")
	require.NoError(t, err)
	var config values
	require.NoError(t, json.Unmarshal(installed, &config))
	maps.Copy(config, values{
		"cfgNum": 1, "portal": issuer, "domain": "127.0.0.1", "key": rand.Text(), "requireToken": 0,
		"authentication": "Demo", "userDB": "Same", "passwordDB": "Null", "registerDB": "Null",
		"demoExportedVars":     values{"uid": "uid", "mail": "mail"},
		"captcha_mail_enabled": 0, "notification": 0, "cookieName": "lemonldap",
		"globalStorage": "Apache::Session::File", "globalStorageOptions": store,
		"persistentStorage": "Apache::Session::File", "persistentStorageOptions": store,
		"issuerDBOpenIDConnectActivation": 1, "oidcServiceKeyIdSig": rand.Text(),
		"oidcServicePrivateKeySig":   armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(private)),
		"oidcServicePublicKeySig":    armour("PUBLIC KEY", public),
		"oidcRPMetaDataExportedVars": values{"app": values{"email": "mail"}},
		"oidcRPMetaDataOptions": values{"app": values{
			"oidcRPMetaDataOptionsClientID": "app", "oidcRPMetaDataOptionsClientSecret": "secret",
			"oidcRPMetaDataOptionsRedirectUris": callback, "oidcRPMetaDataOptionsBypassConsent": 1,
			"oidcRPMetaDataOptionsAccessTokenJWT": 1, "oidcRPMetaDataOptionsAccessTokenSignAlg": "RS256",
			"oidcRPMetaDataOptionsIDTokenSignAlg": "RS256", "oidcRPMetaDataOptionsAdditionalAudiences": ours,
			"oidcRPMetaDataOptionsAllowClientCredentialsGrant": 1,
		}},
	})
	content, err := json.Marshal(config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "lmConf-1.json"), content, 0o600))
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `[all]
logLevel = error
[configuration]
type = File
dirName = %s
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
`, folder), 0o600))
	return file
}

func armour(kind string, content []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}))
}

// checklist 28, 37: access tokens of LemonLDAP::NG, whose audience is the client first, in ID tokens too.
func TestLemonLDAP(t *testing.T) {
	issuer := startLemonLDAP(t)
	app := newClient(t, issuer, "app", "secret")
	user := app.signIn(t, "openid read", func(page *http.Response) *http.Response {
		okay(t, page)
		response, err := app.browser.PostForm(page.Request.URL.String(), url.Values{
			"user": {"dwho"}, "password": {"dwho"},
		})
		require.NoError(t, err)
		return response
	})
	machine := app.machine(t, "scope", "read")
	config := jwt.Config{Audiences: []string{ours}, Profile: lemonLDAPProfile()}
	api := newAPI(t, issuer, config)

	api.accepts(t, user.AccessToken, "app for dwho may openid read")
	api.accepts(t, machine, "app for app may read")
	api.refusesAltered(t, user.AccessToken)
	api.refuses(t, user.IDToken, jwt.ReasonType)
	newAPI(t, issuer, jwt.Config{Audiences: []string{theirs}, Profile: lemonLDAPProfile()}).
		refuses(t, machine, jwt.ReasonAudience)
	newAPI(t, issuer, jwt.Config{Audiences: []string{ours}}).refuses(t, machine, jwt.ReasonType)
	config.Now = nextYear
	newAPI(t, issuer, config).refuses(t, machine, jwt.ReasonExpired)
}
