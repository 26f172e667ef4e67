package protector_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// checklist 209
func TestNoDelegation(t *testing.T) {
	for kind, with := range claimants(t) {
		t.Run(kind, func(t *testing.T) {
			for claims, passes := range map[string]bool{
				`{}`: true, `{"act":null}`: true, `{"may_act":{"sub":"b"}}`: true, `{"actor":"b"}`: true,
				`{"ACT":{"sub":"b"}}`: true,
				`{"act":{"sub":"b"}}`: false, `{"act":{}}`: false, `{"act":""}`: false, `{"act":[]}`: false, `{"act":false}`: false,
				`{"\u0061ct":{"sub":"b"}}`: false, `{"act":0}`: false, `{"act":{"act":{"sub":"c"}}}`: false,
			} {
				validator, credential := with(claims)
				var reason string
				guard := newGuard(t, protector.Config{Validators: []protector.Validator{validator},
					OnDecision: func(_ context.Context, d protector.Decision) { reason = d.Reason }})
				for refuses, policy := range map[bool]protector.Policy{
					false: {}, true: {NoDelegation: true, ACR: []string{"mfa"}},
				} {
					a := get(t, serve(t, guard.RequirePolicy(policy)(hello)), "/", "Authorization: Bearer "+credential)
					switch {
					case !refuses:
						require.Equal(t, 200, a.status, claims)
					case passes:
						require.Equal(t, "insufficient_acr", reason, claims)
					default:
						require.Equal(t, 403, a.status, claims)
						require.Equal(t, "delegation", reason, claims)
					}
				}
			}
		})
	}
}

// tokenWith is the token that a handler sees.
func tokenWith(t *testing.T, with func(string) (protector.Validator, string), claims string) (seen protector.Token) {
	t.Helper()
	validator, credential := with(claims)
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{validator}})
	handler := guard.Require()(protector.For(func(_ http.ResponseWriter, _ *http.Request, token protector.Token) {
		seen = token
	}))
	require.Equal(t, 200, get(t, serve(t, handler), "/", "Authorization: Bearer "+credential).status, claims)
	return seen
}

func TestActors(t *testing.T) {
	type actors = []protector.Actor
	for kind, with := range claimants(t) {
		t.Run(kind, func(t *testing.T) {
			for claims, want := range map[string]actors{
				`{}`:                            nil,
				`{"act":null}`:                  nil,
				`{"act":{"sub":"b"}}`:           {{Subject: "b"}},
				`{"act":{"client_id":"b"}}`:     {{ClientID: "b"}},
				`{"act":{"sub":"b","exp":"x"}}`: {{Subject: "b"}},
				`{"act":{"sub":"b","iss":"https://i.example","client_id":"c",
					"act":{"sub":"d","act":{"sub":"e","act":null}}}}`: {
					{"https://i.example", "b", "c"}, {Subject: "d"}, {Subject: "e"},
				},
			} {
				got, err := protector.Actors(tokenWith(t, with, claims))
				require.NoError(t, err, claims)
				require.Equal(t, want, got, claims)
			}
			for claims, says := range map[string]string{
				`{"act":"b"}`: "not an object", `{"act":[{"sub":"b"}]}`: "not an object", `{"act":{}}`: "names nobody",
				`{"act":{"sub":7}}`: "sub that is not a string", `{"act":{"sub":"b","iss":true}}`: "iss that is not",
				`{"act":{"sub":""}}`: "names nobody", `{"act":{"sub":"b","act":{"x":1}}}`: "names nobody",
				`{"act":{"sub":"b","act":"c"}}`: "not an object", `{"act":{"sub":"b","client_id":{}}}`: "client_id that is not",
			} {
				got, err := protector.Actors(tokenWith(t, with, claims))
				require.ErrorContains(t, err, says, claims)
				require.Empty(t, got)
				may, err := protector.MayAct(tokenWith(t, with, strings.Replace(claims, `{"act"`, `{"may_act"`, 1)))
				if !strings.Contains(claims, `"act":{"sub":"b","act"`) { // of who may act there is one only
					require.ErrorContains(t, err, "may_act", claims)
					require.Zero(t, may)
				}
			}
			may, err := protector.MayAct(tokenWith(t, with, `{"may_act":{"sub":"b","iss":"https://i.example"}}`))
			require.NoError(t, err)
			require.Equal(t, protector.Actor{Issuer: "https://i.example", Subject: "b"}, may)
			may, err = protector.MayAct(tokenWith(t, with, `{}`))
			require.NoError(t, err)
			require.Zero(t, may)
		})
	}
	_, err := protector.Actors(&token{user: "a"})
	require.ErrorContains(t, err, "no method Claim")
	_, err = protector.MayAct(&token{user: "a"})
	require.ErrorContains(t, err, "no method Claim")
	round := map[string]any{"sub": "b"}
	round["act"] = round
	_, err = protector.Actors(&document{members: map[string]any{"act": round}})
	require.ErrorContains(t, err, "too deeply")
}
