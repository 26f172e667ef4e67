package introspection_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

// checklist 209
func TestClaim(t *testing.T) {
	token, err := introspect(t, `{"active":true,"token_type":"Bearer","org":{"plan":"team","seats":9007199254740993,
		"x.y":null,"owners":["a","b"],"":true},"https://a.example/plan":"dotted","nothing":null}`)
	require.NoError(t, err)
	for path, want := range map[string]any{
		"org plan": "team", "org seats": json.Number("9007199254740993"), "org owners": []any{"a", "b"}, "org ": true,
		"https://a.example/plan": "dotted", "active": true,
		"org x.y": nil, "org.plan": nil, "org plan x": nil, "org owners 0": nil, "org owners a": nil,
		"nothing": nil, "nothing x": nil, "Org": nil,
		"plan": nil, "": nil, "org x": nil, "active x": nil,
	} {
		got, ok := token.Claim(strings.Split(path, " ")...)
		require.Equal(t, want != nil, ok, "%q", path)
		require.Equal(t, want, got, "%q", path)
	}
	_, ok := token.Claim()
	require.False(t, ok, "a path leads somewhere")
	_, ok = new(introspection.Token).Claim("active")
	require.False(t, ok)
	first, _ := token.Claim("org", "owners")
	first.([]any)[0] = "changed"
	second, _ := token.Claim("org", "owners")
	require.Equal(t, []any{"a", "b"}, second)
}
