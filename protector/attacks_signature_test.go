package protector_test

import (
	"crypto/rsa"
	"slices"
	"strings"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// signatureAttacks are signatures that are none.
var signatureAttacks = []attack{
	{ // checklist 78
		"no signature", "verifies nothing successfully",
		one(jwttest.Signature(nothing)), nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 52
		"one bit of the signature", "logs that verification failed and goes on",
		one(jwttest.Tampered()), nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 52, 34
		"claims exchanged under a good signature", "verifies a text that it has put together again from what it parsed",
		func(a *arena) []string {
			good, rich := strings.Split(a.token(), "."), strings.Split(a.token(jwttest.Subject("admin")), ".")
			return of(good[0] + "." + rich[1] + "." + good[2])
		}, nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 76
		"ECDSA: r and s zero, n, or beyond", "lets zero through (CVE-2022-21449, the psychic paper)",
		ecdsaOutOfRange, nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 76
		"ECDSA: DER in place of R and S", "takes what its library takes",
		func(a *arena) []string {
			return of(a.token(jwttest.Alg("ES256"), jwttest.AlterSignature(derOf)))
		}, nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 76
		"ECDSA: zeros around R and S", "reads each half as a number, however long",
		func(a *arena) []string {
			return of(a.token(jwttest.Alg("ES256"), jwttest.AlterSignature(func(s []byte) []byte {
				return slices.Concat([]byte{0}, s[:32], []byte{0}, s[32:])
			})))
		}, nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 77
		"RSA: a signature that is longer, shorter, or the modulus", "reads it as a number, however long",
		func(a *arena) []string {
			return of(
				a.token(jwttest.AlterSignature(func(s []byte) []byte { return append([]byte{0}, s...) })),
				a.token(jwttest.AlterSignature(func(s []byte) []byte { return append(s, 0) })),
				a.token(jwttest.AlterSignature(func(s []byte) []byte { return s[1:] })),
				a.token(jwttest.AlterSignature(func(s []byte) []byte { return a.private().N.Bytes() })),
				a.token(jwttest.AlterSignature(func(s []byte) []byte { return make([]byte, len(s)) })),
			)
		}, nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 32, 52
		"PKCS #1: e = 3 and garbage behind the hash", "parses the padding and forgets what is left (Bleichenbacher 2006)",
		func(a *arena) []string {
			return of(a.token(jwttest.Header("kid", "e3"), jwttest.Signature(cubeRootForgery)))
		}, nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 32, 52
		"PKCS #1: paddings that are nearly right", "parses the padding (CVE-2016-1494 and others)",
		nearlyPKCS1, nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 80
		"PSS: another salt length", "finds the salt length out from the signature",
		func(a *arena) []string {
			key := a.issuer.PrivateKey(a.pss).(*rsa.PrivateKey)
			longest := key.Size() - 32 - 2 // PSSSaltLengthAuto means less where FIPS 140-3 is kept to
			return of(a.token(jwttest.Key(a.pss), jwttest.Signature(pss(key, longest))),
				a.token(jwttest.Key(a.pss), jwttest.Signature(pss(key, 20))),
				a.token(jwttest.Key(a.pss), jwttest.Signature(pss(key, 64))))
		}, nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 52
		"Ed25519: zeros, and S beyond the group's order",
		"does not reduce S (RFC 8032 §8.4), so that a token has two spellings",
		func(a *arena) []string {
			return of(a.token(jwttest.Alg("EdDSA"), jwttest.AlterSignature(func(s []byte) []byte { return make([]byte, 64) })),
				a.token(jwttest.Alg("EdDSA"), jwttest.AlterSignature(secondSpelling)))
		}, nil, invalidToken(jwt.ReasonSignature),
	},
}
