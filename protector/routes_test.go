package protector_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

func needs(scopes ...string) protector.Policy { return protector.Policy{Scopes: scopes} }

func newRoutes(t *testing.T, seen *[]protector.Decision) *protector.Routes {
	guard := newGuard(t, protector.Config{OnDecision: record(seen)})
	routes := guard.Routes()
	routes.Handle("GET /profile", needs("profile"), says("profile"))
	routes.HandleFunc("POST /profile", needs("write"), says("written").ServeHTTP)
	routes.Handle("/user/", needs("user"), says("user"))
	routes.Handle("/files/{name...}", protector.Policy{}, says("files"))
	routes.Handle("/files/secret/{name...}", needs("secret"), says("secret"))
	routes.Handle("GET /hello", protector.Policy{Optional: true}, hello)
	routes.Open("GET /health", says("well"))
	routes.Open("/public/{name...}", says("public"))
	routes.Handle("/public/plan", needs("secret"), says("plan"))
	routes.Handle("/open/{name...}", protector.Policy{Optional: true}, hello)
	return routes
}

// checklist 199, 224
func TestRoutes(t *testing.T) {
	var seen []protector.Decision
	server := serve(t, newRoutes(t, &seen))
	for _, tt := range []struct {
		request, token string
		status         int
		body, pattern  string
	}{
		{"GET /profile", "alice", 200, "profile", "GET /profile"},
		{"GET /profile", "bob", 403, "", "GET /profile"},
		{"GET /profile", "", 401, "", "GET /profile"},
		{"POST /profile", "alice", 403, "", "POST /profile"},
		{"GET /user/1", "bob", 200, "user", "/user/"},
		{"GET /hello", "", 200, "hello anonymous", "GET /hello"},
		{"GET /hello", "alice", 200, "hello alice", "GET /hello"},
		{"GET /hello", "expired", 401, "", "GET /hello"},
		{"GET /health", "", 200, "well", ""},
		{"GET /health", "expired", 200, "well", ""},
		{"GET /public/a/b", "", 200, "public", ""},
		// What has no route tells nothing to those without a token.
		{"GET /nothing", "", 401, "", ""},
		{"GET /nothing", "alice", 404, "", ""},
		{"DELETE /profile", "", 401, "", ""},
		{"DELETE /profile", "alice", 405, "", ""},
		{"POST /health", "", 401, "", ""},
		{"GET /user", "", 401, "", "/user/"},
		{"GET /user", "bob", 307, "", "/user/"},
		{"GET /user", "alice", 403, "", "/user/"},
		// An open route is open for paths that have one reading.
		{"GET /public/plan", "", 401, "", "/public/plan"},
		{"GET /public%2Fplan", "", 401, "", ""},
		{"GET /public/pl%61n", "", 401, "", "/public/plan"},
		{"GET /public/plan/", "", 401, "", "/public/{name...}"},
		{"GET /public/%2e%2e/profile", "", 401, "", "/public/{name...}"},
		{"GET /public/a;b", "", 401, "", "/public/{name...}"},
		{"GET /public/a%5cb", "", 401, "", "/public/{name...}"},
		{"GET /open/a", "", 200, "hello anonymous", "/open/{name...}"},
		{"GET /open/a;b", "", 401, "", "/open/{name...}"},
		{"GET /open/a;b", "alice", 200, "hello alice", "/open/{name...}"},
		// A path of two readings meets the policies of both.
		{"GET /files/plan", "alice", 200, "files", "/files/{name...}"},
		{"GET /files/secret/plan", "alice", 403, "", "/files/secret/{name...}"},
		{"GET /files/secret%2Fplan", "alice", 403, "", "/files/{name...}"},
		{"GET /files/a%2Fb", "alice", 200, "files", "/files/{name...}"},
	} {
		t.Run(tt.request+" "+tt.token, func(t *testing.T) {
			seen = nil
			request := tt.request + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
			if tt.token != "" {
				request += "Authorization: Bearer " + tt.token + "\r\n"
			}
			got := raw(t, server, request+"\r\n")
			require.Equal(t, tt.status, got.status, got.body)
			if tt.status == 200 {
				require.Equal(t, tt.body, got.body)
			}
			if tt.pattern != "" {
				require.Equal(t, tt.pattern, seen[0].Pattern)
			}
		})
	}
}

// A file server cleans paths, and takes every method. Where one is behind several routes, no method leads past the
// policy of the file's own.
//
// checklist 224
func TestRoutesOfOneFileServer(t *testing.T) {
	files := http.StripPrefix("/files", http.FileServerFS(fstest.MapFS{
		"plan": {Data: []byte("public")}, "secret/plan": {Data: []byte("secret")},
	}))
	routes := newGuard(t, protector.Config{}).Routes()
	routes.Handle("/files/{name...}", protector.Policy{}, files)
	routes.Handle("/files/secret/{name...}", needs("secret"), files)
	server := serve(t, routes)
	ask := func(method, path, token string) answer {
		return raw(t, server, method+" "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+
			"Authorization: Bearer "+token+"\r\n\r\n")
	}
	for _, method := range []string{"GET", "POST", "CONNECT", "OPTIONS", "BREW"} {
		require.Equal(t, 200, ask(method, "/files/plan", "alice").status, method)
		for _, path := range []string{
			"/files/secret/plan", "/files/x/../secret/plan", "/files//secret/plan", "/files/./secret/plan",
			"/files/x%2F..%2Fsecret/plan", "/files/%2e/secret/plan", "/files/x%2Fy/../secret/plan", "/files/secret%2Fplan",
		} {
			a := ask(method, path, "alice")
			require.NotEqual(t, "secret", a.body, "%s %s", method, path)
			require.Contains(t, []int{307, 403, 404}, a.status, "%s %s", method, path)
			require.Equal(t, 401, ask(method, path, "expired").status, "%s %s", method, path)
		}
	}
}

// checklist 224
func TestRoutesListThemselves(t *testing.T) {
	routes := newRoutes(t, new([]protector.Decision))
	var list []string
	for _, route := range routes.All() {
		list = append(list, fmt.Sprintf("%s open=%t %v optional=%t",
			route.Pattern, route.Open, route.Policy.Scopes, route.Policy.Optional))
	}
	require.Equal(t, []string{
		"GET /profile open=false [profile] optional=false",
		"POST /profile open=false [write] optional=false",
		"/user/ open=false [user] optional=false",
		"/files/{name...} open=false [] optional=false",
		"/files/secret/{name...} open=false [secret] optional=false",
		"GET /hello open=false [] optional=true",
		"GET /health open=true [] optional=false",
		"/public/{name...} open=true [] optional=false",
		"/public/plan open=false [secret] optional=false",
		"/open/{name...} open=false [] optional=true",
	}, list)
	routes.All()[0].Pattern = "changed"
	require.Equal(t, "GET /profile", routes.All()[0].Pattern)
}

func TestRoutesWithoutRoutesAreClosed(t *testing.T) {
	server := serve(t, newGuard(t, protector.Config{}).Routes())
	require.Equal(t, 401, get(t, server, "/").status)
	require.Equal(t, 404, get(t, server, "/", "Authorization: Bearer alice").status)
}

func TestFaultyRoutes(t *testing.T) {
	for name, wire := range map[string]func(*protector.Routes){
		"nil handler":      func(r *protector.Routes) { r.Handle("/", protector.Policy{}, nil) },
		"nil open handler": func(r *protector.Routes) { r.Open("/", nil) },
		"policy":           func(r *protector.Routes) { r.Handle("/", needs(""), hello) },
		"pattern":          func(r *protector.Routes) { r.Handle("//{", protector.Policy{}, hello) },
		"twice":            func(r *protector.Routes) { r.Open("/", hello); r.Handle("/", protector.Policy{}, hello) },
		"conflict":         func(r *protector.Routes) { r.Open("/{a}/b", hello); r.Open("/a/{b}", hello) },
		"another handler":  func(r *protector.Routes) { r.Handle("/", protector.Policy{}, protector.For(forMember)) },
		"nil function":     func(r *protector.Routes) { r.HandleFunc("/", protector.Policy{}, nil) },
		"empty, not nil":   func(r *protector.Routes) { r.Handle("/", protector.Policy{Scopes: []string{}}, hello) },
	} {
		t.Run(name, func(t *testing.T) {
			routes := newGuard(t, protector.Config{}).Routes()
			require.Panics(t, func() { wire(routes) })
		})
	}
	require.Panics(t, func() { new(protector.Protector).Routes() })
}

func forMember(http.ResponseWriter, *http.Request, *member) {}
