package main

import (
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

// badTokens shows tokens that a client, an attacker or a mistake might send.
// All but the first two grant the scope that is asked for.
func badTokens(issuer *jwttest.Issuer) []chapter {
	mint := func(opts ...jwttest.TokenOption) func() string {
		opts = append([]jwttest.TokenOption{jwttest.Scope("profile")}, opts...)
		return func() string { return issuer.Token(opts...) }
	}
	const request = "GET /profile"
	return []chapter{{"Tokens that are no good", []step{
		{request: request, about: "two words", token: constant("two words"), want: malformed},
		{request: request, about: "not a token", token: constant("not-a-token"), want: invalid("malformed")},
		bad(request, "expired an hour ago", invalid("expired"), expired(issuer)),
		bad(request, "not valid yet", invalid("not_yet_valid"), mint(jwttest.NotBefore(time.Now().Add(time.Hour)))),
		bad(request, "for another audience", invalid("audience"), mint(jwttest.Audience("https://other.example"))),
		bad(request, "from another issuer", invalid("issuer"), mint(jwttest.Claim("iss", "https://other.example"))),
		bad(request, "tampered with", invalid("signature"), mint(jwttest.Tampered())),
		bad(request, "signed by a stranger", invalid("signature"),
			mint(jwttest.Unpublished(), jwttest.Header("kid", issuer.KeyID()))),
		bad(request, "not signed: alg none", invalid("algorithm"), mint(jwttest.Alg("none"))),
		bad(request, "an ID token: typ JWT", invalid("type"), mint(jwttest.Typ("JWT"))),
		bad(request, "without a subject", invalid("missing_claim"), mint(jwttest.Without("sub"))),
	}}}
}

// strangersOnly is what can be shown of an issuer whose tokens only you can get.
func strangersOnly() []chapter {
	return []chapter{{"Without a token of your issuer", []step{
		{request: "GET /", about: "none", want: open},
		{request: "GET /me", about: "none", want: noCredentials},
		{request: "GET /greeting", about: "none", want: anonymous},
		{request: "GET /profile", about: "not a token", token: constant("not-a-token"), want: invalid("malformed")},
	}}}
}

func bad(request, about string, want answer, token func() string) step {
	return step{request: request, about: about, scopes: "profile", token: token, want: want}
}

func expired(issuer *jwttest.Issuer) func() string {
	return func() string {
		return issuer.Token(jwttest.Scope("profile"), jwttest.ExpiresIn(-time.Hour))
	}
}
