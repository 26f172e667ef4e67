package fuzz_test

import (
	"cmp"
	"fmt"
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
	idToken string            // the claims of its ID tokens, by name; none: its keys sign no ID token
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
		"jti typ azp auth_time nonce sid at_hash acr preferred_username email",
	},
	{
		"Auth0", jwt.Auth0(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "azp", "iat"},
			client: []string{"azp"}, scope: []string{"scope"}, absent: oidcMarks,
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"azp": `"c"`, "scope": `"openid"`, "permissions": `["read:all"]`},
		"nonce sid name nickname email c_hash at_hash",
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
		"ver jti amr idp nonce auth_time at_hash name",
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
		"nbf aio name nonce oid roles rh tid uti ver",
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
		"nbf amr name nonce oid roles tid unique_name uti ver",
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
		"cognito:groups email_verified nonce origin_jti token_use auth_time jti email",
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
		"",
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
		"at_hash auth_time nonce jti rat sid",
	},
	{
		"Zitadel", jwt.Zitadel(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"},
			client: []string{"client_id"}, scope: []string{"scope"},
			absent: append([]string{"amr", "auth_time", "acr"}, oidcMarks...),
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"jti": `"j"`, "client_id": `"c"`, "urn:zitadel:iam:org:project:roles": `{"a":{"o":"d"}}`,
			"aud": `["p","https://api.example"]`},
		"azp client_id auth_time amr at_hash nonce sid nbf",
	},
	{
		"authentik", jwt.Authentik(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "azp", "uid", "iat"},
			client: []string{"azp"}, id: []string{"uid"}, scope: []string{"scope"}, absent: []string{"at_hash"},
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"azp": `"c"`, "uid": `"u"`, "auth_time": `1799999000`, "acr": `"a"`, "amr": `["pwd"]`},
		"auth_time acr amr c_hash nonce at_hash sid groups email",
	},
	{
		"FusionAuth", jwt.FusionAuth(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "applicationId", "iat", "jti"},
			client: []string{"applicationId"}, scope: []string{"scope"}, absent: oidcMarks,
		},
		`{"alg":"HS256","typ":"JWT","gty":["password"]}`,
		map[string]string{"jti": `"j"`, "applicationId": `"c"`, "scope": `"a"`, "roles": `["r"]`},
		"jti authenticationType email at_hash scope sid auth_time tid",
	},
	{
		"PingOne", jwt.PingOne(),
		oracleProfile{
			types: []string{"at+jwt"}, typeMissing: true,
			required: []string{"iss", "exp", "aud", "client_id", "iat", "scope"}, missingSubject: true,
			client: []string{"client_id"}, scope: []string{"scope"}, absent: oidcMarks,
		},
		`{"alg":"HS256"}`,
		map[string]string{"sub": ``, "client_id": `"c"`, "scope": `"a b"`},
		"acr amr auth_time at_hash nonce sid name",
	},
	{
		"Clerk", jwt.Clerk(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "sub", "iat", "sid", "v"}, audience: []string{"azp"},
			client: []string{"azp"}, scope: []string{"scope", "scp"}, equal: map[string]string{"sts": "active"},
			absent: oidcMarks,
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"azp": `"https://api.example"`, "aud": ``, "sid": `"s"`, "v": `2`, "sts": `"active"`,
			"o": `{"rol":"admin"}`},
		"azp nonce at_hash sid",
	},
	{
		"Supabase", jwt.Supabase(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "iat", "session_id", "role"},
			client: []string{"client_id"}, scope: []string{"scope"}, absent: oidcMarks,
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"session_id": `"s"`, "role": `"authenticated"`, "amr": `[{"method":"otp"}]`},
		"auth_time nonce email email_verified",
	},
	{
		"Firebase", jwt.FirebaseIDToken(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "iat", "auth_time", "firebase"},
			client: []string{"client_id"}, scope: []string{"scope", "scp"}, absent: oidcMarks,
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"auth_time": `1799999000`, "firebase": `{"sign_in_provider":"password"}`},
		"",
	},
	{
		"Google IAP", jwt.GoogleIAP(),
		oracleProfile{
			types: []string{"JWT"}, typeMissing: true, required: []string{"iss", "exp", "aud", "sub", "iat"},
			client: []string{"client_id"}, scope: []string{"scope", "scp"}, absent: oidcMarks,
		},
		`{"alg":"HS256"}`,
		map[string]string{"email": `"a@b"`},
		"",
	},
	{
		"Cloudflare", jwt.CloudflareAccess(),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "iat"}, missingSubject: true,
			client: []string{"common_name"}, scope: []string{"scope", "scp"}, equal: map[string]string{"type": "app"},
			absent: oidcMarks,
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"type": `"app"`, "sub": `""`, "common_name": `"c"`, "aud": `["https://api.example"]`},
		"nonce email name",
	},
	{
		"Kubernetes", jwt.KubernetesServiceAccount(),
		oracleProfile{
			types: []string{"at+jwt"}, typeMissing: true,
			required: []string{"iss", "exp", "aud", "sub", "iat", "kubernetes.io"},
			client:   []string{"sub"}, scope: []string{"scope", "scp"}, absent: oidcMarks,
		},
		`{"alg":"HS256"}`,
		map[string]string{"sub": `"system:serviceaccount:n:s"`, "kubernetes.io": `{"namespace":"n"}`},
		"",
	},
	{
		"SPIFFE", jwt.SPIFFE("td.example"),
		oracleProfile{
			types: []string{"JWT", "JOSE"}, typeMissing: true, required: []string{"exp", "aud", "sub"},
			client: []string{"sub"}, scope: []string{"scope", "scp"}, absent: oidcMarks,
			missingIssuer: true, trustDomain: "td.example",
		},
		`{"alg":"HS256","typ":"JOSE"}`,
		map[string]string{"iss": ``, "iat": ``, "sub": `"spiffe://td.example/a/b"`},
		"",
	},
	{
		"GitHub", jwt.GitHubActions("12"),
		oracleProfile{
			types: []string{"JWT"}, required: []string{"iss", "exp", "aud", "sub", "iat", "jti", "repository"},
			client: []string{"repository"}, scope: []string{"scope", "scp"},
			equal: map[string]string{"repository_owner_id": "12"}, absent: oidcMarks, anySubject: true,
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"sub": `"repo:o/r:environment:a b"`, "jti": `"j"`, "repository": `"o/r"`,
			"repository_owner_id": `"12"`},
		"",
	},
	{
		"GitLab", jwt.GitLabCI("72"),
		oracleProfile{
			types:    []string{"JWT"},
			required: []string{"iss", "exp", "aud", "sub", "iat", "jti", "project_path", "pipeline_id"},
			client:   []string{"project_path"}, scope: []string{"scope", "scp"},
			equal: map[string]string{"namespace_id": "72"}, absent: oidcMarks, anySubject: true,
		},
		`{"alg":"HS256","typ":"JWT"}`,
		map[string]string{"sub": `"project_path:g/p:ref_type:branch"`, "jti": `"j"`, "project_path": `"g/p"`,
			"pipeline_id": `"5"`, "namespace_id": `"72"`},
		"auth_time nonce sub_legacy email email_verified name nickname groups_direct",
	},
	{
		"transaction", jwt.TransactionToken(),
		oracleProfile{
			types:    []string{"txntoken+jwt"},
			required: []string{"exp", "aud", "sub", "iat", "txn", "scope", "req_wl"},
			client:   []string{"req_wl"}, scope: []string{"scope"}, missingIssuer: true,
		},
		`{"alg":"HS256","typ":"txntoken+jwt"}`,
		map[string]string{"iss": ``, "txn": `"t"`, "scope": `"a"`, "req_wl": `"w"`},
		"",
	},
}

// FuzzProfiles gives tokens of one vendor's shape, changed by the fuzzer and properly signed, to the profiles of all
// vendors, each of which has to agree with its model.
func FuzzProfiles(f *testing.F) {
	// checklist 29, 47, 62, 63
	judges := make([]*judge, len(vendors))
	for i, v := range vendors {
		judges[i] = newJudge(v.profile, v.oracle(), true)
	}
	f.Fuzz(func(t *testing.T, header, claims string, at uint16, flip uint8) {
		token := fuzzToken("HS256", header, claims)
		for _, j := range judges {
			j.check(t, token, int(at), flip)
		}
		if i := int(flip) % len(vendors); vendors[i].idToken != "" {
			judges[i].checkRefused(t, fuzzToken("HS256", header, vendors[i].idTokenWith(uint(at))))
		}
	})
}

// TestNoPartOfAnIDTokenIsAnAccessToken gives every profile the ID tokens of its issuer, for an accepted audience and in
// the type of access tokens, with each selection of the claims that they can have.
//
// checklist 47, 63
func TestNoPartOfAnIDTokenIsAnAccessToken(t *testing.T) {
	for _, v := range vendors {
		j := newJudge(v.profile, v.oracle(), true)
		for some := range uint(1) << len(strings.Fields(v.idToken)) {
			if v.idToken != "" {
				j.checkRefused(t, fuzzToken("HS256", v.header, v.idTokenWith(some)))
			}
		}
	}
}

// kinds are the values of claims that tell an ID token; what the others hold is no matter.
var kinds = map[string]string{
	"typ": `"ID"`, "token_use": `"id"`, "ver": `"2.0"`, "auth_time": "1799999800", "email_verified": "true",
	"amr": `["pwd"]`, "roles": `["r"]`, "groups": `["g"]`,
}

// idTokenWith is the vendor's ID token, with the claims that the bits of some select.
func (v vendor) idTokenWith(some uint) string {
	text := `{"iss":"https://issuer.example","sub":"canary-53551","aud":"https://api.example","iat":1799999900,` +
		`"exp":1800000300`
	for i, name := range strings.Fields(v.idToken) {
		if some>>i&1 == 1 {
			text += fmt.Sprintf(",%q:%s", name, cmp.Or(kinds[name], `"https://api.example"`))
		}
	}
	return text + "}"
}

// oracle is the vendor's model with its defaults filled in.
func (v vendor) oracle() oracleProfile {
	if v.model.audience == nil {
		v.model.audience = []string{"aud"}
	}
	if v.model.id == nil {
		v.model.id = []string{"jti"}
	}
	return v.model
}

// TestVendorSeeds sees to it that the fuzzer begins with tokens that are good.
func TestVendorSeeds(t *testing.T) {
	for _, v := range vendors {
		j := newJudge(v.profile, v.oracle(), true)
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
		seeds = append(seeds, seed{name, []any{header, claims, uint16(len(seeds) * 5), uint8(len(seeds))}})
	}
	for _, v := range vendors {
		add(v.name, v.header, v.text("", ""))
		for _, name := range sortedKeys(v.claims) {
			if v.claims[name] == "" {
				add(v.name+" with "+name, v.header, v.text(name, `"https://issuer.example"`))
				continue
			}
			add(v.name+" without "+name, v.header, v.text(name, ""))
			add(v.name+" with another "+name, v.header, v.text(name, `"canary-53551"`))
		}
		for _, mark := range []string{"nonce", "at_hash", "typ"} {
			add(v.name+" ID token by "+mark, v.header, v.text(mark, `"id"`))
		}
		for _, header := range []string{`{"alg":"HS256"}`, `{"alg":"HS256","typ":"at+jwt"}`,
			`{"alg":"HS256","typ":"dpop+jwt"}`, `{"alg":"HS256","typ":"application/jwt"}`} {
			add(v.name+" of another type", header, v.text("", ""))
		}
	}
	return numbered(seeds)
}
