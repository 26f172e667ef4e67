package protector_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// cors answers preflights, as an application's own CORS handler would.
var cors = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if _, ok := protector.CurrentToken[protector.Token](r.Context()); ok {
		panic("a preflight with a current token")
	}
	w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	w.WriteHeader(http.StatusNoContent)
})

var preflight = []string{"Origin: https://app.example", "Access-Control-Request-Method: DELETE"}

// A preflight is answered for, and never passed to the protected handler: with a
// method override between the two it would be whatever its sender likes.
//
// checklist 25, 200
func TestPreflightNeverReachesTheProtectedHandler(t *testing.T) {
	reached := ""
	protected := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached += r.Method })
	override := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if method := r.Header.Get("X-HTTP-Method-Override"); method != "" {
				r.Method = method
			}
			next.ServeHTTP(w, r)
		})
	}
	mux := http.NewServeMux()
	mux.Handle("/", protected)
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{Preflight: cors, OnDecision: record(&seen)})
	for name, handler := range map[string]http.Handler{
		"require":  guard.Require("profile")(override(protected)),
		"optional": guard.Optional("profile")(override(protected)),
		"policy":   guard.RequirePolicy(protector.Policy{Roles: []string{"x"}})(override(protected)),
		"methods":  guard.Methods(protector.Methods{"GET": {Handler: protected}}),
		"options":  guard.Methods(protector.Methods{"OPTIONS": {Handler: protected}}),
		"subtree":  guard.Subtree(mux, protector.Policy{}),
		"nested":   guard.Require()(guard.Require("profile")(override(protected))),
	} {
		t.Run(name, func(t *testing.T) {
			seen = nil
			server := serve(t, handler)
			override := append(preflight, "X-HTTP-Method-Override: DELETE")
			a := ask(t, server, http.MethodOptions, "/", "", override...)
			require.Equal(t, http.StatusNoContent, a.status)
			require.Equal(t, "https://app.example", a.header.Get("Access-Control-Allow-Origin"))
			require.Len(t, seen, 1)
			require.Equal(t, protector.OutcomeAnonymous, seen[0].Outcome)
			for status, headers := range map[int][]string{
				401: append(preflight, "Authorization: Bearer mallory"),
				400: append(preflight, "Authorization: Bearer"),
			} {
				require.Equal(t, status, ask(t, server, http.MethodOptions, "/", "", headers...).status)
			}
			require.Empty(t, reached)
		})
	}
}

// Without the setting, and with less than a preflight has, nobody passes.
//
// checklist 25, 200
func TestWhatIsNoPreflight(t *testing.T) {
	open := serve(t, newGuard(t, protector.Config{Preflight: cors}).Require("profile")(hello))
	closed := serve(t, newGuard(t, protector.Config{}).Require("profile")(hello))
	require.Equal(t, 401, ask(t, closed, http.MethodOptions, "/", "", preflight...).status)
	require.Equal(t, 401, ask(t, open, http.MethodOptions, "/", "", preflight[0]).status)
	require.Equal(t, 401, ask(t, open, http.MethodOptions, "/", "", preflight[1]).status)
	require.Equal(t, 401, ask(t, open, http.MethodGet, "/", "", preflight...).status)
	a := ask(t, open, http.MethodOptions, "/", "", append(preflight, "Authorization: Bearer alice")...)
	require.Equal(t, "hello alice", a.body, "with a token it is a request like any other")
}

// A request check asks for what a preflight cannot bring.
//
// checklist 200
func TestPreflightComesBeforeTheRequestCheck(t *testing.T) {
	guard := newGuard(t, protector.Config{Preflight: cors, RequestCheck: func(*http.Request) error {
		return &protector.Error{Status: http.StatusBadRequest}
	}})
	server := serve(t, guard.Require()(hello))
	require.Equal(t, 204, ask(t, server, http.MethodOptions, "/", "", preflight...).status)
}

// A handler for preflights that leads back to the protector must not take the
// process down with it.
//
// checklist 200
func TestPreflightHandlerThatLeadsBack(t *testing.T) {
	mux := http.NewServeMux()
	guard := newGuard(t, protector.Config{Preflight: mux})
	mux.Handle("/", guard.Require()(hello))
	require.Equal(t, 401, ask(t, serve(t, mux), http.MethodOptions, "/", "", preflight...).status)
}

// Check and Acquire promise a token.
func TestPreflightIsRefusedByCheckAndAcquire(t *testing.T) {
	guard := newGuard(t, protector.Config{Preflight: cors})
	rule, err := guard.NewRule(protector.Policy{})
	require.NoError(t, err)
	r := newRequest("")
	r.Method = http.MethodOptions
	r.Header.Set("Origin", "https://app.example")
	r.Header.Set("Access-Control-Request-Method", "GET")
	_, err = guard.Check(r, rule)
	require.Error(t, err)
	tok, err := guard.Acquire(r)
	require.Error(t, err)
	require.Nil(t, tok)
}

func TestPreflightSeesNoTokenOfFurtherOut(t *testing.T) {
	outer := newGuard(t, protector.Config{AmbientCookie: "session"})
	inner := newGuard(t, protector.Config{Preflight: cors, Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (*token, error) { return nil, nil }),
	}})
	server := serve(t, outer.Require()(inner.Require()(hello)))
	require.Equal(t, 204, ask(t, server, http.MethodOptions, "/", "",
		append(preflight, "Cookie: session=alice")...).status)
}
