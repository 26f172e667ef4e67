package jwt_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// checklist 209
func TestClaim(t *testing.T) {
	issuer, v := strict(t)
	token := accept(t, v, issuer.Token(
		jwttest.Claim("org", map[string]any{"plan": "team", "seats": json.RawMessage("9007199254740993"), "x.y": nil,
			"owners": []string{"a", "b"}, "": true}),
		jwttest.Claim("https://a.example/plan", "dotted"), jwttest.Claim("nothing", nil)))
	for path, want := range map[string]any{
		"org plan": "team", "org seats": json.Number("9007199254740993"), "org owners": []any{"a", "b"}, "org ": true,
		"https://a.example/plan": "dotted", "iss": issuer.URL(),
		"org x.y": nil, "org.plan": nil, "org plan x": nil, "org owners 0": nil, "org owners a": nil,
		"nothing": nil, "nothing x": nil, "Org": nil,
		"plan": nil, "": nil, "org x": nil,
	} {
		got, ok := token.Claim(strings.Split(path, " ")...)
		require.Equal(t, want != nil, ok, "%q", path)
		require.Equal(t, want, got, "%q", path)
	}
	_, ok := token.Claim()
	require.False(t, ok, "a path leads somewhere")
	_, ok = new(jwt.Token).Claim("iss")
	require.False(t, ok)
}

// What one caller does to a value is not seen by the next.
func TestClaimIsACopy(t *testing.T) {
	issuer, v := strict(t)
	token := accept(t, v, issuer.Token(jwttest.Claim("list", []any{"a", map[string]string{"b": "c"}})))
	first, _ := token.Claim("list")
	first.([]any)[0] = "changed"
	first.([]any)[1].(map[string]any)["b"] = "changed"
	second, _ := token.Claim("list")
	require.Equal(t, []any{"a", map[string]any{"b": "c"}}, second)
}

func TestClaimAllocatesForItsValueOnly(t *testing.T) {
	issuer, v := strict(t)
	token := accept(t, v, issuer.Token(jwttest.Claim("org", map[string]any{"plan": "team", "trial": true})))
	path := []string{"org", "plan"}
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { token.Claim(path...) }), 1.0)
	path[1] = "trial"
	require.Zero(t, testing.AllocsPerRun(100, func() { token.Claim(path...) }))
	path[1] = "absent"
	require.Zero(t, testing.AllocsPerRun(100, func() { token.Claim(path...) }))
}
