package protector_test

import (
	"encoding/json"
	"strings"
	"time"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// claimAttacks are tokens that the issuer has signed, for something else.
var claimAttacks = []attack{
	{ // checklist 100
		"a claim twice", "checks the first and hands out the last",
		func(a *arena) []string {
			return of(a.token(jwttest.DuplicateClaim("sub", "admin")),
				a.token(jwttest.DuplicateClaim("exp", int64(9999999999))), a.token(jwttest.DuplicateClaim("aud", "x")),
				a.token(jwttest.RawPayload(`{"sub":"a","\u0073ub":"admin"}`)))
		}, nil, invalidToken(jwt.ReasonClaims),
	},
	{ // checklist 35, 106
		"a claim in another letter case", "finds Exp when it looks for exp, and takes the last",
		one(jwttest.ExpiresIn(-time.Hour), jwttest.Claim("EXP", int64(9999999999)), jwttest.Claim("Exp", int64(9999999999))),
		nil, invalidToken(jwt.ReasonExpired),
	},
	{ // checklist 37, 108
		"a required claim missing, null or empty", "checks what is there",
		func(a *arena) (tokens []string) {
			for _, claim := range []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} {
				tokens = append(tokens, a.token(jwttest.Without(claim)), a.token(jwttest.Claim(claim, nil)),
					a.token(jwttest.Without(claim), jwttest.Claim(strings.ToUpper(claim), "x")))
			}
			return append(tokens, a.token(jwttest.Subject("")), a.token(jwttest.ClientID("")))
		}, nil, invalidToken(jwt.ReasonMissingClaim),
	},
	{ // checklist 38, 98, 99
		"exp as text, as a huge or negative number", "converts it, or lets it overflow into the far future",
		each([]string{`"9999999999"`, "-1", "1e999", "253402300800", "18446744073709551615", "9223372036854775808",
			strings.Repeat("9", 400), "true", "[9999999999]", "{}"}, func(a *arena, exp string) string {
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
			for _, aud := range []string{"https://other.example", "https://api.example.evil.example", "https://api.exampl",
				"https://API.example", "https://api.example/", "api.example", "*"} {
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
		each([]string{"/", "/.", "#", "?", ".evil.example", "@evil.example", "%2F", "\u200b"},
			func(a *arena, suffix string) string {
				return a.token(jwttest.Claim("iss", a.issuer.URL()+suffix))
			}), nil, invalidToken(jwt.ReasonIssuer),
	},
	{ // checklist 28, 29, 47, 62, 63
		"an ID token, or another JWT of the issuer, as access token", "does not read typ",
		each([]string{"JWT", "jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "token-introspection+jwt", "at+jwt2",
			"application/application/at+jwt"}, func(a *arena, typ string) string {
			return a.token(jwttest.Typ(typ), jwttest.Claim("nonce", "n"), jwttest.Audience(a.issuer.Audience(), "client-1"))
		}), nil, invalidToken(jwt.ReasonType),
	},
	{ // checklist 29, 47
		"an ID token without typ", "reads typ where there is one",
		one(jwttest.WithoutHeader("typ"), jwttest.Claim("nonce", "n")), nil, invalidToken(jwt.ReasonType),
	},
	{ // checklist 136, 153
		"a stolen token that is bound to a key, as a bearer token", "does not know cnf, and makes it worth stealing",
		each([]map[string]any{{"jkt": "x"}, {"x5t#S256": "x"}, {"jwk": map[string]any{}}, {"new": "x"}, {}},
			func(a *arena, cnf map[string]any) string {
				return a.token(jwttest.Claim("cnf", cnf))
			}), nil, invalidToken(jwt.ReasonConfirmation),
	},
}

// scopeAttacks look like the scope that is asked for.
var scopeAttacks = []attack{
	{ // checklist 26
		"scopes that look like the required one", "compares the beginning, the letters, or what they look like",
		each([]string{
			"", "rofile", "profil", "profile:read", "profile.", "Profile", "PROFILE", "*", "profile*", ".*",
			"рrofile", "profile\u200b", "profile\u00a0", "pro\u00adfile", "ｐｒｏｆｉｌｅ",
		}, func(a *arena, scope string) string { return a.token(jwttest.Scope(scope)) }), nil, tooLittle,
	},
	{ // checklist 26, 180
		"scopes that hold the required one among separators", "separates at commas, tabs and line breaks as well",
		each([]string{"email,profile", "profile,email", "profile;email", "profile\temail", "email\nprofile", "profile\x00",
			"\"profile\"", "+profile"}, func(a *arena, scope string) string {
			return a.token(jwttest.Scope(scope))
		}), nil, tooLittle,
	},
	{ // checklist 44
		"the scope in a name of an array, or in another claim", "splits what is one name, or reads any claim",
		func(a *arena) []string {
			return of(a.token(jwttest.Claim("scope", []string{"profile email"})),
				a.token(jwttest.Without("scope"), jwttest.Claim("scopes", "profile")),
				a.token(jwttest.Without("scope"), jwttest.Claim("Scope", "profile"), jwttest.Claim("roles", []string{"profile"}),
					jwttest.Claim("permissions", []string{"profile"})))
		}, nil, tooLittle,
	},
	{ // checklist 45
		"scope of another type", "converts it",
		each([]any{map[string]any{"profile": true}, []any{"profile", 1}, []any{[]string{"profile"}}, true, 1},
			func(a *arena, scope any) string {
				return a.token(jwttest.Claim("scope", scope))
			}), nil, invalidToken(jwt.ReasonClaimType),
	},
}
