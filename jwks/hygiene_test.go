package jwks_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
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

func TestKeyType(t *testing.T) {
	// checklist 81
	ec := ecJWK("bad")
	checkSkipped(t, []skipCase{
		{"missing", ec.without("kty").json(), "no kty"},
		{"null", ec.with("kty", nil).json(), "no kty"},
		{"number", ec.with("kty", 5).json(), "right types"},
		{"array", ec.with("kty", []string{"EC"}).json(), "right types"},
		{"lower case", ec.with("kty", "ec").json(), "kty is not"},
		{"name in upper case", ec.without("kty").with("KTY", "EC").json(), "no kty"},
		{"empty", ec.with("kty", "").json(), "kty is not"},
	})
}

func TestUnusableKeySkipped(t *testing.T) {
	// checklist 82
	ec, ed, rs := ecJWK("bad"), jwkOf("bad", newEd()), jwkOf("bad", &rsa2048().PublicKey)
	x := ec["x"].(string)
	checkSkipped(t, []skipCase{
		{"unknown kty", jwk{"kty": "AKP", "kid": "bad", "alg": "ML-DSA-44", "pub": "AAAA"}.json(), "kty is not"},
		{"not an object", `"key"`, "JSON object"},
		{"null", `null`, "JSON object"},
		{"array", `[]`, "JSON object"},
		{"empty object", `{}`, "no kty"},
		{"EC without x", ec.without("x").json(), "missing"},
		{"EC without y", ec.without("y").json(), "missing"},
		{"EC without crv", ec.without("crv").json(), "crv"},
		{"EC unknown crv", ec.with("crv", "secp256k1").json(), "crv"},
		{"EC crv of another size", ec.with("crv", "P-384").json(), "as long as"},
		{"EC P-224", ec.with("crv", "P-224").json(), "crv"},
		{"EC short coordinate", ec.with("x", b64(make([]byte, 31))).json(), "as long as"},
		{"EC long coordinate", ec.with("x", b64(append([]byte{0}, must(base64.RawURLEncoding.DecodeString(x))...))).json(), "as long as"},
		{"EC off the curve", ec.with("x", ec["y"]).json(), "not on its curve"},
		{"EC at infinity", ec.with("x", b64(make([]byte, 32))).with("y", b64(make([]byte, 32))).json(), "not on its curve"},
		{"EC beyond the field", ec.with("x", b64(bytes.Repeat([]byte{255}, 32))).json(), "not on its curve"},
		{"base64 padding", ec.with("x", x+"=").json(), "base64url"},
		{"base64 line break", ec.with("x", x[:10]+"\n"+x[10:]).json(), "base64url"},
		{"base64 standard alphabet", ec.with("x", "+/"+x[2:]).json(), "base64url"},
		{"base64 trailing bits", ec.with("x", trailingBits(x)).json(), "base64url"},
		{"number for a string", ec.with("x", 7).json(), "right types"},
		{"RSA without n", rs.without("n").json(), "missing"},
		{"RSA without e", rs.without("e").json(), "missing"},
		{"Ed25519 31 bytes", ed.with("x", b64(make([]byte, 31))).json(), "as long as"},
		{"Ed25519 33 bytes", ed.with("x", b64(make([]byte, 33))).json(), "as long as"},
		{"Ed25519 without x", ed.without("x").json(), "missing"},
		{"Ed448", ed.with("crv", "Ed448").with("x", b64(make([]byte, 57))).json(), "crv"},
		{"X25519", ed.with("crv", "X25519").json(), "crv"},
		{"invalid UTF-8", strings.Replace(ec.json(), `"bad"`, "\"bad\xff\"", 1), "JSON object"},
		{"too large", ec.with("x5c", []string{strings.Repeat("A", 70<<10)}).json(), "larger than"},
	})
}

func trailingBits(x string) string {
	last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", x[len(x)-1])
	return x[:len(x)-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last+1:last+2]
}

// Points that crypto/ed25519 would take without a word. For one of low order,
// anybody can make signatures that verify.
func TestEdwardsPoints(t *testing.T) {
	// checklist 82
	ed := jwkOf("bad", newEd())
	cases := []skipCase{{"beyond the field", ed.with("x", b64(append(bytes.Repeat([]byte{255}, 31), 0x7f))).json(), "not on its curve"}}
	for i, hexed := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	} {
		var point []byte
		_, err := fmt.Sscanf(hexed, "%x", &point)
		require.NoError(t, err)
		cases = append(cases, skipCase{fmt.Sprint("low order ", i), ed.with("x", b64(point)).json(), "low order"})
	}
	checkSkipped(t, cases)

	// Half of all y have no x. The others, all keys ever made among them, pass.
	off := 0
	for y := range byte(100) {
		x := append([]byte{y + 2}, make([]byte, 31)...)
		if _, err := jwks.ParseStatic([]byte(setOf(ed.with("x", b64(x))))); err != nil {
			require.ErrorContains(t, err, "not on its curve")
			off++
		}
	}
	require.InDelta(t, 50, off, 20)
	for range 200 {
		_, err := jwks.ParseStatic([]byte(setOf(jwkOf("k", newEd()))))
		require.NoError(t, err)
	}
}

func TestRSABounds(t *testing.T) {
	// checklist 54, 82
	rs := jwkOf("bad", &rsa2048().PublicKey)
	modulus := func(bits int, low byte) jwk { // an odd or even number of that size
		n := make([]byte, (bits+7)/8)
		n[0] = 1 << ((bits - 1) % 8)
		n[len(n)-1] |= low
		return rs.with("n", b64(n))
	}
	e := func(b ...byte) string { return rs.with("e", b64(b)).json() }
	checkSkipped(t, []skipCase{
		{"1024 bits", modulus(1024, 1).json(), "shorter than 2048"},
		{"2047 bits", modulus(2047, 1).json(), "shorter than 2048"},
		{"2047 bits behind zeros", rs.with("n", b64(append(make([]byte, 64), must(base64.RawURLEncoding.DecodeString(modulus(2047, 1)["n"].(string)))...))).json(), "shorter than 2048"},
		{"zero", rs.with("n", b64(make([]byte, 256))).json(), "shorter than 2048"},
		{"16385 bits", modulus(16385, 1).json(), "longer than 16384"},
		{"even", modulus(2048, 0).json(), "even"},
		{"e 0", e(0), "exponent"},
		{"e 1", e(1), "exponent"},
		{"e 2", e(2), "exponent"},
		{"e even", e(1, 0, 0), "exponent"},
		{"e 2^31+1", e(0x80, 0, 0, 1), "exponent"},
		{"e 5 bytes", e(1, 0, 0, 0, 1), "exponent"},
	})
	for name, good := range map[string]string{
		"2048 bits": modulus(2048, 1).json(), "16384 bits": modulus(16384, 1).json(), "2052 bits": modulus(2052, 1).json(),
		"e 3": e(3), "e 2^31-1": e(0x7f, 0xff, 0xff, 0xff), "e with zeros": e(0, 1, 0, 1),
		"n with a zero": rs.with("n", b64(append([]byte{0}, rsa2048().N.Bytes()...))).json(),
	} {
		s, err := jwks.ParseStatic([]byte(setOf(good)))
		require.NoError(t, err, name)
		keys, err := s.VerificationKeys(t.Context(), "bad", "RS256")
		require.NoError(t, err)
		require.Len(t, keys, 1, name)
		require.IsType(t, &rsa.PublicKey{}, keys[0])
	}
}

func TestUnknownMembersIgnored(t *testing.T) {
	// checklist 83
	k := ecJWK("a").with("x5u", "https://evil.example").with("exp", 5).with("D", "upper case is another member").with("deep", map[string]any{"a": []int{1}})
	s, err := jwks.ParseStatic([]byte(`{"version":3,"meta":{"a":[1,{"b":null}]},"Keys":"not it","keys":[` + k.json() + `]}`))
	require.NoError(t, err)
	require.True(t, accepts(s, "a"))
	require.Empty(t, s.Skipped())
}

func TestDuplicateMembers(t *testing.T) {
	// checklist 84
	ec := ecJWK("bad").json()
	checkSkipped(t, []skipCase{
		{"of the key", `{"kid":"bad",` + ec[1:], "each once"},
		{"written with an escape", `{"\u006bid":"bad",` + ec[1:], "each once"},
		{"of an unknown member", `{"foo":1,"foo":1,` + ec[1:], "each once"},
		{"further down", `{"foo":{"a":1,"a":2},` + ec[1:], "each once"},
	})
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

func TestUse(t *testing.T) {
	// checklist 85
	ec := ecJWK("bad")
	checkSkipped(t, []skipCase{
		{"enc", ec.with("use", "enc").json(), "use is not sig"},
		{"upper case", ec.with("use", "SIG").json(), "use is not sig"},
		{"empty", ec.with("use", "").json(), "use is not sig"},
		{"unknown", ec.with("use", "tls").json(), "use is not sig"},
		{"array", ec.with("use", []string{"sig"}).json(), "right types"},
	})
	for _, good := range []jwk{ec.with("use", "sig"), ec.with("use", nil), ec} {
		_, err := jwks.ParseStatic([]byte(setOf(good)))
		require.NoError(t, err)
	}
}

func TestKeyOperations(t *testing.T) {
	// checklist 86
	ec := ecJWK("bad")
	ops := func(ops ...string) string { return ec.with("key_ops", ops).json() }
	checkSkipped(t, []skipCase{
		{"encrypt", ops("encrypt"), "verify"},
		{"sign only", ops("sign"), "verify"},
		{"none", `{"key_ops":[],` + ec.json()[1:], "verify"},
		{"upper case", ops("Verify"), "verify"},
		{"twice", ops("verify", "verify"), "twice"},
		{"a string", ec.with("key_ops", "verify").json(), "right types"},
		{"more than there are", ops(append(strings.Split("abcdefghijklmnop", ""), "verify")...), "more than 16"},
		{"a number inside", ec.with("key_ops", []any{"verify", 1}).json(), "right types"},
	})
	for _, good := range []string{ops("verify"), ops("sign", "verify"), ops("verify", "encrypt"), ec.with("key_ops", nil).json()} {
		_, err := jwks.ParseStatic([]byte(setOf(good)))
		require.NoError(t, err)
	}
}

func TestUseAgainstOperations(t *testing.T) {
	// checklist 87
	ec := ecJWK("bad")
	checkSkipped(t, []skipCase{
		{"sig and encrypt", ec.with("use", "sig").with("key_ops", []string{"verify", "encrypt"}).json(), "contradict"},
		{"sig and wrapKey", ec.with("use", "sig").with("key_ops", []string{"wrapKey"}).json(), "contradict"},
		{"enc and verify", ec.with("use", "enc").with("key_ops", []string{"verify"}).json(), "use is not sig"},
	})
	_, err := jwks.ParseStatic([]byte(setOf(ec.with("use", "sig").with("key_ops", []string{"verify"}))))
	require.NoError(t, err)
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
	ec := ecJWK("bad")
	checkSkipped(t, []skipCase{
		{"EC with RS256", ec.with("alg", "RS256").json(), "alg does not fit"},
		{"P-256 with ES384", ec.with("alg", "ES384").json(), "alg does not fit"},
		{"EC with HS256", ec.with("alg", "HS256").json(), "alg does not fit"},
		{"RSA for encryption", rs.with("alg", "RSA-OAEP").json(), "alg does not fit"},
		{"none", ec.with("alg", "none").json(), "alg does not fit"},
		{"lower case", ec.with("alg", "es256").json(), "alg does not fit"},
		{"empty", ec.with("alg", "").json(), "alg does not fit"},
		{"number", ec.with("alg", 256).json(), "right types"},
	})
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
	s, err := jwks.ParseStatic([]byte(setOf(ecJWK("k"), jwkOf("k", &rsa2048().PublicKey), ecJWK("k"), jwkOf("k", newEd()), ecJWK("other"))))
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
	require.Equal(t, first["x"], jwkOf("", found[0])["x"], "in the order of the set")
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
		"four names, then none":  {append(named[:4:4], ecJWK("")), 4, "no kid"},
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

// A key is listed for the algorithms under which it is found.
func TestListedAlgorithmsAreThoseFound(t *testing.T) {
	// checklist 90
	n := func(low byte) string {
		b := rsa2048().N.Bytes()
		b[len(b)-1], b[len(b)-2] = 1, low
		return b64(b)
	}
	for _, kid := range []string{"", "k"} {
		rs := jwkOf(kid, &rsa2048().PublicKey)
		var keys []any
		for i := range byte(4) {
			keys = append(keys, rs.with("n", n(i)).with("alg", "PS256"))
		}
		r := newRemote(t, newEndpoint(append(keys, rs.with("n", n(4)))...), nil)
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

func TestPrivateAndSymmetric(t *testing.T) {
	// checklist 51, 92
	ec, rs := ecJWK("bad"), jwkOf("bad", &rsa2048().PublicKey)
	cases := []skipCase{
		{"symmetric", jwk{"kty": "oct", "kid": "bad", "k": b64(make([]byte, 32)), "alg": "HS256"}.json(), "symmetric"},
		{"d null", ec.with("d", nil).json(), "private"},
		{"d empty", ec.with("d", "").json(), "private"},
		{"d of a wrong type", ec.with("d", []int{1}).json(), "private"},
		{"OKP", jwkOf("bad", newEd()).with("d", b64(make([]byte, 32))).json(), "private"},
	}
	for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		cases = append(cases, skipCase{"RSA " + member, rs.with(member, "AQAB").json(), "private"})
	}
	checkSkipped(t, cases)

	log := &logBuffer{}
	r := newRemote(t, newEndpoint(ecJWK("a"), ec.with("d", "AQAB")), func(c *jwks.Config) { c.Logger = log.logger() })
	require.True(t, accepts(r, "a"))
	log.requireContains(t, "private")
	require.Regexp(t, `level=WARN msg="jwks: key skipped" index=1 kid=bad reason=".*private`, log.String())
	require.True(t, r.Status().Skipped[0].Secret)
}

func TestNotASet(t *testing.T) {
	// checklist 93, 94
	good := ecJWK("a").json()
	for name, doc := range map[string]string{
		"empty": "", "white space": " \n ", "null": "null", "array": "[" + good + "]", "string": `"keys"`, "a key alone": good,
		"empty object": "{}", "keys null": `{"keys":null}`, "keys object": `{"keys":{}}`, "keys string": `{"keys":"` + "x" + `"}`,
		"keys empty": `{"keys":[]}`, "upper case": `{"KEYS":[` + good + `]}`, "error": `{"error":"server_error"}`,
		"HTML": "<!doctype html><title>503</title>", "truncated": setOf(ecJWK("a"))[:80], "cut before the end": `{"keys":[` + good + `]`,
		"trailing data": setOf(ecJWK("a")) + "{}", "trailing garbage": setOf(ecJWK("a")) + "x", "comment": "/**/" + setOf(ecJWK("a")),
		"trailing comma": `{"keys":[` + good + `,]}`, "missing comma": `{"keys":[` + good + " " + good + `]}`, "missing comma after": `{"keys":[` + good + `] "a":1}`,
		"byte order mark": "\ufeff" + setOf(ecJWK("a")), "only bad keys": setOf(`{"kty":"XYZ"}`, "1", "null"),
		"invalid UTF-8 outside": "{\"a\":\"\xff\",\"keys\":[" + good + "]}", "invalid UTF-8 in a name": "{\"\xff\":1,\"keys\":[" + good + "]}",
		"lone surrogate outside": `{"a":"\ud800","keys":[` + good + `]}`, "key after value": `{"keys":[` + good + `],}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, err := jwks.ParseStatic([]byte(doc))
			require.Error(t, err)
			require.Nil(t, s)
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

func TestCertificate(t *testing.T) {
	// checklist 97
	key := p256()
	leaf := certificate(t, &key.PublicKey)
	good := jwkOf("bad", &key.PublicKey)
	chain := func(certs ...any) string { return good.with("x5c", certs).json() }
	checkSkipped(t, []skipCase{
		{"another key", ecJWK("bad").with("x5c", []string{leaf}).json(), "x5c"},
		{"another type", jwkOf("bad", &rsa2048().PublicKey).with("x5c", []string{leaf}).json(), "x5c"},
		{"leaf second", chain(certificate(t, newEC()), leaf), "x5c"},
	})
	for _, algorithm := range []crypto.Signer{key, rsa2048(), must2(ed25519.GenerateKey(rand.Reader))} {
		k := jwkOf("k", algorithm.Public()).with("x5c", []string{certificate(t, algorithm.Public()), "later ones are not looked at"})
		_, err := jwks.ParseStatic([]byte(setOf(k)))
		require.NoError(t, err)
	}
}

func must2(_ ed25519.PublicKey, private ed25519.PrivateKey, err error) ed25519.PrivateKey {
	return must(private, err)
}

// certificate makes a certificate for a key, in the form of x5c.
func certificate(t *testing.T, key crypto.PublicKey) string {
	ca := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signer"}}
	der, err := x509.CreateCertificate(rand.Reader, template, &x509.Certificate{Subject: pkix.Name{CommonName: "ca"}}, key, ca)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(der)
}
