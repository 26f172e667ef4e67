package fuzz_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/resourceserver/jwks/jwk"
	"example.com/resourceserver/jwt/dpop"
)

const proofToken = canary + ".access.token"

// proofSigner is a client of the fuzz targets, by the algorithm of its proofs.
type proofSigner struct{ alg, signs, jwk, thumbprint string }

var proofSigners = func() (signers []proofSigner) {
	for i, alg := range []string{"EdDSA", "Ed25519", "ES256", "RS256"} {
		members := jwkOf(fuzzKeys[max(i-1, 0)])
		for _, name := range []string{"kid", "alg", "use"} {
			delete(members, name)
		}
		text := string(must(json.Marshal(members)))
		signs := strings.Replace(alg, "Ed25519", "EdDSA", 1)
		signers = append(signers, proofSigner{alg, signs, text, must(jwk.Parse([]byte(text))).Thumbprint})
	}
	return signers
}()

var theProofOracle = &proofOracle{
	origins:    []string{fuzzAudience, fuzzAudience + ":8443/v1", "http://[::1]:8080"},
	algorithms: []string{"EdDSA", "Ed25519", "ES256", "RS256"},
}

func newProofVerifier() *dpop.Verifier {
	now := func() time.Time { return fuzzNow }
	return must(dpop.NewVerifier(dpop.Config{
		PublicOrigins: theProofOracle.origins, Algorithms: theProofOracle.algorithms, Now: now,
		Replay: must(dpop.NewMemory(dpop.MemoryConfig{Now: now})),
	}))
}

// FuzzProof gives arbitrary bytes to a verifier of proofs, and good proofs of which the fuzzer has changed header,
// claims and writing before they are signed. What is accepted has to hold up against the oracle, once, and in no other
// spelling.
func FuzzProof(f *testing.F) {
	// checklist 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 132, 133, 134, 144, 147a, 147b
	shared := newProofVerifier() // which remembers whose proofs were good
	f.Fuzz(func(t *testing.T, proof []byte, header, claims, method, target string, signer, encoding uint8, at uint16,
		flip uint8) {
		if _, err := url.ParseRequestURI(target); err != nil {
			return // no server has read such a request
		}
		s := proofSigners[int(signer)%len(proofSigners)]
		text := string(proof)
		if text == "" {
			text = assemble(s.fill(header), s.fill(claims), s.signs, encoding, true, int(at))
		}
		r := dpop.Request{Method: method, Target: target, Token: proofToken, Thumbprint: s.thumbprint}
		_, _, err := shared.Verify(text, r)
		if err != nil {
			checkProofRefusal(t, err, text, header, claims, target)
			return
		}
		acceptedProof(t, text, r, int(at), flip)
	})
}

// fill completes what the fuzzer cannot know.
func (s proofSigner) fill(text string) string {
	sum := sha256.Sum256([]byte(proofToken))
	return strings.NewReplacer("JWK", s.jwk, "ALG", s.alg, "ATH", encode64(string(sum[:]))).Replace(text)
}

// checkProofRefusal demands a refusal in words that are none of the input's.
func checkProofRefusal(t *testing.T, err error, inputs ...string) {
	text := err.Error()
	if refusal := (*dpop.Error)(nil); !errors.As(err, &refusal) || len(text) > 300 {
		t.Fatalf("not a refusal: %v", err)
	}
	checkCanary(t, err)
	const window = 16 // longer than what the words of errors share with the names of members
	for i := 0; i+window <= len(text); i++ {
		for _, input := range inputs {
			if strings.Contains(input, text[i:i+window]) {
				t.Fatalf("a part of the input is in the error: %s", text)
			}
		}
	}
}

// acceptedProof looks hard at a proof that is good.
func acceptedProof(t *testing.T, text string, r dpop.Request, at int, flip uint8) {
	thumbprint, why := theProofOracle.judge(text, r)
	if why != nil || thumbprint != r.Thumbprint {
		t.Fatalf("accepted, but: %v\n%s\n%s by %q", why, text, r.Target, thumbprint)
	}
	v := newProofVerifier()
	for _, other := range []dpop.Request{
		{Method: r.Method + "X", Target: r.Target, Token: r.Token, Thumbprint: r.Thumbprint},
		{Method: r.Method, Target: "/x" + r.Target, Token: r.Token, Thumbprint: r.Thumbprint},
		{Method: r.Method, Target: r.Target, Token: r.Token + "x", Thumbprint: r.Thumbprint},
		{Method: r.Method, Target: r.Target, Token: r.Token, Thumbprint: "x" + r.Thumbprint},
		{Method: r.Method, Target: r.Target, Token: r.Token},
	} {
		if _, _, err := v.Verify(text, other); err == nil {
			t.Fatalf("also good for %s %s: %s", other.Method, other.Target, text)
		}
	}
	if _, _, err := v.Verify(flipped(text, at, flip), r); err == nil {
		t.Fatalf("good in another spelling: %s", flipped(text, at, flip))
	}
	spend, nonce, err := v.Verify(text, r)
	if err != nil || nonce != "" {
		t.Fatalf("good only where it is remembered: %v, %q", err, nonce)
	}
	if err := spend(context.Background()); err != nil {
		t.Fatalf("not used before: %v", err)
	}
	again, _, err := v.Verify(text, r)
	if err != nil {
		t.Fatalf("good once, and then: %v", err)
	}
	used := (*dpop.Error)(nil)
	if err := again(context.Background()); !errors.As(err, &used) || used.Reason != dpop.ReasonReplay {
		t.Fatalf("used twice: %v", err)
	}
}

const (
	proofHeader = `{"typ":"dpop+jwt","alg":"ALG","jwk":JWK}`
	proofClaims = `{"jti":"` + canary + `","htm":"GET","htu":"https://api.example/user","iat":1800000000,"ath":"ATH"}`
)

// goodProofs are shapes that are accepted, for the request beside them.
var goodProofs = []struct{ name, header, claims, target string }{
	{"as it is", proofHeader, proofClaims, "/user?id=7"},
	{"members in another order", `{"jwk":JWK, "alg":"ALG" ,"typ":"application/DPoP+JWT","kid":"x"}`, proofClaims, "/user"},
	{"escapes", `{"\u0074yp":"dpop\u002bjwt","alg":"ALG","jwk":JWK}`,
		strings.Replace(proofClaims, `"htm":"GET"`, `"\u0068tm":"\u0047ET"`, 1), "/user"},
	{"query and fragment", proofHeader, strings.Replace(proofClaims, `/user"`, `/user?a=b#c"`, 1), "/user?d"},
	{"capitals and port", proofHeader, strings.Replace(proofClaims, `https://api.example`, `HTTPS://Api.Example:443`, 1),
		"/user"},
	{"escaped path", proofHeader, strings.Replace(proofClaims, `/user"`, `/%75s%65r%2f%3A"`, 1), "/user%2F%3a"},
	{"whole target", proofHeader, proofClaims, "https://api.example/user?id=7"},
	{"another origin", proofHeader, strings.Replace(proofClaims, `.example`, `.example:8443/v1`, 1), "/user"},
	{"an address", proofHeader, strings.Replace(proofClaims, `https://api.example`, `http://[::1]:8080`, 1), "/user"},
	{"no path", proofHeader, strings.Replace(proofClaims, `/user"`, `"`, 1), "/"},
	{"earliest", proofHeader, strings.Replace(proofClaims, `1800000000`, `1799999940.5`, 1), "/user"},
	{"latest", proofHeader, strings.Replace(proofClaims, `1800000000`, `1800000005`, 1), "/user"},
	{"exponent", proofHeader, strings.Replace(proofClaims, `1800000000`, `18e8`, 1), "/user"},
	{"more claims", proofHeader, strings.Replace(proofClaims, `{`, `{"nonce":"x","cnf":{"a":[[]]},`, 1), "/user"},
}

// badProofs are shapes that are refused.
var badProofs = []struct{ name, header, claims, target string }{
	{"typ of a token", strings.Replace(proofHeader, "dpop", "at", 1), proofClaims, "/user"},
	{"alg none", strings.Replace(proofHeader, "ALG", "none", 1), proofClaims, "/user"},
	{"alg in small letters", strings.Replace(proofHeader, "ALG", "es256", 1), proofClaims, "/user"},
	{"crit", strings.Replace(proofHeader, "{", `{"crit":["jwk"],`, 1), proofClaims, "/user"},
	{"jwk twice", strings.Replace(proofHeader, "{", `{"jwk":JWK,`, 1), proofClaims, "/user"},
	{"JWK as well", strings.Replace(proofHeader, "{", `{"Jwk":JWK,`, 1), proofClaims, "/user"},
	{"jwk an array", strings.Replace(proofHeader, "JWK", `[JWK]`, 1), proofClaims, "/user"},
	{"jwk a string", strings.Replace(proofHeader, "JWK", `"x"`, 1), proofClaims, "/user"},
	{"x twice", strings.Replace(proofHeader, "JWK",
		`{"kty":"OKP","crv":"Ed25519","x":"AA","x":"AA"}`, 1), proofClaims, "/user"},
	{"symmetric", strings.Replace(proofHeader, "JWK", `{"kty":"oct","k":"AAAA"}`, 1), proofClaims, "/user"},
	{"of low order", strings.Replace(proofHeader, "JWK",
		`{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`, 1), proofClaims, "/user"},
	{"off the curve", strings.Replace(proofHeader, "JWK", `{"kty":"EC","crv":"P-256","x":"`+strings.Repeat("A", 43)+
		`","y":"`+strings.Repeat("A", 43)+`"}`, 1), proofClaims, "/user"},
	{"another path", proofHeader, proofClaims, "/users"},
	{"trailing slash", proofHeader, proofClaims, "/user/"},
	{"letter case", proofHeader, proofClaims, "/User"},
	{"encoded slash", proofHeader, strings.Replace(proofClaims, `/user"`, `/a/b"`, 1), "/a%2Fb"},
	{"dots", proofHeader, strings.Replace(proofClaims, `/user"`, `/a/../user"`, 1), "/user"},
	{"encoded dots", proofHeader, strings.Replace(proofClaims, `/user"`, `/%2e%2e/user"`, 1), "/%2e%2e/user"},
	{"two ports", proofHeader, strings.Replace(proofClaims, `example/`, `example::443/`, 1), "/user"},
	{"a port with zeros", proofHeader, strings.Replace(proofClaims, `example/`, `example:0443/`, 1), "/user"},
	{"a user", proofHeader, strings.Replace(proofClaims, `api.`, `api.example@evil.`, 1), "/user"},
	{"another host", proofHeader, strings.Replace(proofClaims, `api.`, `evil.`, 1), "/user"},
	{"another target", proofHeader, proofClaims, "https://evil.example/user"},
	{"stale", proofHeader, strings.Replace(proofClaims, `1800000000`, `1799999940`, 1), "/user"},
	{"early", proofHeader, strings.Replace(proofClaims, `1800000000`, `1800000005.1`, 1), "/user"},
	{"iat a string", proofHeader, strings.Replace(proofClaims, `1800000000`, `"1800000000"`, 1), "/user"},
	{"iat huge", proofHeader, strings.Replace(proofClaims, `1800000000`, `1e999`, 1), "/user"},
	{"ath of another", proofHeader, strings.Replace(proofClaims, `ATH`, strings.Repeat("A", 43), 1), "/user"},
	{"ath padded", proofHeader, strings.Replace(proofClaims, `ATH`, `ATH=`, 1), "/user"},
	{"jti null", proofHeader, strings.Replace(proofClaims, `"`+canary+`"`, `null`, 1), "/user"},
	{"jti a surrogate", proofHeader, strings.Replace(proofClaims, canary, `\ud800`, 1), "/user"},
}

func proofSeeds() (seeds []seed) {
	add := func(name, proof, header, claims, target string, signer, encoding int) {
		seeds = append(seeds, seed{name, []any{[]byte(proof), header, claims, "GET", target, uint8(signer), uint8(encoding),
			uint16(len(seeds) * 7), uint8(1)}})
	}
	for i, g := range goodProofs {
		add("good "+g.name, "", g.header, g.claims, g.target, i, 0)
	}
	for i, b := range badProofs {
		add("bad "+b.name, "", b.header, b.claims, b.target, i, 0)
	}
	for i, change := range segmentChanges {
		add("written "+change.name, "", proofHeader, proofClaims, "/user", i, i)
	}
	for i, s := range proofSigners {
		add("signed by "+s.alg, fuzzToken(s.signs, s.fill(proofHeader), s.fill(proofClaims)), "", "", "/user", i, 0)
	}
	for _, text := range []string{".", "..", "e30.e30.AA", "eyJ.eyJ.eyJ", "proof"} {
		add("text "+text, text, "", "", "/user", 0, 0)
	}
	return numbered(seeds)
}

// TestProofShapes holds the seeds against what they are meant to be: a target whose good seeds are all refused would
// find nothing.
func TestProofShapes(t *testing.T) {
	for i, s := range proofSigners {
		for _, g := range goodProofs {
			t.Run(fmt.Sprintf("good/%s/%s", s.alg, g.name), func(t *testing.T) {
				proof := fuzzToken(s.signs, s.fill(g.header), s.fill(g.claims))
				r := dpop.Request{Method: "GET", Target: g.target, Token: proofToken, Thumbprint: s.thumbprint}
				acceptedProof(t, proof, r, i, 1)
			})
		}
		for _, b := range badProofs {
			t.Run(fmt.Sprintf("bad/%s/%s", s.alg, b.name), func(t *testing.T) {
				proof := fuzzToken(s.signs, s.fill(b.header), s.fill(b.claims))
				r := dpop.Request{Method: "GET", Target: b.target, Token: proofToken, Thumbprint: s.thumbprint}
				if _, _, err := newProofVerifier().Verify(proof, r); err == nil {
					t.Fatal("accepted")
				}
			})
		}
	}
}
