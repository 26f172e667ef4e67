package protector_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// formAttacks spell a token otherwise than the one way there is.
var formAttacks = []attack{
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
			return of(a.token(jwttest.Header("b64", false), jwttest.Header("crit", []string{"b64"})),
				a.token(jwttest.Header("b64", false)), a.token(jwttest.Header("b64", true)))
		}, nil, invalidToken(jwt.ReasonCritical),
	},
	{ // checklist 72, 73, 74
		"crit, understood by nobody", "ignores headers that it does not know, this one included",
		each([]any{[]string{"x"}, []string{}, "x", nil, []string{"alg"}, []string{"exp", "exp"}, []any{1}},
			func(a *arena, crit any) string {
				return a.token(jwttest.Header("x", 1), jwttest.Header("crit", crit))
			}), nil, invalidToken(jwt.ReasonCritical),
	},
	{ // checklist 65
		"more or fewer segments", "splits at dots and takes the first three",
		func(a *arena) []string {
			good := a.token()
			return of(good+".", good+".AAAA", "."+good, strings.Join(strings.Split(good, ".")[:2], "."),
				strings.ReplaceAll(good, ".", ""))
		}, nil, invalidToken(jwt.ReasonMalformed),
	},
	{ // checklist 66, 67
		"other spellings in base64",
		"takes any alphabet, any padding and any trailing bits, so that a revoked token lives on under another name",
		func(a *arena) []string {
			good := a.token()
			return of(good+"=", good+"==", good[:len(good)-1]+respell(good[len(good)-1]),
				a.token(jwttest.Claim("x", "???>>>"), jwttest.Subject("~~~"))+"/")
		}, nil, invalidToken(jwt.ReasonMalformed),
	},
	{ // checklist 64
		"a payload that nests 3,000 levels deep", "recurses until the stack or the time is used up",
		one(jwttest.Claim("x", json.RawMessage(strings.Repeat("[", 3000)+strings.Repeat("]", 3000)))), nil,
		invalidToken(jwt.ReasonClaims),
	},
	{ // checklist 64
		"a header that nests 2,000 levels deep", "parses before it verifies",
		one(jwttest.Header("x", json.RawMessage(strings.Repeat("[", 2000)+strings.Repeat("]", 2000)))), nil,
		invalidToken(jwt.ReasonHeader),
	},
	{ // checklist 64
		"a token of 100,000 characters", "decodes and hashes it first",
		one(jwttest.Claim("x", strings.Repeat("a", 100_000))), nil, tooLong,
	},
	{ // checklist 56, 68
		"a header that is not one JSON object in UTF-8", "repairs it",
		each([]string{"\ufeff" + goodHeader, goodHeader + goodHeader, "[" + goodHeader + "]",
			strings.Replace(goodHeader, "{", "{\"\xff\":1,", 1), goodHeader + "\x00"}, func(a *arena, header string) string {
			return a.token(jwttest.RawHeader(strings.ReplaceAll(header, "KID", a.rsa)))
		}), nil, invalidToken(jwt.ReasonHeader),
	},
	{ // checklist 56, 101, 110
		"claims that are not one JSON object in UTF-8", "repairs them",
		each([]string{"\ufeff{}", `{}{}`, `[{}]`, "null", "\"\xff\"", "{\"sub\":\"\xff\"}", `{"sub":"\ud800"}`, "{\x00}", "",
			"{'sub':1}"}, func(a *arena, payload string) string {
			return a.token(jwttest.RawPayload(payload))
		}), nil, invalidToken(jwt.ReasonClaims),
	},
}
