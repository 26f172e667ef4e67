package protector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

func newRule(t testing.TB, guard *protector.Protector, policy protector.Policy) *protector.Rule {
	t.Helper()
	rule, err := guard.NewRule(policy)
	require.NoError(t, err)
	return rule
}

// adapter is what somebody writes whose router has no http.ResponseWriter.
func adapter(guard *protector.Protector, rule *protector.Rule, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, err := guard.Check(r, rule)
		if err != nil {
			status, header, body := guard.Answer(err)
			for name, values := range header {
				w.Header()[name] = values
			}
			w.WriteHeader(status)
			w.Write(body)
			return
		}
		for name, values := range rule.AnswerHeader(r) {
			w.Header()[name] = values
		}
		next.ServeHTTP(w, r)
	})
}

// Check and Answer do without a ResponseWriter what the middleware does with one.
//
// checklist 10, 14, 15, 16, 17, 24
func TestCheckAndAnswerAreTheMiddleware(t *testing.T) {
	for _, config := range []protector.Config{
		{},
		{AmbientCookie: "session", InsecureQueryTokens: true, BufferedFormTokens: true},
		{Validators: []protector.Validator{protector.Bearer(fails(errDown))}},
		{Validators: []protector.Validator{protector.Bearer(fails(away{7 * time.Second}))}},
		{RequestCheck: func(*http.Request) error {
			return &protector.Error{
				Status: 401, Code: "use_dpop_nonce", Params: []protector.Param{{"algs", "ES256"}},
				Header: http.Header{"Dpop-Nonce": {"n"}},
			}
		}},
	} {
		guard := newGuard(t, config)
		for _, policy := range []protector.Policy{
			{}, {Scopes: []string{"profile email"}}, {Roles: []string{"x"}}, {Optional: true},
			{Check: func(context.Context, protector.Token) error { return errors.New("no") }},
		} {
			middleware := serve(t, guard.RequirePolicy(policy)(hello))
			adapted := serve(t, adapter(guard, newRule(t, guard, policy), hello))
			for _, path := range []string{"/", "/?access_token=alice"} {
				for _, header := range []string{
					"X: y", "Authorization: Bearer alice", "Authorization: Bearer bob", "Authorization: Bearer mallory",
					"Authorization: Bearer expired", "Authorization: Bearer", "Authorization: Basic YTpi", "Cookie: session=alice",
				} {
					want, got := get(t, middleware, path, header), get(t, adapted, path, header)
					want.header.Del("Date")
					got.header.Del("Date")
					require.Equal(t, want, got, "%s %s", path, header)
				}
			}
		}
	}
}

// Check writes nothing, decides as often as it is asked, and leaves the request
// that it was given alone.
func TestCheck(t *testing.T) {
	rows := newTable()
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{OnDecision: record(&seen),
		Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	rule := newRule(t, guard, protector.Policy{Scopes: []string{"profile"}})

	r := newRequest("alice")
	checked, err := guard.Check(r, rule)
	require.NoError(t, err)
	tok, ok := protector.CurrentToken[*token](checked.Context())
	require.True(t, ok)
	require.Equal(t, "alice", tok.user)
	_, ok = protector.CurrentToken[*token](r.Context())
	require.False(t, ok)
	require.Len(t, seen, 1)

	again, err := guard.Check(checked, rule)
	require.NoError(t, err)
	require.Same(t, checked, again)
	acquired, err := guard.Acquire(checked, "email")
	require.NoError(t, err)
	require.Same(t, tok, acquired)
	require.EqualValues(t, 1, rows.asked.Load(), "what Check has returned is not authenticated again")

	refused, err := guard.Check(checked, newRule(t, guard, protector.Policy{Scopes: []string{"user"}}))
	var refusal *protector.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, 403, refusal.Status)
	_, ok = protector.CurrentToken[*token](refused.Context())
	require.False(t, ok, "whoever was turned away is nobody")
}

// A rule that is not the protector's own lets nobody in, and says so.
func TestForeignRules(t *testing.T) {
	guard, other := newGuard(t, protector.Config{}), newGuard(t, protector.Config{})
	var seen []protector.Decision
	watched := newGuard(t, protector.Config{OnDecision: record(&seen)})
	for name, rule := range map[string]*protector.Rule{
		"nil": nil, "zero": {}, "another's": newRule(t, other, protector.Policy{Optional: true}),
	} {
		t.Run(name, func(t *testing.T) {
			known, err := guard.Check(newRequest("alice"), newRule(t, guard, protector.Policy{}))
			require.NoError(t, err)
			for _, r := range []*http.Request{newRequest("alice"), newRequest(""), known} {
				checked, err := guard.Check(r, rule)
				var refusal *protector.Error
				require.ErrorAs(t, err, &refusal)
				require.Equal(t, 500, refusal.Status)
				require.ErrorContains(t, err, "NewRule")
				_, ok := protector.CurrentToken[protector.Token](checked.Context())
				require.False(t, ok)
				_, err = watched.Check(r, rule)
				require.Error(t, err)
				require.Equal(t, "bad_requirement", seen[len(seen)-1].Reason)
			}
		})
	}
	_, err := new(protector.Protector).Check(newRequest("alice"), &protector.Rule{})
	require.Error(t, err, "two zeros are not a pair")
	require.Empty(t, new(protector.Rule).AnswerHeader(newRequest("")))
}

func TestNewRuleReportsEveryFault(t *testing.T) {
	_, err := newGuard(t, protector.Config{}).NewRule(protector.Policy{Scopes: []string{""}, Groups: []string{}})
	require.ErrorContains(t, err, "protector: NewRule: scopes")
	require.ErrorContains(t, err, "protector: NewRule: the list of groups")
}

// A protector that New has not built lets nobody in, and says so where it is
// wired.
func TestUnbuiltProtectors(t *testing.T) {
	for name, guard := range map[string]*protector.Protector{"nil": nil, "zero": {}} {
		t.Run(name, func(t *testing.T) {
			for method, wire := range map[string]func(){
				"Require":       func() { guard.Require() },
				"Optional":      func() { guard.Optional() },
				"RequirePolicy": func() { guard.RequirePolicy(protector.Policy{Optional: true}) },
				"Methods":       func() { guard.Methods(protector.Methods{"GET": {Handler: hello}}) },
				"Routes":        func() { guard.Routes() },
				"Returning": func() {
					guard.Returning(func(http.ResponseWriter, *http.Request) error { return nil })
				},
				"ResourceMetadata": func() { guard.ResourceMetadata() },
				"Subtree":          func() { guard.Subtree(http.NewServeMux(), protector.Policy{}) },
			} {
				require.PanicsWithError(t,
					"protector: "+method+" was called on a nil or zero Protector: build one with New, and check its error", wire)
			}
			_, err := guard.NewRule(protector.Policy{})
			require.ErrorContains(t, err, "build one with New")
			rule := newRule(t, newGuard(t, protector.Config{}), protector.Policy{Optional: true})
			_, err = guard.Check(newRequest(""), rule)
			require.ErrorContains(t, err, "build one with New")
			tok, err := guard.Acquire(newRequest("alice"))
			require.Nil(t, tok)
			require.ErrorContains(t, err, "build one with New")
			status, header, _ := guard.Answer(err)
			require.Equal(t, 500, status)
			require.Equal(t, "no-store", header.Get("Cache-Control"))
			w := newRecorder()
			guard.WriteError(w, newRequest("alice"), err)
			require.Equal(t, 500, w.Code)
		})
	}
}

func TestAnswer(t *testing.T) {
	guard := newGuard(t, protector.Config{ErrorHandler: func(http.ResponseWriter, *http.Request, *protector.Error) {
		panic("Answer has no ResponseWriter for it")
	}})
	for _, tt := range []struct {
		name   string
		err    error
		status int
		code   string
		header http.Header
	}{
		{"nil", nil, 500, "server_error", http.Header{}},
		{"says no good", invalid{"x"}, 401, "invalid_token", http.Header{
			"Www-Authenticate": {
				`Bearer realm="api", error="invalid_token", error_description="The access token is not valid."`,
			},
		}},
		{"outage", errDown, 503, "temporarily_unavailable", http.Header{"Retry-After": {"5"}}},
		{"own", &protector.Error{
			Status: 402, Code: "pay", Header: http.Header{"X-Price": {"7"}, "X Y": {"z"}, "X-Bad": {"a\nb"}},
		}, 402, "pay", http.Header{"X-Price": {"7"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, header, body := guard.Answer(tt.err)
			require.Equal(t, tt.status, status)
			var said struct{ Error string }
			require.NoError(t, json.Unmarshal(body, &said))
			require.Equal(t, tt.code, said.Error)
			tt.header.Set("Cache-Control", "no-store")
			tt.header.Set("Content-Type", "application/json")
			tt.header.Set("X-Content-Type-Options", "nosniff")
			require.Equal(t, tt.header, header)
		})
	}
}

// An error of the handler's own is answered in the scheme that the request used,
// and without the token in it.
//
// checklist 27, 139
func TestWriteErrorKnowsTheRequest(t *testing.T) {
	const secret = "canary-7f3a.91+c/d0="
	lookup := func(*http.Request, string) (*token, error) { return &token{user: "alice"}, nil }
	var handled *protector.Error
	guard := newGuard(t, protector.Config{
		Validators:   []protector.Validator{protector.Bearer(newTable().lookup), protector.Scheme("Token", lookup)},
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, e *protector.Error) { handled = e },
	})
	server := serve(t, guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guard.WriteError(w, r, &protector.Error{Status: 403, Code: "quota", Err: fmt.Errorf("no more for %s", secret)})
	})))
	a := get(t, server, "/", "Authorization: Token "+secret)
	require.Equal(t, 403, a.status, "the handler has set none")
	require.Equal(t, []string{`Token realm="api", error="quota"`}, a.challenges())
	require.Equal(t, "protector: 403 quota: no more for [token]=", handled.Error())
}

// An ErrorHandler that forgets the status does not turn a refusal into a success.
//
// checklist 202
func TestErrorHandlerWithoutAStatus(t *testing.T) {
	for name, handle := range map[string]func(http.ResponseWriter, *http.Request, *protector.Error){
		"nothing": func(http.ResponseWriter, *http.Request, *protector.Error) {},
		"a body":  func(w http.ResponseWriter, _ *http.Request, e *protector.Error) { fmt.Fprint(w, e.Code) },
		"a field": func(w http.ResponseWriter, _ *http.Request, _ *protector.Error) { w.Header().Set("X", "y") },
		"a flush": func(w http.ResponseWriter, _ *http.Request, _ *protector.Error) { w.(http.Flusher).Flush() },
		"by hand": func(w http.ResponseWriter, _ *http.Request, _ *protector.Error) {
			_ = http.NewResponseController(w).Flush()
		},
		"a hint":   func(w http.ResponseWriter, _ *http.Request, _ *protector.Error) { w.WriteHeader(103) },
		"a status": func(w http.ResponseWriter, _ *http.Request, e *protector.Error) { w.WriteHeader(e.Status) },
	} {
		t.Run(name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{ErrorHandler: handle})
			server := serve(t, guard.Require("profile")(hello))
			require.Equal(t, 401, get(t, server, "/").status)
			require.Equal(t, 403, get(t, server, "/", "Authorization: Bearer bob").status)
			require.Equal(t, 400, get(t, server, "/", "Authorization: Bearer").status)
		})
	}
	t.Run("another status is a choice", func(t *testing.T) {
		guard := newGuard(t, protector.Config{ErrorHandler: func(w http.ResponseWriter, r *http.Request, _ *protector.Error) {
			http.NotFound(w, r)
		}})
		require.Equal(t, 404, get(t, serve(t, guard.Require()(hello)), "/").status)
	})
}

// What an error brings along goes out in its order, once, and only where it fits.
//
// checklist 18, 19
func TestErrorParamsAndHeader(t *testing.T) {
	refusal := &protector.Error{
		Status: 401, Code: "insufficient_user_authentication", Scope: "profile",
		Params: []protector.Param{
			{"acr_values", "gold silver"}, {"max_age", "60"}, {"MAX_AGE", "1"}, {"Realm", "other"}, {"scope", "admin"},
			{"error", "x"}, {"a b", "c"}, {"quoted", `a"b`}, {"empty", ""}, {"cr", "a\r\nb"},
			{"resource_metadata", "https://a/b"},
		},
		Header: http.Header{
			"DPoP-Nonce": {"n1"}, "Cache-Control": {"public"}, "Www-Authenticate": {"Basic"}, "X-Bad": {"a\r\nb: c"},
			"X Y":  {"z"},
			"Vary": {"Origin"}, "Content-Length": {"7"}, "Set-Cookie": {"a=1", "b=2"},
		},
	}
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(fails(refusal))}})
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept")
		w.Header().Set("DPoP-Nonce", "n0")
		w.Header().Set("Set-Cookie", "session=x")
		guard.Require()(hello).ServeHTTP(w, r)
	}))
	a := get(t, server, "/", "Authorization: Bearer alice")
	require.Equal(t, []string{`Bearer realm="api", error="insufficient_user_authentication", ` +
		`error_description="The user has to authenticate as the challenge says.", scope="profile", ` +
		`acr_values="gold silver", max_age="60", resource_metadata="https://a/b"`}, a.challenges())
	require.Equal(t, []string{"n1"}, a.header.Values("DPoP-Nonce"))
	require.Equal(t, []string{"Accept", "Origin"}, a.header.Values("Vary"))
	require.Equal(t, []string{"session=x", "a=1", "b=2"}, a.header.Values("Set-Cookie"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	require.Empty(t, a.header.Values("X-Bad"))
	require.Contains(t, a.body, "insufficient_user_authentication")
	require.Equal(t, "DPoP-Nonce", firstKey(refusal.Header, "DPoP-Nonce"), "the author's own is left alone")
}

func firstKey(h http.Header, name string) string {
	if _, ok := h[name]; ok {
		return name
	}
	return ""
}

// The answer to a request with or without a token depends on it.
//
// checklist 203
func TestOptionalVaries(t *testing.T) {
	plain := newGuard(t, protector.Config{})
	cookies := newGuard(t, protector.Config{AmbientCookie: "session"})
	varying := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		hello(w, r)
	})
	for _, tt := range []struct {
		name    string
		handler http.Handler
		header  string
		want    []string
	}{
		{"anonymous", plain.Optional()(varying), "X: y", []string{"Authorization", "Accept-Encoding"}},
		{"token", plain.Optional()(varying), "Authorization: Bearer alice", []string{"Authorization", "Accept-Encoding"}},
		{"cookie", cookies.Optional()(hello), "Cookie: session=alice", []string{"Authorization, Cookie"}},
		{"no cookie", cookies.Optional()(hello), "X: y", []string{"Authorization, Cookie"}},
		{"nested", plain.Optional()(plain.Optional()(hello)), "X: y", []string{"Authorization"}},
		{"policy", plain.RequirePolicy(protector.Policy{Optional: true})(hello), "X: y", []string{"Authorization"}},
		{"required", plain.Require()(hello), "Authorization: Bearer alice", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, get(t, serve(t, tt.handler), "/", tt.header).header.Values("Vary"))
		})
	}
}

// checklist 8, 203
func TestAnswerHeader(t *testing.T) {
	guard := newGuard(t, protector.Config{AmbientCookie: "session", InsecureQueryTokens: true, BufferedFormTokens: true})
	required, optional := newRule(t, guard, protector.Policy{}), newRule(t, guard, protector.Policy{Optional: true})
	for _, tt := range []struct {
		name string
		rule *protector.Rule
		r    func() *http.Request
		want http.Header
	}{
		{"header", required, func() *http.Request { return newRequest("alice") }, http.Header{}},
		{"query", required, func() *http.Request { return httptest.NewRequest("GET", "/?access_token=alice", nil) },
			http.Header{"Cache-Control": {"private"}}},
		{"cookie", required, func() *http.Request {
			r := newRequest("")
			r.Header.Set("Cookie", "session=alice")
			return r
		}, http.Header{"Cache-Control": {"private"}}},
		{"optional, anonymous", optional, func() *http.Request { return newRequest("") },
			http.Header{"Vary": {"Authorization, Cookie"}}},
		{"optional, query", optional, func() *http.Request { return httptest.NewRequest("GET", "/?access_token=alice", nil) },
			http.Header{"Cache-Control": {"private"}, "Vary": {"Authorization, Cookie"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := guard.Check(tt.r(), tt.rule)
			require.NoError(t, err)
			require.Equal(t, tt.want, tt.rule.AnswerHeader(r))
		})
	}
}
