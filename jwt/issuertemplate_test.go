package jwt_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
)

// checklist 212, 216
func TestIssuerTemplateMatches(t *testing.T) {
	const (
		entra    = "https://login.microsoftonline.com/{tenantid}/v2.0"
		keycloak = "https://sso.example/realms/{realm}"
		auth0    = "https://{tenant}.eu.auth0.com/"
		custom   = "https://{domain}/"
		local    = "http://localhost:8080/realms/{realm}"
		port     = "https://{host}:8443/a"
	)
	long := strings.Repeat("a", 253)
	for _, tt := range []struct{ template, issuer, value string }{
		{entra, "https://login.microsoftonline.com/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0",
			"9122040d-6c67-4c5b-b112-36a304b66dad"},
		{keycloak, "https://sso.example/realms/Acme_1.test", "Acme_1.test"},
		{keycloak, "https://sso.example/realms/" + long, long},
		{auth0, "https://acme-1.eu.auth0.com/", "acme-1"},
		{custom, "https://login.acme.example/", "login.acme.example"},
		{custom, "https://xn--bcher-kva.example/", "xn--bcher-kva.example"},
		{local, "http://localhost:8080/realms/a", "a"},
		{port, "https://a.example:8443/a", "a.example"},

		{entra, "https://login.microsoftonline.com//v2.0", ""},
		{entra, "https://login.microsoftonline.com/v2.0", ""},
		{entra, "https://login.microsoftonline.com/a/b/v2.0", ""},
		{entra, "https://login.microsoftonline.com/a/v2.0/", ""},
		{entra, "https://login.microsoftonline.com/a/v2.0?b", ""},
		{entra, "https://login.microsoftonline.com/{tenantid}/v2.0", ""},
		{entra, "https://login.microsoftonline.com/../v2.0", ""},
		{entra, "https://login.microsoftonline.com/./v2.0", ""},
		{entra, "https://login.microsoftonline.com/a..b/v2.0", ""},
		{entra, "https://login.microsoftonline.com/.a/v2.0", ""},
		{entra, "https://login.microsoftonline.com/a./v2.0", ""},
		{entra, "https://login.microsoftonline.com/%61/v2.0", ""},
		{entra, "https://login.microsoftonline.com/a b/v2.0", ""},
		{entra, "https://login.microsoftonline.com/a\\b/v2.0", ""},
		{entra, "https://login.microsoftonline.com/a\x00/v2.0", ""},
		{entra, "https://login.microsoftonline.com/\u00e4/v2.0", ""},
		{entra, "https://login.microsoftonline.com/a@b/v2.0", ""},
		{entra, "https://login.microsoftonline.com/a:b/v2.0", ""},
		{entra, "https://LOGIN.microsoftonline.com/a/v2.0", ""},
		{entra, "http://login.microsoftonline.com/a/v2.0", ""},
		{entra, "https://evil.example/https://login.microsoftonline.com/a/v2.0", ""},
		{entra, "", ""},
		{keycloak, "https://sso.example/realms/" + long + "a", ""},
		{keycloak, "https://sso.example/realms/", ""},
		{keycloak, "https://sso.example/realms/a/", ""},
		{auth0, "https://evil.example/.eu.auth0.com/", ""},
		{auth0, "https://a.b.eu.auth0.com/", ""},
		{auth0, "https://A.eu.auth0.com/", ""},
		{auth0, "https://a_b.eu.auth0.com/", ""},
		{auth0, "https://.eu.auth0.com/", ""},
		{auth0, "https://a@b.eu.auth0.com/", ""},
		{auth0, "https://eu.auth0.com/", ""},
		{custom, "https://a.example", ""},
		{custom, "https://a.example/b/", ""},
		{custom, "https://a.example:443/", ""},
		{custom, "https://a.example./", ""},
		{custom, "https://a@b.example/", ""},
		{custom, "https:///", ""},
		{custom, "https://[::1]/", ""},
		{custom, "https://Login.acme.example/", ""},
		{port, "https://a.example/a", ""},
	} {
		template, err := jwt.NewIssuerTemplate(tt.template, jwt.AnyTenant)
		require.NoError(t, err)
		value, ok := template.Match(tt.issuer)
		require.Equal(t, tt.value, value, tt.issuer)
		require.Equal(t, tt.value != "", ok, tt.issuer)
		require.Equal(t, ok, template.Matches(tt.issuer))
	}
}

// The right form is not enough: there must be a tenant of that name.
//
// checklist 212
func TestIssuerTemplateAdmitsWhoIsNamed(t *testing.T) {
	template, err := jwt.NewIssuerTemplate("https://sso.example/realms/{realm}", jwt.OneOf("a", "b"))
	require.NoError(t, err)
	for issuer, ok := range map[string]bool{
		"https://sso.example/realms/a": true, "https://sso.example/realms/b": true,
		"https://sso.example/realms/A": false, "https://sso.example/realms/c": false, "https://sso.example/realms/": false,
	} {
		require.Equal(t, ok, template.Matches(issuer), issuer)
	}
	nobody, err := jwt.NewIssuerTemplate("https://sso.example/realms/{realm}", jwt.OneOf())
	require.NoError(t, err)
	require.False(t, nobody.Matches("https://sso.example/realms/a"))
	require.False(t, jwt.IssuerTemplate{}.Matches("https://sso.example/realms/a"))
	require.False(t, jwt.IssuerTemplate{}.Matches(""))
}

// The rule is asked about values of the right form alone.
func TestIssuerTemplateAsksAboutSoundValues(t *testing.T) {
	var asked []string
	template, err := jwt.NewIssuerTemplate("https://sso.example/realms/{realm}", func(value string) bool {
		asked = append(asked, value)
		return value == "a"
	})
	require.NoError(t, err)
	for _, realm := range []string{"a", "b", "../a", "a/b", "", "a b", strings.Repeat("a", 16<<10)} {
		template.Matches("https://sso.example/realms/" + realm)
	}
	require.Equal(t, []string{"a", "b"}, asked)
}

func TestIssuerTemplateFaults(t *testing.T) {
	for template, fault := range map[string]string{
		"":                                         "exactly one {name}",
		"https://a.example/realms":                 "exactly one {name}",
		"https://a.example/{}":                     "exactly one {name}",
		"https://a.example/{a}/{b}":                "exactly one {name}",
		"https://a.example/{a":                     "exactly one {name}",
		"https://a.example/a}":                     "exactly one {name}",
		"https://a.example/{{a}}":                  "exactly one {name}",
		"https://a.example/x{a}":                   "a part of something",
		"https://a.example/{a}x":                   "a part of something",
		"https://a.example/{a}.json":               "a part of something",
		"https://{a}example.com/":                  "a part of something",
		"https://x{a}.example/":                    "a part of something",
		"https://x-{a}/":                           "a part of something",
		"https://a.example{a}":                     "a part of something",
		"https://a.example:{port}/":                "a part of something",
		"{scheme}://a.example/":                    "a part of something",
		"{all}":                                    "a part of something",
		"http://a.example/{a}":                     "not an https URL",
		"https://a.example/{a}?b=c":                "a part of something",
		"https://a.example/{a}/?b=c":               "not an https URL",
		"https://a.example/../{a}":                 "not an https URL",
		"https://a:b@c.example/{a}":                "not an https URL",
		"https://a.example/{a}/" + canary + "/b c": "not an https URL",
	} {
		_, err := jwt.NewIssuerTemplate(template, jwt.AnyTenant)
		require.ErrorContains(t, err, fault, template)
	}
	_, err := jwt.NewIssuerTemplate("", nil)
	require.ErrorContains(t, err, "exactly one {name}")
	require.ErrorContains(t, err, "admits is nil")
}
