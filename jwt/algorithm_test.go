package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

var asymmetric = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// checklist 32, 34, 39, 42, 52, 78
func TestAsymmetricAlgorithms(t *testing.T) {
	for _, alg := range asymmetric {
		t.Run(alg, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey(alg))
			v := validatorOf(t, issuer)
			require.Equal(t, "user-1", accept(t, v, issuer.Token()).Subject())
			only := validatorOf(t, issuer, func(c *jwt.Config) { c.Algorithms = []string{alg} })
			accept(t, only, issuer.Token())
			accept(t, only, issuer.Token(jwttest.WithoutHeader("kid")))

			refuse(t, v, issuer.Token(jwttest.Tampered()), jwt.ReasonSignature)
			refuse(t, v, issuer.Token(jwttest.AlterSignature(func([]byte) []byte { return nil })), jwt.ReasonSignature)
			refuse(t, v, issuer.Token(jwttest.AlterSignature(func(s []byte) []byte { return s[:len(s)-1] })),
				jwt.ReasonSignature)
			refuse(t, v, issuer.Token(jwttest.AlterSignature(func(s []byte) []byte { return append(s, 0) })),
				jwt.ReasonSignature)
			refuse(t, v, issuer.Token(jwttest.AlterSignature(func(s []byte) []byte { return make([]byte, len(s)) })),
				jwt.ReasonSignature)
			refuse(t, v, issuer.Token(jwttest.Unpublished()), jwt.ReasonUnknownKey)
			refuse(t, v, issuer.Token(jwttest.Unpublished(), jwttest.Header("kid", issuer.KeyID())), jwt.ReasonSignature)
		})
	}
}

// checklist 34, 52
func TestASignatureBelongsToItsContent(t *testing.T) {
	issuer, v := strict(t)
	var stolen []byte
	accept(t, v, issuer.Token(jwttest.AlterSignature(func(s []byte) []byte { stolen = slices.Clone(s); return s })))
	token := issuer.Token(jwttest.Subject("admin"), jwttest.Signature(func([]byte) []byte { return stolen }))
	refuse(t, v, token, jwt.ReasonSignature)
}

// checklist 33, 109
func TestNone(t *testing.T) {
	issuer, v := strict(t)
	for _, spelling := range []string{"none", "None", "NONE", "nOnE", "none ", "nonE"} {
		t.Run(spelling, func(t *testing.T) {
			refuse(t, v, issuer.Token(jwttest.Alg("none"), jwttest.Header("alg", spelling)), jwt.ReasonAlgorithm)
			refuse(t, v, issuer.Token(jwttest.Header("alg", spelling)), jwt.ReasonAlgorithm)
			refuse(t, validatorOf(t, issuer, withSecret), issuer.Token(jwttest.Alg("none"), jwttest.Header("alg", spelling)),
				jwt.ReasonAlgorithm)

			config := configOf(issuer)
			config.Algorithms = []string{spelling}
			_, err := jwt.NewValidator(config)
			require.ErrorContains(t, err, "is not supported")
		})
	}
}

// checklist 48
func TestTheHeaderNeverWidensTheAllowList(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, func(c *jwt.Config) { c.Algorithms = []string{"ES256", "RS256"} })
	for _, alg := range asymmetric {
		token := issuer.Token(jwttest.Alg(alg))
		if alg == "ES256" || alg == "RS256" {
			accept(t, v, token)
		} else {
			require.Equal(t, "alg", refuse(t, v, token, jwt.ReasonAlgorithm).Name)
		}
	}
}

// checklist 70
func TestAlgIsAString(t *testing.T) {
	issuer, v := strict(t)
	for _, alg := range []any{nil, 1, true, "", "eddsa", "EdDSA ", "EdDSA\x00", canary, []string{"EdDSA"},
		map[string]string{"EdDSA": "EdDSA"}} {
		refuse(t, v, issuer.Token(jwttest.Header("alg", alg)), jwt.ReasonAlgorithm)
	}
	refuse(t, v, issuer.Token(jwttest.WithoutHeader("alg")), jwt.ReasonAlgorithm)
	refuse(t, v, issuer.Token(jwttest.WithoutHeader("alg"), jwttest.Header("Alg", "EdDSA")), jwt.ReasonAlgorithm)
	accept(t, v, issuer.Token(jwttest.Header("alg", json.RawMessage(`"\u0045dDSA"`))))
}

// checklist 51, 55
func TestSymmetricAlgorithmsByNameOnly(t *testing.T) {
	issuer, v := strict(t)
	for _, alg := range []string{"HS256", "HS384", "HS512"} {
		t.Run(alg, func(t *testing.T) {
			token := issuer.Token(jwttest.Secret(secret), jwttest.Alg(alg))
			refuse(t, v, token, jwt.ReasonAlgorithm)
			only := validatorOf(t, issuer, withSecret, func(c *jwt.Config) { c.Algorithms = []string{alg} })
			accept(t, only, token)
			for _, other := range []string{"HS256", "HS384", "HS512"} {
				if other != alg {
					refuse(t, only, issuer.Token(jwttest.Secret(secret), jwttest.Alg(other)), jwt.ReasonAlgorithm)
				}
			}
			refuse(t, only, issuer.Token(), jwt.ReasonAlgorithm)
			refuse(t, only, issuer.Token(jwttest.Secret(secret[1:]), jwttest.Alg(alg)), jwt.ReasonSignature)
			refuse(t, only, forged(func() string { return issuer.Token(jwttest.Secret(nil), jwttest.Alg(alg)) }),
				jwt.ReasonSignature)
			for _, cut := range []func([]byte) []byte{
				func([]byte) []byte { return nil },
				func(s []byte) []byte { return s[:len(s)-1] },
				func(s []byte) []byte { return append(s, 0) },
			} {
				refuse(t, only, issuer.Token(jwttest.Secret(secret), jwttest.Alg(alg), jwttest.AlterSignature(cut)),
					jwt.ReasonSignature)
			}
		})
	}
}

// checklist 50
func TestAPublicKeyIsNoSecret(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	for _, alg := range []string{"RS256", "ES256"} {
		kid := issuer.AddKey(alg)
		der, err := x509.MarshalPKIXPublicKey(issuer.PublicKey(kid))
		require.NoError(t, err)
		text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		for _, public := range [][]byte{der, text, issuer.JWKS()} {
			token := issuer.Token(jwttest.Secret(public), jwttest.Header("kid", kid))
			refuse(t, validatorOf(t, issuer), token, jwt.ReasonAlgorithm)
			refuse(t, validatorOf(t, issuer, func(c *jwt.Config) { c.Algorithms = []string{alg} }), token, jwt.ReasonAlgorithm)
		}
		config := configOf(issuer)
		withSecret(&config)
		config.Secret = text
		_, err = jwt.NewValidator(config)
		require.ErrorContains(t, err, "Config.Secret is a PEM block")
	}
}

// checklist 32, 49, 53
func TestTheKeyMustFitTheHeader(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	for _, tt := range []struct {
		name, signed, header string
		reason               jwt.Reason
	}{
		{"RSA for EC", "RS256", "ES256", jwt.ReasonUnknownKey},
		{"RSA for Ed25519", "RS256", "EdDSA", jwt.ReasonUnknownKey},
		{"EC for RSA", "ES256", "RS256", jwt.ReasonUnknownKey},
		{"EC for Ed25519", "ES256", "EdDSA", jwt.ReasonUnknownKey},
		{"Ed25519 for EC", "EdDSA", "ES256", jwt.ReasonUnknownKey},
		{"Ed25519 for RSA", "EdDSA", "PS256", jwt.ReasonUnknownKey},
		{"P-384 for ES256", "ES384", "ES256", jwt.ReasonUnknownKey},
		{"P-521 for ES256", "ES512", "ES256", jwt.ReasonUnknownKey},
		{"P-256 for ES384", "ES256", "ES384", jwt.ReasonUnknownKey},
		{"PKCS1 for PSS", "RS256", "PS256", jwt.ReasonSignature},
		{"PSS for PKCS1", "PS256", "RS256", jwt.ReasonSignature},
		{"another hash", "RS256", "RS512", jwt.ReasonSignature},
		{"another hash, PSS", "PS256", "PS384", jwt.ReasonSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kid := issuer.AddKey(tt.signed)
			v := validatorOf(t, issuer, withKeys(always(issuer.PublicKey(kid))))
			accept(t, v, issuer.Token(jwttest.Key(kid)))
			refuse(t, v, issuer.Token(jwttest.Key(kid), jwttest.Header("alg", tt.header)), tt.reason)
		})
	}
}

// signECDSA signs with a key of any curve and any hash, as jose libraries
// that do not look at the curve do.
func signECDSA(t *testing.T, key *ecdsa.PrivateKey, hash crypto.Hash) func([]byte) []byte {
	return func(input []byte) []byte {
		r, s := ecdsaValues(t, key, hash, input)
		return slices.Concat(fixed(r, key.Curve), fixed(s, key.Curve))
	}
}

func ecdsaValues(t *testing.T, key *ecdsa.PrivateKey, hash crypto.Hash, input []byte) (r, s *big.Int) {
	r, s, err := ecdsa.Sign(rand.Reader, key, digest(hash, input))
	require.NoError(t, err)
	return r, s
}

func digest(hash crypto.Hash, input []byte) []byte {
	h := hash.New()
	h.Write(input)
	return h.Sum(nil)
}

// fixed returns n at the full size of the curve.
func fixed(n *big.Int, curve elliptic.Curve) []byte {
	return n.FillBytes(make([]byte, (curve.Params().BitSize+7)/8))
}

// checklist 53
func TestAnES256SignatureUnderAP384Key(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	kid := issuer.AddKey("ES384")
	key := issuer.PrivateKey(kid).(*ecdsa.PrivateKey)
	token := issuer.Token(jwttest.Key(kid), jwttest.Header("alg", "ES256"),
		jwttest.Signature(signECDSA(t, key, crypto.SHA256)))
	refuse(t, validatorOf(t, issuer, withKeys(always(key.Public()))), token, jwt.ReasonUnknownKey)
}

// checklist 76
func TestECDSASignatureForm(t *testing.T) {
	for _, tt := range []struct {
		alg  string
		hash crypto.Hash
	}{{"ES256", crypto.SHA256}, {"ES384", crypto.SHA384}, {"ES512", crypto.SHA512}} {
		t.Run(tt.alg, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey(tt.alg))
			v := validatorOf(t, issuer)
			key := issuer.PrivateKey(issuer.KeyID()).(*ecdsa.PrivateKey)
			order, zero := key.Curve.Params().N, new(big.Int)
			accept(t, v, issuer.Token(jwttest.Signature(signECDSA(t, key, tt.hash))))
			for name, form := range map[string]func(r, s *big.Int) []byte{
				"DER": func(r, s *big.Int) []byte {
					der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
					require.NoError(t, err)
					return der
				},
				"a zero before each": func(r, s *big.Int) []byte {
					return slices.Concat([]byte{0}, fixed(r, key.Curve), []byte{0}, fixed(s, key.Curve))
				},
				"a zero behind": func(r, s *big.Int) []byte {
					return slices.Concat(fixed(r, key.Curve), fixed(s, key.Curve), []byte{0})
				},
				"a zero between": func(r, s *big.Int) []byte {
					return slices.Concat(fixed(r, key.Curve), []byte{0}, fixed(s, key.Curve))
				},
				"R alone":    func(r, s *big.Int) []byte { return fixed(r, key.Curve) },
				"S before R": func(r, s *big.Int) []byte { return slices.Concat(fixed(s, key.Curve), fixed(r, key.Curve)) },
				"R is 0":     func(r, s *big.Int) []byte { return slices.Concat(fixed(zero, key.Curve), fixed(s, key.Curve)) },
				"S is 0":     func(r, s *big.Int) []byte { return slices.Concat(fixed(r, key.Curve), fixed(zero, key.Curve)) },
				"both are 0": func(r, s *big.Int) []byte {
					return slices.Concat(fixed(zero, key.Curve), fixed(zero, key.Curve))
				},
				"R is the order": func(r, s *big.Int) []byte { return slices.Concat(fixed(order, key.Curve), fixed(s, key.Curve)) },
				"S is the order": func(r, s *big.Int) []byte { return slices.Concat(fixed(r, key.Curve), fixed(order, key.Curve)) },
				"both all ones":  func(r, s *big.Int) []byte { return slices.Repeat([]byte{0xff}, 2*len(fixed(r, key.Curve))) },
				"S is 1, R is 1 ": func(r, s *big.Int) []byte {
					return slices.Concat(fixed(big.NewInt(1), key.Curve), fixed(big.NewInt(1), key.Curve))
				},
			} {
				t.Run(name, func(t *testing.T) {
					refuse(t, v, issuer.Token(jwttest.Signature(func(input []byte) []byte {
						return form(ecdsaValues(t, key, tt.hash, input))
					})), jwt.ReasonSignature)
				})
			}
		})
	}
}

// P-521 leaves seven bits unused, so the order can be added to both values
// without them getting longer.
// checklist 76
func TestECDSAValuesBeyondTheOrder(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES512"))
	v := validatorOf(t, issuer)
	key := issuer.PrivateKey(issuer.KeyID()).(*ecdsa.PrivateKey)
	order := key.Curve.Params().N
	for _, add := range [][2]*big.Int{{order, new(big.Int)}, {new(big.Int), order}, {order, order}} {
		refuse(t, v, issuer.Token(jwttest.Signature(func(input []byte) []byte {
			r, s := ecdsaValues(t, key, crypto.SHA512, input)
			return slices.Concat(fixed(r.Add(r, add[0]), key.Curve), fixed(s.Add(s, add[1]), key.Curve))
		})), jwt.ReasonSignature)
	}
}

// checklist 77
func TestRSASignatureForm(t *testing.T) {
	for _, alg := range []string{"RS256", "PS256"} {
		t.Run(alg, func(t *testing.T) {
			issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey(alg))
			v := validatorOf(t, issuer)
			modulus := issuer.PublicKey(issuer.KeyID()).(*rsa.PublicKey).N
			for name, form := range map[string]func([]byte) []byte{
				"a zero before": func(s []byte) []byte { return slices.Concat([]byte{0}, s) },
				"a zero behind": func(s []byte) []byte { return slices.Concat(s, []byte{0}) },
				"twice":         func(s []byte) []byte { return slices.Concat(s, s) },
				"half":          func(s []byte) []byte { return s[:len(s)/2] },
				"one byte":      func([]byte) []byte { return []byte{1} },
				"the modulus":   func([]byte) []byte { return modulus.Bytes() },
				"plus the modulus": func(s []byte) []byte {
					return new(big.Int).Add(new(big.Int).SetBytes(s), modulus).Bytes()
				},
				"one": func(s []byte) []byte { return big.NewInt(1).FillBytes(make([]byte, len(s))) },
			} {
				t.Run(name, func(t *testing.T) {
					refuse(t, v, issuer.Token(jwttest.AlterSignature(form)), jwt.ReasonSignature)
				})
			}
		})
	}
}

// checklist 77
func TestRSASignatureKeepsItsLeadingZero(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	v := validatorOf(t, issuer)
	// One signature in 256 begins with a zero byte. It is a number all the same
	// without it, and libraries have accepted that.
	for found := false; !found; {
		token := issuer.Token(jwttest.AlterSignature(func(s []byte) []byte {
			if found = s[0] == 0; found {
				return s[1:]
			}
			return s
		}))
		if found {
			refuse(t, v, token, jwt.ReasonSignature)
		}
	}
}

// checklist 80
func TestPSSSaltLength(t *testing.T) {
	for _, tt := range []struct {
		alg  string
		hash crypto.Hash
	}{{"PS256", crypto.SHA256}, {"PS384", crypto.SHA384}, {"PS512", crypto.SHA512}} {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey(tt.alg))
		v := validatorOf(t, issuer)
		key := issuer.PrivateKey(issuer.KeyID()).(*rsa.PrivateKey)
		sign := func(salt int) string {
			return issuer.Token(jwttest.Signature(func(input []byte) []byte {
				return forged(func() []byte {
					signature, err := rsa.SignPSS(rand.Reader, key, tt.hash, digest(tt.hash, input), &rsa.PSSOptions{SaltLength: salt})
					require.NoError(t, err)
					return signature
				})
			}))
		}
		accept(t, v, sign(tt.hash.Size()))
		for _, salt := range []int{1, 20, tt.hash.Size() - 1, tt.hash.Size() + 1, key.Size() - 2 - tt.hash.Size()} {
			refuse(t, v, sign(salt), jwt.ReasonSignature)
		}
	}
}

// checklist 181, 182
func TestEd25519HasTwoNames(t *testing.T) {
	issuer, _ := strict(t)
	tokens := map[string]string{"EdDSA": issuer.Token(), "Ed25519": issuer.Token(jwttest.Header("alg", "Ed25519"))}
	for _, own := range []string{"EdDSA", "Ed25519", ""} {
		set := strings.Replace(string(issuer.JWKS()), `"alg":"EdDSA"`, `"alg":"`+own+`"`, 1)
		if own == "" {
			set = strings.Replace(set, `"alg":"",`, "", 1)
		}
		require.Equal(t, own != "", strings.Contains(set, `"alg"`))
		keys, err := jwks.ParseStatic([]byte(set))
		require.NoError(t, err)
		for name, token := range tokens {
			accept(t, validatorOf(t, issuer, withKeys(keys)), token)
			for _, allowed := range []string{"EdDSA", "Ed25519"} {
				v := validatorOf(t, issuer, withKeys(keys), func(c *jwt.Config) { c.Algorithms = []string{allowed} })
				if name == allowed {
					accept(t, v, token)
				} else {
					refuse(t, v, token, jwt.ReasonAlgorithm) // the header never widens the list
				}
			}
		}
	}
	asked := &counting{KeySource: issuer}
	acceptOnce(t, validatorOf(t, issuer, withKeys(asked)), tokens["Ed25519"])
	require.Equal(t, []string{issuer.KeyID(), "EdDSA"}, asked.asked, "the name that every source knows")

	ec := issuer.AddKey("ES256")
	token := issuer.Token(jwttest.Key(ec), jwttest.Header("alg", "Ed25519"))
	refuse(t, validatorOf(t, issuer, withKeys(always(issuer.PublicKey(ec)))), token, jwt.ReasonUnknownKey)
	refuse(t, validatorOf(t, issuer), issuer.Token(jwttest.Header("alg", "ed25519")), jwt.ReasonAlgorithm)
}

// lowOrder are the encodings of the points of the curve whose order divides 8, both
// signs and the spellings of y that are not below the prime among them.
func lowOrder() (keys []ed25519.PublicKey) {
	prime := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	eighth, _ := new(big.Int).SetString("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16)
	for _, y := range []*big.Int{
		big.NewInt(0), big.NewInt(1), new(big.Int).Sub(prime, big.NewInt(1)), prime, new(big.Int).Add(prime, big.NewInt(1)),
		eighth, new(big.Int).Sub(prime, eighth),
	} {
		for _, sign := range []byte{0, 0x80} {
			key := y.FillBytes(make([]byte, 32))
			slices.Reverse(key)
			key[31] |= sign
			keys = append(keys, key)
		}
	}
	return keys
}

// A signature of R neutral and S zero, which nobody has made, is good under such a
// key for one text in eight at least.
// checklist 34, 53
func TestAnEd25519KeyOfLowOrderVouchesForNothing(t *testing.T) {
	issuer, _ := strict(t)
	signature := make([]byte, ed25519.SignatureSize)
	signature[0] = 1
	forge := jwttest.Signature(func([]byte) []byte { return signature })
	for _, key := range lowOrder() {
		v := validatorOf(t, issuer, withKeys(always(key)))
		forged := false
		for i := 0; i < 200 && !forged; i++ {
			token := issuer.Token(jwttest.Claim("n", i), forge)
			forged = ed25519.Verify(key, []byte(token[:strings.LastIndexByte(token, '.')]), signature)
			refuseOnce(t, v, token, jwt.ReasonUnknownKey)
		}
		require.True(t, forged, "%x is none of them", []byte(key))
	}
}

// An Ed25519 signature has one spelling: S must be below the group's order (RFC
// 8032 §5.1.7).
// checklist 52
func TestEd25519SignatureForm(t *testing.T) {
	issuer, v := strict(t)
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	for name, form := range map[string]func([]byte) []byte{
		"S plus the order": func(s []byte) []byte {
			slices.Reverse(s[32:])
			sum := new(big.Int).SetBytes(s[32:])
			sum.Add(sum, order).FillBytes(s[32:])
			slices.Reverse(s[32:])
			return s
		},
		"R alone": func(s []byte) []byte { return s[:32] },
		"longer":  func(s []byte) []byte { return append(s, 0) },
		"all 0":   func([]byte) []byte { return make([]byte, ed25519.SignatureSize) },
	} {
		t.Run(name, func(t *testing.T) {
			refuse(t, v, issuer.Token(jwttest.AlterSignature(form)), jwt.ReasonSignature)
		})
	}
}
