package fuzz_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/resourceserver/jwks"
)

// FuzzCertificates reads any document as keys in PEM by kid, or as a file of PEM. Whatever key is found is the one that
// its text holds, and the text holds nothing else.
func FuzzCertificates(f *testing.F) {
	// checklist 96
	name := filepath.Join(f.TempDir(), "keys.pem")
	demanded := seedsNamed(certificatesSeeds(), "keys")
	f.Fuzz(func(t *testing.T, document []byte, file bool) {
		if file {
			readPEMFile(t, name, document)
			return
		}
		client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			return respond(r, http.StatusOK, "application/json", document), nil
		})}
		remote := must(jwks.NewRemote(jwks.Config{
			URL: fuzzIssuer, HTTPClient: client, Encoding: jwks.EncodingCertificates,
		}))
		err := remote.Refresh(context.Background())
		if demanded(document, file) && len(remote.Status().Keys) != 3 {
			t.Fatalf("%v, %v for %q", remote.Status().Keys, err, document)
		}
		if err != nil {
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
			for _, alg := range everyAlgorithm {
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

// seedsNamed tells the inputs of a fuzz target that are its seeds of these names. A reader that refuses everything
// must not pass.
func seedsNamed(seeds []seed, names ...string) func(values ...any) bool {
	var named []string
	for _, s := range seeds {
		if slices.Contains(names, s.name) {
			named = append(named, s.encode())
		}
	}
	if len(named) != len(names) {
		panic("a seed was renamed")
	}
	return func(values ...any) bool { return slices.Contains(named, seed{values: values}.encode()) }
}

var privateBlock = regexp.MustCompile("-----BEGIN [^\n]*PRIVATE KEY")

// readPEMFile demands of the keys of a file that a lenient reader finds each of them there, with nothing after it, that
// no private key is beside them, and that a file is taken in which nothing is out of the ordinary.
func readPEMFile(t *testing.T, name string, document []byte) {
	if err := os.WriteFile(name, document, 0o600); err != nil {
		t.Fatal(err)
	}
	remote := must(jwks.NewRemote(jwks.Config{File: name, Encoding: jwks.EncodingPEM}))
	want, plain := oracleBlocks(document)
	if err := remote.Refresh(context.Background()); err != nil {
		if plain {
			t.Fatalf("%v of %q", err, document)
		}
		return
	}
	if privateBlock.Match(document) {
		t.Fatalf("taken with a private key: %q", document)
	}
	for _, alg := range everyAlgorithm {
		keys, err := remote.VerificationKeys(context.Background(), "any", alg)
		if err != nil || len(keys) > 4 {
			t.Fatalf("%d keys, %v for %q", len(keys), err, document)
		}
		for _, key := range keys {
			if !slices.ContainsFunc(want, func(w publicKey) bool { return w.Equal(key) }) {
				t.Fatalf("%v is not in %q", key, document)
			}
		}
	}
}

// oracleBlocks reads the keys of all blocks after which there is nothing before the next. They are plain if they are
// for ES256 and written as encoding/pem writes them.
func oracleBlocks(document []byte) (keys []publicKey, plain bool) {
	var again []byte
	plain = true
	for _, text := range strings.Split(string(document), "-----BEGIN ")[1:] {
		block, rest := pem.Decode([]byte("-----BEGIN " + text))
		if block == nil || strings.TrimSpace(string(rest)) != "" {
			plain = false
			continue
		}
		text = string(pem.EncodeToMemory(block))
		again = append(again, text...)
		key := oraclePEM(text)
		ec, ok := key.(*ecdsa.PublicKey)
		plain = plain && ok && ec.Curve == elliptic.P256() && block.Type == "PUBLIC KEY" && len(block.Headers) == 0
		if key != nil {
			keys = append(keys, key)
		}
	}
	return keys, plain && len(keys) > 0 && bytes.Equal(again, document)
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
	add := func(name, document string) { seeds = append(seeds, seed{name, []any{[]byte(document), false}}) }
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
	file := func(name, document string) {
		document = strings.ReplaceAll(document, `\n`, "\n")
		seeds = append(seeds, seed{"file " + name, []any{[]byte(document), true}})
	}
	file("of keys", ed+ec+rs)
	file("of five", ec+ec+ec+ec+ec)
	file("cut", ed+ec[:len(ec)-20])
	file("cut in the middle", ed[:len(ed)-30]+`\n`+ec)
	file("with text", ed+"x"+ec)
	file("with spaces", ` \n`+ed+`\n\n `+ec+`\n`)
	file("private", ed+strings.ReplaceAll(ec, "PUBLIC", "PRIVATE"))
	file("with a header", strings.Replace(ed, `-----\n`, `-----\na: b\n\n`, 1)+ec)
	file("of nothing", "")
	return seeds
}
