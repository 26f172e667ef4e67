package protector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
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

func (t *accessToken) Scopes() scopes.Set { return scopes.Parse(t.Scope) }

func (t *accessToken) ExpiresAt() time.Time { return t.Expires }

func (t *accessToken) Revoked() bool { return t.Ended }

func (t *accessToken) Roles() scopes.Set { return scopes.NewSet(t.Role) }

func (t *accessToken) Subject() string { return t.User }

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
