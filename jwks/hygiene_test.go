package jwks_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// Every usable kind of key, under the algorithms that fit it and no other.
func TestAlgorithmsOfKeys(t *testing.T) {
	rsaAll := []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	all := slices.Concat(rsaAll, []string{"ES256", "ES384", "ES512", "EdDSA", "Ed25519"})
	for name, tc := range map[string]struct {
		key  crypto.PublicKey
		algs []string
	}{
		"RSA":     {&rsa2048().PublicKey, rsaAll},
		"P-256":   {&p256().PublicKey, []string{"ES256"}},
		"P-384":   {&p384().PublicKey, []string{"ES384"}},
		"P-521":   {&p521().PublicKey, []string{"ES512"}},
		"Ed25519": {newEd(), []string{"EdDSA", "Ed25519"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := jwks.ParseStatic([]byte(setOf(jwkOf("k", tc.key))))
			require.NoError(t, err)
			for _, alg := range slices.Concat(all, []string{"none", "HS256", "ES256K", "", "rs256"}) {
				for _, kid := range []string{"k", ""} {
					keys, err := s.VerificationKeys(t.Context(), kid, alg)
					require.NoError(t, err)
					if !slices.Contains(tc.algs, alg) {
						require.Empty(t, keys, alg)
						continue
					}
					require.Len(t, keys, 1, alg)
					require.True(t, tc.key.(interface{ Equal(crypto.PublicKey) bool }).Equal(keys[0]))
				}
			}
		})
	}
}

// skipCase is a key that must not be used, and a part of the reason given.
type skipCase struct{ name, key, reason string }

// checkSkipped puts each bad key between two good ones: it is skipped with its
// reason, and they are used. Alone in a set, it makes no set.
func checkSkipped(t *testing.T, cases []skipCase) {
	require.NotEmpty(t, cases)
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			s, err := jwks.ParseStatic([]byte(setOf(ecJWK("before"), tc.key, ecJWK("after"))))
			require.NoError(t, err)
			require.True(t, accepts(s, "before"))
			require.True(t, accepts(s, "after"))
			require.Len(t, s.Skipped(), 1)
			require.Equal(t, 1, s.Skipped()[0].Index)
			require.Contains(t, s.Skipped()[0].Reason, tc.reason)
			for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
				keys, err := s.VerificationKeys(t.Context(), "bad", alg)
				require.NoError(t, err)
				require.Empty(t, keys)
			}
			_, err = jwks.ParseStatic([]byte(setOf(tc.key)))
			require.ErrorContains(t, err, tc.reason)
		})
	}
}

// One key of each kind that is refused. The rules are those of package jwk, and tested there.
func TestEachKeyIsJudgedAlone(t *testing.T) {
	// checklist 81, 82, 84–86, 88, 92, 97
	ec, ed, rs := ecJWK("bad"), jwkOf("bad", newEd()), jwkOf("bad", &rsa2048().PublicKey)
	checkSkipped(t, []skipCase{
		{"unknown kty", jwk{"kty": "EDH", "kid": "bad", "alg": "ML-DSA-44", "pub": "AAAA"}.json(), "kty is not"},
		{"not an object", `"key"`, "JSON object"},
		{"null", `null`, "JSON object"},
		{"empty object", `{}`, "no kty"},
		{"a member twice", `{"kid":"bad",` + ec.json()[1:], "each once"},
		{"a member of another type", ec.with("x", 7).json(), "right types"},
		{"invalid UTF-8", strings.Replace(ec.json(), `"bad"`, "\"bad\xff\"", 1), "JSON object"},
		{"too large", ec.with("x5c", []string{strings.Repeat("A", 70<<10)}).json(), "larger than"},
		{"symmetric", jwk{"kty": "oct", "kid": "bad", "k": "AAAA", "alg": "HS256"}.json(), "symmetric"},
		{"private", ec.with("d", "AAAA").json(), "private"},
		{"of another use", ec.with("use", "enc").json(), "use is not sig"},
		{"of other operations", ec.with("key_ops", []string{"encrypt"}).json(), "verify"},
		{"of another algorithm", ec.with("alg", "RS256").json(), "alg does not fit"},
		{"off the curve", ec.with("x", ec["y"]).json(), "not on its curve"},
		{"low order", ed.with("x", b64(make([]byte, 32))).json(), "low order"},
		{"weak", rs.with("n", b64(bytes.Repeat([]byte{255}, 128))).json(), "shorter than 2048"},
		{"with another's certificate", ec.with("x5c", []string{certificate(t, newEC())}).json(), "x5c"},
	})
}

func TestUnknownMembersIgnored(t *testing.T) {
	// checklist 83
	k := ecJWK("a").with("x5u", "https://evil.example").with("exp", 5).
		with("D", "upper case is another member").with("deep", map[string]any{"a": []int{1}})
	doc := `{"version":3,"meta":{"a":[1,{"b":null}]},"Keys":"not it","keys":[` + k.json() + `]}`
	s, err := jwks.ParseStatic([]byte(doc))
	require.NoError(t, err)
	require.True(t, accepts(s, "a"))
	require.Empty(t, s.Skipped())
}

func TestDuplicateMembers(t *testing.T) {
	// checklist 84
	ec := ecJWK("bad").json()
	for name, doc := range map[string]string{
		"keys":           `{"keys":[` + ec + `],"keys":[` + ec + `]}`,
		"keys escaped":   `{"keys":[` + ec + `],"key\u0073":[]}`,
		"other":          `{"a":1,"a":2,"keys":[` + ec + `]}`,
		"inside another": `{"a":{"b":1,"b":1},"keys":[` + ec + `]}`,
	} {
		_, err := jwks.ParseStatic([]byte(doc))
		require.Error(t, err, name)
	}
}

func TestKeyAlgorithm(t *testing.T) {
	// checklist 49, 88
	rs := jwkOf("r", &rsa2048().PublicKey).with("alg", "PS384")
	s, err := jwks.ParseStatic([]byte(setOf(rs)))
	require.NoError(t, err)
	for alg, n := range map[string]int{"PS384": 1, "RS256": 0, "RS384": 0, "PS256": 0, "ES384": 0} {
		for _, kid := range []string{"r", ""} {
			keys, err := s.VerificationKeys(t.Context(), kid, alg)
			require.NoError(t, err)
			require.Len(t, keys, n, alg)
		}
	}
}

func TestKIDCaseSensitive(t *testing.T) {
	// checklist 89
	s, err := jwks.ParseStatic([]byte(setOf(ecJWK("Key"))))
	require.NoError(t, err)
	require.True(t, accepts(s, "Key"))
	for _, other := range []string{"key", "KEY", "Key ", "Key\x00", "Kez"} {
		require.True(t, refuses(s, other), other)
	}
	_, err = jwks.ParseStatic([]byte(setOf(ecJWK("a").with("kid", 7))))
	require.ErrorContains(t, err, "right types")
}

func TestOneKIDOnSeveralKeys(t *testing.T) {
	// checklist 90
	s, err := jwks.ParseStatic([]byte(setOf(
		ecJWK("k"), jwkOf("k", &rsa2048().PublicKey), ecJWK("k"), jwkOf("k", newEd()), ecJWK("other"),
	)))
	require.NoError(t, err)
	for alg, n := range map[string]int{"ES256": 2, "RS256": 1, "EdDSA": 1, "ES384": 0} {
		keys, err := s.VerificationKeys(t.Context(), "k", alg)
		require.NoError(t, err)
		require.Len(t, keys, n, alg)
	}
	same := ecJWK("k")
	s, err = jwks.ParseStatic([]byte(setOf(same, same)))
	require.NoError(t, err)
	require.True(t, accepts(s, "k"), "the same key twice is one")

	s, err = jwks.ParseStatic([]byte(setOf(ecJWK("k"), ecJWK("k"), ecJWK("k"), ecJWK("k"), ecJWK("k"))))
	require.NoError(t, err)
	keys, err := s.VerificationKeys(t.Context(), "k", "ES256")
	require.NoError(t, err)
	require.Len(t, keys, 4)
	require.Contains(t, s.Skipped()[0].Reason, "share this kid")
}

func TestTokenWithoutKID(t *testing.T) {
	// checklist 91
	first := ecJWK("0")
	keys := []any{first, jwkOf("r", &rsa2048().PublicKey), ecJWK("")}
	for i := range 20 {
		keys = append(keys, ecJWK(fmt.Sprint("more", i)))
	}
	s, err := jwks.ParseStatic([]byte(setOf(keys...)))
	require.NoError(t, err)
	found, err := s.VerificationKeys(t.Context(), "", "ES256")
	require.NoError(t, err)
	require.Len(t, found, 4, "at most a few")
	require.Equal(t, first["x"], jwkOf("", found[1])["x"], "in the order of the set, after the one without kid")
	found, err = s.VerificationKeys(t.Context(), "", "RS256")
	require.NoError(t, err)
	require.Len(t, found, 1, "compatible ones only")
	require.True(t, accepts(s, "more19"))

	s, err = jwks.ParseStatic([]byte(setOf(ecJWK(""))))
	require.NoError(t, err)
	require.True(t, accepts(s, ""))
	require.True(t, refuses(s, "any"), "a key without kid does not answer to every name")
}

// What is listed as used is found, and what is never found is listed as skipped.
func TestKeysBeyondTheBound(t *testing.T) {
	// checklist 90, 91
	five := func(kid string) []any {
		return []any{ecJWK(kid), ecJWK(kid), ecJWK(kid), ecJWK(kid), ecJWK(kid)}
	}
	named := []any{ecJWK("0"), ecJWK("1"), ecJWK("2"), ecJWK("3"), ecJWK("4")}
	for name, tc := range map[string]struct {
		keys   []any
		used   int
		reason string
	}{
		"five without kid":       {five(""), 4, "no kid"},
		"five under one kid":     {five("k"), 4, "share this kid"},
		"four names, then none":  {append(named[:4:4], ecJWK("")), 5, ""},
		"five names":             {named, 5, ""},
		"none, then four names":  {append([]any{ecJWK("")}, named[1:]...), 5, ""},
		"five without, of types": {append(five("")[:4:4], jwkOf("", newEd())), 5, ""},
	} {
		r := newRemote(t, newEndpoint(tc.keys...), nil)
		require.NoError(t, r.Refresh(t.Context()), name)
		s := r.Status()
		require.Len(t, s.Keys, tc.used, name)
		require.Len(t, s.Skipped, len(tc.keys)-tc.used, name)
		for _, skipped := range s.Skipped {
			require.Equal(t, 4, skipped.Index, name)
			require.Contains(t, skipped.Reason, tc.reason, name)
		}
	}
	r := newRemote(t, newEndpoint(named...), nil)
	require.True(t, accepts(r, "4"), "found by name, though too late for tokens without kid")
}

// Keys without kid are tried first for tokens without one, wherever they are. Else the order is the issuer's.
func TestKeysWithoutKIDComeFirst(t *testing.T) {
	// checklist 91
	set := []any{ecJWK("0"), ecJWK("1"), ecJWK("2"), ecJWK("3"), ecJWK(""), ecJWK("5"), ecJWK("")}
	s, err := jwks.ParseStatic([]byte(setOf(set...)))
	require.NoError(t, err)
	require.Empty(t, s.Skipped())
	keys, err := s.VerificationKeys(t.Context(), "", "ES256")
	require.NoError(t, err)
	require.Len(t, keys, 4)
	for i, from := range []int{4, 6, 0, 1} {
		require.Equal(t, set[from].(jwk)["x"], jwkOf("", keys[i])["x"], from)
	}
}

// A key is listed for the algorithms under which it is found.
func TestListedAlgorithmsAreThoseFound(t *testing.T) {
	// checklist 90
	n := soundModuli(5)
	for _, kid := range []string{"", "k"} {
		rs := jwkOf(kid, &rsa2048().PublicKey)
		var keys []any
		for i := range 4 {
			keys = append(keys, rs.with("n", n[i]).with("alg", "PS256"))
		}
		r := newRemote(t, newEndpoint(append(keys, rs.with("n", n[4]))...), nil)
		require.NoError(t, r.Refresh(t.Context()))
		require.Len(t, r.Status().Keys, 5)
		require.Equal(t, []string{"PS256"}, r.Status().Keys[0].Algorithms)
		require.Equal(t, []string{"RS256", "RS384", "RS512", "PS384", "PS512"}, r.Status().Keys[4].Algorithms)
	}
	s, err := jwks.ParseStatic([]byte(setOf(jwkOf("k", &rsa2048().PublicKey))))
	require.NoError(t, err)
	keys, err := s.VerificationKeys(t.Context(), "k", "PS256")
	require.NoError(t, err)
	require.Len(t, keys, 1, "no set changes the list of another")
}

func TestPrivateKeyIsReported(t *testing.T) {
	// checklist 92
	ec := ecJWK("bad")
	log := &logBuffer{}
	r := newRemote(t, newEndpoint(ecJWK("a"), ec.with("d", "AQAB")), func(c *jwks.Config) { c.Logger = log.logger() })
	require.True(t, accepts(r, "a"))
	log.requireContains(t, "private")
	log.requireContains(t, `level=WARN msg="jwks: key skipped" index=1 kid=bad reason="holds private`)
	require.True(t, r.Status().Skipped[0].Secret)
}

func TestNotASet(t *testing.T) {
	// checklist 93, 94
	good := ecJWK("a").json()
	for name, doc := range map[string]string{
		"empty": "", "white space": " \n ", "null": "null", "array": "[" + good + "]", "string": `"keys"`,
		"a key alone":  good,
		"empty object": "{}", "keys null": `{"keys":null}`, "keys object": `{"keys":{}}`,
		"keys string": `{"keys":"` + "x" + `"}`,
		"keys empty":  `{"keys":[]}`, "upper case": `{"KEYS":[` + good + `]}`, "error": `{"error":"server_error"}`,
		"HTML": "<!doctype html><title>503</title>", "truncated": setOf(ecJWK("a"))[:80],
		"cut before the end": `{"keys":[` + good + `]`,
		"trailing data":      setOf(ecJWK("a")) + "{}", "trailing garbage": setOf(ecJWK("a")) + "x",
		"comment":        "/**/" + setOf(ecJWK("a")),
		"trailing comma": `{"keys":[` + good + `,]}`, "missing comma": `{"keys":[` + good + " " + good + `]}`,
		"missing comma after": `{"keys":[` + good + `] "a":1}`,
		"byte order mark":     "\ufeff" + setOf(ecJWK("a")), "only bad keys": setOf(`{"kty":"XYZ"}`, "1", "null"),
		"invalid UTF-8 outside":   "{\"a\":\"\xff\",\"keys\":[" + good + "]}",
		"invalid UTF-8 in a name": "{\"\xff\":1,\"keys\":[" + good + "]}",
		"lone surrogate outside":  `{"a":"\ud800","keys":[` + good + `]}`, "key after value": `{"keys":[` + good + `],}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, err := jwks.ParseStatic([]byte(doc))
			require.Error(t, err)
			require.Nil(t, s)
			require.Equal(t, name == "keys empty", strings.Contains(err.Error(), "holds no key"), "%v", err)
		})
	}
}

func TestDocumentBounds(t *testing.T) {
	// checklist 96
	good := ecJWK("a").json()
	many := func(n int) string { return `{"keys":[` + strings.Repeat("{},", n-1) + good + `]}` }
	members := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"m%d":1,`, i)
		}
		return "{" + b.String() + `"keys":[` + good + `]}`
	}
	for name, tc := range map[string]struct {
		doc string
		ok  bool
	}{
		"1024 keys":      {many(1024), true},
		"1025 keys":      {many(1025), false},
		"100,000 keys":   {many(100_000), false},
		"1 MiB":          {setOf(ecJWK("a")) + strings.Repeat(" ", 1<<20-len(good)-11), true},
		"1 MiB and one":  {setOf(ecJWK("a")) + strings.Repeat(" ", 1<<20-len(good)-10), false},
		"63 members":     {members(63), true},
		"64 members":     {members(64), false},
		"depth 16":       {`{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `,"keys":[` + good + `]}`, true},
		"depth 17":       {`{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `,"keys":[` + good + `]}`, false},
		"deep in a key":  {setOf(ecJWK("a"), `{"kty":`+strings.Repeat("[", 5000)), false},
		"only brackets":  {strings.Repeat("[", 1<<20), false},
		"brackets in \"": {`{"a":"` + strings.Repeat(`[\"`, 50) + `","keys":[` + good + `]}`, true},
		"a long member":  {`{"a":"` + strings.Repeat("a", 80<<10) + `","keys":[` + good + `]}`, false},
	} {
		_, err := jwks.ParseStatic([]byte(tc.doc))
		require.Equal(t, tc.ok, err == nil, "%s: %v", name, err)
	}
}

// What is wrong with a document is said in a line, whatever the document says.
func TestErrorsOfDocumentsAreShort(t *testing.T) {
	name := `"` + strings.Repeat("a", 400<<10) + `":`
	for _, doc := range []string{
		"{" + name + "1," + name + "1}",
		"{" + name + `"` + strings.Repeat("b", 80<<10) + `"}`,
		"{" + name + "x}", `{"keys":[{` + name + "x}]}", `{"keys":[{` + name + `1}]`,
	} {
		_, err := jwks.ParseStatic([]byte(doc))
		require.Error(t, err)
		require.Less(t, len(err.Error()), 512)
	}
}

// certificate makes a certificate for a key, in the form of x5c.
func certificate(t *testing.T, key crypto.PublicKey) string {
	ca := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signer"}}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: "ca"}}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, ca)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(der)
}
