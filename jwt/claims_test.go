package jwt_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// raw is a JSON text for a claim.
func raw(text string) json.RawMessage { return json.RawMessage(text) }

// Values of every JSON type, by name.
var jsonValues = map[string]json.RawMessage{
	"string": raw(`"` + canary + `"`), "number": raw("7"), "true": raw("true"), "false": raw("false"),
	"object": raw(`{"a":"` + canary + `"}`), "strings": raw(`["` + canary + `"]`), "numbers": raw("[7]"),
	"mixed":       raw(`["a",7]`),
	"null inside": raw(`["a",null]`), "nested": raw(`[["a"]]`),
}

// checklist 30, 106
func TestIssuerIsExact(t *testing.T) {
	issuer, v := strict(t)
	url := issuer.URL()
	for _, iss := range []string{
		url + "/", url + " ", " " + url, strings.ToUpper(url), strings.Replace(url, "https", "HTTPS", 1),
		strings.Replace(url, "https", "http", 1),
		url + ":443", url + "#", url + "?", url + "/.", url + ".", strings.Replace(url, "i", "%69", 1), url[:len(url)-1],
		"https://evil.example", canary, url + "\x00",
	} {
		require.Equal(t, "iss", refuse(t, v, issuer.Token(jwttest.Claim("iss", iss)), jwt.ReasonIssuer).Name, "%q", iss)
	}
	accept(t, v, issuer.Token(jwttest.Claim("iss", raw(`"https:\/\/issuer.exampl\u0065"`))))
}

// checklist 31, 58, 105, 106
func TestAudience(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, func(c *jwt.Config) { c.Audiences = []string{"https://api.example", "orders"} })
	for _, audience := range [][]string{
		{"https://api.example"}, {"orders"}, {"orders", "https://api.example"}, {"https://other.example", "orders"},
		{"urn:x:y", "plain", "orders"}, {"orders", "orders"}, {"", "orders"},
	} {
		require.Equal(t, audience, accept(t, v, issuer.Token(jwttest.Audience(audience...))).Audience())
	}
	require.Equal(t, []string{"orders"}, accept(t, v, issuer.Token(jwttest.Claim("aud", []string{"orders"}))).Audience())
	for _, audience := range [][]string{
		{"https://api.example/"}, {"https://API.example"}, {"Orders"}, {"orders "}, {"order"}, {"orders,orders2"}, {},
		{"https://api.example,orders"}, {""}, {"*"}, {canary}, {"x", "y"},
	} {
		require.Equal(t, "aud", refuse(t, v, issuer.Token(jwttest.Audience(audience...)), jwt.ReasonAudience).Name, "%q",
			audience)
	}
	for _, value := range []string{"7", "true", "{}", `{"orders":1}`, `["orders",7]`, `[7]`, `["orders",null]`,
		`[["orders"]]`, `["orders",{}]`, `[true,"orders"]`} {
		refuse(t, v, issuer.Token(jwttest.Claim("aud", raw(value))), jwt.ReasonClaimType)
	}
	refuse(t, v, issuer.Token(jwttest.Without("aud")), jwt.ReasonMissingClaim)
	refuse(t, v, issuer.Token(jwttest.Claim("aud", nil)), jwt.ReasonMissingClaim)
}

// checklist 31, 58
func TestAudienceOfAProfile(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer,
		withProfile(jwt.Profile{Audience: []string{"client_id", "aud"}, Required: []string{"sub"}}), func(c *jwt.Config) {
			c.Audiences = []string{"client-1"}
		})
	require.Equal(t, []string{"client-1"}, accept(t, v, issuer.Token()).Audience())
	refuse(t, v, issuer.Token(jwttest.ClientID("other"), jwttest.Audience("client-1")), jwt.ReasonAudience)
	accept(t, v, issuer.Token(jwttest.Without("client_id"), jwttest.Audience("client-1")))
	accept(t, v, issuer.Token(jwttest.Claim("client_id", nil), jwttest.Audience("client-1")))
	require.Equal(t, "client_id",
		refuse(t, v, issuer.Token(jwttest.Without("client_id", "aud")), jwt.ReasonMissingClaim).Name)
}

// A required claim is required although another one may hold the audience.
// checklist 37
func TestTheAudienceInAnotherClaimIsNotAud(t *testing.T) {
	issuer, _ := strict(t)
	profile := withProfile(jwt.Profile{Audience: []string{"aud", "resource"}, Required: []string{"sub", "aud"}})
	v := validatorOf(t, issuer, profile)
	accept(t, v, issuer.Token())
	token := issuer.Token(jwttest.Without("aud"), jwttest.Claim("resource", issuer.Audience()))
	require.Equal(t, "aud", refuse(t, v, token, jwt.ReasonMissingClaim).Name)
}

// checklist 37, 108
func TestRequiredClaims(t *testing.T) {
	issuer, v := strict(t)
	for _, name := range []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, name, refuse(t, v, issuer.Token(jwttest.Without(name)), jwt.ReasonMissingClaim).Name)
			require.Equal(t, name, refuse(t, v, issuer.Token(jwttest.Claim(name, nil)), jwt.ReasonMissingClaim).Name)
			require.Equal(t, name,
				refuse(t, v, issuer.Token(jwttest.Without(name), jwttest.Claim(strings.ToUpper(name), "x")),
					jwt.ReasonMissingClaim).Name)
		})
	}
	for _, name := range []string{"iss", "sub", "client_id", "jti"} {
		refuse(t, v, issuer.Token(jwttest.Claim(name, "")), jwt.ReasonMissingClaim)
	}
	refuse(t, v, issuer.Token(jwttest.RawPayload("{}")), jwt.ReasonMissingClaim)
}

// checklist 37
func TestFurtherRequiredClaims(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, func(c *jwt.Config) { c.Required = []string{"tenant"} })
	for _, value := range []string{`"x"`, `0`, `false`, `[0]`, `{"a":0}`, `" "`, `"\u0000"`, `[ "" ]`} {
		accept(t, v, issuer.Token(jwttest.Claim("tenant", raw(value))))
	}
	for _, value := range []string{`""`, `null`, `[]`, `{}`, `[ ]`, "{\n\t}", "[\r ]"} {
		require.Equal(t, "tenant",
			refuse(t, v, issuer.Token(jwttest.Claim("tenant", raw(value))), jwt.ReasonMissingClaim).Name, value)
	}
	refuse(t, v, issuer.Token(), jwt.ReasonMissingClaim)
	refuse(t, v, issuer.Token(jwttest.Claim("tenant", "x"), jwttest.Without("jti")), jwt.ReasonMissingClaim)
}

// checklist 37
func TestRequiredOfAProfile(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, withProfile(jwt.Profile{Required: []string{"sub"}, ClientID: []string{"azp", "cid"}}))
	bare := accept(t, v, issuer.Token(jwttest.Without("client_id", "iat", "jti")))
	require.Empty(t, bare.ClientID())
	require.Empty(t, bare.ID())
	require.Zero(t, bare.IssuedAt())
	require.Equal(t, "b", accept(t, v, issuer.Token(jwttest.Claim("cid", "b"))).ClientID())
	require.Equal(t, "a", accept(t, v, issuer.Token(jwttest.Claim("cid", "b"), jwttest.Claim("azp", "a"))).ClientID())
	require.Equal(t, "b", accept(t, v, issuer.Token(jwttest.Claim("cid", "b"), jwttest.Claim("azp", nil))).ClientID())
	require.Equal(t, "azp",
		refuse(t, v, issuer.Token(jwttest.Claim("cid", "b"), jwttest.Claim("azp", 7)), jwt.ReasonClaimType).Name)
	v = validatorOf(t, issuer, withProfile(jwt.Profile{Required: []string{"sub"}, ID: []string{"uti", "jti"}}))
	require.Equal(t, "x", accept(t, v, issuer.Token(jwttest.Claim("uti", "x"))).ID())
	require.Equal(t, "y", accept(t, v, issuer.Token(jwttest.Claim("jti", "y"))).ID())
	require.Equal(t, "uti", refuse(t, v, issuer.Token(jwttest.Claim("uti", 7)), jwt.ReasonClaimType).Name)
	// What no profile can give up.
	for _, name := range []string{"iss", "exp", "aud"} {
		refuse(t, v, issuer.Token(jwttest.Without(name)), jwt.ReasonMissingClaim)
	}
}

// checklist 38, 45, 46, 98, 105
func TestClaimTypes(t *testing.T) {
	issuer, v := strict(t)
	for name, good := range map[string][]string{
		"iss": nil, "sub": {"string"}, "client_id": {"string"}, "jti": {"string"}, "acr": {"string"},
		"exp": nil, "iat": {"number"}, "nbf": {"number"}, "auth_time": {"number"},
		"amr": {"strings"}, "scope": {"string", "strings"}, "scp": {"string", "strings"},
	} {
		v := v
		if name == "acr" || name == "amr" {
			v = validatorOf(t, issuer, func(c *jwt.Config) { c.Required = []string{name} })
		}
		for kind, value := range jsonValues {
			t.Run(name+"/"+kind, func(t *testing.T) {
				token := issuer.Token(jwttest.Claim(name, value))
				for _, accepted := range good {
					if kind == accepted {
						accept(t, v, token)
						return
					}
				}
				switch {
				case name == "iss" && kind == "string":
					refuse(t, v, token, jwt.ReasonIssuer)
				case name == "exp" && kind == "number":
					refuse(t, v, token, jwt.ReasonExpired)
				default:
					require.Equal(t, name, refuse(t, v, token, jwt.ReasonClaimType).Name)
				}
			})
		}
	}
}

// checklist 44, 45, 108
func TestScopes(t *testing.T) {
	issuer, v := strict(t)
	for _, tt := range []struct {
		name  string
		opts  []jwttest.TokenOption
		names string
		count int
	}{
		{"absent", nil, "", 0},
		{"null", []jwttest.TokenOption{jwttest.Claim("scope", nil)}, "", 0},
		{"empty", []jwttest.TokenOption{jwttest.Scope("")}, "", 0},
		{"empty array", []jwttest.TokenOption{jwttest.Claim("scope", raw("[ ]"))}, "", 0},
		{"string", []jwttest.TokenOption{jwttest.Scope("profile email")}, "profile email", 2},
		{"spaces", []jwttest.TokenOption{jwttest.Scope("  profile   email ")}, "profile email", 2},
		{"array", []jwttest.TokenOption{jwttest.Claim("scope", raw(`[ "profile" ,"email"]`))}, "profile email", 2},
		{"a name in an array is never split", []jwttest.TokenOption{jwttest.Claim("scope", []string{"profile email"})},
			"profile email", 1},
		{"comma", []jwttest.TokenOption{jwttest.Scope("profile,email")}, "profile,email", 1},
		{"TAB and LF", []jwttest.TokenOption{jwttest.Scope("profile\temail\nphone")}, "profile\temail\nphone", 1},
		{"escapes", []jwttest.TokenOption{jwttest.Claim("scope", raw(`"pro\u0066ile\u0020email"`))}, "profile email", 2},
		{"scp string", []jwttest.TokenOption{jwttest.Claim("scp", "profile email")}, "profile email", 2},
		{"scp array", []jwttest.TokenOption{jwttest.Claim("scp", []string{"profile", "email"})}, "profile email", 2},
		{"scope before scp", []jwttest.TokenOption{jwttest.Scope("profile"), jwttest.Claim("scp", "admin")}, "profile", 1},
		{"empty scope before scp", []jwttest.TokenOption{jwttest.Scope(""), jwttest.Claim("scp", "admin")}, "", 0},
		{"null scope, then scp", []jwttest.TokenOption{jwttest.Claim("scope", nil), jwttest.Claim("scp", "admin")}, "admin",
			1},
		{"another letter case", []jwttest.TokenOption{jwttest.Claim("Scope", "admin")}, "", 0},
		{"a name like it", []jwttest.TokenOption{jwttest.Claim("scopes", "admin")}, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			granted := accept(t, v, issuer.Token(tt.opts...)).Scopes()
			require.Equal(t, tt.names, granted.String())
			require.Equal(t, tt.count, granted.Len())
		})
	}
	v = validatorOf(t, issuer, withProfile(jwt.Profile{Scope: []string{"permissions"}}))
	granted := accept(t, v,
		issuer.Token(jwttest.Scope("profile"), jwttest.Claim("permissions", []string{"read"}))).Scopes()
	require.Equal(t, "read", granted.String())
}

// checklist 107
func TestAValueWithAColonIsAURI(t *testing.T) {
	issuer, v := strict(t)
	uris := []string{
		"https://user.example/1", "urn:example:user:1", "mailto:a@b.example", "tag:x@y.example,2020:z", "a:", "a+b-c.d:e",
		"https://[2001:db8::1]:8443/x?y#z", "urn:x:%C3%BC",
		"did:example:123#key-1", "auth0|5f7c8ec7c33c6c004bbafe82", "jürgen", "white space", "\"quoted\"",
	}
	for _, uri := range uris {
		require.Equal(t, uri, accept(t, v, issuer.Token(jwttest.Subject(uri))).Subject())
		accept(t, v, issuer.Token(jwttest.Audience(uri, issuer.Audience())))
	}
	for _, text := range []string{
		":", ":a", "1:a", "-a:b", "a b:c", "a:b c", " a:b", "a:b ", "/a:b", "ä:b", "a:ü", "urn:%zz", "urn:%4", "urn:%",
		"a:<b>", "a:\"b\"", "a:b|c", "a:b\\c", "a:b^c", "a:`b`", "a:{b}",
		"a:b\tc", "a:b\x00", "a:b\x7f", "a:b#c#d", "a:[b]", "https://x]/", "https://[::1", "https://[::1]/[",
		"https://x:port/", "google|a:b",
	} {
		require.Equal(t, "sub", refuse(t, v, issuer.Token(jwttest.Subject(text)), jwt.ReasonClaimType).Name, "%q", text)
		require.Equal(t, "aud",
			refuse(t, v, issuer.Token(jwttest.Audience(text, issuer.Audience())), jwt.ReasonClaimType).Name, "%q", text)
	}
	refuse(t, v, issuer.Token(jwttest.Audience("a:b c")), jwt.ReasonClaimType)
	accept(t, v, issuer.Token(jwttest.ClientID("1:a"), jwttest.Claim("jti", "1:a"))) // any string will do there

	lax := validatorOf(t, issuer, withProfile(jwt.Profile{AllowAnySubject: true}))
	require.Equal(t, "1:a", accept(t, lax, issuer.Token(jwttest.Subject("1:a"))).Subject())
	refuse(t, lax, issuer.Token(jwttest.Audience("1:a", issuer.Audience())), jwt.ReasonClaimType)
}

// checklist 56, 64, 100, 101, 110
func TestTheClaimsAreOneStrictObject(t *testing.T) {
	issuer, v := strict(t)
	_, payload := claimsOf(t, issuer.Token())
	accept(t, v, issuer.Token(jwttest.RawPayload(payload)))
	accept(t, v, issuer.Token(jwttest.RawPayload(" \n\t\r"+payload+" \n")))
	with := func(more string) string { return payload[:len(payload)-1] + "," + more + "}" }
	deep := func(depth int) string {
		return with(`"x":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1))
	}
	deepObjects := func(depth int) string {
		return with(`"x":` + strings.Repeat(`{"x":`, depth-1) + "1" + strings.Repeat("}", depth-1))
	}
	accept(t, v, issuer.Token(jwttest.RawPayload(deep(32))))
	accept(t, v, issuer.Token(jwttest.RawPayload(deepObjects(32))))
	for _, text := range []string{
		"", " ", "null", "true", "7", `"` + canary + `"`, "[]", "[" + payload + "]", "{", payload + payload, payload + "{}",
		payload + "," + payload, payload + canary, payload + "\x00",
		payload + "]", "\ufeff" + payload, payload[:len(payload)-1], payload[1:], with(""), with(`"x"`), with(`"x":`),
		with(`x:1`), with(`'x':1`), with(`"x":01`), with(`"x":+1`), with(`"x":.5`),
		with(`"x":1.`), with(`"x":0x1`), with(`"x":NaN`), with(`"x":Infinity`), with(`"x":undefined`), with(`"x":1/*c*/`),
		with("\"x\":\"\n\""), with(`"x":"\q"`), with(`"x":"\u12"`),
		with("\"x\":\"\xff\""), with("\"\xc0\xaf\":1"), with(`"x":"\ud800"`), with(`"x":"\udc00\ud800"`),
		with(`"sub":"admin"`), with(`"\u0073ub":"admin"`), with(`"exp":99999999999`),
		with(`"x":{"y":1,"y":2}`), with(`"x":[{"y":1,"y":1}]`), with(`"x":1,"x":1`), deep(33), deepObjects(33),
		with(`"x":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 100)),
	} {
		if len(text) > 10_000 {
			text = text[:10_000]
		}
		refuse(t, v, issuer.Token(jwttest.RawPayload(text)), jwt.ReasonClaims)
	}
	// Names that differ in letter case are different names.
	token := accept(t, v,
		issuer.Token(jwttest.Claim("Sub", "admin"), jwttest.Claim("SUB", 7), jwttest.Claim("eXp", "never")))
	require.Equal(t, "user-1", token.Subject())
}

// checklist 100
func TestDuplicateClaims(t *testing.T) {
	issuer, v := strict(t)
	for _, name := range []string{"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "client_id", "scope", "cnf", "other"} {
		token := issuer.Token(jwttest.Claim(name, nil), jwttest.DuplicateClaim(name, canary))
		refuse(t, v, token, jwt.ReasonClaims)
	}
	var many []jwttest.TokenOption
	for i := range 200 {
		many = append(many, jwttest.Claim(fmt.Sprint("claim-", i), i))
	}
	accept(t, v, issuer.Token(many...))
	for _, i := range []int{0, 40, 41, 100, 199} {
		refuse(t, v, issuer.Token(append(many, jwttest.DuplicateClaim(fmt.Sprint("claim-", i), i))...), jwt.ReasonClaims)
	}
}

// checklist 102, 108
func TestUnknownClaimsAreKept(t *testing.T) {
	issuer, v := strict(t)
	token := accept(t, v,
		issuer.Token(jwttest.Claim("x", map[string]any{"y": []int{1, 2}}), jwttest.Claim("z", nil),
			jwttest.Claim("", "empty")))
	var claims struct {
		X struct {
			Y []int `json:"y"`
		} `json:"x"`
		Z *string `json:"z"`
	}
	require.NoError(t, token.Decode(&claims))
	require.Equal(t, []int{1, 2}, claims.X.Y)
	require.Nil(t, claims.Z)
}

// checklist 108
func TestNullIsAbsent(t *testing.T) {
	issuer, v := strict(t)
	token := accept(t, v, issuer.Token(
		jwttest.Claim("nbf", nil), jwttest.Claim("auth_time", nil), jwttest.Claim("acr", nil), jwttest.Claim("amr", nil),
		jwttest.Claim("scope", nil), jwttest.Claim("cnf", nil), jwttest.Claim("groups", nil)))
	require.Zero(t, token.NotBefore())
	require.Zero(t, token.AuthTime())
	require.Empty(t, token.ACR())
	require.Empty(t, token.AMR())
	require.Empty(t, token.Confirmation())
	require.Zero(t, token.Scopes().Len())
	require.Zero(t, token.Groups().Len())
}

// The order tells which reason is reported, and the signature comes before
// every claim.
// checklist 52
func TestTheSignatureComesBeforeTheClaims(t *testing.T) {
	issuer, v := strict(t)
	for _, opt := range []jwttest.TokenOption{
		jwttest.Without("exp"), jwttest.Claim("iss", canary), jwttest.Audience(canary), jwttest.RawPayload("{"),
		jwttest.RawPayload(""), jwttest.Scope(canary), jwttest.Claim("cnf", 1),
	} {
		refuse(t, v, issuer.Token(opt, jwttest.Tampered()), jwt.ReasonSignature)
	}
}
