package jwk_test

import (
	"testing"
)

// akp is a key of ML-DSA: all bytes are one, if there are as many as the algorithm asks.
func akp(alg string, size int) members {
	return members{"kty": "AKP", "kid": "bad", "alg": alg, "pub": b64(make([]byte, size))}
}

// What no version of Go can read.
func TestAlgorithmKeyPairs(t *testing.T) {
	// checklist 81, 82, 85, 86, 92, 183
	m := akp("ML-DSA-44", 1312)
	checkRefused(t, []refused{
		{"no alg", m.without("alg").text(), "has to have an alg"},
		{"alg null", m.with("alg", nil).text(), "has to have an alg"},
		{"no pub", m.without("pub").text(), "missing"},
		{"pub in upper case", m.without("pub").with("PUB", m["pub"]).text(), "missing"},
		{"pub with padding", m.with("pub", m["pub"].(string)+"=").text(), "base64url"},
		{"pub with a line break", m.with("pub", m["pub"].(string)+"\n").text(), "base64url"},
		{"pub of another type", m.with("pub", 7).text(), "right types"},
		{"kty in lower case", m.with("kty", "akp").text(), "kty is not"},
		{"priv", m.with("priv", b64(make([]byte, 32))).text(), "private"},
		{"priv null", m.with("priv", nil).text(), "private"},
		{"priv beside another type of key", membersOf(edKey()).with("kid", "bad").with("priv", "AA").text(), "private"},
		{"use enc", m.with("use", "enc").text(), "use is not sig"},
		{"sign only", m.with("key_ops", []string{"sign"}).text(), "verify"},
		{"on a curve instead", m.with("kty", "OKP").text(), "crv"},
		{"ML-DSA on a curve", membersOf(edKey()).with("kid", "bad").with("alg", "ML-DSA-44").text(), "alg does not fit"},
	})
}
