package jwk_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks/jwk"
)

func TestMaterialIsJudged(t *testing.T) {
	// checklist 82
	ec, ed, rs := named("bad", ecKey(elliptic.P256())), named("bad", edKey()), named("bad", rsaKey())
	x := ec["x"].(string)
	checkRefused(t, []refused{
		{"unknown kty", members{"kty": "EDH", "kid": "bad", "alg": "ML-DSA-44", "pub": "AAAA"}.text(), "kty is not"},
		{"not an object", `"key"`, "JSON object"},
		{"null", `null`, "JSON object"},
		{"array", `[]`, "JSON object"},
		{"empty object", `{}`, "no kty"},
		{"EC without x", ec.without("x").text(), "missing"},
		{"EC without y", ec.without("y").text(), "missing"},
		{"EC without crv", ec.without("crv").text(), "crv"},
		{"EC unknown crv", ec.with("crv", "secp256k1").text(), "crv"},
		{"EC crv of another size", ec.with("crv", "P-384").text(), "as long as"},
		{"EC P-224", ec.with("crv", "P-224").text(), "crv"},
		{"EC short coordinate", ec.with("x", b64(make([]byte, 31))).text(), "as long as"},
		{"EC long coordinate", ec.with("x", b64(append([]byte{0}, unb64(x)...))).text(), "as long as"},
		{"EC off the curve", ec.with("x", ec["y"]).text(), "not on its curve"},
		{"EC at infinity", ec.with("x", b64(make([]byte, 32))).with("y", b64(make([]byte, 32))).text(), "not on its curve"},
		{"EC beyond the field", ec.with("x", b64(bytes.Repeat([]byte{255}, 32))).text(), "not on its curve"},
		{"base64 padding", ec.with("x", x+"=").text(), "base64url"},
		{"base64 line break", ec.with("x", x[:10]+"\n"+x[10:]).text(), "base64url"},
		{"base64 standard alphabet", ec.with("x", "+/"+x[2:]).text(), "base64url"},
		{"base64 trailing bits", ec.with("x", trailingBits(x)).text(), "base64url"},
		{"number for a string", ec.with("x", 7).text(), "right types"},
		{"RSA without n", rs.without("n").text(), "missing"},
		{"RSA without e", rs.without("e").text(), "missing"},
		{"Ed25519 31 bytes", ed.with("x", b64(make([]byte, 31))).text(), "as long as"},
		{"Ed25519 33 bytes", ed.with("x", b64(make([]byte, 33))).text(), "as long as"},
		{"Ed25519 without x", ed.without("x").text(), "missing"},
		{"Ed448", ed.with("crv", "Ed448").with("x", b64(make([]byte, 57))).text(), "crv"},
		{"X25519", ed.with("crv", "X25519").text(), "crv"},
		{"invalid UTF-8", strings.Replace(ec.text(), `"bad"`, "\"bad\xff\"", 1), "JSON object"},
		{"too large", ec.with("x5c", []string{strings.Repeat("A", 70<<10)}).text(), "larger than"},
	})
}

func unb64(s string) []byte { return must(base64.RawURLEncoding.DecodeString(s)) }

func trailingBits(x string) string {
	last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", x[len(x)-1])
	return x[:len(x)-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last+1:last+2]
}

// Points that crypto/ed25519 would take without a word. For one of low order,
// anybody can make signatures that verify.
func TestEdwardsPoints(t *testing.T) {
	// checklist 82
	ed := named("bad", edKey())
	beyond := append(bytes.Repeat([]byte{255}, 31), 0x7f)
	cases := []refused{{"beyond the field", ed.with("x", b64(beyond)).text(), "not on its curve"}}
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
		point := must(hex.DecodeString(hexed))
		cases = append(cases, refused{fmt.Sprint("low order ", i), ed.with("x", b64(point)).text(), "low order"})
	}
	checkRefused(t, cases)

	// Half of all y have no x. The others, all keys ever made among them, pass.
	off := 0
	for y := range byte(100) {
		x := append([]byte{y + 2}, make([]byte, 31)...)
		if _, err := jwk.Parse(ed.with("x", b64(x)).raw()); err != nil {
			require.ErrorContains(t, err, "not on its curve")
			off++
		}
	}
	require.InDelta(t, 50, off, 20)
	for range 200 {
		_, err := jwk.Parse(membersOf(edKey()).raw())
		require.NoError(t, err)
	}
}

func TestRSABounds(t *testing.T) {
	// checklist 54, 82
	rs := named("bad", rsaKey())
	modulus := func(bits int, low int64) members { // an odd or even number of that size
		n := withoutSmallFactors(new(big.Int).Lsh(big.NewInt(1), uint(bits-1)))
		return rs.with("n", b64(n.Add(n, big.NewInt(low-1)).Bytes()))
	}
	small := append(make([]byte, 64), unb64(modulus(2047, 1)["n"].(string))...)
	e := func(b ...byte) string { return rs.with("e", b64(b)).text() }
	checkRefused(t, []refused{
		{"1024 bits", modulus(1024, 1).text(), "shorter than 2048"},
		{"2047 bits", modulus(2047, 1).text(), "shorter than 2048"},
		{"2047 bits behind zeros", rs.with("n", b64(small)).text(), "shorter than 2048"},
		{"zero", rs.with("n", b64(make([]byte, 256))).text(), "shorter than 2048"},
		{"16385 bits", modulus(16385, 1).text(), "longer than 16384"},
		{"even", modulus(2048, 0).text(), "even"},
		{"e 0", e(0), "exponent"},
		{"e 1", e(1), "exponent"},
		{"e 2", e(2), "exponent"},
		{"e even", e(1, 0, 0), "exponent"},
		{"e 2^31+1", e(0x80, 0, 0, 1), "exponent"},
		{"e 5 bytes", e(1, 0, 0, 0, 1), "exponent"},
	})
	for name, good := range map[string]string{
		"2048 bits": modulus(2048, 1).text(), "16384 bits": modulus(16384, 1).text(), "2052 bits": modulus(2052, 1).text(),
		"e 3": e(3), "e 2^31-1": e(0x7f, 0xff, 0xff, 0xff), "e with zeros": e(0, 1, 0, 1),
		"n with a zero": rs.with("n", b64(append([]byte{0}, rsaKey().N.Bytes()...))).text(),
	} {
		key, err := jwk.Parse([]byte(good))
		require.NoError(t, err, name)
		require.IsType(t, &rsa.PublicKey{}, key.Public)
		require.True(t, jwk.Fits("RS256", key.Public), name)
	}
}
