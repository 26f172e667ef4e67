package main

import (
	"encoding/json"
	"net/http"
	"time"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
)

// newAPI has a route for every way to protect one, and lists them. What has no route is
// closed. On a router of your own, guard.Require("profile") is middleware that asks for
// the same as a policy here.
func newAPI(guard *protector.Protector) (http.Handler, []listed) {
	routes := guard.Routes()
	scopes := func(alternatives ...string) protector.Policy { return protector.Policy{Scopes: alternatives} }
	welcome := protector.Policy{Scopes: []string{"profile"}, Optional: true}

	routes.Open("GET /{$}", http.HandlerFunc(index))                        // open to everybody
	routes.HandleFunc("GET /me", protector.Policy{}, whoami)                // any valid token
	routes.HandleFunc("GET /profile", scopes("profile"), whoami)            // one scope
	routes.HandleFunc("GET /contact", scopes("profile email"), whoami)      // AND
	routes.HandleFunc("GET /feed", scopes("profile", "email"), whoami)      // OR
	routes.HandleFunc("GET /user", scopes("profile email", "user"), whoami) // both
	routes.HandleFunc("GET /payments", payments, whoami)                    // and how the user has logged in
	routes.HandleFunc("GET /greeting", welcome, greet)                      // a token is welcome, not needed
	routes.Handle("GET /files/{owner}", protector.Policy{}, files{guard})   // the handler asks for more
	routes.Open(guard.ResourceMetadata())                                   // tells strangers where to get a token

	notes := (&notes{}).resource() // each method its own scope
	routes.Handle("/notes", protector.Policy{}, guard.Methods(notes))
	return routes, inventory(routes, map[string]protector.Methods{"/notes": notes})
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
