package protector_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/protector"
)

// Whoever knows the identifier finds the document: the well-known part comes between host and path, and a slash that
// ends the host goes.
//
// checklist 162, 166
func TestResourceIdentifiers(t *testing.T) {
	for identifier, document := range map[string]string{
		"https://api.example":                     "https://api.example" + metadataPath,
		"https://api.example/":                    "https://api.example" + metadataPath,
		"https://api.example:8443/":               "https://api.example:8443" + metadataPath,
		"https://api.example/v1":                  "https://api.example" + metadataPath + "/v1",
		"https://api.example/v1/":                 "https://api.example" + metadataPath + "/v1/",
		"https://api.example/v1/files":            "https://api.example" + metadataPath + "/v1/files",
		"https://api.example?a=b":                 "https://api.example" + metadataPath + "?a=b",
		"https://api.example/?a=b":                "https://api.example" + metadataPath + "?a=b",
		"https://api.example/v1?a=b/c?d":          "https://api.example" + metadataPath + "/v1?a=b/c?d",
		"https://api.example/v1/?a=b":             "https://api.example" + metadataPath + "/v1/?a=b",
		"https://api.example/%7Bid%7D":            "https://api.example" + metadataPath + "/%7Bid%7D",
		"https://api.example/%7B$%7D":             "https://api.example" + metadataPath + "/%7B$%7D",
		"https://api.example/%7Brest...%7D/":      "https://api.example" + metadataPath + "/%7Brest...%7D/",
		"https://api.example/a%2Fb%20c":           "https://api.example" + metadataPath + "/a%2Fb%20c",
		"https://api.example/caf%C3%A9":           "https://api.example" + metadataPath + "/caf%C3%A9",
		"https://api.example/~a.b/c;d=e,f@g:h":    "https://api.example" + metadataPath + "/~a.b/c;d=e,f@g:h",
		"https://xn--bcher-kva.example":           "https://xn--bcher-kva.example" + metadataPath,
		"https://[2001:db8::1]:444/v1":            "https://[2001:db8::1]:444" + metadataPath + "/v1",
		"http://localhost:8080/v1":                "http://localhost:8080" + metadataPath + "/v1",
		"http://127.0.0.1/":                       "http://127.0.0.1" + metadataPath,
		"http://[::1]:8080/":                      "http://[::1]:8080" + metadataPath,
		"https://api.example" + metadataPath:      "https://api.example" + metadataPath + metadataPath,
		"https://api.example/GET%20/":             "https://api.example" + metadataPath + "/GET%20/",
		"https://api.example/" + longPath(2_000):  "https://api.example" + metadataPath + "/" + longPath(2_000),
		"https://api.example/...":                 "https://api.example" + metadataPath + "/...",
		"https://api.example/.well-known/x/.hide": "https://api.example" + metadataPath + "/.well-known/x/.hide",
	} {
		t.Run(identifier[:min(len(identifier), 60)], func(t *testing.T) {
			guard, server := described(t, protector.Config{Resource: identifier})
			secured := serve(t, guard.Require()(says("in")))
			refused := get(t, secured, "/")
			require.Contains(t, refused.header.Values("Access-Control-Expose-Headers"), "WWW-Authenticate")
			_, params := parseChallenge(t, refused.challenges()[0])
			require.Equal(t, document, params["resource_metadata"])
			u, err := url.Parse(document)
			require.NoError(t, err)
			a := raw(t, server, "GET "+u.RequestURI()+" HTTP/1.1\r\nHost: a\r\n\r\n")
			require.Equal(t, 200, a.status)
			all, err := documentIn(a)
			require.NoError(t, err)
			require.Equal(t, identifier, all["resource"])
			if u.RawQuery == "" {
				require.Equal(t, 404, get(t, server, strings.TrimSuffix(u.EscapedPath(), "/")+"/x").status)
			}
		})
	}
}

func longPath(n int) string { return strings.Repeat("a", n) }

// checklist 161
func TestFaultyResources(t *testing.T) {
	for identifier, says := range map[string]string{
		"api.example":                     "is not an https URL with a host",
		"/v1":                             "is not an https URL with a host",
		"//api.example":                   "is not an https URL with a host",
		"https://":                        "is not an https URL with a host",
		"https:///v1":                     "is not an https URL with a host",
		"https:api.example":               "is not an https URL with a host",
		"http://api.example":              "is not an https URL with a host",
		"http://localhost.evil.example":   "is not an https URL with a host",
		"http://10.0.0.1/":                "is not an https URL with a host",
		"urn:example:api":                 "is not an https URL with a host",
		"ftp://api.example":               "is not an https URL with a host",
		"https://api.example:x/":          "is not an https URL with a host",
		"https://api.example#":            "holds a fragment",
		"https://api.example/v1#a":        "holds a fragment",
		"https://api.example/v1?":         "nothing behind a question mark",
		"https://user@api.example":        "holds a user name",
		"https://user:hunter2@api/":       "holds a user name",
		"https://@api.example":            "holds a user name",
		"HTTPS://api.example":             "is compared letter by letter",
		"https://API.example":             "is compared letter by letter",
		"https://api.example:443/":        "is compared letter by letter",
		"https://api.example:/":           "is compared letter by letter",
		"http://localhost:80":             "is compared letter by letter",
		"https://api.example:08443/":      "is compared letter by letter",
		"https://api.example:99999/":      "is compared letter by letter",
		"https://api.example:0/":          "is compared letter by letter",
		"https://api.example/a b":         "no URI has",
		"https://api.example/a\r\nb: c":   "no URI has",
		"https://api.example/\"a":         "no URI has",
		`https://api.example/a\b`:         "no URI has",
		"https://api.example/{id}":        "no URI has",
		"https://api.example/<a>":         "no URI has",
		"https://api.example/^a|b`":       "no URI has",
		"https://api.example/café":        "no URI has",
		"https://büchér.example/":         "no URI has",
		"https://api.example/%zz":         "no URI has",
		"https://api.example/%4":          "no URI has",
		"https://api%2eexample/":          "is not an https URL with a host",
		"https://[fe80::1%25eth0]/":       "no URI has",
		"https://api.example//v1":         "has a path that net/http's mux never serves",
		"https://api.example/v1//":        "has a path that net/http's mux never serves",
		"https://api.example/a/../b":      "has a path that net/http's mux never serves",
		"https://api.example/.":           "has a path that net/http's mux never serves",
		"https://api.example/%2e%2E/b":    "has a path that net/http's mux never serves",
		"https://api.example/a%2f..%2fb":  "has a path that net/http's mux never serves",
		" https://api.example":            "no URI has",
		"https://api.example/v1?a=\x00":   "no URI has",
		"https://api.example/v1?a=\"b\"c": "no URI has",
	} {
		_, err := protector.New(protector.Config{
			Resource: identifier, Validators: []protector.Validator{returning(&token{})},
		})
		require.ErrorContains(t, err, "protector: Config.Resource ", "%q", identifier)
		require.ErrorContains(t, err, says, "%q", identifier)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// What clients find stands in every challenge, the same in each, whatever is wrong with the request, and however its
// sender names the host.
//
// checklist 166, 167
func TestResourceMetadataInEveryChallenge(t *testing.T) {
	alice := newDPoPClient(t)
	rows := map[string]*bound{
		"alice": {token{user: "alice", scope: "profile"}, map[string]string{"jkt": alice.thumbprint}},
		"bob":   {token: token{user: "bob", scope: "user"}},
	}
	lookup := func(_ context.Context, s string) (*bound, error) {
		if s == "outage" {
			return nil, errDown
		}
		return rows[s], nil
	}
	guard := newGuard(t, protector.Config{
		Resource: apiOrigin + "/v1",
		Validators: []protector.Validator{
			protector.Bearer(lookup), protector.DPoP(lookup, newProofs(t, dpop.Config{})),
			protector.Scheme("Token", func(*http.Request, string) (*token, error) { return nil, nil }),
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/", guard.Require("admin")(says("in")))
	mux.Handle("/strong", guard.RequirePolicy(protector.Policy{ACR: []string{"phr"}})(says("in")))
	mux.Handle("/acquire", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := guard.Acquire(r, "admin")
		guard.WriteError(w, r, err)
	}))
	server := serve(t, mux)
	for _, tt := range []struct {
		name, path, credential string
		status, challenges     int
	}{
		{"no token", "/", "X: y", 401, 3},
		{"no token, within", "/acquire", "X: y", 401, 3},
		{"another scheme", "/", "Authorization: Basic YTpi", 401, 3},
		{"bad token", "/", "Authorization: Bearer mallory", 401, 3},
		{"bad token of a third scheme", "/", "Authorization: Token mallory", 401, 3},
		{"no proof", "/", "Authorization: DPoP alice", 401, 3},
		{"malformed", "/", "Authorization: Bearer a b", 400, 1},
		{"short scope", "/", "Authorization: Bearer bob", 403, 1},
		{"short scope, within", "/acquire", "Authorization: Bearer bob", 403, 1},
		{"short scope, proved", "/", "Authorization: DPoP alice\r\n" + alice.proof("/", "alice", ""), 403, 1},
		{"weak login", "/strong", "Authorization: Bearer bob", 401, 3},
		{"outage", "/", "Authorization: Bearer outage", 503, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := raw(t, server, "GET "+tt.path+" HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n"+
				"X-Forwarded-Proto: gopher\r\nForwarded: host=evil.example;proto=gopher\r\nX-Forwarded-Prefix: /evil\r\n"+
				"X-Original-URL: https://evil.example/\r\n"+tt.credential+"\r\n\r\n")
			require.Equal(t, tt.status, a.status, a.body)
			require.Len(t, a.challenges(), tt.challenges)
			for _, challenge := range a.challenges() {
				_, params := parseChallenge(t, challenge)
				require.Equal(t, apiOrigin+metadataPath+"/v1", params["resource_metadata"])
			}
			require.NotContains(t, fmt.Sprint(a), "evil")
			require.NotContains(t, fmt.Sprint(a), "gopher")
			if tt.challenges > 0 { // which a client in a browser has to be able to read
				require.Contains(t, a.header.Values("Access-Control-Expose-Headers"), "WWW-Authenticate")
			}
		})
	}
}

// checklist 166
func TestResourceMetadataKnowsNoHost(t *testing.T) {
	_, server := described(t, protector.Config{})
	a := raw(t, server, "GET "+metadataPath+" HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n"+
		"X-Forwarded-Proto: http\r\nForwarded: host=evil.example\r\n\r\n")
	require.Equal(t, 200, a.status)
	require.NotContains(t, fmt.Sprint(a), "evil")
	a = raw(t, server, "GET https://evil.example"+metadataPath+" HTTP/1.1\r\nHost: evil.example\r\n\r\n")
	require.Equal(t, 200, a.status)
	require.NotContains(t, fmt.Sprint(a), "evil")
}

// Whoever has set no resource is told of none.
func TestNoResource(t *testing.T) {
	a := get(t, serve(t, newGuard(t, protector.Config{}).Require("admin")(says("in"))), "/")
	require.Equal(t, []string{`Bearer realm="api"`}, a.challenges())
	require.Empty(t, a.header.Values("Access-Control-Expose-Headers"))
}

// checklist 12, 210
func TestScopeInChallenge(t *testing.T) {
	config := protector.Config{ScopeInChallenge: true, Validators: []protector.Validator{
		returning(&token{user: "alice", scope: "profile"}),
		protector.Scheme("Token", func(*http.Request, string) (*token, error) { return nil, nil }),
	}}
	guard := newGuard(t, config)
	mux := http.NewServeMux()
	mux.Handle("/", guard.Require("files admin", "root", "user")(says("in")))
	mux.Handle("/any", guard.Require()(says("in")))
	mux.Handle("/roles", guard.RequirePolicy(protector.Policy{Roles: []string{"editor"}})(says("in")))
	mux.Handle("/acquire", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := guard.Acquire(r, "files:write")
		guard.WriteError(w, r, err)
	}))
	server := serve(t, mux)
	for path, scope := range map[string]string{"/": "root", "/any": "", "/roles": "", "/acquire": "files:write"} {
		a := get(t, server, path)
		require.Equal(t, 401, a.status)
		require.Len(t, a.challenges(), 2)
		for _, challenge := range a.challenges() { // every scheme would do
			_, params := parseChallenge(t, challenge)
			want := map[string]string{"realm": "api"}
			if scope != "" {
				want["scope"] = scope
			}
			require.Equal(t, want, params, "no error information: nothing went wrong yet")
		}
	}
	a := get(t, server, "/", "Authorization: Token mallory")
	for _, challenge := range a.challenges() {
		require.NotContains(t, challenge, "scope", "a token that is no good does not ask for another scope")
	}

	// An error belongs to one scheme, whoever made it.
	failing := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guard.WriteError(w, r, &protector.Error{Status: 401, Code: "ended", Scope: "user"})
	}))
	require.Equal(t, []string{`Bearer realm="api", error="ended", scope="user"`, `Token realm="api"`},
		get(t, failing, "/").challenges())

	config.ScopeInChallenge = false
	a = get(t, serve(t, newGuard(t, config).Require("root")(says("in"))), "/")
	require.Equal(t, []string{`Bearer realm="api"`, `Token realm="api"`}, a.challenges())
}

// algsProof is a proof of the caller's own that names algorithms.
type algsProof struct {
	protector.Proof
	algs string
}

func (algsProof) Confirms() string { return "jkt" }
func (p algsProof) Params() []protector.Param {
	return []protector.Param{{Name: "algs", Value: p.algs}}
}

// checklist 168
func TestNoneIsNoAlgorithm(t *testing.T) {
	for _, algs := range []string{"none", "ES256 none", "None", "NONE ES256"} {
		_, err := protector.New(protector.Config{Validators: []protector.Validator{
			returning(&token{}).Proving(algsProof{algs: algs}),
		}})
		require.ErrorContains(t, err, `the proof of "jkt" says that it takes "`+algs+`": leave none out`)
	}
	guard := newGuard(t, protector.Config{Resource: apiOrigin, Validators: []protector.Validator{
		returning(&token{}).Proving(algsProof{algs: "ES256 nonesuch"}),
		protector.Scheme("Token", func(*http.Request, string) (*token, error) { return nil, nil }).
			Proving(algsProof{algs: "PS256 ES256"}),
	}})
	_, document := guard.ResourceMetadata()
	w := httptest.NewRecorder()
	document.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Contains(t, w.Body.String(), `"dpop_signing_alg_values_supported":["ES256","nonesuch","PS256"]`)
	require.NotContains(t, w.Body.String(), "dpop_bound_access_tokens_required", "who knows what that proof lets pass")
}
