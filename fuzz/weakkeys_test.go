package fuzz_test

import (
	"crypto"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// TestForgeryByFactoring computes an issuer's private key out of what it published, and signs with it. A set that reads
// its keys does not use such a one.
//
// checklist 185
func TestForgeryByFactoring(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	var p *big.Int
	fips140.WithoutEnforcement(func() { p = must(rand.Prime(rand.Reader, 1024)) })
	q := new(big.Int).Add(p, big.NewInt(2))
	for !q.ProbablyPrime(8) {
		q.Add(q, big.NewInt(2))
	}
	published := &rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}
	forged := issuer.Token(jwttest.Header("kid", "weak"), jwttest.Signature(func(signed []byte) []byte {
		return forge(published, signed)
	}))

	weak := string(must(json.Marshal(jwkOf(oracleKey{"weak", "RS256", published}))))
	good := string(must(json.Marshal(jwkOf(oracleKey{"good", "RS256", fuzzRSA.Public()}))))
	for _, tc := range []struct {
		name   string
		keys   jwt.KeySource
		reason jwt.Reason
	}{
		{"a set", must(jwks.ParseStatic([]byte(`{"keys":[` + weak + "," + good + `]}`))), jwt.ReasonUnknownKey},
		{"a source that judges nothing", careless{published}, ""},
	} {
		v := must(jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: tc.keys}))
		if tc.reason != "" {
			require.Equal(t, tc.reason, reason(t, v, forged), tc.name)
			continue
		}
		_, err := v.Validate(t.Context(), forged)
		require.NoError(t, err, "the forgery is a good one")
	}
}

// forge signs as RS256 does (RFC 8017 §8.2.1) with the private exponent that Fermat's method finds. crypto/rsa itself
// refuses to sign with primes this close.
func forge(public *rsa.PublicKey, signed []byte) []byte {
	p, q := factors(public.N)
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	private := new(big.Int).ModInverse(big.NewInt(int64(public.E)), phi)

	const algorithm = "\x00\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
	digest := algorithm + string(fuzzDigest(crypto.SHA256, string(signed)))
	padded := "\x00\x01" + strings.Repeat("\xff", public.Size()-2-len(digest)) + digest
	message := new(big.Int).SetBytes([]byte(padded))
	return message.Exp(message, private, public.N).FillBytes(make([]byte, public.Size()))
}

func factors(n *big.Int) (p, q *big.Int) {
	for a := new(big.Int).Sqrt(n); ; a.Add(a, big.NewInt(1)) {
		rest := new(big.Int).Mul(a, a)
		if rest.Sub(rest, n).Sign() < 0 {
			continue
		}
		b := new(big.Int).Sqrt(rest)
		if new(big.Int).Mul(b, b).Cmp(rest) == 0 {
			return new(big.Int).Sub(a, b), new(big.Int).Add(a, b)
		}
	}
}
