package protector_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// fails is an authenticate function with one answer.
func fails(err error) func(context.Context, string) (*token, error) {
	return func(context.Context, string) (*token, error) { return nil, err }
}

const malformedSentence = "The request is malformed, or carries its access token in a wrong way."

// checklist 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24
func TestChallenge(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for _, tt := range []struct {
		name         string
		alternatives []string
		header       string
		status       int
		challenge    string
		body         string
	}{
		{
			"no credentials", []string{"profile"}, "X: y", 401,
			`Bearer realm="api"`,
			`{"error":"unauthorized","error_description":"An access token is required."}`,
		},
		{
			"invalid request", []string{"profile"}, "Authorization: Bearer", 400,
			`Bearer realm="api", error="invalid_request", error_description="` + malformedSentence + `"`,
			`{"error":"invalid_request","error_description":"` + malformedSentence + `"}`,
		},
		{
			"invalid token", []string{"profile"}, "Authorization: Bearer mallory", 401,
			`Bearer realm="api", error="invalid_token", error_description="The access token is not valid."`,
			`{"error":"invalid_token","error_description":"The access token is not valid."}`,
		},
		{
			"insufficient scope", []string{"profile"}, "Authorization: Bearer bob", 403,
			`Bearer realm="api", error="insufficient_scope", ` +
				`error_description="The access token does not permit this request.", scope="profile"`,
			`{"error":"insufficient_scope","error_description":"The access token does not permit this request."}`,
		},
		{
			"nearest alternative", []string{"admin audit", "user write"}, "Authorization: Bearer bob", 403,
			`Bearer realm="api", error="insufficient_scope", ` +
				`error_description="The access token does not permit this request.", scope="user write"`,
			`{"error":"insufficient_scope","error_description":"The access token does not permit this request."}`,
		},
		{
			"token without scope", []string{"profile"}, "Authorization: Bearer carol", 403,
			`Bearer realm="api", error="insufficient_scope", ` +
				`error_description="The access token does not permit this request.", scope="profile"`,
			`{"error":"insufficient_scope","error_description":"The access token does not permit this request."}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := get(t, serve(t, guard.Require(tt.alternatives...)(hello)), "/", tt.header)
			require.Equal(t, tt.status, a.status)
			require.Equal(t, []string{tt.challenge}, a.challenges())
			_, params := parseChallenge(t, a.challenges()[0])
			require.NotContains(t, params, "error_uri", "there is no page to point to")
			require.JSONEq(t, tt.body, a.body)
			require.Equal(t, "application/json", a.header.Get("Content-Type"))
			require.Equal(t, "no-store", a.header.Get("Cache-Control"))
			require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		})
	}
}

// checklist 26
func TestRequireScopes(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for _, tt := range []struct {
		name         string
		alternatives []string
		token        string
		status       int
	}{
		{"any valid token", nil, "carol", 200},
		{"one", []string{"profile"}, "alice", 200},
		{"and, in another order", []string{"email profile"}, "alice", 200},
		{"and, one missing", []string{"profile user"}, "alice", 403},
		{"or", []string{"user", "admin"}, "bob", 200},
		{"mix", []string{"profile email", "user"}, "bob", 200},
		{"case", []string{"Profile"}, "alice", 403},
		{"prefix", []string{"prof"}, "alice", 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := get(t, serve(t, guard.Require(tt.alternatives...)(hello)), "/", "Authorization: Bearer "+tt.token)
			require.Equal(t, tt.status, a.status)
		})
	}
}

// checklist 11, 18, 22
func TestRealm(t *testing.T) {
	for _, tt := range []struct{ name, realm, challenge string }{
		{"default", "", `Bearer realm="api"`},
		{"plain", "accounts", `Bearer realm="accounts"`},
		{"spaces and commas", "my api, v2", `Bearer realm="my api, v2"`},
		{"quote", `the "api"`, `Bearer realm="the \"api\""`},
		{"backslash", `a\b`, `Bearer realm="a\\b"`},
		{"both", `\"`, `Bearer realm="\\\""`},
		{"an attribute", `x", error="invalid_token`, `Bearer realm="x\", error=\"invalid_token"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := get(t, serve(t, newGuard(t, protector.Config{Realm: tt.realm}).Require()(hello)), "/")
			require.Equal(t, []string{tt.challenge}, a.challenges())
			_, params := parseChallenge(t, a.challenges()[0])
			want := tt.realm
			if want == "" {
				want = "api"
			}
			require.Equal(t, map[string]string{"realm": want}, params)
		})
	}
}

// One challenge for each scheme; the error is in that of the scheme used.
//
// checklist 10, 12, 18, 139
func TestSeveralSchemes(t *testing.T) {
	rows := newTable()
	lookup := func(r *http.Request, s string) (*token, error) { return rows.lookup(r.Context(), s) }
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(rows.lookup),
		protector.Scheme("Token", lookup),
	}})
	server := serve(t, guard.Require("profile")(hello))
	for _, tt := range []struct {
		name, header string
		status       int
		errors       []string // by challenge: Bearer, Token
	}{
		{"none", "X: y", 401, []string{"", ""}},
		{"bearer", "Authorization: Bearer mallory", 401, []string{"invalid_token", ""}},
		{"token", "Authorization: token mallory", 401, []string{"", "invalid_token"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := get(t, server, "/", tt.header)
			require.Equal(t, tt.status, a.status)
			require.Len(t, a.challenges(), 2)
			for i, name := range []string{"Bearer", "Token"} {
				scheme, params := parseChallenge(t, a.challenges()[i])
				require.Equal(t, name, scheme)
				require.Equal(t, tt.errors[i], params["error"])
				require.Equal(t, "api", params["realm"])
			}
		})
	}
	t.Run("good", func(t *testing.T) {
		require.Equal(t, "hello alice", get(t, server, "/", "Authorization: TOKEN alice").body)
	})
	t.Run("only the used scheme speaks of scopes", func(t *testing.T) {
		a := get(t, server, "/", "Authorization: Token bob")
		require.Equal(t, 403, a.status)
		require.Len(t, a.challenges(), 1)
		scheme, params := parseChallenge(t, a.challenges()[0])
		require.Equal(t, "Token", scheme)
		require.Equal(t, "profile", params["scope"])
	})
	t.Run("the Kelvin sign is no k", func(t *testing.T) {
		require.Equal(t, 401, get(t, server, "/", "Authorization: To\u212aen alice").status)
	})
}

// What an authenticate function returns decides between 401 and 503.
//
// checklist 15
func TestAuthenticateErrors(t *testing.T) {
	for _, tt := range []struct {
		name       string
		err        error
		status     int
		code       string
		retryAfter string
	}{
		{"no such token", nil, 401, "invalid_token", ""},
		{"invalid", invalid{"signature"}, 401, "invalid_token", ""},
		{"invalid, wrapped", errors.Join(errors.New("x"), invalid{"signature"}), 401, "invalid_token", ""},
		{"plain", errDown, 503, "temporarily_unavailable", "5"},
		{"end of file", io.ErrUnexpectedEOF, 503, "temporarily_unavailable", "5"},
		{"says when", away{90 * time.Second}, 503, "temporarily_unavailable", "90"},
		{"rounds up", away{1100 * time.Millisecond}, 503, "temporarily_unavailable", "2"},
		{"at least a second", away{time.Nanosecond}, 503, "temporarily_unavailable", "1"},
		{"not zero", away{0}, 503, "temporarily_unavailable", "1"},
		{"not negative", away{-time.Hour}, 503, "temporarily_unavailable", "1"},
		{"at most an hour", away{1000 * time.Hour}, 503, "temporarily_unavailable", "3600"},
		{"own answer", &protector.Error{Status: 401, Code: "invalid_dpop_proof"}, 401, "invalid_dpop_proof", ""},
		{"own status", &protector.Error{Status: 403}, 403, "insufficient_scope", ""},
		{"own 401", &protector.Error{Status: 401}, 401, "invalid_token", ""},
		{"own code", &protector.Error{Code: "invalid_token"}, 401, "invalid_token", ""},
		{"own outage", &protector.Error{Status: 503, Err: errDown}, 503, "temporarily_unavailable", "5"},
		{"nothing said", &protector.Error{}, 403, "insufficient_scope", ""},
		{"success is no refusal", &protector.Error{Status: 200}, 403, "insufficient_scope", ""},
		{"nil of the type", (*protector.Error)(nil), 503, "temporarily_unavailable", "5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(fails(tt.err))}})
			a := get(t, serve(t, guard.Require()(hello)), "/", "Authorization: Bearer alice")
			require.Equal(t, tt.status, a.status)
			require.Equal(t, tt.retryAfter, a.header.Get("Retry-After"))
			require.Equal(t, "no-store", a.header.Get("Cache-Control"))
			var body struct{ Error string }
			require.NoError(t, json.Unmarshal([]byte(a.body), &body))
			require.Equal(t, tt.code, body.Error)
			if tt.status == 503 {
				require.Empty(t, a.challenges(), "another token would not help")
				return
			}
			_, params := parseChallenge(t, a.challenges()[0])
			require.Equal(t, tt.code, params["error"])
		})
	}
}

// What is not in an attribute's grammar stays out of the header, whatever a
// caller puts in an Error.
//
// checklist 18, 19, 20
func TestChallengeKeepsToItsGrammar(t *testing.T) {
	for _, tt := range []struct {
		name      string
		err       protector.Error
		challenge string
	}{
		{"quote in the description", protector.Error{Code: "x", Description: `say "no"`}, `Bearer realm="api", error="x"`},
		{"line break in the description", protector.Error{Code: "x", Description: "a\r\nSet-Cookie: b"},
			`Bearer realm="api", error="x"`},
		{"not ASCII in the description", protector.Error{Code: "x", Description: "caf\u00e9"},
			`Bearer realm="api", error="x"`},
		{"backslash in the scope", protector.Error{Code: "x", Description: "d", Scope: `a\b`},
			`Bearer realm="api", error="x", error_description="d"`},
		{"quote in the code", protector.Error{Code: `x"`, Description: "d"}, `Bearer realm="api"`},
		{"good", protector.Error{Code: "x", Description: "d", Scope: "a b"},
			`Bearer realm="api", error="x", error_description="d", scope="a b"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(fails(&tt.err))}})
			a := get(t, serve(t, guard.Require()(hello)), "/", "Authorization: Bearer alice")
			require.Equal(t, []string{tt.challenge}, a.challenges())
			parseChallenge(t, a.challenges()[0])
		})
	}
}

// Fields that a middleware further out has set for the answer it expected do
// not survive in a refusal.
//
// checklist 24
func TestRefusalReplacesWhatWasSet(t *testing.T) {
	inner := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(fails(errDown)),
	}}).Require()(hello)
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		w.Header().Set("Content-Length", "3")
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Retry-After", "60")
		w.Header().Set("WWW-Authenticate", "Basic")
		inner.ServeHTTP(w, r)
	}))
	a := get(t, server, "/")
	require.Equal(t, 401, a.status)
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	require.Empty(t, a.header.Get("ETag"))
	require.Empty(t, a.header.Get("Retry-After"))
	require.Equal(t, []string{`Bearer realm="api"`}, a.challenges())
	require.Contains(t, a.body, "unauthorized")
	a = get(t, server, "/", "Authorization: Bearer outage")
	require.Equal(t, 503, a.status)
	require.Empty(t, a.challenges())
	require.Equal(t, "5", a.header.Get("Retry-After"))
}

func TestErrorHandler(t *testing.T) {
	guard := newGuard(t, protector.Config{ErrorHandler: func(w http.ResponseWriter, r *http.Request, e *protector.Error) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(e.Status)
		_ = json.NewEncoder(w).Encode(map[string]any{"title": e.Code, "status": e.Status})
	}})
	a := get(t, serve(t, guard.Require("profile")(hello)), "/", "Authorization: Bearer bob")
	require.Equal(t, 403, a.status)
	require.JSONEq(t, `{"title": "insufficient_scope", "status": 403}`, a.body)
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	_, params := parseChallenge(t, a.challenges()[0])
	require.Equal(t, "profile", params["scope"])
}
