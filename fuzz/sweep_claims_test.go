package fuzz_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

var requiredClaims = []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"}

// checklist 37, 108
func TestEverySubsetOfRequiredClaims(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	v, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer})
	require.NoError(t, err)
	for subset := range 1 << len(requiredClaims) {
		var removed []string
		var nulls []jwttest.TokenOption
		for i, name := range requiredClaims {
			if subset&(1<<i) != 0 {
				removed = append(removed, name)
				nulls = append(nulls, jwttest.Claim(name, nil))
			}
		}
		for how, token := range map[string]string{"absent": issuer.Token(jwttest.Without(removed...)),
			"null": issuer.Token(nulls...)} {
			if subset == 0 {
				_, err := v.Validate(t.Context(), token)
				require.NoError(t, err)
				continue
			}
			require.Equal(t, jwt.ReasonMissingClaim, reason(t, v, token), "%s: %v", how, removed)
		}
	}
}

// The values of every JSON type, and of the shapes within a type that claims care about. The time is close enough to
// be a good exp, nbf and iat, and the string is the name of the issuer and of the audience, so that a value is
// refused for its type only.
var jsonValues = map[string]string{
	"null": `null`, "true": `true`, "false": `false`,
	"integer": `1500000010`, "fraction": `1500000010.5`, "exponent": `15000000100e-1`,
	"negative": `-1`, "too late": `253402300800`, "overflow": `1e999`,
	"string": `"https://i"`, "empty string": `""`, "number in a string": `"1500000010"`,
	"empty array": `[]`, "array of strings": `["https://i","y"]`, "array of numbers": `[1500000010]`,
	"mixed array": `["x",1]`, "array with null": `["x",null]`, "array of arrays": `[["x"]]`,
	"array of objects": `[{"value":"x"}]`, "empty object": `{}`, "object": `{"x":"x"}`,
}

// What is accepted for each claim. Whatever is not listed is refused.
var acceptedValues = func() map[string][]string {
	dates := []string{"integer", "fraction", "exponent"}
	names := []string{"null", "string", "empty string", "number in a string", "empty array", "array of strings"}
	all := make([]string, 0, len(jsonValues))
	for name := range jsonValues {
		all = append(all, name)
	}
	return map[string][]string{
		"iss": {"string"}, "aud": {"string", "array of strings"},
		"sub": {"string", "number in a string"}, "jti": {"string", "number in a string"},
		"client_id": {"string", "number in a string"},
		"exp":       dates, "iat": dates,
		"nbf": append([]string{"null"}, dates...), "auth_time": append([]string{"null"}, dates...),
		"acr": all, "amr": all, // what is no string, or no list of strings, says nothing
		"scope": names, "scp": names,
		"cnf":    {"null"},
		"groups": all, "roles": all, "entitlements": all, // what has no names grants nothing, which is tested below
		"unknown": all,
	}
}()

// checklist 38, 45, 46, 98, 99, 102, 105, 108, 136, 153
func TestEveryTypeOfEveryClaim(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.At("https://i"), jwttest.FirstKey("EdDSA"))
	v, err := jwt.NewValidator(jwt.Config{
		Issuer: "https://i", Audiences: []string{"https://i"}, Keys: issuer,
		Now: func() time.Time { return time.Unix(1500000000, 0) },
	})
	require.NoError(t, err)
	for claim, accepted := range acceptedValues {
		for name, value := range jsonValues {
			token := issuer.Token(
				jwttest.Audience("https://i"), jwttest.Claim("iat", 1500000000), jwttest.Claim("exp", 1500000300),
				jwttest.Claim(claim, json.RawMessage(value)))
			what := fmt.Sprintf("%s: %s", claim, name)
			if !slices.Contains(accepted, name) {
				require.NotEqual(t, jwt.ReasonSignature, reason(t, v, token), what)
				continue
			}
			got, err := v.Validate(t.Context(), token)
			require.NoError(t, err, what)
			granted := strings.Join([]string{got.Groups().String(), got.Roles().String(), got.Entitlements().String()}, "")
			require.Equal(t, grants(claim, name), granted, what)
		}
	}
}

// grants is what a value of an attribute names: a string, the strings of a list, or the values of a list of objects.
func grants(claim, name string) string {
	if claim != "groups" && claim != "roles" && claim != "entitlements" {
		return ""
	}
	return map[string]string{
		"array of strings": "https://i y", "array of objects": "x", "string": "https://i", "number in a string": "1500000010",
	}[name]
}
