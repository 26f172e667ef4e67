package protector_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

func newHierarchy(t testing.TB, implies map[string][]string) scopes.Hierarchy {
	t.Helper()
	h, err := scopes.NewHierarchy(implies)
	require.NoError(t, err)
	return h
}

// ranks are tokens of which each is called as its scope.
func ranks() protector.Validator {
	return protector.Bearer(func(_ context.Context, s string) (*token, error) {
		return &token{user: s, scope: s}, nil
	})
}

// Whatever asks for scopes sees what is implied, and the challenge names what is asked for.
//
// checklist 207
func TestHierarchyBehindEveryDoor(t *testing.T) {
	implies := map[string][]string{"admin": {"write", "audit"}, "write": {"read"}}
	guard := newGuard(t, protector.Config{
		Validators: []protector.Validator{ranks()}, Hierarchy: newHierarchy(t, implies),
	})
	read := protector.Policy{Scopes: []string{"read"}}
	rule, err := guard.NewRule(read)
	require.NoError(t, err)
	routes := guard.Routes()
	routes.Handle("GET /", read, hello)
	mux := http.NewServeMux()
	mux.Handle("/", hello)
	for name, handler := range map[string]http.Handler{
		"Require":       guard.Require("read")(hello),
		"Optional":      guard.Optional("read")(hello),
		"RequirePolicy": guard.RequirePolicy(read)(hello),
		"nested":        guard.Require("admin", "write", "read")(guard.Require("read")(hello)),
		"Methods":       guard.Methods(protector.Methods{"GET": {Policy: read, Handler: hello}}),
		"Routes":        routes,
		"Subtree":       guard.Subtree(mux, read),
		"For": guard.Require("read")(protector.For(func(w http.ResponseWriter, r *http.Request, tok *token) {
			hello(w, r)
		})),
		"Acquire": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := guard.Acquire(r, "read"); err != nil {
				guard.WriteError(w, r, err)
				return
			}
			w.WriteHeader(http.StatusOK)
		}),
		"Check": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := guard.Check(r, rule); err != nil {
				guard.WriteError(w, r, err)
				return
			}
			w.WriteHeader(http.StatusOK)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, handler)
			for range 2 {
				for _, granted := range []string{"read", "write", "admin"} {
					require.Equal(t, 200, get(t, server, "/", "Authorization: Bearer "+granted).status, granted)
				}
				for _, granted := range []string{"audit", "Admin", "adm", "admin.write", "readwrite", "x"} {
					a := get(t, server, "/", "Authorization: Bearer "+granted)
					require.Equal(t, 403, a.status, granted)
					_, params := parseChallenge(t, a.challenges()[0])
					require.Equal(t, "insufficient_scope", params["error"])
					want := "read"
					if name == "nested" {
						want = "admin"
					}
					require.Equal(t, want, params["scope"], "of %q", granted)
				}
			}
		})
	}
}

// checklist 207
func TestChallengeBehindAHierarchy(t *testing.T) {
	implies := map[string][]string{"admin": {"write", "audit"}, "write": {"read"}}
	guard := newGuard(t, protector.Config{
		Validators: []protector.Validator{ranks()}, Hierarchy: newHierarchy(t, implies), ScopeInChallenge: true,
	})
	for _, tt := range []struct {
		asks    []string
		granted string
		scope   string
	}{
		{[]string{"read"}, "", "read"},
		{[]string{"read pay", "x y"}, "admin", "read pay"},
		{[]string{"x", "audit read"}, "write", "x"},
		{[]string{"audit read", "x"}, "write", "audit read"},
		{[]string{"write"}, "read", "write"},
	} {
		header := "X: y"
		if tt.granted != "" {
			header = "Authorization: Bearer " + tt.granted
		}
		a := get(t, serve(t, guard.Require(tt.asks...)(hello)), "/", header)
		_, params := parseChallenge(t, a.challenges()[0])
		require.Equal(t, tt.scope, params["scope"], "%q of %q", tt.asks, tt.granted)
	}
}

// Everybody but the decision sees the token as it was issued.
func TestHierarchyLeavesTheTokenAlone(t *testing.T) {
	h := newHierarchy(t, map[string][]string{"admin": {"read"}})
	seen := map[string]string{}
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{ranks()}, Hierarchy: h,
		OnDecision: func(ctx context.Context, _ protector.Decision) {
			tok, _ := protector.CurrentToken[*token](ctx)
			seen["OnDecision"] = tok.Scopes().String()
		}})
	policy := protector.Policy{Scopes: []string{"read"}, Check: func(_ context.Context, tok protector.Token) error {
		seen["Check"] = tok.Scopes().String()
		return nil
	}}
	server := serve(t, guard.RequirePolicy(policy)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tok, _ := protector.CurrentToken[*token](r.Context())
		seen["handler"], seen["expanded"] = tok.Scopes().String(), h.Expand(tok.Scopes()).String()
	})))
	require.Equal(t, 200, get(t, server, "/", "Authorization: Bearer admin").status)
	require.Equal(t, map[string]string{
		"Check": "admin", "handler": "admin", "OnDecision": "admin", "expanded": "admin read",
	}, seen)
}

// Groups and roles are not scopes, and imply nothing.
func TestHierarchyIsForScopesOnly(t *testing.T) {
	guard := newGuard(t, protector.Config{
		Validators: []protector.Validator{members()},
		Hierarchy:  newHierarchy(t, map[string][]string{"staff": {"admins"}, "editor": {"owner"}, "print": {"scan"}}),
	})
	for _, policy := range []protector.Policy{
		{Groups: []string{"admins"}}, {Roles: []string{"owner"}}, {Entitlements: []string{"scan"}},
	} {
		a := get(t, serve(t, guard.RequirePolicy(policy)(hello)), "/", "Authorization: Bearer alice")
		require.Equal(t, 403, a.status)
	}
}

// Each protector has its own.
func TestHierarchyIsThatOfOneProtector(t *testing.T) {
	validators := []protector.Validator{ranks()}
	with := newGuard(t, protector.Config{
		Validators: validators, Hierarchy: newHierarchy(t, map[string][]string{"write": {"read"}}),
	})
	without := newGuard(t, protector.Config{Validators: validators})
	for _, handler := range []http.Handler{
		with.Require("read")(without.Require("read")(hello)), without.Require("read")(with.Require("read")(hello)),
	} {
		require.Equal(t, 403, get(t, serve(t, handler), "/", "Authorization: Bearer write").status)
		require.Equal(t, 200, get(t, serve(t, handler), "/", "Authorization: Bearer read").status)
	}
}
