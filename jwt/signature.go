package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"math/big"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// The algorithms of RFC 7518 §3.1 and RFC 8037 §3.1 that are implemented.
var (
	asymmetricAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
	symmetricAlgorithms  = []string{"HS256", "HS384", "HS512"}
)

// algorithm verifies the signatures of one JWS algorithm. verify may assume that
// the key fits.
type algorithm struct {
	name   string
	hash   crypto.Hash
	fits   func(*algorithm, crypto.PublicKey) bool
	verify func(a *algorithm, key crypto.PublicKey, signed, signature []byte) bool

	curve elliptic.Curve // ES*
	hmac  jws.Verifier   // HS*
}

func (a *algorithm) symmetric() bool { return a.fits == nil }

var algorithms = map[string]*algorithm{
	"RS256": {name: "RS256", hash: crypto.SHA256, fits: fitsRSA, verify: verifyPKCS1},
	"RS384": {name: "RS384", hash: crypto.SHA384, fits: fitsRSA, verify: verifyPKCS1},
	"RS512": {name: "RS512", hash: crypto.SHA512, fits: fitsRSA, verify: verifyPKCS1},
	"PS256": {name: "PS256", hash: crypto.SHA256, fits: fitsRSA, verify: verifyPSS},
	"PS384": {name: "PS384", hash: crypto.SHA384, fits: fitsRSA, verify: verifyPSS},
	"PS512": {name: "PS512", hash: crypto.SHA512, fits: fitsRSA, verify: verifyPSS},
	"ES256": {name: "ES256", hash: crypto.SHA256, fits: fitsECDSA, verify: verifyECDSA, curve: elliptic.P256()},
	"ES384": {name: "ES384", hash: crypto.SHA384, fits: fitsECDSA, verify: verifyECDSA, curve: elliptic.P384()},
	"ES512": {name: "ES512", hash: crypto.SHA512, fits: fitsECDSA, verify: verifyECDSA, curve: elliptic.P521()},
	"EdDSA": {name: "EdDSA", fits: fitsEd25519, verify: verifyEd25519},
	"HS256": {name: "HS256", hash: crypto.SHA256, hmac: hmacVerifier(jwa.HS256, sha256.New)},
	"HS384": {name: "HS384", hash: crypto.SHA384, hmac: hmacVerifier(jwa.HS384, sha512.New384)},
	"HS512": {name: "HS512", hash: crypto.SHA512, hmac: hmacVerifier(jwa.HS512, sha512.New)},
}

// hmacVerifier takes jwx's verifier once, when the program starts, since any
// imported package may change the table that it is in. If one has done so already,
// and what is found there is not jwx's or does not verify, the answer is nil and the
// algorithm is not supported: the secret is nothing to hand to a stranger.
//
// Of jwx's verifiers only those of HMAC are used. PSS there accepts a salt of any
// length, ECDSA accepts a curve that does not belong to the algorithm, and a short
// Ed25519 key makes it panic. PKCS #1 v1.5 there is as strict as it should be, and
// takes a hundredth more than the standard library, which is a sixth of all that
// validation adds to the signature check.
func hmacVerifier(alg jwa.SignatureAlgorithm, newHash func() hash.Hash) (verifier jws.Verifier) {
	defer func() {
		if recover() != nil {
			verifier = nil
		}
	}()
	found, err := jws.NewVerifier(alg)
	own, ok := found.(*jws.HMACVerifier)
	if err != nil || !ok {
		return nil
	}
	text, secret := []byte("known"), []byte("answer")
	mac := hmac.New(newHash, secret)
	mac.Write(text)
	if own.Verify(text, mac.Sum(nil), secret) != nil {
		return nil
	}
	return own
}

// maxRSABits bounds the work that a key may cause.
const maxRSABits = 16384

// fitsRSA repeats what a careful KeySource has checked already: what is looked
// up is not trusted to be what was asked for. The bounds are those of RFC 7518
// §3.3 and, above, of the work that a key may cause.
func fitsRSA(_ *algorithm, key crypto.PublicKey) bool {
	k, ok := key.(*rsa.PublicKey)
	if !ok || k == nil || k.N == nil {
		return false
	}
	bits := k.N.BitLen()
	return k.N.Sign() > 0 && bits >= 2048 && bits <= maxRSABits && k.N.Bit(0) == 1 && k.E >= 3 && k.E <= 1<<31-1 && k.E&1 == 1
}

func verifyPKCS1(a *algorithm, key crypto.PublicKey, signed, signature []byte) bool {
	k := key.(*rsa.PublicKey)
	var buf [sha512.Size]byte
	return len(signature) == k.Size() && rsa.VerifyPKCS1v15(k, a.hash, a.digest(buf[:0], signed), signature) == nil
}

// verifyPSS demands a salt as long as the hash (RFC 7518 §3.5).
func verifyPSS(a *algorithm, key crypto.PublicKey, signed, signature []byte) bool {
	k := key.(*rsa.PublicKey)
	var buf [sha512.Size]byte
	options := rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.hash}
	return len(signature) == k.Size() && rsa.VerifyPSS(k, a.hash, a.digest(buf[:0], signed), signature, &options) == nil
}

func fitsECDSA(a *algorithm, key crypto.PublicKey) bool {
	k, ok := key.(*ecdsa.PublicKey)
	//lint:ignore SA1019 nil is all that is looked for, and the methods that replace X and Y cost a check of the curve
	return ok && k != nil && k.Curve == a.curve && k.X != nil && k.Y != nil
}

// verifyECDSA reads the signature as R and S, each of the curve's size (RFC 7518
// §3.4). ASN.1 DER is another length, or fails. Values out of range and points
// off the curve are refused by crypto/ecdsa.
func verifyECDSA(a *algorithm, key crypto.PublicKey, signed, signature []byte) bool {
	size := (a.curve.Params().BitSize + 7) / 8
	if len(signature) != 2*size {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
	var buf [sha512.Size]byte
	return ecdsa.Verify(key.(*ecdsa.PublicKey), a.digest(buf[:0], signed), r, s)
}

func fitsEd25519(_ *algorithm, key crypto.PublicKey) bool {
	k, ok := key.(ed25519.PublicKey)
	return ok && len(k) == ed25519.PublicKeySize
}

func verifyEd25519(_ *algorithm, key crypto.PublicKey, signed, signature []byte) bool {
	return len(signature) == ed25519.SignatureSize && ed25519.Verify(key.(ed25519.PublicKey), signed, signature)
}

func (a *algorithm) verifyHMAC(secret, signed, signature []byte) bool {
	return a.hmac.Verify(signed, signature, secret) == nil
}

// digest appends the hash of signed to buf. Going through a hash.Hash would
// allocate one.
func (a *algorithm) digest(buf, signed []byte) []byte {
	switch a.hash {
	case crypto.SHA384:
		sum := sha512.Sum384(signed)
		return append(buf, sum[:]...)
	case crypto.SHA512:
		sum := sha512.Sum512(signed)
		return append(buf, sum[:]...)
	}
	sum := sha256.Sum256(signed)
	return append(buf, sum[:]...)
}
