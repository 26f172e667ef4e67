package jwt_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
)

const everyMember = `{
	"name": "n", "types": ["JWT"], "allow_missing_type": true, "required": ["iss"], "audience": ["a"],
	"client_id": ["c"], "id": ["i"], "scope": ["s"], "groups": [["g"]],
	"roles": [["user", "roles"], {"keys_of": ["realm", "roles"]}], "entitlements": [["e"]],
	"equal": {"use": "access"}, "absent": ["nonce"], "allow_any_subject": true, "allow_missing_subject": true,
	"allow_missing_issuer": true, "trust_domain": "prod.example"}`

func TestParseProfile(t *testing.T) {
	profile, err := jwt.ParseProfile([]byte(everyMember))
	require.NoError(t, err)
	want := jwt.Profile{
		Name: "n", Types: []string{"JWT"}, AllowMissingType: true, Required: []string{"iss"}, Audience: []string{"a"},
		ClientID: []string{"c"}, ID: []string{"i"}, Scope: []string{"s"}, Groups: []jwt.ClaimPath{{"g"}},
		Roles: []jwt.ClaimPath{{"user", "roles"}, jwt.KeysOf("realm", "roles")}, Entitlements: []jwt.ClaimPath{{"e"}},
		Equal: map[string]string{"use": "access"}, Absent: []string{"nonce"}, AllowAnySubject: true,
		AllowMissingSubject: true, AllowMissingIssuer: true, TrustDomain: "prod.example",
	}
	require.Equal(t, want, profile)
	fields := reflect.ValueOf(profile)
	for i := range fields.NumField() {
		if name := fields.Type().Field(i).Name; name != "_" {
			require.False(t, fields.Field(i).IsZero(), "%s has no member", name)
		}
	}
}

func TestParseProfileTellsNoneFromAnEmptyList(t *testing.T) {
	for text, want := range map[string]jwt.Profile{
		`{}`: {},
		` {"absent": null, "roles": null}` + "\n": {},
		`{"absent": []}`:                {Absent: []string{}},
		`{"allow_missing_type": false}`: {},
	} {
		profile, err := jwt.ParseProfile([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, profile, text)
	}
}

func TestParseProfileRefuses(t *testing.T) {
	for text, fault := range map[string]string{
		``:                                    "",
		`null`:                                "null is no profile",
		`[]`:                                  "array",
		`"keycloak"`:                          "string",
		`{"rolls": [["a"]]}`:                  `"rolls"`,
		`{"Types": ["JWT"]}`:                  `"Types"`,
		`{"types": "JWT"}`:                    "/types",
		`{"types": ["JWT"], "types": ["x"]}`:  `"types"`,
		`{"types": [7]}`:                      "/types",
		`{"allow_missing_subject": "true"}`:   "/allow_missing_subject",
		`{"allow_missing_subject": 1}`:        "/allow_missing_subject",
		`{"equal": {"email_verified": true}}`: "/equal/email_verified",
		`{"equal": {"a": "x", "a": "y"}}`:     `"a"`,
		`{"roles": ["a"]}`:                    "/roles/0",
		`{"roles": [{"keys": ["a"]}]}`:        `"keys"`,
		`{"roles": [{"keys_of": "a"}]}`:       "",
		`{"roles": [["a\udcff"]]}`:            "",
		"{\"roles\": [[\"\xff\"]]}":           "",
		`{} {}`:                               "",
		`{"name": "a",}`:                      "",
	} {
		profile, err := jwt.ParseProfile([]byte(text))
		require.ErrorContains(t, err, "jwt: ParseProfile: ", text)
		require.ErrorContains(t, err, fault, text)
		require.Zero(t, profile, text)
	}
}

// What is wrong with what a profile says is told by NewValidator, however it came about.
func TestParsedProfileIsJudgedByItsValidator(t *testing.T) {
	issuer, _ := strict(t)
	for text, fault := range map[string]string{
		`{"types": ["JWT"]}`:              "nothing in it tells access tokens from ID tokens",
		`{"roles": [[]]}`:                 "holds a path that is empty",
		`{"roles": [{}]}`:                 "holds a path that is empty",
		`{"roles": [{"keys_of": [""]}]}`:  "holds a path that is empty",
		`{"trust_domain": "spiffe://td"}`: "Config.Profile.TrustDomain is",
	} {
		profile, err := jwt.ParseProfile([]byte(text))
		require.NoError(t, err, text)
		config := configOf(issuer)
		config.Profile = profile
		_, err = jwt.NewValidator(config)
		require.ErrorContains(t, err, fault, text)
	}
}

func TestParseProfileOfAnOversizedText(t *testing.T) {
	_, err := jwt.ParseProfile([]byte(`{"name": "` + strings.Repeat("a", 1<<20) + `", "x": 1}`))
	require.ErrorContains(t, err, `"x"`)
	require.Less(t, len(err.Error()), 500)
}
