package jwt_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// unsigned returns a token that nobody has signed, for what is decided before that.
func unsigned(issuer string) string {
	encode := base64.RawURLEncoding.EncodeToString
	payload, err := json.Marshal(map[string]string{"iss": issuer})
	if err != nil {
		panic(err)
	}
	return encode([]byte(`{"alg":"EdDSA","typ":"at+jwt"}`)) + "." + encode(payload) + "." + encode(make([]byte, 64))
}

// An issuer of one of three kinds: one about which Resolve is asked, one with
// AllowAnyIssuer alone, and one about which it is never asked.
var issuerSyntax = []struct{ name, iss, kind string }{
	{"https", "https://a.example", "sound"},
	{"path", "https://a.example/realms/a-b_c.d~e", "sound"},
	{"slash at the end", "https://a.example/", "sound"},
	{"port", "https://a.example:8443/x", "sound"},
	{"upper case", "https://A.EXAMPLE/X", "sound"},
	{"dot at the end", "https://a.example./x", "sound"},
	{"punycode", "https://xn--bcher-kva.example", "sound"},
	{"underscore", "https://key_cloak/realms/a", "sound"},
	{"IPv4", "https://192.0.2.1", "sound"},
	{"IPv6", "https://[2001:db8::1]:443/a", "sound"},
	{"encoded space", "https://a.example/my%20realm", "sound"},
	{"empty segments", "https://a.example//a//", "sound"},
	{"colon in the path", "https://a.example/a:b@c", "sound"},
	{"dots in a segment", "https://a.example/.well/a..b/...", "sound"},
	{"1024 bytes", "https://a.example/" + strings.Repeat("a", 1024-18), "sound"},
	{"loopback", "http://127.0.0.1:8080/a", "sound"},
	{"localhost", "http://localhost", "sound"},
	{"loopback IPv6", "http://[::1]:1", "sound"},

	{"http", "http://a.example", "any"},
	{"nearly loopback", "http://localhost.example", "any"},
	{"upper case scheme", "HTTPS://a.example", "any"},
	{"ftp", "ftp://a.example", "any"},
	{"file", "file:///etc/passwd", "any"},
	{"javascript", "javascript:alert(1)", "any"},
	{"no scheme", "accounts.example.com", "any"},
	{"relative", "//a.example", "any"},
	{"no host", "https:///a", "any"},
	{"scheme alone", "https://", "any"},
	{"dot as host", "https://.", "any"},
	{"userinfo", "https://a.example@evil.example", "any"},
	{"password", "https://a:b@a.example/", "any"},
	{"query", "https://a.example?x=1", "any"},
	{"query in the path", "https://a.example/a?", "any"},
	{"fragment", "https://a.example/#a", "any"},
	{"backslash", `https://a.example\@evil.example`, "any"},
	{"backslash in the path", `https://a.example/\evil`, "any"},
	{"dot segments", "https://a.example/realms/../admin", "any"},
	{"dot segment", "https://a.example/./a", "any"},
	{"dot segment at the end", "https://a.example/a/..", "any"},
	{"encoded dots", "https://a.example/%2e%2E/admin", "any"},
	{"encoded slash", "https://a.example/a%2fb", "any"},
	{"encoded backslash", "https://a.example/a%5Cb", "any"},
	{"encoded percent", "https://a.example/a%252fb", "any"},
	{"encoded zero", "https://a.example/a%00", "any"},
	{"encoded delete", "https://a.example/a%7F", "any"},
	{"half an escape", "https://a.example/a%2", "any"},
	{"no escape", "https://a.example/a%zz", "any"},
	{"encoded host", "https://%61.example", "any"},
	{"empty port", "https://a.example:/", "any"},
	{"port of letters", "https://a.example:https/", "any"},
	{"long port", "https://a.example:000443/", "any"},
	{"two ports", "https://a.example:1:2/", "any"},
	{"IPv6 without brackets", "https://::1/", "any"},
	{"IPv6 without end", "https://[::1/", "any"},
	{"IPv6 with a zone", "https://[fe80::1%25eth0]/", "any"},
	{"IPv6 and more", "https://[::1]a/", "any"},
	{"IPv6 twice closed", "https://[::1]]/", "any"},
	{"IPv4 in brackets", "https://[127.0.0.1]/", "any"},
	{"brackets alone", "https://[]/", "any"},
	{"bracket alone", "https://[", "any"},
	{"closing bracket", "https://a]", "any"},
	{"brackets in the path", "https://a.example/[a]", "any"},
	{"braces", "https://a.example/{tenantid}", "any"},

	{"1025 bytes", "https://a.example/" + strings.Repeat("a", 1025-18), "never"},
	{"11 KB", "https://a.example/" + strings.Repeat("a", 11_000), "never"},
	{"space", "https://a.example/a b", "never"},
	{"space in front", " https://a.example", "never"},
	{"line break", "https://a.example\r\nHost: evil.example", "never"},
	{"zero", "https://a.example\x00", "never"},
	{"delete", "https://a.example/\x7f", "never"},
	{"no ASCII", "https://bücher.example", "never"},
	{"look-alike", "https://\u0430.example", "never"}, // a Cyrillic letter
	{"empty", "", "never"},
}

// checklist 212
func TestTheResolverIsAskedAboutSoundIssuersAlone(t *testing.T) {
	for _, tt := range issuerSyntax {
		for _, any := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/any=%t", tt.name, any), func(t *testing.T) {
				var asked []string
				tenants, err := jwt.NewTenants(jwt.TenantsConfig{AllowAnyIssuer: any,
					Resolve: func(_ context.Context, issuer string) (jwt.Config, error) {
						asked = append(asked, issuer)
						return jwt.Config{}, jwt.ErrUnknownIssuer
					}})
				require.NoError(t, err)
				refuseOnce(t, tenants, unsigned(tt.iss), jwt.ReasonUnknownIssuer)
				if tt.kind == "sound" || any && tt.kind == "any" {
					require.Equal(t, []string{tt.iss}, asked)
				} else {
					require.Empty(t, asked)
				}
			})
		}
	}
}

// What is no text has no tenant either.
//
// checklist 212
func TestTheResolverIsNotAskedAboutWhatIsNoText(t *testing.T) {
	a := tenantAt(t, "https://a.example")
	r := newRegistry(a)
	tenants := tenantsOf(t, r)
	refuseOnce(t, tenants, a.Token(jwttest.Without("iss")), jwt.ReasonUnknownIssuer)
	refuseOnce(t, tenants, a.Token(jwttest.Claim("iss", nil)), jwt.ReasonUnknownIssuer)
	refuseOnce(t, tenants, a.Token(jwttest.Claim("iss", []string{a.URL()})), jwt.ReasonClaimType)
	refuseOnce(t, tenants, a.Token(jwttest.Claim("iss", map[string]string{"iss": a.URL()})), jwt.ReasonClaimType)
	refuseOnce(t, tenants, a.Token(jwttest.RawPayload("")), jwt.ReasonClaims)
	refuseOnce(t, tenants, a.Token(jwttest.RawPayload(`{"iss":"https://a.example`)), jwt.ReasonClaims)
	refuseOnce(t, tenants, "", jwt.ReasonMalformed)
	refuseOnce(t, tenants, "eyJ.b.c.d.e", jwt.ReasonEncrypted)
	refuseOnce(t, tenants, strings.Repeat("x", 1<<20), jwt.ReasonTooLarge)
	require.Zero(t, r.total())
	// Which of two is meant is not the choice's to say, and the validator refuses both.
	refuseOnce(t, tenants, a.Token(jwttest.DuplicateClaim("iss", "https://b.example")), jwt.ReasonClaims)
}
