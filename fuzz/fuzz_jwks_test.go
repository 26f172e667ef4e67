package fuzz_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"example.com/resourceserver/jwks"
)

var everyAlgorithm = append([]string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
	"EdDSA", "Ed25519"}, postQuantum...)

// FuzzJWKS gives a document to a static set and to a remote one, which must agree, and asks them for every key. Each
// key that comes out is justified by an entry of the document, which an independent reader finds. Then the document
// becomes one entry beside a good key: whatever it is, the good key stays in use.
func FuzzJWKS(f *testing.F) {
	// checklist 53, 54, 81, 82, 85, 86, 88, 89, 92, 93, 94, 97, 181, 182, 185, 186
	f.Fuzz(func(t *testing.T, document []byte, kid string) {
		static, err := jwks.ParseStatic(document)
		again, errAgain := jwks.ParseStatic(document)
		if (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Fatalf("two answers: %v, %v", err, errAgain)
		}
		remote := must(jwks.NewRemote(jwks.Config{URL: fuzzIssuer + "/jwks", Cooldown: time.Hour,
			HTTPClient: clientFor(document)}))
		for _, alg := range everyAlgorithm {
			fetched, errFetched := remote.VerificationKeys(context.Background(), kid, alg)
			if err != nil {
				if errFetched == nil || !errors.Is(errFetched, jwks.ErrUnavailable) {
					t.Fatalf("static: %v, remote: %v", err, errFetched)
				}
				continue
			}
			keys, _ := static.VerificationKeys(context.Background(), kid, alg)
			same, _ := again.VerificationKeys(context.Background(), kid, alg)
			all, _ := static.VerificationKeys(context.Background(), "", alg)
			if errFetched != nil || !sameKeys(keys, fetched) || !sameKeys(keys, same) || len(keys) > 4 || len(all) > 4 {
				t.Fatalf("%s: static %v, again %v, remote %v %v", alg, keys, same, fetched, errFetched)
			}
			for _, key := range keys {
				checkJustified(t, document, kid, alg, key)
			}
			for _, key := range all {
				checkJustified(t, document, "", alg, key)
			}
		}
		checkNeighbour(t, document)
	})
}

func clientFor(document []byte) *http.Client {
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return respond(r, http.StatusOK, "application/jwk-set+json", document), nil
	})}
}

func sameKeys(a, b []crypto.PublicKey) bool {
	return slices.EqualFunc(a, b, func(a, b crypto.PublicKey) bool {
		return a.(interface{ Equal(crypto.PublicKey) bool }).Equal(b)
	})
}

// checkJustified looks for an entry that says what the key is, that it may be used, and under which name.
func checkJustified(t *testing.T, document []byte, kid, alg string, key crypto.PublicKey) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil {
		t.Fatalf("a key from what is no JSON: %v", err)
	}
	var reasons []error
	for _, entry := range set.Keys {
		err := justifies(entry, kid, alg, key)
		if err == nil {
			checkThumbprint(t, entry, key)
			return
		}
		reasons = append(reasons, err)
	}
	t.Fatalf("kid %q, alg %s: nothing in %s is %v: %v", kid, alg, document, key, errors.Join(reasons...))
}

func justifies(entry []byte, kid, alg string, key crypto.PublicKey) error {
	object, err := oracleObject(entry)
	if err != nil {
		return err
	}
	if value, there := object["use"]; there && value != nil && value != "sig" {
		return errors.New("use")
	}
	edwards := func(alg any) bool { return alg == "EdDSA" || alg == "Ed25519" }
	if value := object["alg"]; value != nil && value != alg && !(edwards(value) && edwards(alg)) {
		return errors.New("alg")
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
		if _, there := object[private]; there {
			return errors.New("private")
		}
	}
	if ops, there := object["key_ops"].([]any); there && !slices.Contains(ops, any("verify")) {
		return errors.New("key_ops")
	}
	if kid != "" && object["kid"] != kid {
		return errors.New("kid")
	}
	if leaf := leafOf(object["x5c"]); leaf != nil && !key.(interface{ Equal(crypto.PublicKey) bool }).Equal(leaf) {
		return errors.New("x5c")
	}
	return sameMaterial(object, alg, key)
}

// leafOf is the key of a chain's first certificate, nil if it cannot be read.
func leafOf(x5c any) crypto.PublicKey {
	chain, _ := x5c.([]any)
	if len(chain) == 0 {
		return nil
	}
	text, _ := chain[0].(string)
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return leaf.PublicKey
}

func sameMaterial(object map[string]any, alg string, key crypto.PublicKey) error {
	number := func(name string) *big.Int {
		text, _ := object[name].(string)
		b, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || text == "" {
			return big.NewInt(-1)
		}
		return new(big.Int).SetBytes(b)
	}
	switch k := key.(type) {
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		strong := bits >= 2048 && bits <= 16384 && k.N.Bit(0) == 1 && k.E >= 3 && k.E%2 == 1 && k.E <= math.MaxInt32 &&
			!factorable(k.N)
		if object["kty"] == "RSA" && strings.Contains("RS PS", alg[:2]) && strong &&
			number("n").Cmp(k.N) == 0 && number("e").Cmp(big.NewInt(int64(k.E))) == 0 {
			return nil
		}
	case *ecdsa.PublicKey:
		curve := map[string]string{"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[alg]
		point, err := k.Bytes() // fails for a point that is off the curve
		half := len(point) / 2
		if err == nil && object["kty"] == "EC" && object["crv"] == curve && k.Params().Name == curve &&
			number("x").Cmp(new(big.Int).SetBytes(point[1:1+half])) == 0 &&
			number("y").Cmp(new(big.Int).SetBytes(point[1+half:])) == 0 {
			return nil
		}
	case ed25519.PublicKey:
		edwards := alg == "EdDSA" || alg == "Ed25519"
		if signsWithoutKey(k) {
			return errors.New("a key for which nobody needs the other half")
		}
		if object["kty"] == "OKP" && object["crv"] == "Ed25519" && edwards && len(k) == 32 &&
			number("x").Cmp(new(big.Int).SetBytes(k)) == 0 {
			return nil
		}
	case interface{ Bytes() []byte }: // ML-DSA, of which older versions of Go have no type
		size := map[string]int{"ML-DSA-44": 1312, "ML-DSA-65": 1952, "ML-DSA-87": 2592}[alg]
		if object["kty"] == "AKP" && object["alg"] == alg && len(k.Bytes()) == size &&
			object["pub"] == encode64(string(k.Bytes())) {
			return nil
		}
	}
	return fmt.Errorf("%T is of another material", key)
}

// factorable tries the published ways, each with other arithmetic than the package has: a common factor, a square, the
// orders of the residues.
func factorable(n *big.Int) bool {
	if rough(n).Cmp(n) != 0 {
		return true
	}
	for a, step := new(big.Int).Sqrt(n), 0; step < 100; a, step = a.Add(a, big.NewInt(1)), step+1 {
		rest := new(big.Int).Mul(a, a)
		if rest.Sub(rest, n).Sign() >= 0 {
			if b := new(big.Int).Sqrt(rest); b.Mul(b, b).Cmp(rest) == 0 {
				return true
			}
		}
	}
	for i := int64(3); i < 702; i++ {
		p, generator, order := big.NewInt(i), big.NewInt(65537), int64(1)
		if !p.ProbablyPrime(0) {
			continue
		}
		for power := big.NewInt(65537 % i); power.Int64() != 1; order++ {
			power.Mod(power.Mul(power, generator), p)
		}
		// The powers of the generator are all numbers that have such an order, or a part of it.
		if residue := new(big.Int).Exp(n, big.NewInt(order), p); residue.Int64() != 1 {
			return false
		}
	}
	return true
}

// signsWithoutKey tries what works for points of low order: a signature of nothing (R the neutral element, S zero),
// which then holds for one text in eight or more.
func signsWithoutKey(key ed25519.PublicKey) bool {
	signature := append([]byte{1}, make([]byte, 63)...)
	for i := range byte(64) {
		if ed25519.Verify(key, []byte{i}, signature) {
			return true
		}
	}
	return false
}

// checkThumbprint has the JOSE library read the same entry.
func checkThumbprint(t *testing.T, entry []byte, key crypto.PublicKey) {
	parsed, err := jwk.ParseKey(entry)
	if err != nil {
		return // it is stricter about members that are of no use here
	}
	ours := must(jwk.FromRaw(key)) // of ML-DSA it reads none
	if string(must(parsed.Thumbprint(crypto.SHA256))) != string(must(ours.Thumbprint(crypto.SHA256))) {
		t.Fatalf("jwx reads another key in %s", entry)
	}
}

// checkNeighbour makes the document an entry of a set with one good key. JSON that is none cannot be an entry.
func checkNeighbour(t *testing.T, document []byte) {
	if !json.Valid(document) || len(document) > 32<<10 ||
		strings.Count(string(document), "[")+strings.Count(string(document), "{") > 12 {
		return
	}
	good := string(must(json.Marshal(jwkOf(oracleKey{"the good one", "EdDSA", fuzzEd.Public()}))))
	set, err := jwks.ParseStatic([]byte(`{"keys":[` + string(document) + "," + good + `]}`))
	if err != nil {
		t.Fatalf("%s takes the whole set along: %v", document, err)
	}
	if keys, _ := set.VerificationKeys(context.Background(), "the good one", "EdDSA"); len(keys) == 0 {
		t.Fatalf("%s takes the key beside it along", document)
	}
}

// fuzzCertificate holds the Ed25519 key and is signed by it, which is the same text each time.
var fuzzCertificate = func() string {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: fuzzNow, NotAfter: fuzzNow.Add(time.Hour)}
	return base64.StdEncoding.EncodeToString(must(x509.CreateCertificate(nil, template, template,
		fuzzEd.Public(), fuzzEd)))
}()

func curvePoint(curve elliptic.Curve, scalar []byte) crypto.PublicKey {
	return must(ecdsa.ParseRawPrivateKey(curve, scalar)).Public()
}

// fiveAlike are keys under one kid.
func fiveAlike() string {
	var keys []string
	for i := range 5 {
		public := ed25519.NewKeyFromSeed(slices.Repeat([]byte{byte(i)}, 32)).Public()
		keys = append(keys, string(must(json.Marshal(jwkOf(oracleKey{"ed", "EdDSA", public})))))
	}
	return strings.Join(keys, ",")
}

// keyShapes are entries of a set, of which few are good.
var keyShapes = func() []shape {
	ed, ec, rs := jwkOf(fuzzKeys[0]), jwkOf(fuzzKeys[1]), jwkOf(fuzzKeys[2])
	change := func(jwk map[string]string, changes ...string) string {
		text := string(must(json.Marshal(jwk)))
		return strings.NewReplacer(changes...).Replace(text)
	}
	add := func(jwk map[string]string, member string) string {
		return strings.TrimSuffix(change(jwk), "}") + "," + member + "}"
	}
	return []shape{
		{"ed", change(ed)}, {"ec", change(ec)}, {"rsa", change(rs)},
		{"no kid", change(ed, `"kid"`, `"kid2"`)}, {"no kty", change(ed, `"kty"`, `"KTY"`)},
		{"no alg", change(rs, `"alg"`, `"alg2"`)},
		{"no x", change(ed, `"x"`, `"X"`)}, {"no y", change(ec, `"y"`, `"Y"`)}, {"no n", change(rs, `"n"`, `"N"`)},
		{"no e", change(rs, `"e"`, `"E"`)},
		{"kty unknown", change(ed, "OKP", "AKP")}, {"kty case", change(rs, "RSA", "rsa")}, {"kty number", `{"kty":1}`},
		{"oct", `{"kty":"oct","k":"AAAA","kid":"o"}`},
		{"use enc", change(ed, `"sig"`, `"enc"`)}, {"use null", change(ed, `"sig"`, `null`)},
		{"use number", change(ed, `"sig"`, `1`)},
		{"alg other", change(ec, "ES256", "ES384")}, {"alg none", change(ed, "EdDSA", "none")},
		{"alg PS512", change(rs, "RS256", "PS512")},
		{"key_ops verify", add(ed, `"key_ops":["verify"]`)}, {"key_ops sign", add(ed, `"key_ops":["sign"]`)},
		{"key_ops twice", add(ed, `"key_ops":["verify","verify"]`)},
		{"key_ops clash", add(ed, `"key_ops":["verify","encrypt"]`)},
		{"key_ops empty", add(ed, `"key_ops":[]`)}, {"key_ops string", add(ed, `"key_ops":"verify"`)},
		{"private", add(ed, `"d":"AAAA"`)}, {"private null", add(rs, `"d":null`)}, {"private oth", add(rs, `"oth":[]`)},
		{"kid twice", add(ed, `"kid":"x"`)}, {"kid number", change(ed, `"kid":"ed"`, `"kid":1`)},
		{"unknown member", add(ed, `"x5u":{"a":[1]}`)},
		{"x5c empty", add(ed, `"x5c":[]`)}, {"x5c not base64", add(ed, `"x5c":["*"]`)},
		{"x5c no certificate", add(ed, `"x5c":["AAAA"]`)},
		{"crv unknown", change(ec, "P-256", "secp256k1")}, {"crv other", change(ec, "P-256", "P-384")},
		{"crv X25519", change(ed, "Ed25519", "X25519")},
		{"off the curve", change(ec, `"y":"`, `"y":"AAAA`, `"x":"`, `"x":"`)},
		{"x for y", change(ec, `"x":`, `"y":`, `"y":`, `"x":`)},
		{"x short", change(ed, `"x":"`, `"x":"AA","z":"`)},
		{"x zero", change(ed, `"x":"`, `"x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","z":"`)},
		{"x low order", change(ed, `"x":"`, `"x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","z":"`)},
		{"x not reduced", change(ed, `"x":"`, `"x":"__________________________________________8","z":"`)},
		{"x not a point", change(ed, `"x":"`, `"x":"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","z":"`)},
		{"P-384", change(jwkOf(oracleKey{"ec", "ES384", curvePoint(elliptic.P384(), fuzzSecret[:48])}))},
		{"P-521", change(jwkOf(oracleKey{"ec", "ES512", curvePoint(elliptic.P521(), append([]byte{0, 1}, fuzzSecret...))}))},
		{"x5c", add(ed, `"x5c":["`+fuzzCertificate+`","*"]`)},
		{"x5c of another key", add(ec, `"x5c":["`+fuzzCertificate+`"]`)},
		{"x5c line break", add(ed, `"x5c":["\n`+fuzzCertificate+`"]`)},
		{"n small", change(rs, `"n":"`, `"n":"gQAB","z":"`)},
		{"n of 2047 bits", `{"kty":"RSA","kid":"ed","e":"AQAB","n":"` + encode64("\x7f"+strings.Repeat("\xff", 255)) + `"}`},
		{"n of 2048 bits", `{"kty":"RSA","kid":"ed","e":"AQAB","n":"` + encode64(strings.Repeat("\xff", 256)) + `"}`},
		{"n of 2049 bits", `{"kty":"RSA","kid":"ed","e":"AQAB","n":"` + encode64("\x01"+strings.Repeat("\xff", 256)) + `"}`},
		{"n padded", change(rs, `"n":"`, `"n":"AAAA`)}, {"n with =", change(rs, `","`, `=","`)},
		{"n line break", change(rs, `"n":"`, `"n":"\n`)},
		{"n even end", `{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("g", 343) + `A"}`},
		{"n huge", `{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("_", 2740) + `"}`},
		{"e even", change(rs, "AQAB", "AQAA")}, {"e one", change(rs, "AQAB", "AQ")}, {"e zero", change(rs, "AQAB", "AA")},
		{"e three", change(rs, "AQAB", "Aw")},
		{"e huge", change(rs, "AQAB", "AQAAAAE")}, {"e empty", change(rs, "AQAB", "")},
		{"e sign", change(rs, "AQAB", "_____w")}, {"e zeros", change(rs, "AQAB", "AAEAAQ")},
		{"not UTF-8", change(ed, `"kid":"ed"`, "\"kid\":\"\xff\"")}, {"escaped", change(ed, `"kty"`, `"\u006bty"`)},
		{"number", "1"}, {"null", "null"}, {"string", `"ed"`}, {"array", "[]"}, {"object", "{}"},
		{"deep", strings.Repeat("[", 9) + strings.Repeat("]", 9)},
		{"x5c string", add(ed, `"x5c":"`+fuzzCertificate+`"`)}, {"x5c base64url", add(ed, `"x5c":["-_"]`)},
		{"alg Ed25519", change(ed, "EdDSA", "Ed25519")},
		{"n with a factor", modulus(new(big.Int).Mul(fuzzRSA.N, big.NewInt(601)))},
		{"n squared", modulus(new(big.Int).Mul(fuzzRSA.N, fuzzRSA.N))},
		{"n of close primes", modulus(new(big.Int).Mul(fuzzRSA.N, rough(new(big.Int).Add(fuzzRSA.N, big.NewInt(2)))))},
		{"n of ROCA", modulus(rocaModulus())},
		{"ML-DSA-44", akp("ML-DSA-44", 1312)}, {"ML-DSA-65", akp("ML-DSA-65", 1952)}, {"ML-DSA-87", akp("ML-DSA-87", 2592)},
		{"AKP of another size", akp("ML-DSA-44", 1952)}, {"AKP short", akp("ML-DSA-44", 1311)},
		{"AKP unknown", akp("ML-DSA-45", 1312)}, {"AKP without alg", strings.Replace(akp("", 1312), `"alg"`, `"a"`, 1)},
		{"AKP for ES256", akp("ES256", 1312)},
		{"AKP private", strings.Replace(akp("ML-DSA-44", 1312), "{", `{"priv":"AA",`, 1)},
		{"AKP PUB", strings.Replace(akp("ML-DSA-44", 1312), "pub", "PUB", 1)},
		{"AKP with a curve", strings.Replace(akp("ML-DSA-44", 1312), "{", `{"crv":"Ed25519","x":"AA",`, 1)},
		{"OKP with ML-DSA", change(ed, "EdDSA", "ML-DSA-44")},
	}
}()

// akp is a key of ML-DSA: any bytes are one.
func akp(alg string, size int) string {
	return fmt.Sprintf(`{"kty":"AKP","kid":"ed","alg":%q,"pub":%q}`, alg, encode64(strings.Repeat("pub", size)[:size]))
}

func modulus(n *big.Int) string {
	return string(must(json.Marshal(jwkOf(oracleKey{"ed", "RS256", &rsa.PublicKey{N: n, E: 65537}}))))
}

// rocaModulus is a power of 65537 modulo the product of the primes up to 701.
func rocaModulus() *big.Int {
	m := big.NewInt(1)
	for i := int64(2); i < 702; i++ {
		if p := big.NewInt(i); p.ProbablyPrime(0) {
			m.Mul(m, p)
		}
	}
	n := new(big.Int).Exp(big.NewInt(65537), fuzzRSA.D, m)
	for n.BitLen() < 2048 {
		n.Add(n, new(big.Int).Lsh(m, uint(2048-m.BitLen())))
	}
	return n
}

func jwksSeeds() (seeds []seed) {
	add := func(name, document string) { seeds = append(seeds, seed{name, []any{[]byte(document), "ed"}}) }
	add("all", fuzzJWKS)
	for _, k := range keyShapes {
		add("set of "+k.name, `{"keys":[`+k.text+`]}`)
		if strings.HasPrefix(k.text, "{") {
			add("alone "+k.name, k.text)
		}
	}
	for _, s := range []shape{
		{"nothing", ""}, {"empty", "{}"}, {"no key", `{"keys":[]}`}, {"keys object", `{"keys":{}}`},
		{"keys null", `{"keys":null}`},
		{"keys twice", `{"keys":[],"keys":[]}`}, {"keys case", strings.Replace(fuzzJWKS, "keys", "Keys", 1)}, {"array", "[]"},
		{"HTML", "<html>"},
		{"member before", strings.Replace(fuzzJWKS, "{", `{"a":{"b":[1]},`, 1)},
		{"member bad", strings.Replace(fuzzJWKS, "{", `{"a":{"b":1,"b":2},`, 1)},
		{"member name bad", strings.Replace(fuzzJWKS, "{", "{\"\xff\":1,", 1)}, {"many members", "{" + members(70)[1:] + "}"},
		{"trailing", fuzzJWKS + "{}"}, {"cut", fuzzJWKS[:len(fuzzJWKS)-2]}, {"comma", `{"keys":[{},]}`},
		{"cut in keys", `{"keys":[{}`},
		{"too deep", `{"keys":[` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `]}`},
		{"brackets in a string", strings.Replace(fuzzJWKS, "{", `{"a":"[[[[[[[[[[[[[[[[[[\"[",`, 1)},
		{"the same five times", `{"keys":[` + strings.Repeat(keyShapes[0].text+",", 5) + keyShapes[1].text + `]}`},
		{"five alike", `{"keys":[` + fiveAlike() + `]}`},
		{"many", `{"keys":[` + strings.Repeat("{},", 1100) + keyShapes[0].text + `]}`},
	} {
		add(s.name, s.text)
	}
	return numbered(seeds)
}
