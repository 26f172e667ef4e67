package main

import (
	"encoding/json"
	"net/http"

	"example.com/resourceserver/examples/tokentable/store"
	"example.com/resourceserver/protector"
)

// newAPI is the whole wiring: the table's Lookup is the validator, and handlers
// get the table's own type back.
func newAPI(tokens *store.Store, config protector.Config) (http.Handler, error) {
	config.Validators = []protector.Validator{protector.Bearer(tokens.Lookup)}
	guard, err := protector.New(config)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /me", guard.Require()(http.HandlerFunc(me)))
	mux.Handle("GET /user", guard.Require("profile email", "user")(http.HandlerFunc(me)))
	mux.Handle("POST /logout", guard.Require()(logout(tokens)))
	return mux, nil
}

func me(w http.ResponseWriter, r *http.Request) {
	token, _ := protector.CurrentToken[*store.Token](r.Context())
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"name": token.User.Name, "email": token.User.Email})
}

func logout(tokens *store.Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, _ := protector.CurrentToken[*store.Token](r.Context())
		if err := tokens.Revoke(r.Context(), token); err != nil {
			http.Error(w, "try again later", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}
