package protector_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// wired is a guard with a route or a middleware of each kind. The order is that of the wiring, backwards if so asked.
func wired(t *testing.T, backwards bool) *shaded {
	hierarchy, err := scopes.NewHierarchy(map[string][]string{"write": {"profile"}})
	require.NoError(t, err)
	guard := newShaded(t, protector.Config{Hierarchy: hierarchy, Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (protector.Token, error) { return nil, nil }),
		protector.Field("X-Txn", newTable().lookup),
	}, AmbientCookie: "se$sion", InsecureQueryTokens: true})
	routes := guard.Routes()
	steps := []func(){
		func() { routes.Handle("GET /user", needs("profile email", "user"), hello) },
		func() {
			routes.Handle("POST /user", protector.Policy{
				Name: "write-user", Scopes: []string{"write"}, Groups: []string{"staff"}, Roles: []string{"editor"},
				Entitlements: []string{"print"}, Clients: []string{"a|b"}, NoDelegation: true, ACR: []string{"mfa"},
				MaxAge: 5 * time.Minute, UntilExpiry: true,
				Claims:    []protector.ClaimRule{{Path: []string{"org", "plan"}, AnyOf: []any{"team", 1, true}}},
				Check:     func(context.Context, protector.Token) error { return nil },
				Withdrawn: func(protector.Token) context.Context { return nil },
			}, hello)
		},
		func() { routes.Handle("/files/{name...}", protector.Policy{Optional: true}, hello) },
		func() { routes.Handle("GET /files/{name...}", until(needs("files")), hello) },
		func() { routes.Open("GET /healthz", hello) },
		func() { guard.Require("profile") },
		func() { guard.Require("profile") },
		func() { newRule(t, guard.Protector, protector.Policy{}) },
	}
	for i := range steps {
		if backwards {
			i = len(steps) - 1 - i
		}
		steps[i]()
	}
	_, err = guard.Acquire(newRequest("alice"), "not-listed")
	require.Error(t, err)
	return guard
}

// checklist 224
func TestInventory(t *testing.T) {
	guard := wired(t, false)
	inventory := guard.Inventory()
	text, err := json.Marshal(inventory)
	require.NoError(t, err)
	require.JSONEq(t, `{"hierarchy": true, "rules": [
		{"by": "NewRule"},
		{"by": "Require", "scopes": ["profile"]},
		{"by": "Routes: no route"},
		{"pattern": "/files/{name...}", "by": "Routes", "optional": true},
		{"pattern": "GET /files/{name...}", "by": "Routes", "scopes": ["files"],
			"insecure_shadow_until": "2026-01-01T01:00:00Z"},
		{"pattern": "GET /healthz", "by": "Routes", "open": true},
		{"pattern": "GET /user", "by": "Routes", "scopes": ["profile email", "user"]},
		{"pattern": "POST /user", "by": "Routes", "name": "write-user", "scopes": ["write"], "groups": ["staff"],
			"roles": ["editor"], "entitlements": ["print"], "clients": ["a|b"], "no_delegation": true, "acr": ["mfa"],
			"claims": [{"path": ["org", "plan"], "any_of": ["team", 1, true]}],
			"max_age_seconds": 300, "until_expiry": true, "check": true, "withdrawn": true}
	]}`, string(text))
	require.Equal(t, strings.TrimLeft(`
| route | asks for | by |
|---|---|---|
| — | a token | NewRule |
| — | a token, scope profile | Require |
| — | a token | Routes: no route |
| /files/{name...} | nothing, or a token | Routes |
| GET /files/{name...} | NOT ENFORCED until 2026-01-01T01:00:00Z: a token, scope files | Routes |
| GET /healthz | nothing: open | Routes |
| GET /user | a token, scope profile email OR user | Routes |
| POST /user | a token, scope write, group staff, role editor, entitlement print, client a\|b, acr mfa, `+
		`claim org / plan is "team" or 1 or true, signed in within 5m0s, nobody acting for the subject, a check of its own, `+
		`until it expires, or is withdrawn | Routes |

Scopes may be granted by broader ones.
`, "\n"), inventory.Markdown())
	again := wired(t, true).Inventory()
	require.Equal(t, inventory.Markdown(), again.Markdown(), "whatever the order")
	inventory.Rules[1].Scopes[0], inventory.Rules[7].Claims[0].AnyOf[0] = "spoilt", "spoilt"
	require.NotContains(t, guard.Inventory().Markdown(), "spoilt", "a copy")
	guard.now = dawn.Add(time.Hour)
	require.NotContains(t, guard.Inventory().Markdown(), "NOT ENFORCED")
	require.True(t, guard.Inventory().Rules[4].ShadowOver)
}

// checklist 224
func TestInventoryForOpenAPI(t *testing.T) {
	inventory := wired(t, false).Inventory()
	text, err := inventory.OpenAPI()
	require.NoError(t, err)
	var document struct {
		Components struct{ SecuritySchemes map[string]any }
		Paths      map[string]map[string]struct{ Security []map[string][]string }
	}
	require.NoError(t, json.Unmarshal(text, &document))
	require.Equal(t, map[string]any{
		"bearer":         map[string]any{"type": "http", "scheme": "bearer"},
		"header-X-Txn":   map[string]any{"type": "apiKey", "in": "header", "name": "X-Txn"},
		"cookie-se-sion": map[string]any{"type": "apiKey", "in": "cookie", "name": "se$sion"},
		"query":          map[string]any{"type": "apiKey", "in": "query", "name": "access_token"},
	}, document.Components.SecuritySchemes)
	require.Len(t, document.Paths, 3)
	user := document.Paths["/user"]["get"].Security
	require.Len(t, user, 8)
	require.Equal(t, map[string][]string{"bearer": {"profile", "email"}}, user[0])
	require.Equal(t, map[string][]string{"bearer": {"user"}}, user[1])
	require.Contains(t, string(text), `"security": []`, "open is said, and not left out")
	require.Empty(t, document.Paths["/healthz"]["get"].Security)
	files := document.Paths["/files/{name}"]
	require.Len(t, files, 8)
	require.Equal(t, map[string][]string{"bearer": {"files"}}, files["get"].Security[0])
	require.Equal(t, map[string][]string{}, files["put"].Security[4], "no token is an alternative")
	require.Equal(t, map[string][]string{"bearer": {}}, files["put"].Security[0])
	again, err := wired(t, true).Inventory().OpenAPI()
	require.NoError(t, err)
	require.Equal(t, string(text), string(again))
}

// A pattern with GET takes HEAD as well, before one without method does.
func TestInventoryHasHEADByTheRouteThatServesIt(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	routes := guard.Routes()
	routes.Handle("GET /x", protector.Policy{Scopes: []string{"admin"}}, hello)
	routes.Open("/x", hello)
	routes.Open("GET /y", hello)
	routes.Handle("HEAD /y", protector.Policy{Scopes: []string{"admin"}}, hello)
	text, err := guard.Inventory().OpenAPI()
	require.NoError(t, err)
	var document struct {
		Paths map[string]map[string]struct{ Security []map[string][]string }
	}
	require.NoError(t, json.Unmarshal(text, &document))
	guarded := []map[string][]string{{"bearer": {"admin"}}}
	require.Equal(t, guarded, document.Paths["/x"]["head"].Security)
	require.Empty(t, document.Paths["/x"]["post"].Security)
	require.Equal(t, guarded, document.Paths["/y"]["head"].Security)
	require.Empty(t, document.Paths["/y"]["get"].Security)
	for method, status := range map[string]int{"GET": 401, "HEAD": 401, "POST": 200} {
		answer := httptest.NewRecorder()
		routes.ServeHTTP(answer, httptest.NewRequest(method, "/x", nil))
		require.Equal(t, status, answer.Code, method)
	}
}

// Each place has a name of its own, and one that OpenAPI lets a component have.
func TestInventoryNamesPlacesApart(t *testing.T) {
	nobody := newTable().lookup
	inRequest := func(r *http.Request, bearer string) (*token, error) { return nobody(r.Context(), bearer) }
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true, Validators: []protector.Validator{
		protector.Bearer(nobody), protector.Scheme("A*B", inRequest), protector.Scheme("Query", inRequest),
		protector.Field("X!A", nobody), protector.Field("X'A", nobody),
	}})
	text, err := guard.Inventory().OpenAPI()
	require.NoError(t, err)
	var document struct {
		Components struct{ SecuritySchemes map[string]map[string]string }
	}
	require.NoError(t, json.Unmarshal(text, &document))
	require.Len(t, document.Components.SecuritySchemes, 6)
	for name := range document.Components.SecuritySchemes {
		require.Regexp(t, `^[a-zA-Z0-9._-]+$`, name) // OpenAPI 3.1 §4.8.7.1
	}
	require.Equal(t, "a*b", document.Components.SecuritySchemes["a-b"]["scheme"])
	require.Equal(t, "query", document.Components.SecuritySchemes["query-2"]["in"])
}

// Two policies that ask for different things are not read as one.
func TestInventoryTellsPoliciesApart(t *testing.T) {
	claim := func(path []string, values ...any) protector.Policy {
		return protector.Policy{Claims: []protector.ClaimRule{{Path: path, AnyOf: values}}}
	}
	for name, pair := range map[string][2]protector.Policy{
		"OR":     {{Clients: []string{"a OR b"}}, {Clients: []string{"a", "b"}}},
		"comma":  {{Groups: []string{"a, role b"}}, {Groups: []string{"a"}, Roles: []string{"b"}}},
		"kinds":  {claim([]string{"a"}, "x y", "true"), claim([]string{"a"}, "x", "y", true)},
		"path":   {claim([]string{"a / b"}, 1), claim([]string{"a", "b"}, 1)},
		"entity": {{Clients: []string{"&lt;"}}, {Clients: []string{"<"}}},
	} {
		var told [2]string
		for i, policy := range pair {
			guard := newGuard(t, protector.Config{Validators: []protector.Validator{
				protector.Bearer(func(context.Context, string) (protector.Token, error) { return nil, nil }),
			}})
			newRule(t, guard, policy)
			told[i] = guard.Inventory().Markdown()
		}
		require.NotEqual(t, told[0], told[1], name)
	}
}

func TestInventoryThatOpenAPICannotSay(t *testing.T) {
	for name, tt := range map[string]struct {
		patterns []string
		says     string
	}{
		"hosts":          {[]string{"GET a.example/x", "GET b.example/x"}, "is not the only get of its path"},
		"hosts, any":     {[]string{"a.example/x", "b.example/x"}, "is not the only delete of its path"},
		"wildcard names": {[]string{"GET /x/{a}", "POST /x/{b}"}, `"/x/{a}" and "/x/{b}" are one path there`},
	} {
		t.Run(name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{})
			routes := guard.Routes()
			for _, pattern := range tt.patterns {
				routes.Handle(pattern, protector.Policy{}, hello)
			}
			_, err := guard.Inventory().OpenAPI()
			require.ErrorContains(t, err, "protector: OpenAPI: ")
			require.ErrorContains(t, err, tt.says)
		})
	}
	guard := newGuard(t, protector.Config{})
	routes := guard.Routes()
	routes.Handle("PURGE /x", protector.Policy{}, hello)
	routes.Handle("GET /y/{$}", protector.Policy{}, hello)
	text, err := guard.Inventory().OpenAPI()
	require.NoError(t, err)
	require.NotContains(t, string(text), "purge")
	require.Contains(t, string(text), `"/y/"`)
}

// A program that makes rules for requests does not fill the memory.
func TestInventoryIsBounded(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for i := range 4100 {
		newRule(t, guard, needs(fmt.Sprint("s", i)))
	}
	inventory := guard.Inventory()
	require.Len(t, inventory.Rules, 4096)
	require.Equal(t, 4, inventory.LeftOut)
	require.Contains(t, inventory.Markdown(), "4 more rules are left out")
	require.Panics(t, func() { new(protector.Protector).Inventory() })
}

// checklist 224
func TestUnguardedRoutes(t *testing.T) {
	guard := newShaded(t, protector.Config{})
	routes := guard.Routes()
	routes.Handle("GET /user", needs("user"), hello)
	require.NoError(t, routes.Verify())
	routes.Open("GET /healthz", hello)
	routes.Handle("GET /hello", protector.Policy{Optional: true}, hello)
	routes.Handle("GET /new", until(needs("user")), hello)
	require.NoError(t, routes.Verify("GET /healthz", "GET /hello", "GET /new"))
	err := routes.Verify("GET /user", "GET /gone")
	for _, says := range []string{
		`protector: Routes: "GET /healthz" is open: name it`, `"GET /hello" is optional`, `"GET /new" is in shadow`,
		`"GET /user" is named, and no such route is open`, `"GET /gone" is named`,
	} {
		require.ErrorContains(t, err, says)
	}
	guard.now = dawn.Add(2 * time.Hour)
	require.ErrorContains(t, routes.Verify("GET /healthz", "GET /hello"), `"GET /new" is in shadow`, "to be removed")
}
