package protector_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// member is a token with attributes beside scopes.
type member struct {
	token
	groups, roles, entitlements []string
}

func (m *member) Groups() scopes.Set       { return scopes.NewSet(m.groups...) }
func (m *member) Roles() scopes.Set        { return scopes.NewSet(m.roles...) }
func (m *member) Entitlements() scopes.Set { return scopes.NewSet(m.entitlements...) }

func members() protector.Validator {
	rows := map[string]*member{
		"alice": {token{user: "alice", scope: "profile email"}, []string{"staff", "cœur"}, []string{"editor", "reader"},
			[]string{"print"}},
		"bob": {token{user: "bob", scope: "profile"}, nil, []string{"reader"}, nil},
	}
	return protector.Bearer(func(_ context.Context, s string) (*member, error) { return rows[s], nil })
}

// checklist 16, 17, 43
func TestRequirePolicy(t *testing.T) {
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{members()}})
	plain := newGuard(t, protector.Config{})
	for _, tt := range []struct {
		name   string
		guard  *protector.Protector
		policy protector.Policy
		token  string
		status int
		scope  string // in the challenge
	}{
		{"zero", guard, protector.Policy{}, "bob", 200, ""},
		{"scopes", guard, protector.Policy{Scopes: []string{"email profile"}}, "alice", 200, ""},
		{"scopes missing", guard, protector.Policy{Scopes: []string{"email profile"}}, "bob", 403, "email profile"},
		{"groups", guard, protector.Policy{Groups: []string{"admins", "staff"}}, "alice", 200, ""},
		{"group not of ASCII", guard, protector.Policy{Groups: []string{"cœur"}}, "alice", 200, ""},
		{"groups missing", guard, protector.Policy{Groups: []string{"admins", "staff"}}, "bob", 403, ""},
		{"roles, and", guard, protector.Policy{Roles: []string{"reader editor"}}, "alice", 200, ""},
		{"roles, one missing", guard, protector.Policy{Roles: []string{"reader editor"}}, "bob", 403, ""},
		{"entitlements", guard, protector.Policy{Entitlements: []string{"print"}}, "alice", 200, ""},
		{"entitlements missing", guard, protector.Policy{Entitlements: []string{"print"}}, "bob", 403, ""},
		{"all hold", guard, protector.Policy{Scopes: []string{"profile"}, Groups: []string{"staff"},
			Roles: []string{"editor"}, Entitlements: []string{"print"}}, "alice", 200, ""},
		{"all but the last", guard, protector.Policy{Scopes: []string{"profile"}, Groups: []string{"staff"},
			Roles: []string{"editor"}, Entitlements: []string{"scan"}}, "alice", 403, ""},
		{"scope first", guard, protector.Policy{Scopes: []string{"user"}, Groups: []string{"admins"}}, "bob", 403, "user"},
		{"a group is no role", guard, protector.Policy{Roles: []string{"staff"}}, "alice", 403, ""},
		{"a token without groups", plain, protector.Policy{Groups: []string{"staff"}}, "alice", 403, ""},
		{"a token without roles", plain, protector.Policy{Roles: []string{"editor"}}, "alice", 403, ""},
		{"a token without entitlements", plain, protector.Policy{Entitlements: []string{"print"}}, "alice", 403, ""},
		{"optional, anonymous", guard, protector.Policy{Roles: []string{"editor"}, Optional: true}, "", 200, ""},
		{"optional, short", guard, protector.Policy{Roles: []string{"editor"}, Optional: true}, "bob", 403, ""},
		{"not optional, anonymous", guard, protector.Policy{Roles: []string{"editor"}}, "", 401, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header := "X: y"
			if tt.token != "" {
				header = "Authorization: Bearer " + tt.token
			}
			a := get(t, serve(t, tt.guard.RequirePolicy(tt.policy)(hello)), "/", header)
			require.Equal(t, tt.status, a.status)
			if tt.status != 403 {
				return
			}
			_, params := parseChallenge(t, a.challenges()[0])
			require.Equal(t, "insufficient_scope", params["error"])
			require.Equal(t, tt.scope, params["scope"])
		})
	}
}

func TestPolicyCheck(t *testing.T) {
	for _, tt := range []struct {
		name       string
		err        error
		status     int
		code       string
		retryAfter string
	}{
		{"yes", nil, 200, "", ""},
		{"no", errors.New("not the owner"), 403, "insufficient_scope", ""},
		{"token no good", invalid{"session_ended"}, 401, "invalid_token", ""},
		{"own step-up", &protector.Error{Code: "insufficient_user_authentication"}, 401,
			"insufficient_user_authentication", ""},
		{"own answer", &protector.Error{Status: 401, Code: "insufficient_user_authentication"}, 401,
			"insufficient_user_authentication", ""},
		{"not found", &protector.Error{Status: 404, Code: "not_found"}, 404, "not_found", ""},
		{"time-out", context.DeadlineExceeded, 503, "temporarily_unavailable", "5"},
		{"network", &net.OpError{Op: "dial", Err: errDown}, 503, "temporarily_unavailable", "5"},
		{"says when", away{7 * time.Second}, 503, "temporarily_unavailable", "7"},
		{"says outage", &protector.Error{Status: 503, Err: errDown}, 503, "temporarily_unavailable", "5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{})
			policy := protector.Policy{Optional: true, Check: func(_ context.Context, tok protector.Token) error {
				require.Equal(t, "alice", tok.(*token).user, "asked for tokens only, and for every one")
				return tt.err
			}}
			server := serve(t, guard.RequirePolicy(policy)(hello))
			a := get(t, server, "/", "Authorization: Bearer alice")
			require.Equal(t, tt.status, a.status)
			require.Contains(t, a.body, tt.code)
			require.NotContains(t, a.body, "owner", "the reason stays inside")
			require.Equal(t, tt.retryAfter, a.header.Get("Retry-After"))
			require.Equal(t, 200, get(t, server, "/").status)
		})
	}
}

// Check sees no token but its argument.
func TestPolicyCheckIsAskedLast(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	asked := false
	policy := protector.Policy{Scopes: []string{"user"},
		Check: func(context.Context, protector.Token) error { asked = true; return nil }}
	require.Equal(t, 403, get(t, serve(t, guard.RequirePolicy(policy)(hello)), "/", "Authorization: Bearer alice").status)
	require.False(t, asked)
}

// A mistake in the program is seen at start-up, all of it at once.
func TestFaultyPolicies(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for _, tt := range []struct {
		name   string
		policy protector.Policy
		says   []string
	}{
		{"blank scope", protector.Policy{Scopes: []string{""}}, []string{"scopes", "blank"}},
		{"spaces", protector.Policy{Scopes: []string{"  "}}, []string{"scopes", "blank"}},
		{"one of several blank", protector.Policy{Scopes: []string{"profile", ""}}, []string{"alternative 2"}},
		{"malformed scope", protector.Policy{Scopes: []string{`a"b`}}, []string{"scopes"}},
		{"empty list", protector.Policy{Scopes: []string{}}, []string{"scopes", "is empty"}},
		{"empty list of groups", protector.Policy{Groups: []string{}}, []string{"groups", "is empty"}},
		{"everything", protector.Policy{Scopes: []string{""}, Groups: []string{" "}, Roles: []string{"a\n"},
			Entitlements: []string{"\xff"}}, []string{"scopes", "groups", "roles", "entitlements"}},
		{"a comma for OR", protector.Policy{Scopes: []string{"user", "profile,email admin"}},
			[]string{`scopes: alternative 2 ("profile,email admin") holds a comma`, `write "a", "b" for a OR b`}},
		{"two in one list", protector.Policy{Scopes: []string{"", "a\"b"}},
			[]string{"Policy: scopes: alternative 1", "Policy: scopes: alternative 2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.policy.Validate()
			require.Error(t, err)
			for _, s := range tt.says {
				require.ErrorContains(t, err, s)
			}
			require.Panics(t, func() { guard.RequirePolicy(tt.policy) })
		})
	}
	require.NoError(t, protector.Policy{Scopes: []string{"profile"}}.Validate())
	require.PanicsWithError(t, "protector: Require: scopes: alternative 1 is blank: it would let everybody in",
		func() { guard.Require("") })
	for _, list := range [][]string{{"profile,email"}, {"profile, email"}, {"profile ,"}, {"a?b", "c,d?e"}} {
		require.Panics(t, func() { guard.Require(list...) }, "%q: a comma separates nothing", list)
	}
	require.NotPanics(t, func() { guard.Require("patient/Observation.rs?code=a,b") }, "a query")
	require.NoError(t, protector.Policy{Groups: []string{"CN=staff,DC=example"}}.Validate(), "the name of a group")
	require.Panics(t, func() { guard.Optional("profile", " ") })
	require.Panics(t, func() { guard.Require([]string{}...) }, "an empty list may be meant as nobody or as everybody")
	require.Panics(t, func() { guard.Require()(nil) })
	require.Panics(t, func() { guard.Require()(http.HandlerFunc(nil)) })
}

func TestRequestCheck(t *testing.T) {
	rows := newTable()
	var checked int
	guard := newGuard(t, protector.Config{
		Validators: []protector.Validator{protector.Bearer(rows.lookup)},
		RequestCheck: func(r *http.Request) error {
			checked++
			switch r.Header.Get("X-Check") {
			case "no":
				return errors.New("no tenant")
			case "own":
				return &protector.Error{Status: 421, Code: "misdirected"}
			case "outage":
				return context.DeadlineExceeded
			}
			return nil
		},
	})
	server := serve(t, guard.Require("profile")(guard.Require("email")(hello)))
	for _, tt := range []struct {
		check, token string
		status       int
		code         string
	}{
		{"yes", "alice", 200, "hello alice"},
		{"no", "alice", 400, "invalid_request"},
		{"no", "mallory", 400, "invalid_request"},
		{"own", "alice", 421, "misdirected"},
		{"outage", "alice", 503, "temporarily_unavailable"},
	} {
		t.Run(tt.check+" "+tt.token, func(t *testing.T) {
			checked = 0
			before := rows.asked.Load()
			a := get(t, server, "/", "Authorization: Bearer "+tt.token, "X-Check: "+tt.check)
			require.Equal(t, tt.status, a.status)
			require.Contains(t, a.body, tt.code)
			require.Equal(t, 1, checked)
			require.Equal(t, tt.check == "yes", rows.asked.Load() > before, "the token is not looked at before")
		})
	}
}
