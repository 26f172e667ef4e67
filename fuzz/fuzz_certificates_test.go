package fuzz_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"

	"example.com/resourceserver/jwks"
)

// FuzzCertificates reads any document as keys in PEM by kid. Whatever key is found is the one that its text holds, and
// the text holds nothing else.
func FuzzCertificates(f *testing.F) {
	// checklist 96
	algorithms := []string{"RS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
	f.Fuzz(func(t *testing.T, document []byte) {
		client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			return respond(r, http.StatusOK, "application/json", document), nil
		})}
		remote := must(jwks.NewRemote(jwks.Config{
			URL: fuzzIssuer, HTTPClient: client, Encoding: jwks.EncodingCertificates,
		}))
		if err := remote.Refresh(context.Background()); err != nil {
			return
		}
		texts, err := oracleObject(document)
		if err != nil {
			t.Fatalf("taken although %v", err)
		}
		for _, key := range remote.Status().Keys {
			text, _ := texts[key.KeyID].(string)
			want := oraclePEM(text)
			if want == nil || strings.Count(text, "-----BEGIN") != 1 {
				t.Fatalf("a key of %q", text)
			}
			found := 0
			for _, alg := range algorithms {
				keys, err := remote.VerificationKeys(context.Background(), key.KeyID, alg)
				found += len(keys)
				if err != nil || len(keys) > 1 || len(keys) == 1 && !want.Equal(keys[0]) {
					t.Fatalf("%v, %v for %q", keys, err, text)
				}
			}
			if found == 0 {
				t.Fatalf("%q is listed and never found", key.KeyID)
			}
		}
	})
}

// publicKey is what every public key of the standard library is.
type publicKey interface{ Equal(crypto.PublicKey) bool }

// oraclePEM reads what a lenient reader finds in a text, nil for nothing.
func oraclePEM(text string) publicKey {
	block, _ := pem.Decode([]byte(strings.TrimSpace(text)))
	if block == nil {
		return nil
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if certificate, bad := x509.ParseCertificate(block.Bytes); bad == nil {
		key, err = certificate.PublicKey, nil
	}
	if err != nil {
		return nil
	}
	same, _ := key.(publicKey)
	return same
}

func certificatesSeeds() (seeds []seed) {
	add := func(name, document string) { seeds = append(seeds, seed{name, []any{[]byte(document)}}) }
	text := func(label string, der []byte) string {
		return strings.ReplaceAll(string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})), "\n", `\n`)
	}
	ed := text("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(fuzzEd.Public())))
	ec := text("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(fuzzEC.Public())))
	rs := text("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(fuzzRSA.Public())))
	add("keys", `{"ed":"`+ed+`","ec":"`+ec+`","rs":"`+rs+`"}`)
	add("twice", `{"ed":"`+ed+`","ed":"`+ec+`"}`)
	add("two in one", `{"ed":"`+ed+ec+`","ec":"`+ec+`"}`)
	add("text around", `{"ed":"x`+ed+`","ec":"`+ec+`x","rs":" `+rs+` "}`)
	add("other label", `{"ed":"`+strings.ReplaceAll(ed, "PUBLIC", "PRIVATE")+`","ec":"`+ec+`"}`)
	add("header", `{"ec":"`+ec+`","ed":"`+strings.Replace(ed, `-----\n`, `-----\na: b\n\n`, 1)+`"}`)
	add("no text", `{"ed":1,"ec":["`+ec+`"],"rs":null}`)
	add("set", fuzzJWKS)
	return seeds
}
