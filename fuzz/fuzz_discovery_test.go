package fuzz_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/resourceserver/jwks"
)

// FuzzDiscovery answers for the metadata of an issuer with whatever the fuzzer likes. No address is contacted but the
// two well-known ones, or the DiscoveryURL in their place, and the jwks_uri of metadata that is the issuer's own, and
// keys come from there alone.
func FuzzDiscovery(f *testing.F) {
	// checklist 112, 113, 114, 115, 116, 117, 191
	f.Fuzz(func(t *testing.T, metadata []byte, contentType string, status uint16, tenant bool) {
		issuer := fuzzIssuer
		wellKnown := []string{
			fuzzIssuer + "/.well-known/oauth-authorization-server", fuzzIssuer + "/.well-known/openid-configuration",
		}
		if tenant {
			issuer += "/tenant"
			wellKnown = []string{wellKnown[0] + "/tenant", fuzzIssuer + "/tenant/.well-known/openid-configuration"}
		}
		discover(t, jwks.Config{Issuer: issuer}, wellKnown, metadata, contentType, int(status))
		discover(t, jwks.Config{Issuer: issuer, DiscoveryURL: fuzzMetadata}, []string{fuzzMetadata},
			metadata, contentType, int(status))
	})
}

const fuzzMetadata = "https://inside.example/metadata"

// discover demands of one Remote, which asks for its metadata at these places, what FuzzDiscovery says.
func discover(t *testing.T, c jwks.Config, places []string, metadata []byte, contentType string, status int) {
	var elsewhere []string
	asked := 0
	c.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if asked < len(places) && r.URL.String() == places[asked] {
			asked++
			return respond(r, status, contentType, metadata), nil
		}
		elsewhere = append(elsewhere, r.URL.String())
		return respond(r, http.StatusOK, "application/json", []byte(fuzzJWKS)), nil
	})}
	keys, err := must(jwks.NewRemote(c)).VerificationKeys(context.Background(), "ed", "EdDSA")
	want, plain := metadataModel(metadata, contentType, status, c.Issuer)
	switch {
	case err != nil && (!errors.Is(err, jwks.ErrUnavailable) || len(elsewhere) > 0):
		t.Fatalf("asked %q: %v", elsewhere, err)
	case err != nil && plain:
		t.Fatalf("good metadata is refused: %v", err)
	case err == nil && (want == "" || len(keys) != 1 || !slices.Equal(elsewhere, []string{want})):
		t.Fatalf("asked %q, allowed is %q; keys %v", elsewhere, want, keys)
	}
}

var (
	plainURL  = regexp.MustCompile(`\Ahttps://[a-z]+(\.[a-z]+)+(/[a-z]+)*\z`)
	jsonMedia = regexp.MustCompile(`(?i)\A\s*application/([^;]*\+)?json\s*(;|\z)`)
)

// metadataModel returns where the keys may be looked for, as the transport will see it, and whether nothing about the
// metadata is out of the ordinary, so that it has to be accepted.
func metadataModel(metadata []byte, contentType string, status int, issuer string) (location string, plain bool) {
	object, err := oracleObject(metadata)
	if err != nil || status != http.StatusOK || object["issuer"] != issuer || !jsonMedia.MatchString(contentType) {
		return "", false
	}
	uri, _ := object["jwks_uri"].(string)
	u, err := url.Parse(uri)
	if err != nil || u.User != nil || u.Host == "" || strings.Contains(uri, "#") {
		return "", false
	}
	loopback := slices.Contains([]string{"127.0.0.1", "localhost", "::1"}, u.Hostname())
	if u.Scheme != "https" || loopback && u.Scheme == "http" {
		return "", false
	}
	u.Host = strings.TrimSuffix(u.Host, ":") // as net/http does
	return u.String(), plainURL.MatchString(uri) && contentType == "application/json" &&
		strings.Count(string(metadata), "{") == 1 && strings.Count(string(metadata), "[") < 9
}

func discoverySeeds() (seeds []seed) {
	const good = `{"issuer":"https://issuer.example","jwks_uri":"https://keys.example/jwks"}`
	add := func(name, metadata, contentType string, status int, tenant bool) {
		seeds = append(seeds, seed{name, []any{[]byte(metadata), contentType, uint16(status), tenant}})
	}
	for _, s := range []shape{
		{"good", good},
		{"other members", strings.TrimSuffix(good, "}") + `,"scopes_supported":["a"],"x":{"y":[1,2.5e3,true,null]}}`},
		{"issuer other", strings.Replace(good, "issuer.example", "evil.example", 1)},
		{"issuer slash", strings.Replace(good, "issuer.example", "issuer.example/", 1)},
		{"issuer case", strings.Replace(good, "issuer.example", "Issuer.example", 1)},
		{"issuer number", `{"issuer":1,"jwks_uri":"https://keys.example/jwks"}`},
		{"issuer twice", strings.Replace(good, "{", `{"issuer":"https://evil.example",`, 1)},
		{"issuer name case", strings.Replace(good, `"issuer"`, `"Issuer"`, 1)},
		{"issuer missing", `{"jwks_uri":"https://keys.example/jwks"}`},
		{"jwks_uri missing", `{"issuer":"https://issuer.example"}`},
		{"jwks_uri null", `{"issuer":"https://issuer.example","jwks_uri":null}`},
		{"jwks_uri http", strings.Replace(good, "https://keys", "http://keys", 1)},
		{"jwks_uri loopback", strings.Replace(good, "https://keys.example", "http://127.0.0.1:80", 1)},
		{"jwks_uri localhost", strings.Replace(good, "https://keys.example", "http://localhost", 1)},
		{"jwks_uri file", strings.Replace(good, "https://keys.example", "file://", 1)},
		{"jwks_uri relative", strings.Replace(good, "https://keys.example", "", 1)},
		{"jwks_uri userinfo", strings.Replace(good, "keys.example", "user:password@keys.example", 1)},
		{"jwks_uri fragment", strings.Replace(good, "/jwks", "/jwks#a", 1)},
		{"jwks_uri query", strings.Replace(good, "/jwks", "/jwks?a=b", 1)},
		{"jwks_uri space", strings.Replace(good, "/jwks", "/jw ks", 1)},
		{"jwks_uri line break", strings.Replace(good, "/jwks", `/jw\r\nks`, 1)},
		{"jwks_uri escaped", strings.Replace(good, "https:", `\u0068ttps:`, 1)},
		{"jwks_uri port", strings.Replace(good, "keys.example", "keys.example:99999", 1)},
		{"jwks_uri IPv6", strings.Replace(good, "keys.example", "[::1]", 1)},
		{"trailing", good + good}, {"array", "[" + good + "]"}, {"cut", good[:20]}, {"nothing", ""},
		{"HTML", "<html></html>"},
		{"not UTF-8", strings.Replace(good, "{", "{\"\xff\":1,", 1)},
		{"deep", strings.Replace(good, "{", `{"a":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)+",", 1)},
	} {
		add(s.name, s.text, "application/json", 200, false)
	}
	add("tenant", strings.Replace(good, "issuer.example", "issuer.example/tenant", 1),
		"application/json; charset=utf-8", 200, true)
	add("another tenant", good, "application/json", 200, true)
	for _, contentType := range []string{"text/html", "", "application/problem+json", "APPLICATION/JSON",
		"application/jwk-set+json", "text/json", ";", "application/json;;"} {
		add("type "+strings.ReplaceAll(contentType, "/", "-"), good, contentType, 200, false)
	}
	for _, status := range []int{0, 100, 204, 206, 301, 302, 304, 307, 404, 500, 503} {
		add("status", good, "application/json", status, false)
	}
	return numbered(seeds)
}
