package jwk_test

import (
	"crypto/elliptic"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks/jwk"
)

// refused is a JWK that must not be used, and a part of the reason given.
type refused struct{ name, raw, reason string }

func checkRefused(t *testing.T, cases []refused) {
	t.Helper()
	require.NotEmpty(t, cases)
	for _, tc := range cases {
		key, err := jwk.Parse([]byte(tc.raw))
		require.ErrorContains(t, err, tc.reason, tc.name)
		key.ID = "" // the kid is for the report
		require.Equal(t, jwk.Key{}, key, tc.name)
	}
}

func TestKeyType(t *testing.T) {
	// checklist 81
	ec := named("bad", ecKey(elliptic.P256()))
	checkRefused(t, []refused{
		{"missing", ec.without("kty").text(), "no kty"},
		{"null", ec.with("kty", nil).text(), "no kty"},
		{"number", ec.with("kty", 5).text(), "right types"},
		{"array", ec.with("kty", []string{"EC"}).text(), "right types"},
		{"lower case", ec.with("kty", "ec").text(), "kty is not"},
		{"name in upper case", ec.without("kty").with("KTY", "EC").text(), "no kty"},
		{"empty", ec.with("kty", "").text(), "kty is not"},
	})
}

func TestDuplicateMembers(t *testing.T) {
	// checklist 84
	ec := named("bad", ecKey(elliptic.P256())).text()
	checkRefused(t, []refused{
		{"of the key", `{"kid":"bad",` + ec[1:], "each once"},
		{"written with an escape", `{"\u006bid":"bad",` + ec[1:], "each once"},
		{"of an unknown member", `{"foo":1,"foo":1,` + ec[1:], "each once"},
		{"further down", `{"foo":{"a":1,"a":2},` + ec[1:], "each once"},
	})
}

func TestUse(t *testing.T) {
	// checklist 85
	ec := named("bad", ecKey(elliptic.P256()))
	checkRefused(t, []refused{
		{"enc", ec.with("use", "enc").text(), "use is not sig"},
		{"certificates of SPIFFE", ec.with("use", "x509-svid").text(), "use is not sig"},
		{"upper case", ec.with("use", "SIG").text(), "use is not sig"},
		{"empty", ec.with("use", "").text(), "use is not sig"},
		{"unknown", ec.with("use", "tls").text(), "use is not sig"},
		{"array", ec.with("use", []string{"sig"}).text(), "right types"},
	})
	for _, good := range []members{ec.with("use", "sig"), ec.with("use", nil), ec} {
		_, err := jwk.Parse(good.raw())
		require.NoError(t, err)
	}
}

func TestKeyOperations(t *testing.T) {
	// checklist 86
	ec := named("bad", ecKey(elliptic.P256()))
	ops := func(ops ...string) string { return ec.with("key_ops", ops).text() }
	checkRefused(t, []refused{
		{"encrypt", ops("encrypt"), "verify"},
		{"sign only", ops("sign"), "verify"},
		{"none", `{"key_ops":[],` + ec.text()[1:], "verify"},
		{"upper case", ops("Verify"), "verify"},
		{"twice", ops("verify", "verify"), "twice"},
		{"a string", ec.with("key_ops", "verify").text(), "right types"},
		{"more than there are", ops(append(strings.Split("abcdefghijklmnop", ""), "verify")...), "more than 16"},
		{"a number inside", ec.with("key_ops", []any{"verify", 1}).text(), "right types"},
	})
	for _, good := range []string{
		ops("verify"), ops("sign", "verify"), ops("verify", "encrypt"), ec.with("key_ops", nil).text(),
	} {
		_, err := jwk.Parse([]byte(good))
		require.NoError(t, err)
	}
}

func TestUseAgainstOperations(t *testing.T) {
	// checklist 87
	ec := named("bad", ecKey(elliptic.P256()))
	checkRefused(t, []refused{
		{"sig and encrypt", ec.with("use", "sig").with("key_ops", []string{"verify", "encrypt"}).text(), "contradict"},
		{"sig and wrapKey", ec.with("use", "sig").with("key_ops", []string{"wrapKey"}).text(), "contradict"},
		{"enc and verify", ec.with("use", "enc").with("key_ops", []string{"verify"}).text(), "use is not sig"},
	})
	_, err := jwk.Parse(ec.with("use", "sig").with("key_ops", []string{"verify"}).raw())
	require.NoError(t, err)
}

func TestKeyAlgorithm(t *testing.T) {
	// checklist 49, 88
	rs := named("bad", rsaKey())
	key, err := jwk.Parse(rs.with("alg", "PS384").raw())
	require.NoError(t, err)
	require.Equal(t, []string{"PS384"}, key.Algorithms)
	ec := named("bad", ecKey(elliptic.P256()))
	checkRefused(t, []refused{
		{"EC with RS256", ec.with("alg", "RS256").text(), "alg does not fit"},
		{"P-256 with ES384", ec.with("alg", "ES384").text(), "alg does not fit"},
		{"EC with HS256", ec.with("alg", "HS256").text(), "alg does not fit"},
		{"RSA for encryption", rs.with("alg", "RSA-OAEP").text(), "alg does not fit"},
		{"none", ec.with("alg", "none").text(), "alg does not fit"},
		{"lower case", ec.with("alg", "es256").text(), "alg does not fit"},
		{"empty", ec.with("alg", "").text(), "alg does not fit"},
		{"number", ec.with("alg", 256).text(), "right types"},
	})
}

func TestPrivateAndSymmetric(t *testing.T) {
	// checklist 51, 92
	ec, rs := named("bad", ecKey(elliptic.P256())), named("bad", rsaKey())
	cases := []refused{
		{"symmetric", members{"kty": "oct", "kid": "bad", "k": b64(make([]byte, 32)), "alg": "HS256"}.text(), "symmetric"},
		{"d null", ec.with("d", nil).text(), "private"},
		{"d empty", ec.with("d", "").text(), "private"},
		{"d of a wrong type", ec.with("d", []int{1}).text(), "private"},
		{"OKP", named("bad", edKey()).with("d", b64(make([]byte, 32))).text(), "private"},
	}
	for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		cases = append(cases, refused{"RSA " + member, rs.with(member, "AQAB").text(), "private"})
	}
	checkRefused(t, cases)
}
