package protector_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

func newSubtree(guard *protector.Protector) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", says("healthy"))
	mux.Handle("/public/", says("public"))
	mux.Handle("/public/admin", says("admin"))
	mux.Handle("/public/secret/", says("secret"))
	mux.Handle("/files/{path...}", says("files"))
	mux.Handle("/docs/", says("docs"))
	mux.Handle("/user", guard.Require("profile")(hello))
	return guard.Subtree(mux, protector.Policy{}, "GET /healthz", "/public/", "/files/{path...}", "/not/registered")
}

// checklist 199
func TestSubtree(t *testing.T) {
	server := serve(t, newSubtree(newGuard(t, protector.Config{})))
	for _, tt := range []struct {
		name, method, target string
		anonymous, alice     int // statuses
	}{
		{"open", "GET", "/healthz", 200, 200},
		{"open, HEAD as the mux has it", "HEAD", "/healthz", 200, 200},
		{"open, with a query", "GET", "/healthz?x=/user", 200, 200},
		{"open for GET only", "POST", "/healthz", 401, 405},
		{"open subtree", "GET", "/public/", 200, 200},
		{"open subtree, deeper", "GET", "/public/a/b", 200, 200},
		{"open subtree, every method", "DELETE", "/public/a", 200, 200},
		{"route within an open subtree", "GET", "/public/admin", 401, 200},
		{"subtree within an open subtree", "GET", "/public/secret/x", 401, 200},
		{"redirect to an open route", "GET", "/public", 401, 307},
		{"redirect by cleaning", "GET", "//healthz", 401, 307},
		{"dot segments", "GET", "/public/../user", 401, 307},
		{"dot segments to an open route", "GET", "/user/../healthz", 401, 307},
		{"doubled slash", "GET", "/public//admin", 401, 307},
		{"encoded dot segments", "GET", "/public/%2e%2e/user", 401, 200},
		{"encoded dot segments in a wildcard", "GET", "/files/%2e%2e/user", 401, 200},
		{"half encoded dot segments", "GET", "/public/.%2e/user", 401, 200},
		{"encoded slash and dots", "GET", "/public/..%2fuser", 401, 200},
		{"encoded slash for the open one", "GET", "/public%2Fadmin", 401, 404},
		{"doubled encoded slash", "GET", "/public/%2f/admin", 401, 200},
		{"encoded letter", "GET", "/public/%61dmin", 401, 200},
		{"encoded slash to a protected subtree", "GET", "/public/secret%2Fplan.txt", 401, 200},
		{"encoded slash and letters", "GET", "/public/%73ecret%2fplan.txt", 401, 200},
		{"encoded slash twice over", "GET", "/public/secret%252Fplan.txt", 401, 200},
		{"encoded slash thrice over", "GET", "/public/secret%25252Fplan.txt", 401, 200},
		{"encoded slash in a wildcard", "GET", "/files/a%2Fb", 200, 200},
		{"encoded slash to nothing protected", "GET", "/public/a%2Fb", 200, 200},
		{"encoded slash to another route", "GET", "/files%2F..%2Fuser", 401, 404},
		{"encoded percent sign", "GET", "/public/100%25.txt", 200, 200},
		{"encoded letter within the open one", "GET", "/public/%61", 200, 200},
		{"semicolon", "GET", "/public/..;/user", 401, 200},
		{"encoded semicolon", "GET", "/public/..%3b/user", 401, 200},
		{"parameters", "GET", "/public/a;x=y", 401, 200},
		{"empty segment", "GET", "/public/a%2F%2Fb", 401, 200},
		{"encoded backslash", "GET", "/public/secret%5Cplan.txt", 401, 200},
		{"NUL", "GET", "/public/secret%00", 401, 200},
		{"line break", "GET", "/public/a%0Ab", 401, 200},
		{"backslash", "GET", `/public/..%5cuser`, 401, 200},
		{"other case", "GET", "/Healthz", 401, 404},
		{"protected", "GET", "/user", 401, 200},
		{"protected subtree", "GET", "/docs/a", 401, 200},
		{"redirect to a protected subtree", "GET", "/docs", 401, 307},
		{"unknown", "GET", "/nothing", 401, 404},
		{"root", "GET", "/", 401, 404},
		{"open but not registered", "GET", "/not/registered", 401, 404},
		{"CONNECT, open route", "CONNECT", "/public/x", 200, 200},
		{"CONNECT, redirect", "CONNECT", "/public", 401, 307},
		{"CONNECT, dot segments", "CONNECT", "/public/../user", 401, 200},
		{"CONNECT, doubled slash", "CONNECT", "/public//user", 401, 200},
		{"OPTIONS *", "OPTIONS", "*", 200, 200}, // net/http answers it before any handler
	} {
		t.Run(tt.name, func(t *testing.T) {
			const request = "%s %s HTTP/1.1\r\nHost: api.example\r\n%sConnection: close\r\n\r\n"
			a := raw(t, server, fmt.Sprintf(request, tt.method, tt.target, ""))
			require.Equal(t, tt.anonymous, a.status, a.body)
			a = raw(t, server, fmt.Sprintf(request, tt.method, tt.target, "Authorization: Bearer alice\r\n"))
			require.Equal(t, tt.alice, a.status, a.body)
		})
	}
}

// What stands behind an open pattern may go by the decoded path, as a file server
// does, or pass the path on as it was sent, to somebody who decodes it.
//
// checklist 199
func TestSubtreeBeforeFilesAndProxies(t *testing.T) {
	files := fstest.MapFS{
		"public/hello.txt":       {Data: []byte("hello")},
		"public/secret/plan.txt": {Data: []byte("the plan")},
	}
	backend := http.NewServeMux()
	backend.Handle("/{name}", says("page"))
	backend.Handle("/api/", says("the api"))
	behind := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		plain := *r.URL
		plain.RawPath = "" // it goes by the decoded path alone
		r.URL = &plain
		backend.ServeHTTP(w, r)
	}))
	address, err := url.Parse(behind.URL)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(address)

	mux := http.NewServeMux()
	mux.Handle("/public/", http.FileServerFS(files))
	mux.Handle("/public/secret/", http.FileServerFS(files))
	mux.Handle("/{name}", proxy)
	mux.Handle("/api/", proxy)
	guard := newGuard(t, protector.Config{})
	server := serve(t, guard.Subtree(mux, protector.Policy{}, "/public/", "/{name}"))
	for path, want := range map[string]string{
		"/public/hello.txt":             "hello",
		"/public/%68ello.txt":           "hello",
		"/public/secret/plan.txt":       "",
		"/public/secret%2Fplan.txt":     "",
		"/public%2Fsecret%2Fplan.txt":   "",
		"/public/secret%252Fplan.txt":   "",
		"/public/%2e/secret%2Fplan.txt": "",
		"/page":                         "page",
		"/api/users":                    "",
		"/api%2Fusers":                  "",
		"/api%2fusers":                  "",
		"/api%252Fusers":                "",
	} {
		t.Run(path, func(t *testing.T) {
			a := raw(t, server, "GET "+path+" HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n")
			if want == "" {
				require.Equal(t, 401, a.status, a.body)
				return
			}
			require.Equal(t, want, a.body)
		})
	}
}

// The subtree's requirement and the route's both hold; the token is
// authenticated once, and the decision names the route.
func TestSubtreeAndRoute(t *testing.T) {
	rows := newTable()
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{OnDecision: record(&seen),
		Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	server := serve(t, newSubtree(guard))
	require.Equal(t, 403, get(t, server, "/user", "Authorization: Bearer bob").status)
	require.EqualValues(t, 1, rows.asked.Load())
	require.Len(t, seen, 2)
	require.Equal(t, "/user", seen[0].Pattern)
	require.Equal(t, protector.OutcomeGranted, seen[0].Outcome)
	require.Equal(t, protector.OutcomeRefused, seen[1].Outcome)

	get(t, server, "/public/x", "Authorization: Bearer bob")
	require.Len(t, seen, 2, "nothing is decided on an open route")
}

// For CONNECT the mux calls the path of a redirect a pattern. It is the client's
// choice, and would make as many labels as it likes.
func TestSubtreePatternIsNeverThePath(t *testing.T) {
	var seen []protector.Decision
	mux := http.NewServeMux()
	mux.Handle("/{tenant}/", says("tenant"))
	handler := newGuard(t, protector.Config{OnDecision: record(&seen)}).Subtree(mux, protector.Policy{})
	for _, method := range []string{"GET", "CONNECT"} {
		handler.ServeHTTP(httptest.NewRecorder(), &http.Request{Method: method, URL: &url.URL{Path: "/made-up"}})
	}
	require.Len(t, seen, 2)
	require.Equal(t, "/{tenant}/", seen[0].Pattern)
	require.Empty(t, seen[1].Pattern)
}

// The mux finds path values behind the protector as without it.
func TestSubtreePathValues(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	mux := http.NewServeMux()
	show := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Pattern, " ", r.PathValue("id")) }
	mux.HandleFunc("GET /user/{id}", show)
	mux.HandleFunc("GET /open/{id}", show)
	server := serve(t, guard.Subtree(mux, protector.Policy{}, "GET /open/{id}"))
	require.Equal(t, "GET /user/{id} 7", get(t, server, "/user/7", "Authorization: Bearer alice").body)
	require.Equal(t, "GET /open/{id} 7", get(t, server, "/open/7").body)
}

func TestFaultySubtrees(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	mux := http.NewServeMux()
	for _, tt := range []struct {
		name string
		call func()
	}{
		{"nil mux", func() { guard.Subtree(nil, protector.Policy{}) }},
		{"policy", func() { guard.Subtree(mux, protector.Policy{Scopes: []string{""}}) }},
		{"blank pattern", func() { guard.Subtree(mux, protector.Policy{}, "") }},
		{"malformed pattern", func() { guard.Subtree(mux, protector.Policy{}, "/a/{") }},
		{"twice", func() { guard.Subtree(mux, protector.Policy{}, "/a", "/a") }},
	} {
		t.Run(tt.name, func(t *testing.T) { require.Panics(t, tt.call) })
	}
}

// A handler that joins the path to a directory, or passes it on, reads
// "/public/plan/" as "/public/plan".
//
// checklist 199
func TestSubtreeAndASlashAtTheEnd(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/public/{path...}", says("public"))
	mux.Handle("/public/{name}", says("named"))
	mux.Handle("/public/plan", says("plan"))
	mux.Handle("/docs", says("index"))
	mux.Handle("/docs/", says("docs"))
	mux.Handle("GET /rows/{id}/{$}", says("row"))
	guard := newGuard(t, protector.Config{})
	server := serve(t, guard.Subtree(mux, protector.Policy{},
		"/public/{path...}", "/public/{name}", "/docs/", "GET /rows/{id}/{$}"))
	for target, status := range map[string]int{
		"/public/plan": 401, "/public/plan/": 401, "/public/%70lan/": 401, "/public/plan%2F": 401,
		"/public/%c0%ae%c0%ae/x": 401, "/public/caf%c3%a9/": 200,
		"/public/": 200, "/public/a": 200, "/public/a/": 200, "/public/a/b/": 200, "/public/plan/a/": 200,
		"/docs": 401, "/docs/": 200, "/docs/a/": 200, "/rows/5/": 200, "/rows/5": 401,
	} {
		require.Equal(t, status, get(t, server, target).status, target)
	}
}
