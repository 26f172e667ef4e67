package protector_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/protector"
)

const metadataPath = "/.well-known/oauth-protected-resource"

// described is a guard for a resource, and its document as a server gives it.
func described(t testing.TB, config protector.Config) (*protector.Protector, *httptest.Server) {
	t.Helper()
	if config.Resource == "" {
		config.Resource = apiOrigin
	}
	guard := newGuard(t, config)
	mux := http.NewServeMux()
	mux.Handle(guard.ResourceMetadata())
	return guard, serve(t, mux)
}

func documentIn(a answer) (all map[string]any, err error) {
	err = json.Unmarshal([]byte(a.body), &all)
	return all, err
}

// checklist 161, 162, 163, 164, 165, 169
func TestResourceMetadata(t *testing.T) {
	alice := newDPoPClient(t)
	lookup := func(context.Context, string) (*bound, error) {
		return &bound{token{user: "alice"}, map[string]string{"jkt": alice.thumbprint}}, nil
	}
	proofs := newProofs(t, dpop.Config{Algorithms: []string{"ES256", "PS256"}})
	byKey, byToken := protector.DPoP(lookup, proofs), protector.Bearer(lookup)
	byCertificate := byToken.Proving(protector.MutualTLS(protector.MutualTLSConfig{}))
	own := protector.Scheme("Token", func(*http.Request, string) (*bound, error) { return nil, nil })
	validators := func(v ...protector.Validator) []protector.Validator { return v }
	for _, tt := range []struct {
		name   string
		config protector.Config
		want   string
	}{
		{"nothing but the identifier", protector.Config{},
			`{"bearer_methods_supported":["header"],"resource":"https://api.example"}`},
		{"every bearer method", protector.Config{
			BufferedFormTokens: true, InsecureQueryTokens: true, AmbientCookie: "session",
		}, `{"bearer_methods_supported":["header","body","query"],"resource":"https://api.example"}`},
		{"DPoP alone", protector.Config{Validators: validators(byKey)},
			`{"bearer_methods_supported":[],"dpop_bound_access_tokens_required":true,` +
				`"dpop_signing_alg_values_supported":["ES256","PS256"],"resource":"https://api.example"}`},
		{"DPoP or not", protector.Config{Validators: validators(byKey, byToken)},
			`{"bearer_methods_supported":["header"],"dpop_signing_alg_values_supported":["ES256","PS256"],` +
				`"resource":"https://api.example"}`},
		{"DPoP, and a scheme of one's own", protector.Config{Validators: validators(byKey, own)},
			`{"bearer_methods_supported":[],"dpop_signing_alg_values_supported":["ES256","PS256"],` +
				`"resource":"https://api.example"}`},
		{"a scheme of one's own that is called DPoP", protector.Config{Validators: validators(protector.Scheme("DPoP",
			func(*http.Request, string) (*bound, error) { return nil, nil }))},
			`{"bearer_methods_supported":[],"resource":"https://api.example"}`},
		{"mutual TLS", protector.Config{Validators: validators(byCertificate)},
			`{"bearer_methods_supported":["header"],"resource":"https://api.example",` +
				`"tls_client_certificate_bound_access_tokens":true}`},
		{"mutual TLS behind DPoP", protector.Config{Validators: validators(
			byToken, byKey.Proving(protector.MutualTLS(protector.MutualTLSConfig{})))},
			`{"bearer_methods_supported":["header"],"dpop_signing_alg_values_supported":["ES256","PS256"],` +
				`"resource":"https://api.example","tls_client_certificate_bound_access_tokens":true}`},
		{"all that can be set", protector.Config{
			Resource:             "http://127.0.0.1:8080/v1?tenant=a",
			AuthorizationServers: []string{"https://b.example/realms/x", "https://a.example", "http://localhost:1"},
			ResourceMetadata: protector.ResourceMetadata{
				Scopes: []string{"b", "a", "b"}, Name: "Käse & <Wein>", Documentation: "https://a.example/docs?x#y",
				PolicyURI: "https://a.example/policy", TermsURI: "https://a.example/terms", JWKSURI: "https://a.example/jwks",
				SigningAlgorithms: []string{"ES256"}, AuthorizationDetailsTypes: []string{"payment", "https://a.example/d"},
				Translations: map[string]string{"resource_name#en-GB": "Cheese", "resource_tos_uri#de": "https://a.example/agb"},
			},
		}, `{"authorization_details_types_supported":["payment","https://a.example/d"],` +
			`"authorization_servers":["https://b.example/realms/x","https://a.example","http://localhost:1"],` +
			`"bearer_methods_supported":["header"],"jwks_uri":"https://a.example/jwks",` +
			`"resource":"http://127.0.0.1:8080/v1?tenant=a","resource_documentation":"https://a.example/docs?x#y",` +
			`"resource_name":"Käse \u0026 \u003cWein\u003e","resource_name#en-GB":"Cheese",` +
			`"resource_policy_uri":"https://a.example/policy","resource_signing_alg_values_supported":["ES256"],` +
			`"resource_tos_uri":"https://a.example/terms","resource_tos_uri#de":"https://a.example/agb",` +
			`"scopes_supported":["a","b"]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, server := described(t, tt.config)
			path := metadataPath
			if _, rest, ok := strings.Cut(tt.config.Resource, "8080"); ok {
				path += rest
			}
			a := get(t, server, path)
			require.Equal(t, 200, a.status)
			require.Equal(t, "application/json", a.header.Get("Content-Type"))
			require.Equal(t, tt.want+"\n", a.body)
			require.Equal(t, a.body, get(t, server, path).body, "it is the same each time")
		})
	}
}

// The scopes are those of the policies that the program has made; what was asked within a handler may be made up from
// a request, and is nobody else's business.
//
// checklist 164, 169
func TestResourceMetadataScopes(t *testing.T) {
	guard, server := described(t, protector.Config{ResourceMetadata: protector.ResourceMetadata{Scopes: []string{"told"}}})
	list := func() any {
		all, err := documentIn(get(t, server, metadataPath))
		require.NoError(t, err)
		return all["scopes_supported"]
	}
	require.Equal(t, []any{"told"}, list())
	guard.Require("z y", "x")
	require.Equal(t, []any{"told", "x", "y", "z"}, list())
	guard.Optional("optional")
	guard.RequirePolicy(protector.Policy{Scopes: []string{"policy"}, Roles: []string{"role"}, ACR: []string{"acr"}})
	guard.Methods(protector.Methods{"GET": {Policy: protector.Policy{Scopes: []string{"method"}}, Handler: says("in")}})
	guard.Subtree(http.NewServeMux(), protector.Policy{Scopes: []string{"subtree"}})
	guard.Routes().Handle("/", protector.Policy{Scopes: []string{"route"}}, says("in"))
	_, err := guard.NewRule(protector.Policy{Scopes: []string{"rule", "offline_access profile", "offline_access"}})
	require.NoError(t, err)
	want := []any{"method", "optional", "policy", "profile", "route", "rule", "subtree", "told", "x", "y", "z"}
	require.Equal(t, want, list())

	_, err = guard.NewRule(protector.Policy{Scopes: []string{"faulty", ""}})
	require.Error(t, err)
	r := newRequest("alice")
	_, err = guard.Acquire(r, "profile email")
	require.NoError(t, err)
	_, err = guard.Acquire(r, "secret")
	require.Error(t, err)
	require.Equal(t, want, list())

	_, bare := described(t, protector.Config{})
	require.NotContains(t, get(t, bare, metadataPath).body, "scopes_supported")
}

// checklist 169
func TestResourceMetadataIsBounded(t *testing.T) {
	guard, server := described(t, protector.Config{})
	for i := range 20_000 {
		_, err := guard.NewRule(protector.Policy{Scopes: []string{fmt.Sprintf("files:%07d", i)}})
		require.NoError(t, err)
	}
	a := get(t, server, metadataPath)
	require.Greater(t, len(a.body), 64<<10)
	require.Less(t, len(a.body), 128<<10)
	_, err := documentIn(a)
	require.NoError(t, err)
}

func TestResourceMetadataWhileRulesAreMade(t *testing.T) {
	guard, server := described(t, protector.Config{})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 20 {
				guard.Require(fmt.Sprintf("scope-%d-%d", i, j))
				a := get(t, server, metadataPath)
				all, err := documentIn(a)
				require.NoError(t, err)
				require.Contains(t, all["scopes_supported"], fmt.Sprintf("scope-%d-%d", i, j))
			}
		})
	}
	group.Wait()
}

// checklist 163, 170
func TestResourceMetadataIsOpen(t *testing.T) {
	_, server := described(t, protector.Config{Resource: apiOrigin + "/v1"})
	path := metadataPath + "/v1"
	got := get(t, server, path, "Origin: https://evil.example", "Authorization: Bearer nonsense")
	require.Equal(t, 200, got.status)
	require.Equal(t, "*", got.header.Get("Access-Control-Allow-Origin"))
	require.Empty(t, got.header.Get("Access-Control-Allow-Credentials"))
	require.Equal(t, "public, max-age=300", got.header.Get("Cache-Control"))
	require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	require.Equal(t, got.body, get(t, server, path+"?session=7").body, "a query that says nothing to us")

	head := ask(t, server, "HEAD", path, "")
	require.Equal(t, 200, head.status)
	require.Empty(t, head.body)
	require.Equal(t, fmt.Sprint(len(got.body)), head.header.Get("Content-Length"))
	require.Equal(t, "application/json", head.header.Get("Content-Type"))

	preflight := ask(t, server, "OPTIONS", path, "", "Origin: https://app.example", "Access-Control-Request-Method: GET",
		"Access-Control-Request-Headers: mcp-protocol-version")
	require.Equal(t, 204, preflight.status)
	require.Equal(t, "*", preflight.header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "*", preflight.header.Get("Access-Control-Allow-Headers"))
	require.Equal(t, "GET, HEAD", preflight.header.Get("Access-Control-Allow-Methods"))

	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "get"} {
		a := ask(t, server, method, path, "")
		require.Equal(t, 405, a.status)
		require.Equal(t, "GET, HEAD, OPTIONS", a.header.Get("Allow"))
	}
	for _, other := range []string{metadataPath, path + "/", path + "/x", "/v1" + metadataPath} {
		require.Equal(t, 404, get(t, server, other).status, other)
	}
}

// A document that asks for a token would tell how to get one to nobody.
//
// checklist 170
func TestResourceMetadataWithinSubtree(t *testing.T) {
	guard := newGuard(t, protector.Config{Resource: apiOrigin})
	other := newGuard(t, protector.Config{Resource: apiOrigin + "/other"})
	mux := http.NewServeMux()
	mux.Handle("/", says("in"))
	mux.Handle(guard.ResourceMetadata())
	mux.Handle(other.ResourceMetadata())
	mux.Handle("/wrapped/", http.StripPrefix("/wrapped", mux))
	server := serve(t, guard.Subtree(mux, protector.Policy{}))
	require.Equal(t, 401, get(t, server, "/").status)
	require.Equal(t, 200, get(t, server, metadataPath).status)
	require.Equal(t, 200, get(t, server, metadataPath+"/other").status)
	require.Equal(t, 204, ask(t, server, "OPTIONS", metadataPath, "").status)
	for _, path := range []string{
		metadataPath + "/", metadataPath + "/none", "/x/.." + metadataPath, "/" + metadataPath, "/wrapped" + metadataPath,
		metadataPath + "/../../admin", metadataPath + "/%2e%2e/admin",
	} {
		require.Equal(t, 401, raw(t, server, "GET "+path+" HTTP/1.1\r\nHost: a\r\n\r\n").status, path)
	}
}

// checklist 165
func TestTwoResourcesOnOneMux(t *testing.T) {
	mux := http.NewServeMux()
	resources := []string{apiOrigin, apiOrigin + "/files", apiOrigin + "/files/", apiOrigin + "/mail?box=1"}
	for i, resource := range resources {
		guard := newGuard(t, protector.Config{Resource: resource})
		mux.Handle(guard.ResourceMetadata())
		mux.Handle(fmt.Sprintf("/%d", i), guard.Require(fmt.Sprintf("scope-%d", i))(says("in")))
	}
	server := serve(t, mux)
	for i, resource := range resources {
		_, params := parseChallenge(t, get(t, server, fmt.Sprintf("/%d", i)).challenges()[0])
		path, ours := strings.CutPrefix(params["resource_metadata"], apiOrigin)
		require.True(t, ours)
		all, err := documentIn(get(t, server, path))
		require.NoError(t, err, path)
		require.Equal(t, resource, all["resource"])
		require.Equal(t, []any{fmt.Sprintf("scope-%d", i)}, all["scopes_supported"])
	}
	require.Equal(t, 404, get(t, server, metadataPath+"/mail?box=2").status)
	require.Equal(t, 404, get(t, server, metadataPath+"/mail").status)

	hosts := http.NewServeMux()
	for _, host := range []string{"a.example", "b.example"} {
		pattern, document := newGuard(t, protector.Config{Resource: "https://" + host}).ResourceMetadata()
		hosts.Handle(host+pattern, document)
	}
	server = serve(t, hosts)
	a := raw(t, server, "GET "+metadataPath+" HTTP/1.1\r\nHost: b.example\r\n\r\n")
	require.Contains(t, a.body, `"resource":"https://b.example"`)
}

// "GET /" and a pattern for every method are at odds in net/http's mux.
func TestResourceMetadataBesideGET(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /", says("home"))
	pattern, document := newGuard(t, protector.Config{Resource: apiOrigin}).ResourceMetadata()
	require.Panics(t, func() { mux.Handle(pattern, document) })
	mux.Handle("GET "+pattern, document)
	mux.Handle("OPTIONS "+pattern, document)
	server := serve(t, mux)
	require.Contains(t, get(t, server, metadataPath).body, `"resource"`)
	require.Equal(t, 200, ask(t, server, "HEAD", metadataPath, "").status)
	require.Equal(t, 204, ask(t, server, "OPTIONS", metadataPath, "").status)
}

func TestResourceMetadataWithoutResource(t *testing.T) {
	require.PanicsWithValue(t, "protector: ResourceMetadata: there is no resource to tell of: set Config.Resource, "+
		"such as https://api.example", func() { newGuard(t, protector.Config{}).ResourceMetadata() })
	require.Panics(t, func() { new(protector.Protector).ResourceMetadata() })
	require.Panics(t, func() { (*protector.Protector)(nil).ResourceMetadata() })
}
