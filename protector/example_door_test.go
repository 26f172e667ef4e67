package protector_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"example.com/resourceserver/protector"
)

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

func (article) show(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "the article") }

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

// A router that has no http.ResponseWriter asks for the decision, and for what to
// answer.
func ExampleProtector_Check() {
	guard := exampleGuard()
	rule, err := guard.NewRule(protector.Policy{Scopes: []string{"profile email"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, token := range []string{"alice-token", "bob-token"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		r, err := guard.Check(r, rule)
		if err != nil {
			status, header, body := guard.Answer(err)
			fmt.Println(status, len(header["Www-Authenticate"]), "challenge,", len(body) > 0)
			continue
		}
		current, _ := protector.CurrentToken[*accessToken](r.Context())
		fmt.Println("hello", current.User, rule.AnswerHeader(r))
	}
	// Output:
	// hello alice map[]
	// 403 1 challenge, true
}

// The token is an argument, every route says who may use it, and what says nothing is closed.
func ExampleProtector_Routes() {
	routes := exampleGuard().Routes()
	routes.Handle("GET /me", protector.Policy{Scopes: []string{"profile"}},
		protector.For(func(w http.ResponseWriter, _ *http.Request, token *accessToken) {
			fmt.Fprintln(w, "hello "+token.User)
		}))
	routes.Open("GET /healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "well") }))

	try(routes, "GET", "/me", "Bearer alice-token")
	try(routes, "GET", "/healthz", "")
	try(routes, "GET", "/forgotten", "")
	for _, route := range routes.All() {
		fmt.Println(route.Pattern, route.Open, route.Policy.Scopes)
	}
	// Output:
	// 200 hello alice
	// 200 well
	// 401 unauthorized
	// GET /me false [profile]
	// GET /healthz true []
}
