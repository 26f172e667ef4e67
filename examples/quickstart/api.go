package main

import (
	"encoding/json"
	"net/http"
	"time"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
)

// newAPI has a route for every way to protect one.
func newAPI(guard *protector.Protector) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, protect func(http.Handler) http.Handler, handler http.HandlerFunc) {
		mux.Handle(pattern, protect(handler))
	}

	mux.HandleFunc("GET /{$}", index)                              // open to everybody
	handle("GET /me", guard.Require(), whoami)                     // any valid token
	handle("GET /profile", guard.Require("profile"), whoami)       // one scope
	handle("GET /contact", guard.Require("profile email"), whoami) // AND
	handle("GET /feed", guard.Require("profile", "email"), whoami) // OR
	handle("GET /user", guard.Require("profile email", "user"), whoami)
	handle("GET /payments", guard.RequirePolicy(payments), whoami) // and how the user has logged in
	handle("GET /greeting", guard.Optional("profile"), greet)      // a token is welcome, not needed

	mux.Handle(guard.ResourceMetadata())                       // open: it tells strangers where to get a token
	mux.Handle("GET /files/{owner}", files{guard})             // the handler decides
	mux.Handle("/notes", guard.Methods((&notes{}).resource())) // each method its own scope
	return mux
}

// payments need more than a scope: a user who has just authenticated, and well.
var payments = protector.Policy{Scopes: []string{"payments"}, ACR: []string{"phr", "mfa"}, MaxAge: 5 * time.Minute}

func index(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, map[string]string{"hello": "everybody"})
}

// whoami stands behind Require, so there is a token.
func whoami(w http.ResponseWriter, r *http.Request) {
	token, _ := protector.CurrentToken[*jwt.Token](r.Context())
	writeJSON(w, map[string]string{
		"subject": token.Subject(),
		"client":  token.ClientID(),
		"scope":   token.Scopes().String(),
	})
}

// greet stands behind Optional, so there may be none.
func greet(w http.ResponseWriter, r *http.Request) {
	token, ok := protector.CurrentToken[*jwt.Token](r.Context())
	if !ok {
		writeJSON(w, map[string]string{"hello": "stranger"})
		return
	}
	writeJSON(w, map[string]string{"hello": token.Subject()})
}

// files asks for more when they are somebody else's, which no middleware can
// know beforehand.
type files struct{ guard *protector.Protector }

func (f files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, err := f.guard.Acquire(r, "files")
	if err != nil {
		f.guard.WriteError(w, r, err)
		return
	}
	owner := r.PathValue("owner")
	if owner != token.(*jwt.Token).Subject() {
		if _, err := f.guard.Acquire(r, "files admin"); err != nil {
			f.guard.WriteError(w, r, err)
			return
		}
	}
	writeJSON(w, map[string]string{"files of": owner})
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}
