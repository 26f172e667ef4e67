package main

import (
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

// stepUp shows what happens when it is not the token that is short, but how its
// user has logged in.
func stepUp(issuer *jwttest.Issuer) []chapter {
	loggedIn := func(about, acr string, ago time.Duration, want answer) step {
		token := func() string {
			return issuer.Token(jwttest.Scope("payments"), jwttest.Claim("acr", acr),
				jwttest.Claim("auth_time", time.Now().Add(-ago)))
		}
		return step{request: "GET /payments", about: about, scopes: "payments", token: token, want: want}
	}
	return []chapter{{"Step-up: a recent login with a second factor (RFC 9470)", []step{
		loggedIn("logged in with a password", "pwd", time.Minute, notAuthenticated("insufficient_acr")),
		loggedIn("two factors, an hour ago", "mfa", time.Hour, notAuthenticated("insufficient_auth_time")),
		loggedIn("two factors, a minute ago", "mfa", time.Minute, granted),
	}}}
}
