package protector_test

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

// login is a token that says how and when its user has authenticated.
type login struct {
	bound
	acr  string
	time time.Time
}

func (l *login) ACR() string         { return l.acr }
func (l *login) AuthTime() time.Time { return l.time }

// noon is the time of these tests.
var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func loggedIn(acr string, ago time.Duration) *login {
	return &login{bound{token: token{user: "alice", scope: "profile"}}, acr, noon.Add(-ago)}
}

// stepUpGuard lets a token in, whatever it is called, as of noon.
func stepUpGuard(t testing.TB, found protector.Token, seen *[]protector.Decision) *protector.Protector {
	return newGuard(t, protector.Config{
		Now: func() time.Time { return noon }, OnDecision: record(seen),
		Validators: []protector.Validator{returning(found)},
	})
}

// checklist 155, 156, 157, 158, 159, 160
func TestStepUp(t *testing.T) {
	unstated := &login{bound: bound{token: token{user: "alice", scope: "profile"}}}
	plain := &token{user: "alice", scope: "profile"}
	either := protector.Policy{ACR: []string{"phr", "urn:mfa"}}
	recent := protector.Policy{MaxAge: 5 * time.Minute}
	both := protector.Policy{ACR: []string{"phr", "urn:mfa"}, MaxAge: time.Hour, Scopes: []string{"admin profile", "root"}}
	for _, tt := range []struct {
		name            string
		policy          protector.Policy
		token           protector.Token
		reason          string // of the 401; empty: let in
		acr, age, scope string // in the challenge
	}{
		{"the first acr", either, loggedIn("phr", 0), "", "", "", ""},
		{"any acr listed", either, loggedIn("urn:mfa", 0), "", "", "", ""},
		{"another acr", either, loggedIn("pwd", 0), "insufficient_acr", "phr urn:mfa", "", ""},
		{"an acr in other letters", either, loggedIn("PHR", 0), "insufficient_acr", "phr urn:mfa", "", ""},
		{"a part of an acr", either, loggedIn("urn", 0), "insufficient_acr", "phr urn:mfa", "", ""},
		{"the whole list as an acr", either, loggedIn("phr urn:mfa", 0), "insufficient_acr", "phr urn:mfa", "", ""},
		{"no acr", either, unstated, "insufficient_acr", "phr urn:mfa", "", ""},
		{"a token that knows of none", either, plain, "insufficient_acr", "phr urn:mfa", "", ""},
		{"now", recent, loggedIn("", 0), "", "", "", ""},
		{"just in time", recent, loggedIn("", 5*time.Minute), "", "", "", ""},
		{"just late", recent, loggedIn("", 5*time.Minute+1), "insufficient_auth_time", "", "300", ""},
		{"long ago", recent, loggedIn("", 1<<62), "insufficient_auth_time", "", "300", ""},
		{"in the future", recent, loggedIn("", -time.Second), "insufficient_auth_time", "", "300", ""},
		{"far in the future", recent, loggedIn("", -1<<62), "insufficient_auth_time", "", "300", ""},
		{"no auth_time", recent, unstated, "insufficient_auth_time", "", "300", ""},
		{"a token that knows of no time", recent, plain, "insufficient_auth_time", "", "300", ""},
		{"the epoch", recent, &login{time: time.Unix(0, 0), acr: "phr"}, "insufficient_auth_time", "", "300", ""},
		{"all of it", both, &login{bound{token: token{scope: "root"}}, "phr", noon}, "", "", "", ""},
		{"all of it is missing", both, plain, "insufficient_acr", "phr urn:mfa", "3600", "admin profile"},
		{"the time is missing", both, loggedIn("phr", 2*time.Hour), "insufficient_auth_time",
			"phr urn:mfa", "3600", "admin profile"},
		{"scopes are there", both, &login{bound{token: token{scope: "root"}}, "pwd", noon}, "insufficient_acr",
			"phr urn:mfa", "3600", ""},
		{"before the roles", protector.Policy{MaxAge: time.Second, Roles: []string{"editor"}}, loggedIn("", time.Minute),
			"insufficient_auth_time", "", "1", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen []protector.Decision
			guard := stepUpGuard(t, tt.token, &seen)
			a := get(t, serve(t, guard.RequirePolicy(tt.policy)(says("in"))), "/", "Authorization: Bearer alice")
			require.Equal(t, tt.reason, seen[0].Reason)
			if tt.reason == "" {
				require.Equal(t, 200, a.status)
				return
			}
			require.Equal(t, 401, a.status)
			require.Equal(t, "no-store", a.header.Get("Cache-Control"))
			require.Contains(t, a.body, `"error":"insufficient_user_authentication","error_description":"The user has to`)
			require.Len(t, a.challenges(), 1)
			scheme, params := parseChallenge(t, a.challenges()[0])
			require.Equal(t, "Bearer", scheme)
			require.NotEmpty(t, params["error_description"])
			delete(params, "error_description")
			want := map[string]string{"realm": "api", "error": "insufficient_user_authentication"}
			for name, value := range map[string]string{"acr_values": tt.acr, "max_age": tt.age, "scope": tt.scope} {
				if value != "" {
					want[name] = value
				}
			}
			require.Equal(t, want, params)
			require.Error(t, seen[0].Err.(*protector.Error).Err, "the log says what was expected")
		})
	}
}

// The log tells an operator which party to turn to.
func TestStepUpCauses(t *testing.T) {
	for cause, tok := range map[string]*login{
		`the token's acr is none of Policy.ACR, which is ["phr"]`:           loggedIn("pwd", 0),
		"no auth_time: have the issuer say when the user has authenticated": {acr: "phr"},
		"auth_time is not reached yet: compare the clocks":                  loggedIn("phr", -time.Second),
		"auth_time is further back than Policy.MaxAge, which is 1m0s":       loggedIn("phr", time.Hour),
	} {
		var seen []protector.Decision
		guard := stepUpGuard(t, tok, &seen)
		policy := protector.Policy{ACR: []string{"phr"}, MaxAge: time.Minute}
		get(t, serve(t, guard.RequirePolicy(policy)(says("in"))), "/", "Authorization: Bearer alice")
		require.ErrorContains(t, seen[0].Err, cause)
	}
}

// Whoever has authenticated well enough is told what else is missing, as ever.
//
// checklist 16, 158
func TestStepUpBesideTheOthers(t *testing.T) {
	var seen []protector.Decision
	guard := stepUpGuard(t, loggedIn("phr", 0), &seen)
	asked := false
	for _, policy := range []protector.Policy{
		{ACR: []string{"phr"}, Scopes: []string{"admin"}},
		{ACR: []string{"phr"}, Roles: []string{"editor"}},
	} {
		policy.Check = func(context.Context, protector.Token) error { asked = true; return nil }
		a := get(t, serve(t, guard.RequirePolicy(policy)(says("in"))), "/", "Authorization: Bearer alice")
		require.Equal(t, 403, a.status)
		_, params := parseChallenge(t, a.challenges()[0])
		require.NotContains(t, params, "acr_values")
	}
	policy := protector.Policy{ACR: []string{"x"}, Check: func(context.Context, protector.Token) error {
		asked = true
		return nil
	}}
	require.Equal(t, 401,
		get(t, serve(t, guard.RequirePolicy(policy)(says("in"))), "/", "Authorization: Bearer alice").status)
	require.False(t, asked, "the caller's own check comes last")
}

// Each way to state a policy asks for what it states.
//
// checklist 155
func TestStepUpByEveryDoor(t *testing.T) {
	var seen []protector.Decision
	guard := stepUpGuard(t, loggedIn("pwd", time.Hour), &seen)
	policy := protector.Policy{ACR: []string{"phr"}, MaxAge: time.Minute, Optional: true}
	mux := http.NewServeMux()
	mux.Handle("/", says("in"))
	rule, err := guard.NewRule(policy)
	require.NoError(t, err)
	checked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, err := guard.Check(r, rule)
		if err != nil {
			guard.WriteError(w, r, err)
		}
	})
	for name, handler := range map[string]http.Handler{
		"RequirePolicy": guard.RequirePolicy(policy)(says("in")),
		"Methods":       guard.Methods(protector.Methods{"GET": {Policy: policy, Handler: says("in")}}),
		"Subtree":       guard.Subtree(mux, policy),
		"Check":         checked,
		"nested":        guard.Require("profile")(guard.RequirePolicy(policy)(says("in"))),
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, handler)
			a := get(t, server, "/", "Authorization: Bearer alice")
			require.Equal(t, 401, a.status)
			_, params := parseChallenge(t, a.challenges()[0])
			require.Equal(t, "phr", params["acr_values"])
			require.Equal(t, "60", params["max_age"])
			if name != "nested" {
				require.Equal(t, 200, get(t, server, "/").status, "anonymous requests have no authentication to ask about")
			}
		})
	}
}

// The error stands in the challenge of the scheme that was used, and a nonce goes with it.
//
// checklist 146, 155, 167
func TestStepUpUnderDPoP(t *testing.T) {
	alice := newDPoPClient(t)
	row := &login{bound: bound{token{user: "alice"}, map[string]string{"jkt": alice.thumbprint}}, acr: "pwd"}
	lookup := func(context.Context, string) (*login, error) { return row, nil }
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(lookup), protector.DPoP(lookup, newProofs(t, dpop.Config{})),
	}})
	server := serve(t, guard.RequirePolicy(protector.Policy{ACR: []string{"phr"}})(says("in")))
	a := get(t, server, "/", "Authorization: DPoP alice", alice.proof("/", "alice", ""))
	require.Equal(t, 401, a.status)
	require.Len(t, a.challenges(), 2)
	_, offered := parseChallenge(t, a.challenges()[0])
	require.Equal(t, map[string]string{"realm": "api"}, offered)
	scheme, params := parseChallenge(t, a.challenges()[1])
	require.Equal(t, "DPoP", scheme)
	require.Equal(t, "insufficient_user_authentication", params["error"])
	require.Equal(t, "phr", params["acr_values"])
	require.NotEmpty(t, params["algs"])

	// A token that is not proved is told so first.
	a = get(t, server, "/", "Authorization: Bearer alice")
	_, params = parseChallenge(t, a.challenges()[0])
	require.Equal(t, "invalid_token", params["error"])
}

// What an ErrorHandler does to the error of one request is not seen by the next.
func TestStepUpRefusalsShareNothing(t *testing.T) {
	guard := newGuard(t, protector.Config{
		Validators: []protector.Validator{returning(loggedIn("pwd", 0))},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, e *protector.Error) {
			e.Params[0].Value = "spoilt"
		},
	})
	handler := guard.RequirePolicy(protector.Policy{ACR: []string{"phr"}})(says("in"))
	for range 2 {
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		r.Header.Set("Authorization", "Bearer alice")
		handler.ServeHTTP(w, r)
		require.Equal(t, 401, w.Code)
		require.Contains(t, w.Header().Get("WWW-Authenticate"), `acr_values="phr"`)
	}
}

// checklist 156, 157
func TestFaultyStepUps(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for _, tt := range []struct {
		policy protector.Policy
		says   []string
	}{
		{protector.Policy{ACR: []string{}}, []string{"the list of acr values is empty: name at least one, or leave it nil"}},
		{protector.Policy{ACR: []string{""}}, []string{"acr: value 1 is blank"}},
		{protector.Policy{ACR: []string{"a", "  "}}, []string{"acr: value 2 is blank"}},
		{protector.Policy{ACR: []string{"a b"}}, []string{`acr: value 1 ("a b") cannot stand in a challenge`}},
		{protector.Policy{ACR: []string{`a"b`, `a\b`, "a\tb", "a\r\nb", "é", "a\x7f"}}, []string{
			"value 1", "value 2", "value 3", "value 4", "value 5", "value 6"}},
		{protector.Policy{ACR: []string{"a", "b", "a"}}, []string{`value 3 ("a") is there already`}},
		{protector.Policy{MaxAge: -1}, []string{"max age is -1ns: leave it 0 to ask for none"}},
		{protector.Policy{MaxAge: -time.Hour}, []string{"max age is -1h0m0s"}},
		{protector.Policy{MaxAge: 300}, []string{"max age is 300ns, and is sent as whole seconds: write 5*time.Minute"}},
		{protector.Policy{MaxAge: 1500 * time.Millisecond}, []string{"max age is 1.5s, and is sent as whole seconds"}},
		{protector.Policy{MaxAge: 366 * 24 * time.Hour}, []string{"max age is 8784h0m0s: use up to 8760h0m0s"}},
		{protector.Policy{ACR: []string{""}, MaxAge: -1, Scopes: []string{""}}, []string{"acr", "max age", "scopes"}},
	} {
		err := tt.policy.Validate()
		for _, s := range tt.says {
			require.ErrorContains(t, err, "protector: Policy: ")
			require.ErrorContains(t, err, s)
		}
		require.Panics(t, func() { guard.RequirePolicy(tt.policy) })
		_, err = guard.NewRule(tt.policy)
		require.Error(t, err)
	}
	values := []string{"phr"}
	handler := stepUpGuard(t, loggedIn("phr", 0), new([]protector.Decision)).
		RequirePolicy(protector.Policy{ACR: values, MaxAge: 365 * 24 * time.Hour})(says("in"))
	values[0] = "pwd" // the policy is the caller's own
	require.Equal(t, 200, get(t, serve(t, handler), "/", "Authorization: Bearer alice").status)
}
