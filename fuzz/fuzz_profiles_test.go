package fuzz_test

import (
	"maps"
	"strings"
	"testing"

	"example.com/resourceserver/jwt"
)

// A vendor is a profile beside a model of it, written from the vendor's documentation, and a token as the vendor
// sends it.
type vendor struct {
	name    string
	profile jwt.Profile
	model   oracleProfile
	header  string
	claims  map[string]string // JSON, beside iss, sub, aud, iat and exp
}

var oidcMarks = []string{"nonce", "at_hash", "c_hash"}

var vendors = []vendor{
	{
		"Keycloak", jwt.Keycloak(),
		oracleProfile{
			types: []string{"JWT", "at+jwt"}, required: []string{"iss", "exp", "aud", "sub", "azp", "iat", "jti"},
			client: []string{"azp"}, scope: []string{"scope"}, equal: map[string]string{"typ": "Bearer"},
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"jti": `"j"`, "typ": `"Bearer"`, "azp": `"c"`, "scope": `"openid profile"`,
			"realm_access": `{"roles":["a"]}`},
	},
	{
		"Auth0", jwt.Auth0(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "azp", "iat"},
			client: []string{"azp"}, scope: []string{"scope"}, absent: oidcMarks,
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"azp": `"c"`, "scope": `"openid"`, "permissions": `["read:all"]`},
	},
	{
		"Okta", jwt.Okta(),
		oracleProfile{
			types: []string{"at+jwt"}, typeMissing: true,
			required: []string{"iss", "exp", "aud", "sub", "cid", "iat", "jti", "scp"},
			client:   []string{"cid"}, scope: []string{"scp"}, absent: oidcMarks,
		},
		`{"alg":"HS256"}`,
		map[string]string{"jti": `"j"`, "cid": `"c"`, "scp": `["openid"]`, "ver": `1`},
	},
	{
		"Entra ID", jwt.EntraID(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "azp", "iat"},
			client: []string{"azp"}, id: []string{"uti"}, scope: []string{"scp"}, equal: map[string]string{"ver": "2.0"},
			absent: oidcMarks,
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"azp": `"c"`, "uti": `"u"`, "scp": `"a b"`, "ver": `"2.0"`, "roles": `["r"]`},
	},
	{
		"Entra ID v1", jwt.EntraIDv1(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "appid", "iat"},
			client: []string{"appid"}, id: []string{"uti"}, scope: []string{"scp"}, equal: map[string]string{"ver": "1.0"},
			absent: oidcMarks,
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"appid": `"c"`, "uti": `"u"`, "scp": `"a b"`, "ver": `"1.0"`},
	},
	{
		"Cognito", jwt.Cognito(),
		oracleProfile{
			types: []string{"at+jwt"}, typeMissing: true, required: []string{"iss", "exp", "sub", "client_id", "iat", "jti"},
			audience: []string{"aud", "client_id"}, client: []string{"client_id"}, scope: []string{"scope"},
			equal: map[string]string{"token_use": "access"},
		},
		`{"alg":"HS256"}`,
		map[string]string{"jti": `"j"`, "client_id": `"https://api.example"`, "token_use": `"access"`, "scope": `"x/read"`,
			"aud": `null`},
	},
	{
		"Google", jwt.GoogleIDToken(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "azp", "iat"},
			client: []string{"azp"}, scope: []string{"scope", "scp"},
			absent: append([]string{"name", "given_name", "picture", "hd"}, oidcMarks...),
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"azp": `"1"`, "email": `"a@b"`, "email_verified": `true`},
	},
	{
		"Hydra", jwt.Hydra(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"},
			client: []string{"client_id"}, scope: []string{"scp", "scope"}, absent: append([]string{"rat"}, oidcMarks...),
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"jti": `"j"`, "client_id": `"c"`, "scp": `["a"]`, "scope": `"b"`, "ext": `{"groups":["g"]}`,
			"aud": `["https://api.example"]`},
	},
}

// FuzzProfiles gives tokens of one vendor's shape, changed by the fuzzer and properly signed, to the profiles of all
// vendors, each of which has to agree with its model.
func FuzzProfiles(f *testing.F) {
	// checklist 29, 47, 62, 63
	judges := make([]*judge, len(vendors))
	for i, v := range vendors {
		if v.model.audience == nil {
			v.model.audience = []string{"aud"}
		}
		if v.model.id == nil {
			v.model.id = []string{"jti"}
		}
		judges[i] = newJudge(v.profile, v.model, true)
	}
	f.Fuzz(func(t *testing.T, header, claims string, at uint16, flip uint8) {
		token := fuzzToken("HS256", header, claims)
		for _, j := range judges {
			j.check(t, token, int(at), flip)
		}
	})
}

// TestVendorSeeds sees to it that the fuzzer begins with tokens that are good.
func TestVendorSeeds(t *testing.T) {
	for _, v := range vendors {
		j := newJudge(v.profile, v.model, true)
		if _, err := j.validator.Validate(t.Context(), fuzzToken("HS256", v.header, v.text("", ""))); err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
	}
}

// text is the vendor's claims with one of them changed, or left out if its value is empty.
func (v vendor) text(name, value string) string {
	claims := map[string]string{
		"iss": `"https://issuer.example"`, "sub": `"canary-53551"`, "aud": `"https://api.example"`, "iat": "1799999900",
		"exp": "1800000300",
	}
	maps.Copy(claims, v.claims)
	claims[name] = value
	var members []string
	for _, name := range sortedKeys(claims) {
		if claims[name] != "" {
			members = append(members, `"`+name+`":`+claims[name])
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func profilesSeeds() (seeds []seed) {
	add := func(name, header, claims string) {
		seeds = append(seeds, seed{name, []any{header, claims, uint16(len(seeds) * 5), uint8(2)}})
	}
	for _, v := range vendors {
		add(v.name, v.header, v.text("", ""))
		for _, name := range sortedKeys(v.claims) {
			add(v.name+" without "+name, v.header, v.text(name, ""))
			add(v.name+" with another "+name, v.header, v.text(name, `"canary-53551"`))
			add(v.name+" with a number as "+name, v.header, v.text(name, `7`))
		}
		for _, mark := range []string{"nonce", "at_hash", "rat", "hd", "token_use", "typ", "ver"} {
			add(v.name+" ID token by "+mark, v.header, v.text(mark, `"id"`))
		}
		for _, header := range []string{`{"alg":"HS256"}`, `{"alg":"HS256","typ":"at+jwt"}`,
			`{"alg":"HS256","typ":"dpop+jwt"}`, `{"alg":"HS256","typ":"application/jwt"}`} {
			add(v.name+" of another type", header, v.text("", ""))
		}
	}
	return numbered(seeds)
}
