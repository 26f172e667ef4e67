package fuzz_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"example.com/resourceserver/jwks"
)

// soundKID is a kid that can stand in a URL.
var soundKID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// FuzzKeyEndpoint asks for a key by the kid of a forged token, and answers with anything. Whatever the kid says, one
// resource of the endpoint is asked for, or none. A key that is found is the one that the answer holds, and the answer
// holds nothing else.
func FuzzKeyEndpoint(f *testing.F) {
	// checklist 96
	demanded := seedsNamed(keyEndpointSeeds(), "a key", "another", "RSA")
	f.Fuzz(func(t *testing.T, kid, mediaType string, document []byte) {
		var asked []url.URL
		client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, *r.URL)
			return respond(r, http.StatusOK, mediaType, document), nil
		})}
		endpoint := must(jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{
			URL: "https://a.example/keys/{kid}.pem", HTTPClient: client,
		}))
		found := 0
		for _, alg := range everyAlgorithm {
			keys, err := endpoint.VerificationKeys(context.Background(), kid, alg)
			found += len(keys)
			if len(keys) == 0 {
				continue
			}
			want := oraclePEM(string(document))
			if err != nil || len(keys) > 1 || want == nil || !want.Equal(keys[0]) {
				t.Fatalf("%v, %v for %q", keys, err, document)
			}
		}
		if found == 0 && demanded(kid, mediaType, document) {
			t.Fatalf("no key of %q", document)
		}
		for _, u := range asked {
			if u.String() != "https://a.example/keys/"+kid+".pem" || !soundKID.MatchString(kid) {
				t.Fatalf("%q asks for %v", kid, &u)
			}
		}
		if len(asked) > 1 {
			t.Fatalf("asked %d times", len(asked))
		}
		if sound := soundKID.MatchString(kid); sound != (len(asked) == 1) {
			t.Fatalf("%q asks %d times", kid, len(asked))
		}
		text := string(document)
		if found > 0 && (strings.Count(text, "-----BEGIN") != 1 || strings.Contains(text, "PRIVATE") ||
			strings.Contains(strings.ToLower(mediaType), "html")) {
			t.Fatalf("a key of %q, %q", mediaType, document)
		}
		if (found > 0) != (len(endpoint.Status().Keys) == 1) {
			t.Fatalf("found %d, listed %v", found, endpoint.Status().Keys)
		}
	})
}

func keyEndpointSeeds() (seeds []seed) {
	const kid, plain = "004cb65f-3ef7-4efa-a149-4f19b4c754c8", "text/plain"
	add := func(name, kid, mediaType, document string) {
		seeds = append(seeds, seed{name, []any{kid, mediaType, []byte(document)}})
	}
	text := func(label string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
	}
	ec := text("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(fuzzEC.Public())))
	ed := text("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(fuzzEd.Public())))
	add("a key", kid, "binary/octet-stream", ec)
	add("another", "a_1", plain, ed)
	add("RSA", "A", "", text("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(fuzzRSA.Public()))))
	add("two", kid, plain, ec+ed)
	add("text around", kid, plain, "x\n"+ec+"x")
	add("other label", kid, plain, strings.ReplaceAll(ec, "PUBLIC", "PRIVATE"))
	add("HTML", kid, "text/html; charset=utf-8", ec)
	add("a set", kid, "application/json", fuzzJWKS)
	add("up", "../"+kid, plain, ec)
	add("a dot", ".", plain, ec)
	add("escaped", "..%2f"+kid, plain, ec)
	add("query", kid+"?a=b", plain, ec)
	add("no kid", "", plain, ec)
	return seeds
}
