package fuzz_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
)

// A swept proof is one that the sweeps change, and what it is good for.
type sweptProof struct {
	signer   proofSigner
	verifier *dpop.Verifier
	request  dpop.Request
}

func sweptProofs() (all []sweptProof) {
	for _, s := range proofSigners {
		all = append(all, sweptProof{s, newProofVerifier(),
			dpop.Request{Method: "GET", Target: "/user", Token: proofToken, Thumbprint: s.thumbprint}})
	}
	return all
}

func (p sweptProof) verify(proof string) error {
	_, _, err := p.verifier.Verify(proof, p.request)
	return err
}

func (p sweptProof) sign(header, claims string) string {
	return fuzzToken(p.signer.signs, p.signer.fill(header), p.signer.fill(claims))
}

// header and claims make a good proof in which one text stands in another's place.
func (p sweptProof) header(old, text string) string {
	return p.sign(strings.Replace(proofHeader, old, text, 1), proofClaims)
}

func (p sweptProof) claims(old, text string) string {
	return p.sign(proofHeader, strings.Replace(proofClaims, old, text, 1))
}

// refuses demands the refusal of a proof, in words that are none of its own.
func (p sweptProof) refuses(t *testing.T, proof, what string, where ...any) {
	err := p.verify(proof)
	if refusal, ok := err.(*dpop.Error); !ok || refusal == nil || len(err.Error()) > 300 ||
		strings.Contains(err.Error(), canary) {
		t.Helper()
		t.Fatalf(what+": %v instead of a refusal of %q", append(where, err, proof)...)
	}
}

// checklist 121, 125
func TestEveryByteOfAProof(t *testing.T) {
	kinds := []byte("Az09-_=.+/ \t\r\n\"{,%\x00\x7f\x80\xff")
	for _, p := range sweptProofs() {
		t.Run(p.signer.alg, func(t *testing.T) {
			good := p.sign(proofHeader, proofClaims)
			require.NoError(t, p.verify(good))
			for i := range good {
				p.refuses(t, good[:i], "truncated at %d", i)
				p.refuses(t, good[i+1:], "without the first %d", i+1)
				p.refuses(t, good[:i]+good[i+1:], "without byte %d", i)
				for bit := range 8 {
					p.refuses(t, flipped(good, i, 1<<bit), "byte %d, bit %d", i, bit)
				}
			}
			for i := range len(good) + 1 {
				for _, b := range kinds {
					p.refuses(t, good[:i]+string([]byte{b})+good[i:], "%q before byte %d", b, i)
				}
			}
			require.NoError(t, p.verify(good))
		})
	}
}

// object writes members, one of them in another way.
func object(members [][2]string, name, value string) string {
	var b strings.Builder
	for _, m := range members {
		if m[0] == name {
			m[1] = value
		}
		if m[1] != "" {
			fmt.Fprintf(&b, ",%q:%s", m[0], m[1])
		}
	}
	return "{" + b.String()[1:] + "}"
}

var (
	headerMembers = [][2]string{{"typ", `"dpop+jwt"`}, {"alg", `"ALG"`}, {"jwk", `JWK`}, {"kid", `"x"`}, {"unknown", `1`},
		{"crit", ""}, {"b64", ""}, {"x5c", ""}, {"jku", ""}, {"zip", ""}}
	claimMembers = [][2]string{{"jti", `"j"`}, {"htm", `"GET"`}, {"htu", `"https://api.example/user"`},
		{"iat", `1500000010`}, {"ath", `"ATH"`}, {"nonce", `"n"`}, {"unknown", `1`}, {"exp", ""}, {"cnf", ""}}
)

// What is accepted for each member, of the values of every JSON type. Whatever is not listed is refused.
var acceptedInProofs = func() map[string][]string {
	dates, all := []string{"integer", "fraction", "exponent"}, sortedKeys(jsonValues)
	return map[string][]string{
		"kid": {"string", "empty string", "number in a string"}, "unknown": all, "x5c": all, "jku": all, "zip": all,
		"jti": {"string", "number in a string"}, "iat": dates, "exp": all, "cnf": all,
		"nonce": {"null", "string", "empty string", "number in a string"},
	}
}()

// checklist 122, 123, 124, 125, 132, 133, 147a
func TestEveryMemberOfAProof(t *testing.T) {
	required := []string{"typ", "alg", "jwk", "jti", "htm", "htu", "iat", "ath"}
	for _, p := range sweptProofs() {
		now := func() time.Time { return time.Unix(1500000010, 0) }
		p.verifier = must(dpop.NewVerifier(dpop.Config{
			PublicOrigins: []string{fuzzAudience}, Algorithms: theProofOracle.algorithms, Now: now,
		}))
		sweep := func(members [][2]string, sign func(text string) string) {
			require.NoError(t, p.verify(sign(object(members, "", ""))))
			for _, m := range members {
				name, usual := m[0], m[1]
				if usual == "" {
					usual = "1"
				}
				if slices.Contains(required, name) {
					p.refuses(t, sign(object(members, name, "")), "%s is missing", name)
				} else {
					require.NoError(t, p.verify(sign(object(members, name, ""))), name)
				}
				p.refuses(t, sign(object(members, name, usual+fmt.Sprintf(",%q:%s", name, usual))), "%s is there twice", name)
				p.refuses(t, sign(object(members, name, usual+fmt.Sprintf(`,"\u%04x%s":%s`, name[0], name[1:], usual))),
					"%s is there twice, once escaped", name)
				for kind, value := range jsonValues {
					proof := sign(object(members, name, value))
					if slices.Contains(acceptedInProofs[name], kind) {
						require.NoError(t, p.verify(proof), "%s: %s", name, kind)
					} else {
						p.refuses(t, proof, "%s: %s", name, kind)
					}
				}
			}
		}
		sweep(headerMembers, func(text string) string { return p.sign(text, object(claimMembers, "", "")) })
		sweep(claimMembers, func(text string) string { return p.sign(proofHeader, text) })
	}
}

// A member of any size is either harmless or refused, and nothing of it comes back.
//
// checklist 122, 144
func TestHugeMembersOfAProof(t *testing.T) {
	p := sweptProofs()[0]
	for _, size := range []int{1000, 4000, 6000, 100_000} {
		long := strings.Repeat("x", size)
		harmless := map[string]string{
			"jti":     p.claims(canary, long),
			"a claim": p.claims("{", `{"a":"`+long+`",`),
			"a name":  p.claims("{", `{"`+long+`":1,`),
			"nonce":   p.claims("{", `{"nonce":"`+long+`",`),
			"kid":     p.header("{", `{"kid":"`+long+`",`),
			"query":   p.claims("/user", "/user?"+long),
		}
		for name, proof := range harmless {
			if err := p.verify(proof); len(proof) <= 8<<10 {
				require.NoError(t, err, "%s of %d", name, size)
			} else {
				require.ErrorContains(t, err, string(dpop.ReasonTooLarge), "%s of %d", name, size)
			}
		}
		many := `"a":[1` + strings.Repeat(",1", size) + `],`
		for name, proof := range map[string]string{
			"htm":            p.claims("GET", long),
			"htu":            p.claims("/user", "/"+long),
			"ath":            p.claims("ATH", long),
			"iat":            p.claims("1800", "1"+strings.Repeat("0", size)),
			"iat's exponent": p.claims("1800000000", "1e"+strings.Repeat("9", size)),
			"depth":          p.claims("{", `{"a":`+strings.Repeat("[", size)+strings.Repeat("]", size)+","),
			"elements":       p.claims("{", "{"+many),
			"in the header":  p.header("{", "{"+many),
			"typ":            p.header("dpop", long),
			"alg":            p.header("ALG", long),
		} {
			p.refuses(t, proof, "%s of %d", name, size)
		}
	}
}

// sweptKey is a key for the sweeps over algorithms, with its JWK.
type sweptKey struct {
	name string
	key  crypto.Signer
	jwk  map[string]string
}

func sweptKeys(t *testing.T) (keys []sweptKey) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	signers := []crypto.Signer{rsaKey, edKey}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
		signers = append(signers, key)
	}
	for i, name := range []string{"RSA", "Ed25519", "P-256", "P-384", "P-521"} {
		members := jwkOf(oracleKey{"", "", signers[i].Public()})
		for _, more := range []string{"kid", "alg", "use"} {
			delete(members, more)
		}
		keys = append(keys, sweptKey{name, signers[i], members})
	}
	return keys
}

// boundTo is a request for a token that is bound to a key of these members, sound or not.
func boundTo(members map[string]string) dpop.Request {
	sum := sha256.Sum256([]byte(canonicalJWK(members)))
	return dpop.Request{Method: "GET", Target: "/user", Token: proofToken, Thumbprint: encode64(string(sum[:]))}
}

// canonicalJWK writes what is hashed (RFC 7638 §3.2): the required members, in the order of their names.
func canonicalJWK(members map[string]string) string {
	var parts []string
	for _, name := range sortedKeys(members) {
		if slices.Contains([]string{"crv", "e", "kty", "n", "x", "y"}, name) {
			parts = append(parts, fmt.Sprintf("%q:%q", name, members[name]))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func allProofAlgorithms(t *testing.T) *dpop.Verifier {
	v, err := dpop.NewVerifier(dpop.Config{
		PublicOrigins: []string{fuzzAudience}, Algorithms: append([]string{"Ed25519"}, asymmetric...),
		Now: func() time.Time { return fuzzNow },
	})
	require.NoError(t, err)
	return v
}

// TestEveryAlgorithmWithEveryProofKey signs with every key by what works with it, and claims every algorithm for it.
//
// checklist 124, 147b
func TestEveryAlgorithmWithEveryProofKey(t *testing.T) {
	v, accepted := allProofAlgorithms(t), 0
	claims := proofSigners[0].fill(proofClaims)
	for _, k := range sweptKeys(t) {
		for _, made := range slices.Sorted(maps.Keys(schemes)) {
			s := schemes[made]
			if methods := map[string]string{"RSA": "PKCS1 PSS", "Ed25519": "Ed25519"}[k.name]; methods == "" &&
				s.method != "ECDSA" || methods != "" && !strings.Contains(methods, s.method) {
				continue
			}
			for _, alg := range headerAlgorithms() {
				signed := encode64(fmt.Sprintf(`{"typ":"dpop+jwt","alg":%q,"jwk":%s}`, alg, canonicalJWK(k.jwk))) + "." +
					encode64(claims)
				size := sizes(scheme{s.method, s.hash, curveOf(k.key)})[0]
				proof := signed + "." + encode64(string(sign(t, k.key, s, size, []byte(signed))))
				_, _, err := v.Verify(proof, boundTo(k.jwk))
				want, known := schemes[alg]
				if known && want == s && (s.method != "ECDSA" || s.curve == curveOf(k.key)) {
					require.NoError(t, err, "%s by %s", alg, k.name)
					accepted++
					continue
				}
				require.ErrorAs(t, err, new(*dpop.Error), "%s for %s by %s", alg, made, k.name)
			}
		}
	}
	require.Equal(t, 6+2*2+3, accepted)
}

func curveOf(key crypto.Signer) elliptic.Curve {
	if k, ok := key.(*ecdsa.PrivateKey); ok {
		return k.Curve
	}
	return nil
}

// TestProofKeysThatAreNone has tokens that are bound to what is no sound public key, so that nothing but the judge of
// keys can refuse it.
//
// checklist 125, 126, 147a, 147b
func TestProofKeysThatAreNone(t *testing.T) {
	v, keys := allProofAlgorithms(t), sweptKeys(t)
	algorithms := map[string]string{"RSA": "RS256", "Ed25519": "EdDSA", "P-256": "ES256", "P-384": "ES384",
		"P-521": "ES512"}
	verify := func(alg, jwk string, r dpop.Request) dpop.Reason {
		header := fmt.Sprintf(`{"typ":"dpop+jwt","alg":%q,"jwk":%s}`, alg, jwk)
		_, _, err := v.Verify(encode64(header)+"."+encode64(proofSigners[0].fill(proofClaims))+"."+
			encode64(strings.Repeat("\x01", map[string]int{"RS256": 256, "ES384": 96, "ES512": 132}[alg]+64)), r)
		require.ErrorAs(t, err, new(*dpop.Error))
		return err.(*dpop.Error).Reason
	}
	for _, k := range keys {
		alg, good := algorithms[k.name], canonicalJWK(k.jwk)
		require.Equal(t, dpop.ReasonSignature, verify(alg, good, boundTo(k.jwk)), "the key itself is sound")
		for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			for _, value := range []string{`"AQAB"`, `null`, `""`, `[]`, `{}`} {
				private := fmt.Sprintf(`{%q:%s,%s`, name, value, good[1:])
				require.Equal(t, dpop.ReasonKey, verify(alg, private, boundTo(k.jwk)), private)
			}
		}
		for name, value := range k.jwk {
			for what, jwk := range map[string]string{
				"twice":                fmt.Sprintf(`{%q:%q,%s`, name, value, good[1:]),
				"in capitals":          strings.Replace(good, `"`+name+`"`, `"`+strings.ToUpper(name)+`"`, 1),
				"in capitals, as well": fmt.Sprintf(`{%q:%q,%s`, strings.ToUpper(name), value, good[1:]),
				"a private one, D":     fmt.Sprintf(`{"D":"AQAB",%s`, good[1:]),
				"with the Kelvin sign": fmt.Sprintf(`{"\u212aty":"EC",%s`, good[1:]),
				"missing": strings.NewReplacer(fmt.Sprintf("%q:%q,", name, value), "",
					fmt.Sprintf(",%q:%q", name, value), "").Replace(good),
				"padded":                 strings.Replace(good, value, value+"=", 1),
				"a line break in it":     strings.Replace(good, value, value[:1]+`\n`+value[1:], 1),
				"a character more":       strings.Replace(good, value, "A"+value, 1),
				"a character less":       strings.Replace(good, value, value[1:], 1),
				"an array":               strings.Replace(good, fmt.Sprintf("%q", value), fmt.Sprintf("[%q]", value), 1),
				"null":                   strings.Replace(good, fmt.Sprintf("%q", value), "null", 1),
				"for encryption":         `{"use":"enc",` + good[1:],
				"for something else":     `{"key_ops":["sign"],` + good[1:],
				"with another algorithm": `{"alg":"none",` + good[1:],
			} {
				reason := verify(alg, jwk, boundTo(k.jwk))
				require.Contains(t, []dpop.Reason{dpop.ReasonKey, dpop.ReasonBinding, dpop.ReasonMalformed}, reason,
					"%s %s of %s: %s", name, what, k.name, jwk)
			}
		}
	}
	ec := func(crv, x, y string) map[string]string {
		return map[string]string{"kty": "EC", "crv": crv, "x": x, "y": y}
	}
	okp := func(crv, x string) map[string]string { return map[string]string{"kty": "OKP", "crv": crv, "x": x} }
	rsaOf := func(n, e string) map[string]string { return map[string]string{"kty": "RSA", "n": n, "e": e} }
	zeros := func(n int) string { return encode64(strings.Repeat("\x00", n)) }
	number := func(n *big.Int) string { return encode64(string(n.Bytes())) }
	bits := func(n uint) *big.Int { return rough(new(big.Int).SetBit(big.NewInt(1), int(n)-1, 1)) } // odd, of n bits
	n, x, prime := keys[0].jwk["n"], keys[2].jwk["x"], number(elliptic.P256().Params().P)
	full := func(n int) string { return encode64(strings.Repeat("\xff", n)) }
	first := func(n byte) string { return encode64(string([]byte{n}) + strings.Repeat("\x00", 31)) }
	for name, k := range map[string]struct {
		alg    string
		jwk    map[string]string
		reason dpop.Reason
	}{
		"P-256, the origin":      {"ES256", ec("P-256", zeros(32), zeros(32)), ""},
		"P-256, off the curve":   {"ES256", ec("P-256", x, x), ""},
		"P-256, x is the prime":  {"ES256", ec("P-256", prime, zeros(32)), ""},
		"P-521, above the prime": {"ES512", ec("P-521", full(66), zeros(66)), ""},
		"P-384 under P-256":      {"ES256", ec("P-256", keys[3].jwk["x"], keys[3].jwk["y"]), ""},
		"an unknown curve":       {"ES256", ec("secp256k1", x, keys[2].jwk["y"]), ""},
		"of low order":           {"EdDSA", okp("Ed25519", first(1)), ""},
		"no point":               {"EdDSA", okp("Ed25519", first(2)), ""},
		"not below the prime":    {"EdDSA", okp("Ed25519", full(32)), ""},
		"Ed448":                  {"EdDSA", okp("Ed448", zeros(57)), ""},
		"X25519":                 {"EdDSA", okp("X25519", zeros(32)), ""},
		"symmetric":              {"ES256", map[string]string{"kty": "oct", "k": zeros(32)}, ""},
		"RSA, 2047 bits":         {"RS256", rsaOf(number(bits(2047)), "AQAB"), ""},
		"RSA, 16384 bits":        {"RS256", rsaOf(number(bits(16384)), "AQAB"), dpop.ReasonSignature},
		"RSA, 16385 bits":        {"RS256", rsaOf(number(bits(16385)), "AQAB"), ""},
		"RSA, 40000 bits":        {"RS256", rsaOf(number(bits(40000)), "AQAB"), dpop.ReasonTooLarge},
		"RSA, a factor of 3":     {"RS256", rsaOf(number(new(big.Int).Mul(bits(2048), big.NewInt(3))), "AQAB"), ""},
		"RSA, a square":          {"RS256", rsaOf(number(new(big.Int).Mul(bits(1025), bits(1025))), "AQAB"), ""},
		"RSA, even":              {"RS256", rsaOf(number(new(big.Int).Lsh(big.NewInt(1), 2047)), "AQAB"), ""},
		"RSA, e is 1":            {"RS256", rsaOf(n, "AQ"), ""},
		"RSA, e is 2":            {"RS256", rsaOf(n, "Ag"), ""},
		"RSA, e of 33 bits":      {"RS256", rsaOf(n, "AQAAAAE"), ""},
		"RSA, e is n":            {"RS256", rsaOf(n, n), ""},
	} {
		if k.reason == "" {
			k.reason = dpop.ReasonKey
		}
		jwk := canonicalJWK(k.jwk)
		if k.jwk["kty"] == "oct" {
			jwk = fmt.Sprintf(`{"kty":"oct","k":%q}`, k.jwk["k"])
		}
		require.Equal(t, k.reason, verify(k.alg, jwk, boundTo(k.jwk)), name)
	}
	rs := sweptProofs()[3] // a key that says what it is for is for nothing else
	require.NoError(t, rs.verify(rs.header("JWK", `{"alg":"RS256",`+rs.signer.jwk[1:])))
	rs.refuses(t, rs.header("JWK", `{"alg":"RS384",`+rs.signer.jwk[1:]), "the key is for another algorithm")
}
