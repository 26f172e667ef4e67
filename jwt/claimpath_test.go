package jwt_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// checklist 43
func TestKeysOf(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, withProfile(jwt.Profile{
		Groups: []jwt.ClaimPath{jwt.KeysOf("org", "teams")}, Roles: []jwt.ClaimPath{jwt.KeysOf("roles"), {"roles"}},
	}))
	for value, want := range map[string]string{
		`{"clerk":{"org-1":"shop.example"},"owner":{"org-2":"x"}}`: "clerk owner",
		`{"clerk":true,"owner":"yes","buyer":["org-1"]}`:           "buyer clerk owner",
		`{"clerk":false,"owner":null}`:                             "",
		`{"clerk":{},"owner":[ ],"buyer":"","seller":{ }}`:         "",
		`{"clerk":1,"owner":0,"buyer":-1,"seller":1e9}`:            "",
		`{}`:                           "",
		`["clerk"]`:                    "",
		`[{"clerk":{"org-1":"x"}}]`:    "",
		`[{"value":"clerk"}]`:          "",
		`"clerk"`:                      "",
		`7`:                            "",
		`true`:                         "",
		`{"clerk":{"owner":true}}`:     "clerk",
		`{"\u0063lerk":true}`:          "clerk",
		`{"a clerk":true,"a":{"b":1}}`: "a a clerk",
	} {
		token := accept(t, v, issuer.Token(
			jwttest.Claim("roles", raw(value)), jwttest.Claim("org", raw(`{"teams":`+value+`}`))))
		require.Equal(t, want, sorted(token.Roles().String()), value)
		require.Equal(t, want, sorted(token.Groups().String()), value)
	}
	require.Zero(t, accept(t, v, issuer.Token(jwttest.Claim("roles", raw("null")))).Roles().Len())
}

// An object is none where the profile does not say so, whatever is in it.
//
// checklist 43
func TestAnObjectNamesNothingUnasked(t *testing.T) {
	issuer, v := strict(t)
	require.Zero(t, accept(t, v, issuer.Token(jwttest.Claim("roles", raw(`{"admin":true}`)))).Roles().Len())
}

// Whatever the last element of such a path is, no claim and no member can have it as
// its name: it is not UTF-8, and a token that is not is refused.
//
// checklist 43
func TestNoMemberIsTakenForAPathToKeys(t *testing.T) {
	issuer, _ := strict(t)
	path := jwt.KeysOf("roles")
	mark := path[len(path)-1]
	v := validatorOf(t, issuer, withProfile(jwt.Profile{Roles: []jwt.ClaimPath{path}}))
	for _, name := range []string{mark, "\xc3\xbf", `\u00ff`, `\uffff`, `\udcff`, `\ud83d\ude00`} {
		token := issuer.Token(with(t, issuer, `"roles":{"`+name+`":{"admin":true}}`))
		if name == mark || name == `\udcff` {
			refuse(t, v, token, jwt.ReasonClaims)
			continue
		}
		require.Equal(t, 1, accept(t, v, token).Roles().Len(), name)
		require.False(t, accept(t, v, token).Roles().Has("admin"), name)
	}
}

func TestKeysOfCopiesThePath(t *testing.T) {
	path := make([]string, 1, 8)
	path[0] = "a"
	require.NotSame(t, &path[0], &jwt.KeysOf(path...)[0])
	require.Empty(t, path[:2][1])
}

// with returns the claims of a good token and more.
func with(t *testing.T, issuer *jwttest.Issuer, more string) jwttest.TokenOption {
	t.Helper()
	_, payload := claimsOf(t, issuer.Token())
	return jwttest.RawPayload(strings.TrimSuffix(payload, "}") + "," + more + "}")
}
