package protector_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

const (
	octSecret  = "a secret that was published by mistake"
	goodHeader = `{"alg":"RS256","typ":"at+jwt","kid":"KID"}`
)

func nothing([]byte) []byte { return nil }

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func hs256(secret []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(input)
		return mac.Sum(nil)
	}
}

// publicKeyAsSecret tries every way in which a public key is written down.
func publicKeyAsSecret(a *arena) (tokens []string) {
	public := a.issuer.PublicKey(a.rsa).(*rsa.PublicKey)
	pkix, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(a.t, err)
	pkcs1 := x509.MarshalPKCS1PublicKey(public)
	secrets := [][]byte{
		pkix, pkcs1, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}),
		pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
		public.N.Bytes(), []byte(b64(string(public.N.Bytes()))), a.issuer.JWKS(), []byte(a.rsa),
	}
	for _, secret := range slices.Concat(secrets, [][]byte{bytes.TrimSpace(secrets[2]), bytes.TrimSpace(secrets[3])}) {
		for _, alg := range []string{"HS256", "HS384", "HS512"} {
			tokens = append(tokens, a.token(jwttest.Alg(alg), jwttest.Secret(secret)))
		}
	}
	return tokens
}

func ecdsaOutOfRange(a *arena) (tokens []string) {
	n := elliptic.P256().Params().N
	values := []*big.Int{new(big.Int), big.NewInt(1), n, new(big.Int).Sub(n, big.NewInt(1)),
		new(big.Int).Add(n, big.NewInt(1)), new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))}
	for _, r := range values {
		for _, s := range values {
			tokens = append(tokens, a.token(jwttest.Alg("ES256"), jwttest.Signature(func([]byte) []byte {
				return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
			})))
		}
	}
	return tokens
}

func derOf(signature []byte) []byte {
	half := len(signature) / 2
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(signature[:half]),
		new(big.Int).SetBytes(signature[half:])})
	if err != nil {
		panic(err)
	}
	return der
}

// secondSpelling adds the order of the group to S (RFC 8032 §8.4).
func secondSpelling(signature []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := slices.Clone(signature[ed25519.SignatureSize/2:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return append(signature[:32:32], sum...)
}

func pss(key *rsa.PrivateKey, salt int) func([]byte) []byte {
	return func(input []byte) []byte {
		signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digestOf(input), &rsa.PSSOptions{SaltLength: salt})
		if err != nil {
			panic(err)
		}
		return signature
	}
}

func digestOf(input []byte) []byte {
	sum := sha256.Sum256(input)
	return sum[:]
}

// sha256Info is what stands before the digest (RFC 8017 §9.2, note 1); without its NULL, and that of SHA-1.
var (
	sha256Info = []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
		0x00, 0x04, 0x20}
	sha256NoNull = []byte{0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04,
		0x20}
	sha1Info      = []byte{0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}
	sha256BERInfo = []byte{0x30, 0x81, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
		0x05, 0x00, 0x04, 0x20}
)

// encodedMessage is what a PKCS #1 v1.5 signature is the root of (RFC 8017 §9.2).
func encodedMessage(size int, info, digest []byte) []byte {
	tail := slices.Concat([]byte{0}, info, digest)
	return slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, size-2-len(tail)), tail)
}

// power signs whatever it is given. The private key stands in for a forger who has found another way to the root.
func power(key *rsa.PrivateKey, message []byte) []byte {
	s := new(big.Int).Exp(new(big.Int).SetBytes(message), key.D, key.N)
	return s.FillBytes(make([]byte, key.Size()))
}

// nearlyPKCS1 are messages that differ from the right one in something that a parser might pass over.
func nearlyPKCS1(a *arena) (tokens []string) {
	size := a.private().Size()
	for _, message := range []func(digest []byte) []byte{
		func(d []byte) []byte { return encodedMessage(size, sha256NoNull, d) },
		func(d []byte) []byte { return encodedMessage(size, sha256BERInfo, d) },
		func(d []byte) []byte { return encodedMessage(size, sha1Info, d[:20]) },
		func(d []byte) []byte { return encodedMessage(size, nil, d) },
		func(d []byte) []byte { m := encodedMessage(size, sha256Info, d); m[1] = 2; return m },
		func(d []byte) []byte { m := encodedMessage(size, sha256Info, d); m[10] = 0xfe; return m },
		func(d []byte) []byte { m := encodedMessage(size, sha256Info, d); m[2] = 0; return m },
		func(d []byte) []byte {
			m := encodedMessage(size-64, sha256Info, d) // the hash, and garbage behind it
			return append(m, bytes.Repeat([]byte{0xaa}, 64)...)
		},
		func(d []byte) []byte {
			m := encodedMessage(size, sha256Info, d) // garbage in the parameters of the algorithm
			copy(m[20:], []byte{0, 0x30, 0x31, 0x30, 0x0d})
			return m
		},
	} {
		tokens = append(tokens,
			a.token(jwttest.Signature(func(input []byte) []byte { return power(a.private(), message(digestOf(input))) })))
	}
	return tokens
}

// cubeRootForgery needs no private key. The cube of a number can be made to begin with any third of a modulus: with the
// padding, the hash, and then whatever comes.
func cubeRootForgery(input []byte) []byte {
	const size = 256
	head := slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 8), []byte{0}, sha256Info, digestOf(input))
	wanted := new(big.Int).SetBytes(append(head, bytes.Repeat([]byte{0xff}, size-len(head))...))
	root := cubeRoot(wanted)
	cube := new(big.Int).Exp(root, big.NewInt(3), nil).FillBytes(make([]byte, size))
	if !bytes.HasPrefix(cube, head) {
		panic("the forgery does not begin as it should: it would be refused for the wrong reason")
	}
	return root.FillBytes(make([]byte, size))
}

// cubeRoot rounds down.
func cubeRoot(n *big.Int) *big.Int {
	low, high := new(big.Int), new(big.Int).Lsh(big.NewInt(1), uint(n.BitLen()/3+1))
	for one := big.NewInt(1); new(big.Int).Sub(high, low).Cmp(one) > 0; {
		middle := new(big.Int).Rsh(new(big.Int).Add(low, high), 1)
		if new(big.Int).Exp(middle, big.NewInt(3), nil).Cmp(n) <= 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// weakKey is RSA of 1024 bits. It is made of primes because crypto/rsa declines to make one.
func weakKey() *rsa.PrivateKey {
	for {
		p, q, one := prime(), prime(), big.NewInt(1)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		if d := new(big.Int).ModInverse(big.NewInt(65537), phi); d != nil {
			return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, D: d}
		}
	}
}

// prime has 512 bits, whether FIPS 140-3 approves or not: it is for a key that has to be refused.
func prime() (p *big.Int) {
	fips140.WithoutEnforcement(func() {
		var err error
		if p, err = rand.Prime(rand.Reader, 512); err != nil {
			panic(err)
		}
	})
	return p
}

// respell sets a trailing bit that has to be zero in the last character of a signature of 256 bytes.
func respell(last byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	at := strings.IndexByte(alphabet, last)
	return alphabet[at^1 : at^1+1]
}
