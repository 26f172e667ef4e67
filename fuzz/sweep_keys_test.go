package fuzz_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// A scheme is what an algorithm's name stands for (RFC 7518 §3.1, RFC 8037 §3.1). The table is written out here, and
// not taken from the package under test.
type scheme struct {
	method string
	hash   crypto.Hash
	curve  elliptic.Curve
}

var schemes = map[string]scheme{
	"RS256": {"PKCS1", crypto.SHA256, nil}, "RS384": {"PKCS1", crypto.SHA384, nil}, "RS512": {"PKCS1", crypto.SHA512, nil},
	"PS256": {"PSS", crypto.SHA256, nil}, "PS384": {"PSS", crypto.SHA384, nil}, "PS512": {"PSS", crypto.SHA512, nil},
	"ES256": {"ECDSA", crypto.SHA256, elliptic.P256()}, "ES384": {"ECDSA", crypto.SHA384, elliptic.P384()},
	"ES512": {"ECDSA", crypto.SHA512, elliptic.P521()},
	"EdDSA": {"Ed25519", 0, nil}, "Ed25519": {"Ed25519", 0, nil},
}

// headerAlgorithms are the names a header may claim: the ones above, and others that no validator for them may take.
func headerAlgorithms() []string {
	names := []string{"none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "ES256K", "Ed25519", "ed25519",
		"Ed448", "RSA1_5", "rs256", "es256", "EDDSA", "RS1"}
	return slices.Concat(names, asymmetric, []string{"ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "ml-dsa-44", "ML-DSA"})
}

// sign makes a signature by any method with any hash, whether or not an algorithm of JOSE goes with it. size is that
// of the salt for PSS, and that of R and of S for ECDSA, which are padded to it.
//
// Some of these signatures are none that FIPS 140-3 approves. Making them is not what is tested.
func sign(t *testing.T, key crypto.Signer, s scheme, size int, signed []byte) (signature []byte) {
	t.Helper()
	fips140.WithoutEnforcement(func() { signature = signAnyhow(t, key, s, size, signed) })
	return signature
}

func signAnyhow(t *testing.T, key crypto.Signer, s scheme, size int, signed []byte) []byte {
	digest := signed
	if s.hash != 0 {
		h := s.hash.New()
		h.Write(signed)
		digest = h.Sum(nil)
	}
	var signature []byte
	var err error
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		r, v, fault := ecdsa.Sign(rand.Reader, k, digest)
		require.NoError(t, fault)
		signature = append(r.FillBytes(make([]byte, size)), v.FillBytes(make([]byte, size))...)
	case *rsa.PrivateKey:
		if s.method == "PSS" {
			signature, err = rsa.SignPSS(rand.Reader, k, s.hash, digest, &rsa.PSSOptions{SaltLength: size})
		} else {
			signature, err = rsa.SignPKCS1v15(nil, k, s.hash, digest)
		}
	default:
		signature, err = key.Sign(nil, digest, crypto.Hash(0))
	}
	require.NoError(t, err)
	return signature
}

// careless is a source that returns the same keys whatever it is asked for.
type careless []crypto.PublicKey

func (c careless) VerificationKeys(context.Context, string, string) ([]crypto.PublicKey, error) {
	return c, nil
}

// A keySigner is a key that signs by each method that works with it.
type keySigner struct {
	name    string
	key     crypto.Signer
	methods []string
	curve   elliptic.Curve
}

// What a later version of Go adds: keys to sign with, and what a faulty source might return.
var (
	moreSigners []keySigner
	moreNoKeys  []crypto.PublicKey
)

// TestEveryAlgorithmWithEveryKey signs with every key by every method and hash that work with it, claims every
// algorithm for the result, and has a source that hands the key out for all of them. Only what the algorithm stands
// for is accepted.
//
// checklist 32, 33, 48, 49, 50, 53, 80, 183, 184
func TestEveryAlgorithmWithEveryKey(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	signers := append([]keySigner{
		{"RSA", rsaKey, []string{"PKCS1", "PSS"}, nil}, {"Ed25519", edKey, []string{"Ed25519"}, nil},
	}, moreSigners...)
	for _, curve := range []elliptic.Curve{elliptic.P224(), elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
		signers = append(signers, keySigner{curve.Params().Name, key, []string{"ECDSA"}, curve})
	}
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	accepted := 0
	for _, s := range signers {
		v, err := jwt.NewValidator(jwt.Config{
			Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: careless{s.key.Public()},
			Algorithms: everyAlgorithm,
		})
		require.NoError(t, err)
		for _, method := range s.methods {
			for _, hash := range hashes(method) {
				made := scheme{method, hash, s.curve}
				for i, size := range sizes(made) {
					for _, alg := range headerAlgorithms() {
						token := issuer.Token(jwttest.Header("alg", alg), jwttest.Signature(func(signed []byte) []byte {
							return sign(t, s.key, made, size, signed)
						}))
						_, err := v.Validate(t.Context(), token)
						if want, known := schemes[alg]; known && want == made && i == 0 {
							require.NoError(t, err, "%s, %s with %v", alg, s.name, hash)
							accepted++
							continue
						}
						require.ErrorAs(t, err, new(*jwt.Error), "%s for %s by %s with %v, size %d", alg, s.name, method, hash, size)
					}
				}
			}
		}
	}
	require.Equal(t, len(schemes), accepted)
}

// sizes returns the right size for sign, followed by those of larger curves: a small curve's signature fits into them.
func sizes(s scheme) []int {
	if s.curve == nil {
		return []int{rsa.PSSSaltLengthEqualsHash}
	}
	natural := (s.curve.Params().BitSize + 7) / 8
	return append([]int{natural}, slices.DeleteFunc([]int{32, 48, 66}, func(size int) bool { return size <= natural })...)
}

func hashes(method string) []crypto.Hash {
	if method == "Ed25519" || strings.HasPrefix(method, "ML-DSA") {
		return []crypto.Hash{0}
	}
	return []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512}
}

// checklist 80
func TestEverySaltLength(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("PS256"))
	v, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer})
	require.NoError(t, err)
	key := issuer.PrivateKey(issuer.KeyID())
	for salt := 1; salt <= 2048/8-32-2; salt++ {
		token := issuer.Token(jwttest.Signature(func(signed []byte) []byte {
			return sign(t, key, schemes["PS256"], salt, signed)
		}))
		if salt == 32 {
			_, err := v.Validate(t.Context(), token)
			require.NoError(t, err)
			continue
		}
		require.Equal(t, jwt.ReasonSignature, reason(t, v, token), "salt of %d bytes", salt)
	}
}

// TestEveryAlgorithmList offers the token of each algorithm to a validator for each other one, by name, and in both
// directions between a public key and a shared secret.
//
// checklist 48, 50, 51
func TestEveryAlgorithmList(t *testing.T) {
	tokens, validators := make(map[string]string), make(map[string]*jwt.Validator)
	for _, alg := range append(asymmetric, symmetric...) {
		tokens[alg], validators[alg] = shortToken(t, alg)
	}
	for alg, token := range tokens {
		for listed, v := range validators {
			if alg != listed {
				require.Equal(t, jwt.ReasonAlgorithm, reason(t, v, token), "%s where only %s is listed", alg, listed)
			}
		}
	}
}

// TestKeysThatAreNone gives a validator what a faulty source might return.
//
// checklist 49, 52, 54
func TestKeysThatAreNone(t *testing.T) {
	var small *rsa.PrivateKey
	fips140.WithoutEnforcement(func() { small = must(rsa.GenerateKey(rand.Reader, 1024)) })
	for _, alg := range everyAlgorithm {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey(alg))
		good := issuer.PublicKey(issuer.KeyID())
		keys := careless{
			nil, "key", []byte("key"), (*rsa.PublicKey)(nil), &rsa.PublicKey{}, rsa.PublicKey{}, small.Public(),
			(*ecdsa.PublicKey)(nil), &ecdsa.PublicKey{}, &ecdsa.PublicKey{Curve: elliptic.P256()},
			ed25519.PublicKey{}, ed25519.PublicKey(strings.Repeat("k", 31)), ed25519.PublicKey(strings.Repeat("k", 33)),
			issuer.PrivateKey(issuer.KeyID()),
		}
		keys = append(keys, moreNoKeys...)
		v, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: keys,
			Algorithms: everyAlgorithm})
		require.NoError(t, err)
		for _, key := range keys {
			one, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()},
				Keys: careless{key}, Algorithms: everyAlgorithm})
			require.NoError(t, err)
			require.Equal(t, jwt.ReasonUnknownKey, reason(t, one, issuer.Token()), "%s with %T", alg, key)
		}
		require.Equal(t, jwt.ReasonUnknownKey, reason(t, v, issuer.Token()), alg)

		mixed, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()},
			Keys: careless{nil, small.Public(), good}, Algorithms: everyAlgorithm})
		require.NoError(t, err)
		_, err = mixed.Validate(t.Context(), issuer.Token())
		require.NoError(t, err, "the good key beside bad ones")
	}
}
