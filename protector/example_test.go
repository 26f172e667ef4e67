package protector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// accessToken is the application's own token: a row of its table, with the user
// it belongs to.
type accessToken struct {
	User    string
	Scope   string
	Role    string
	Expires time.Time
	Ended   bool
}

func (t *accessToken) Scopes() scopes.Set   { return scopes.Parse(t.Scope) }
func (t *accessToken) ExpiresAt() time.Time { return t.Expires }
func (t *accessToken) Revoked() bool        { return t.Ended }
func (t *accessToken) Roles() scopes.Set    { return scopes.NewSet(t.Role) }
func (t *accessToken) Subject() string      { return t.User }

// lookup is the application's own authenticate_token. A token that is not in the
// table is nil; an error would mean that the table cannot be reached.
func lookup(_ context.Context, token string) (*accessToken, error) {
	return map[string]*accessToken{
		"alice-token": {User: "alice", Scope: "profile email", Role: "editor"},
		"bob-token":   {User: "bob", Scope: "profile", Role: "reader"},
		"old-token":   {User: "carol", Scope: "profile", Ended: true},
	}[token], nil
}

func exampleGuard() *protector.Protector {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
	})
	if err != nil {
		panic(err)
	}
	return guard
}

// try sends a request and prints what comes back.
func try(handler http.Handler, method, target, authorization string) {
	r := httptest.NewRequest(method, target, nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code < 300 {
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
		return
	}
	var body struct{ Error string }
	_ = json.Unmarshal(w.Body.Bytes(), &body)
	fmt.Println(w.Code, body.Error)
}

func greet(w http.ResponseWriter, r *http.Request) {
	token, ok := protector.CurrentToken[*accessToken](r.Context())
	if !ok {
		fmt.Fprintln(w, "hello, whoever you are")
		return
	}
	fmt.Fprintln(w, "hello", token.User)
}

func Example() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /profile", guard.Require("profile email")(http.HandlerFunc(greet)))

	try(mux, "GET", "/profile", "Bearer alice-token")
	try(mux, "GET", "/profile", "Bearer bob-token") // has no email
	try(mux, "GET", "/profile", "Bearer nonsense")
	try(mux, "GET", "/profile", "")
	// Output:
	// 200 hello alice
	// 403 insufficient_scope
	// 401 invalid_token
	// 401 unauthorized
}

// Every fault of a configuration is reported, with its remedy.
func ExampleNew_faults() {
	_, err := protector.New(protector.Config{Realm: "line\nbreak", MaxTokenBytes: -1})
	fmt.Println(err)
	// Output:
	// protector: Config.Realm holds the byte 0x0a: use printable ASCII characters
	// protector: Config.Validators is empty: give at least one, such as Bearer(validator.Validate)
	// protector: Config.MaxTokenBytes is -1: leave it 0 for the default
}

// The application's own table: what lookup returns is what handlers get. A token
// that has expired or was revoked is refused by the protector, so that lookup
// cannot forget it.
func ExampleBearer() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require("profile")(http.HandlerFunc(greet))
	try(handler, "GET", "/", "Bearer alice-token")
	try(handler, "GET", "/", "Bearer old-token")
	// Output:
	// 200 hello alice
	// 401 invalid_token
}

// A table that cannot be reached is no reason to call a token invalid.
func ExampleBearer_outage() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(func(context.Context, string) (*accessToken, error) {
			return nil, errors.New("connection refused")
		})},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	try(guard.Require()(http.HandlerFunc(greet)), "GET", "/", "Bearer alice-token")
	// Output: 503 temporarily_unavailable
}

// A scheme of one's own, beside Bearer, that looks at more than its token.
func ExampleScheme() {
	byKey := func(r *http.Request, key string) (*accessToken, error) {
		if key != "key-7" || r.Header.Get("Origin") != "" { // not for browsers
			return nil, nil
		}
		return &accessToken{User: "the nightly job", Scope: "profile"}, nil
	}
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{
			protector.Bearer(lookup),
			protector.Scheme("ApiKey", byKey),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require("profile")(http.HandlerFunc(greet))
	try(handler, "GET", "/", "Bearer alice-token")
	try(handler, "GET", "/", "ApiKey key-7")
	// Output:
	// 200 hello alice
	// 200 hello the nightly job
}

// Two kinds of token under one scheme. The kind is told by the look of the
// token; only the validator in charge is asked.
func ExampleValidator_When() {
	personal := func(context.Context, string) (*accessToken, error) {
		return &accessToken{User: "somebody's script", Scope: "profile"}, nil
	}
	isPersonal := func(token string) bool { return strings.HasPrefix(token, "pat_") }
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{
			protector.Bearer(personal).When(isPersonal),
			protector.Bearer(lookup), // every other
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require("profile")(http.HandlerFunc(greet))
	try(handler, "GET", "/", "Bearer pat_1234")
	try(handler, "GET", "/", "Bearer alice-token")
	// Output:
	// 200 hello somebody's script
	// 200 hello alice
}

// Spaces join scopes that are all needed.
func ExampleProtector_Require() {
	guard := exampleGuard()
	handler := guard.Require("profile email")(http.HandlerFunc(greet))
	try(handler, "GET", "/", "Bearer alice-token")
	try(handler, "GET", "/", "Bearer bob-token")
	// Output:
	// 200 hello alice
	// 403 insufficient_scope
}

// Several arguments are alternatives: (email AND profile) OR support OR profile.
func ExampleProtector_Require_alternatives() {
	guard := exampleGuard()
	handler := guard.Require("email profile", "support", "profile")(http.HandlerFunc(greet))
	try(handler, "GET", "/", "Bearer alice-token")
	try(handler, "GET", "/", "Bearer bob-token")
	// Output:
	// 200 hello alice
	// 200 hello bob
}

// A group of routes asks for a token, and one of them for more. The token is
// authenticated once; both requirements hold.
func ExampleProtector_Require_nested() {
	guard := exampleGuard()
	routes := http.NewServeMux()
	routes.Handle("GET /api/hello", http.HandlerFunc(greet))
	routes.Handle("GET /api/mail", guard.Require("email")(http.HandlerFunc(greet)))
	group := guard.Require("profile")(routes)

	try(group, "GET", "/api/hello", "Bearer bob-token")
	try(group, "GET", "/api/mail", "Bearer bob-token")
	// Output:
	// 200 hello bob
	// 403 insufficient_scope
}

// Only a missing token is anonymous: a bad one is refused as ever.
func ExampleProtector_Optional() {
	guard := exampleGuard()
	handler := guard.Optional("profile")(http.HandlerFunc(greet))
	try(handler, "GET", "/", "")
	try(handler, "GET", "/", "Bearer alice-token")
	try(handler, "GET", "/", "Bearer nonsense")
	// Output:
	// 200 hello, whoever you are
	// 200 hello alice
	// 401 invalid_token
}

// What is needed depends on what is asked for.
func ExampleProtector_Acquire() {
	guard := exampleGuard()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope := "profile"
		if r.FormValue("include") == "email" {
			scope = "profile email"
		}
		token, err := guard.Acquire(r, scope)
		if err != nil {
			guard.WriteError(w, r, err)
			return
		}
		fmt.Fprintln(w, scope, "of", token.(*accessToken).User)
	})
	try(handler, "GET", "/?include=email", "Bearer alice-token")
	try(handler, "GET", "/?include=email", "Bearer bob-token")
	try(handler, "GET", "/", "Bearer bob-token")
	// Output:
	// 200 profile email of alice
	// 403 insufficient_scope
	// 200 profile of bob
}

// WriteError also answers errors of the caller's own.
func ExampleProtector_WriteError() {
	guard := exampleGuard()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guard.WriteError(w, r, &protector.Error{Status: http.StatusForbidden, Code: "quota_exceeded"})
	})
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Print(w.Code, " ", w.Body)
	fmt.Println(w.Header().Get("WWW-Authenticate"))
	// Output:
	// 403 {"error":"quota_exceeded"}
	// Bearer realm="api", error="quota_exceeded"
}

// The error says what the client is told, and the operator.
func ExampleError() {
	guard := exampleGuard()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer bob-token")

	_, err := guard.Acquire(r, "profile email")
	if refusal, ok := errors.AsType[*protector.Error](err); ok {
		fmt.Println(refusal.Status, refusal.Code, refusal.Scope)
	}
	r.Header.Set("Authorization", "Bearer old-token")
	_, err = guard.Acquire(r)
	fmt.Println(err)
	// Output:
	// 403 insufficient_scope profile email
	// protector: 401 invalid_token (revoked)
}

// The handler gets the application's own type back, with the user in it.
func ExampleCurrentToken() {
	guard := exampleGuard()
	handler := guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := protector.CurrentToken[*accessToken](r.Context()) // always there behind Require
		fmt.Fprintln(w, token.User, "is", token.Role)
	}))
	try(handler, "GET", "/", "Bearer alice-token")
	// Output: 200 alice is editor
}

// Attributes beside scopes, and a rule of one's own.
func ExampleProtector_RequirePolicy() {
	guard := exampleGuard()
	policy := protector.Policy{
		Scopes: []string{"profile"},
		Roles:  []string{"editor", "admin"},
		Check: func(ctx context.Context, token protector.Token) error {
			if token.(*accessToken).User == "mallory" {
				return errors.New("banned")
			}
			return nil
		},
	}
	handler := guard.RequirePolicy(policy)(http.HandlerFunc(greet))
	try(handler, "GET", "/", "Bearer alice-token")
	try(handler, "GET", "/", "Bearer bob-token") // a reader
	// Output:
	// 200 hello alice
	// 403 insufficient_scope
}

// A policy that was read from a file is checked before it is used.
func ExamplePolicy_Validate() {
	fmt.Println(protector.Policy{Scopes: []string{"profile", " "}, Groups: []string{}}.Validate())
	// Output:
	// protector: Policy: scopes: alternative 2 is blank: it would let everybody in
	// protector: Policy: the list of groups is empty: name at least one, or leave it nil
}

// article is a resource with a method for each verb.
type article struct{}

func (article) show(w http.ResponseWriter, r *http.Request)   { fmt.Fprintln(w, "the article") }
func (article) change(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "changed") }

// Each verb has its own requirement, and all of them stand in one place.
func ExampleProtector_Methods() {
	guard := exampleGuard()
	var a article
	mux := http.NewServeMux()
	mux.Handle("/article", guard.Methods(protector.Methods{
		"GET": {Policy: protector.Policy{Optional: true}, Handler: http.HandlerFunc(a.show)},
		"PUT": {Policy: protector.Policy{Roles: []string{"editor"}}, Handler: http.HandlerFunc(a.change)},
	}))
	try(mux, "GET", "/article", "")
	try(mux, "PUT", "/article", "Bearer alice-token")
	try(mux, "PUT", "/article", "Bearer bob-token")
	try(mux, "DELETE", "/article", "Bearer alice-token")
	// Output:
	// 200 the article
	// 200 changed
	// 403 insufficient_scope
	// 405
}

// Everything is protected but what is named.
func ExampleProtector_Subtree() {
	guard := exampleGuard()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "healthy") })
	mux.HandleFunc("GET /user", greet)
	mux.Handle("GET /mail", guard.Require("email")(http.HandlerFunc(greet)))
	handler := guard.Subtree(mux, protector.Policy{}, "GET /healthz")

	try(handler, "GET", "/healthz", "")
	try(handler, "GET", "/user", "")
	try(handler, "GET", "/user", "Bearer bob-token")
	try(handler, "GET", "/mail", "Bearer bob-token")
	try(handler, "GET", "/nothing/here", "")
	// Output:
	// 200 healthy
	// 401 unauthorized
	// 200 hello bob
	// 403 insufficient_scope
	// 401 unauthorized
}

// A check of the request itself, before its token is looked at.
func ExampleConfig_requestCheck() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
		RequestCheck: func(r *http.Request) error {
			if r.Header.Get("X-Tenant") == "" {
				return errors.New("no tenant")
			}
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	try(guard.Require()(http.HandlerFunc(greet)), "GET", "/", "Bearer alice-token")
	// Output: 400 invalid_request
}

// What operators count, and what listeners of a signal would want to know.
func ExampleDecision() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
		OnDecision: func(ctx context.Context, d protector.Decision) {
			fmt.Println(d.Pattern, d.Outcome, d.Reason, d.Subject)
			if token, ok := protector.CurrentToken[*accessToken](ctx); ok {
				fmt.Println("last seen:", token.User)
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /user/{id}", guard.Require("profile")(http.HandlerFunc(greet)))
	try(mux, "GET", "/user/7", "Bearer alice-token")
	try(mux, "GET", "/user/7", "Bearer old-token")
	// Output:
	// GET /user/{id} granted  alice
	// last seen: alice
	// 200 hello alice
	// GET /user/{id} refused revoked carol
	// 401 invalid_token
}

// Refusals in the log have a reason, and never the token.
func ExampleConfig_logger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" {
				return slog.Attr{} // differs from run to run
			}
			return a
		},
	}))
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
		Logger:     logger,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /profile", guard.Require("profile email")(http.HandlerFunc(greet)))
	try(mux, "GET", "/profile", "Bearer old-token")
	try(mux, "GET", "/profile", "Bearer bob-token")
	// Output:
	// level=INFO msg="access refused" outcome=refused method=GET route="GET /profile" reason=revoked scheme=Bearer status=401
	// 401 invalid_token
	// level=INFO msg="access refused" outcome=refused method=GET route="GET /profile" reason=insufficient_scope scheme=Bearer status=403 scope="profile email"
	// 403 insufficient_scope
}

// A body in the application's own format. The fields of the protocol are set
// already.
func ExampleConfig_errorHandler() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, e *protector.Error) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(e.Status)
			fmt.Fprintln(w, "Sorry:", e.Description)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	guard.Require()(http.HandlerFunc(greet)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Print(w.Code, " ", w.Body)
	fmt.Println(w.Header().Get("WWW-Authenticate"))
	// Output:
	// 401 Sorry: An access token is required.
	// Bearer realm="api"
}

// Browsers send cookies also when another site asks them to. Requests of other
// origins that change something are refused.
func ExampleConfig_cookie() {
	guard, err := protector.New(protector.Config{
		Validators:    []protector.Validator{protector.Bearer(lookup)},
		AmbientCookie: "__Host-token",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require("profile")(http.HandlerFunc(greet))
	for _, site := range []string{"same-origin", "cross-site"} {
		r := httptest.NewRequest("POST", "/", nil)
		r.AddCookie(&http.Cookie{Name: "__Host-token", Value: "alice-token"})
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(site, w.Code)
	}
	// Output:
	// same-origin 200
	// cross-site 403
}
