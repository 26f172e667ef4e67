package fuzz_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/protector"
)

// answerThrough says what a policy makes of a token of one room.
func answerThrough(t *testing.T, policy protector.Policy, token accessToken, err error) (int, string) {
	guard := must(protector.New(protector.Config{
		Now: func() time.Time { return fuzzNow },
		Validators: []protector.Validator{protector.Bearer(func(context.Context, string) (protector.Token, error) {
			if err != nil {
				return nil, err
			}
			return token.(protector.Token), nil
		})},
	}))
	r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
	r.Header.Set("Authorization", "Bearer "+canary)
	guard.RequirePolicy(policy)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
	require.NotEqual(t, http.StatusInternalServerError, w.Code)
	return w.Code, w.Header().Get("WWW-Authenticate")
}

// TestStepUpIsTheSameThroughBothDoors asks for an authentication that only the right members, of the right types,
// state: fuzzNow is 1800000000, and a minute is asked for.
//
// checklist 155, 159, 160
func TestStepUpIsTheSameThroughBothDoors(t *testing.T) {
	policy := protector.Policy{ACR: []string{"phr", "mfa"}, MaxAge: time.Minute}
	for claims, want := range map[string]int{
		`"acr":"phr","auth_time":1800000000`:              200,
		`"acr":"mfa","auth_time":1799999940`:              200,
		`"acr":"mfa","auth_time":1799999939`:              401,
		`"acr":"mfa","auth_time":1799999939.9`:            401,
		`"acr":"mfa","auth_time":1800000001`:              401, // within the leeway of both, which is not for this
		`"acr":"mfa","auth_time":1800000000.5`:            401,
		`"acr":"mfa","auth_time":"1800000000"`:            401,
		`"acr":"mfa","auth_time":[1800000000]`:            401,
		`"acr":"mfa","auth_time":null`:                    401,
		`"acr":"mfa","auth_time":true`:                    401,
		`"acr":"mfa","auth_time":0`:                       401,
		`"acr":"mfa","auth_time":-1800000000`:             401,
		`"acr":"mfa"`:                                     401,
		`"acr":"pwd","auth_time":1800000000`:              401,
		`"acr":"phr mfa","auth_time":1800000000`:          401,
		`"acr":"","auth_time":1800000000`:                 401,
		`"acr":null,"auth_time":1800000000`:               401,
		`"acr":["phr"],"auth_time":1800000000`:            401,
		`"acr":{"value":"phr"},"auth_time":1800000000`:    401,
		`"acr":1,"auth_time":1800000000`:                  401,
		`"acr":"\u0070hr","auth_time":1800000000`:         200,
		`"ACR":"phr","auth_time":1800000000`:              401,
		`"acr":"phr","AUTH_TIME":1800000000`:              401,
		`"acr_values":"phr","auth_time":1800000000`:       401,
		`"amr":["phr"],"auth_time":1800000000`:            401,
		`"auth_time":1800000000`:                          401,
		`"authentication":{"acr":"phr","auth_time":true}`: 401,
	} {
		t.Run(claims, func(t *testing.T) {
			first, err1 := throughJWT(t, with(claims))
			second, err2 := throughIntrospection(t, with(claims))
			status, challenge := answerThrough(t, policy, first, err1)
			require.Equal(t, want, status, challenge)
			require.Equal(t, err1 == nil, err2 == nil)
			other, same := answerThrough(t, policy, second, err2)
			require.Equal(t, want, other)
			require.Equal(t, challenge, same)
			if want == 401 && err1 == nil {
				require.Contains(t, challenge, `error="insufficient_user_authentication"`)
				require.Contains(t, challenge, `acr_values="phr mfa", max_age="60"`)
			}
		})
	}
}

// TestPlacesAreJudgedTheSameThroughBothDoors: what a proof may be for, and how a resource is called, is one place.
//
// checklist 161
func TestPlacesAreJudgedTheSameThroughBothDoors(t *testing.T) {
	for _, place := range []string{
		"https://api.example", "https://api.example/", "https://api.example/v1", "https://api.example:8443/v1",
		"http://api.example", "http://localhost/v1", "http://localhost:8080", "http://localhost.evil.example",
		"http://localhost.",
		"http://127.0.0.1/", "http://127.8.9.1:8080", "http://127.0.0.1.evil.example", "http://127.1", "http://[::1]:8080/",
		"http://0.0.0.0", "http://10.0.0.1", "http://[::]", "https://[::1]", "https://[fe80::1%25eth0]/", "ftp://api.example",
		"https://u@api.example", "https://u:p@api.example", "https://@api.example", "https://api.example#", "https://",
		"https:///v1", "https:api.example", "//api.example", "/v1", "api.example", "https://api.example/a b",
		"https://api.example/%zz", "https://api.example/a/../b", "https://api.example/%2e%2e/b", "https://api.example/é",
		"https://api.example/\n", "https://api.example:x",
	} {
		_, errOrigin := dpop.NewVerifier(dpop.Config{PublicOrigins: []string{place}})
		_, errResource := protector.New(protector.Config{
			Resource: place, AuthorizationServers: []string{"https://issuer.example"},
			Validators: []protector.Validator{
				protector.Bearer(func(context.Context, string) (*fakeToken, error) { return nil, nil }),
			},
		})
		require.Equal(t, errOrigin == nil, errResource == nil, "%q: dpop: %v; protector: %v", place, errOrigin, errResource)
	}
}
