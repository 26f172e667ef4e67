package main

import (
	"net/http"
	"sync"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
)

// notes is a handler type with a method for each HTTP method, and a policy for
// each of those.
type notes struct {
	mu      sync.Mutex
	authors []string
}

func (n *notes) resource() protector.Methods {
	return protector.Methods{
		"GET": {
			Policy:  protector.Policy{Scopes: []string{"notes:read"}},
			Handler: http.HandlerFunc(n.list),
		},
		"POST": {
			Policy:  protector.Policy{Scopes: []string{"notes:write"}},
			Handler: http.HandlerFunc(n.create),
		},
	}
}

func (n *notes) list(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	writeJSON(w, map[string]any{"notes by": append([]string{}, n.authors...)})
}

func (n *notes) create(w http.ResponseWriter, r *http.Request) {
	token, _ := protector.CurrentToken[*jwt.Token](r.Context())
	n.mu.Lock()
	defer n.mu.Unlock()
	n.authors = append(n.authors, token.Subject())
	w.WriteHeader(http.StatusCreated)
}
