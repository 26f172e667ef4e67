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

// bound returns a token with that cnf.
func bound(issuer *jwttest.Issuer, cnf string) string {
	return issuer.Token(jwttest.Claim("cnf", raw(cnf)))
}

func enforcing(methods ...string) func(*jwt.Config) {
	return func(c *jwt.Config) { c.Confirmations = methods }
}

// checklist 52, 153
func TestConfirmation(t *testing.T) {
	issuer, v := strict(t)
	both := validatorOf(t, issuer, enforcing("jkt", "x5t#S256"))
	for _, cnf := range []string{`{"jkt":"abcdef"}`, `{"x5t#S256":"abcdef"}`, `{"jkt":"abcdef","x5t#S256":"ghijkl"}`} {
		refuse(t, v, bound(issuer, cnf), jwt.ReasonConfirmation)
		var want map[string]string
		require.NoError(t, json.Unmarshal([]byte(cnf), &want))
		require.Equal(t, want, accept(t, both, bound(issuer, cnf)).Confirmation())
	}
	for _, cnf := range []string{
		`{}`, `{ }`, `[]`, `"jkt"`, `7`, `true`, `["jkt"]`, `[{"jkt":"abcdef"}]`, `{"jkt":null}`, `{"jkt":""}`, `{"jkt":7}`,
		`{"jkt":["abcdef"]}`, `{"jkt":{"a":1}}`, `{"JKT":"abcdef"}`, `{"jkt ":"abcdef"}`, `{"x5t#s256":"abcdef"}`,
		`{"":"abcdef"}`, `{"` + canary + `":"x"}`, `{"jkt":"abcdef","x5t#S256":7}`,
	} {
		require.Equal(t, "cnf", refuse(t, both, bound(issuer, cnf), jwt.ReasonConfirmation).Name, cnf)
		refuse(t, v, bound(issuer, cnf), jwt.ReasonConfirmation)
	}
	require.Empty(t, accept(t, both, issuer.Token()).Confirmation())
	require.Empty(t, accept(t, both, bound(issuer, "null")).Confirmation())
}

// The refusal of a bound token says what would take it.
//
// checklist 52
func TestRefusalOfABoundTokenNamesWhatChecksIt(t *testing.T) {
	issuer, v := strict(t)
	for method, want := range map[string]string{
		"jkt":      "name jkt in Config.Confirmations, and have protector.DPoP check the proofs",
		"x5t#S256": "name x5t#S256 in Config.Confirmations, and have protector.MutualTLS check it",
		"kid":      "name it only if something checks it",
	} {
		require.ErrorContains(t, refuse(t, v, bound(issuer, fmt.Sprintf(`{%q:"x"}`, method)), jwt.ReasonConfirmation), want)
	}
}

// A known method that nobody enforces refuses the token, whatever its value, alone
// and beside one that somebody does.
//
// checklist 153
func TestConfirmationByAKnownMethodThatNobodyNames(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, enforcing("jkt"))
	for _, method := range []string{"x5t#S256", "x5t", "jwk", "jwe", "jku", "kid"} {
		for _, value := range []string{`"x"`, `""`, `{"kty":"EC"}`, `7`, `null`, `[]`} {
			member := fmt.Sprintf("%q:%s", method, value)
			refuse(t, v, bound(issuer, "{"+member+"}"), jwt.ReasonConfirmation)
			refuse(t, v, bound(issuer, `{"jkt":"abcdef",`+member+"}"), jwt.ReasonConfirmation)
			refuse(t, v, bound(issuer, "{"+member+`,"jkt":"abcdef"}`), jwt.ReasonConfirmation)
		}
	}
}

// Members that are no method are ignored, whatever they are.
//
// checklist 153
func TestConfirmationIgnoresWhatIsNoMethod(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, enforcing("jkt", "attestation"))
	for _, member := range []string{
		`"` + canary + `":"x"`, `"jkt_time":1767225600`, `"JKT":{"a":[1,2]}`, `"":""`, `"cnf":{"jwk":{}}`, `"a":null`,
		`"a":` + strings.Repeat("[", 20) + strings.Repeat("]", 20),
		`"m0":0` + members(500),
	} {
		for _, cnf := range []string{`{"jkt":"abcdef",` + member + `}`, `{` + member + `,"jkt":"abcdef"}`} {
			require.Equal(t, map[string]string{"jkt": "abcdef"}, accept(t, v, bound(issuer, cnf)).Confirmation())
		}
		refuse(t, v, bound(issuer, `{`+member+`}`), jwt.ReasonConfirmation)
	}
	// What the config names is a method, known elsewhere or not.
	require.Equal(t, map[string]string{"attestation": "x"},
		accept(t, v, bound(issuer, `{"attestation":"x"}`)).Confirmation())
	refuse(t, v, bound(issuer, `{"attestation":{},"jkt":"abcdef"}`), jwt.ReasonConfirmation)
	// Two of one name are no JSON object.
	refuse(t, v, bound(issuer, `{"jkt":"abcdef","jkt":"abcdef"}`), jwt.ReasonClaims)
}

// members returns so many more members of an object.
func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":%d`, i+1, i)
	}
	return b.String()
}
