package main

import "example.com/resourceserver/jwt/jwttest"

// scopeRules shows every form that a requirement can take.
func scopeRules(issuer *jwttest.Issuer) []chapter {
	none := func(request string, want answer) step {
		return step{request: request, about: "none", want: want}
	}
	valid := func(request, scopes string, want answer) step {
		token := func() string {
			if scopes == "" {
				return issuer.Token(jwttest.Subject("alice"))
			}
			return issuer.Token(jwttest.Subject("alice"), jwttest.Scope(scopes))
		}
		return step{request: request, about: "valid, alice", scopes: scopes, token: token, want: want}
	}
	return []chapter{
		{"No protection", []step{
			none("GET /", open),
		}},
		{"Any valid token: the empty policy", []step{
			none("GET /me", noCredentials),
			valid("GET /me", "", granted),
		}},
		{`One scope: "profile"`, []step{
			valid("GET /profile", "profile", granted),
			valid("GET /profile", "email profile", granted),
			valid("GET /profile", "email", insufficient("profile")),
			valid("GET /profile", "Profile", insufficient("profile")),
			valid("GET /profile", "profile.read", insufficient("profile")),
			valid("GET /profile", "", insufficient("profile")),
		}},
		{`AND: "profile email"`, []step{
			valid("GET /contact", "email profile", granted),
			valid("GET /contact", "profile", insufficient("profile email")),
		}},
		{`OR: "profile", "email"`, []step{
			valid("GET /feed", "email", granted),
			valid("GET /feed", "user", insufficient("profile")),
		}},
		{`Mix: "profile email", "user"`, []step{
			valid("GET /user", "profile email", granted),
			valid("GET /user", "user", granted),
			valid("GET /user", "profile", insufficient("profile email")),
		}},
		{`Optional, "profile": only a missing token is anonymous`, []step{
			none("GET /greeting", anonymous),
			valid("GET /greeting", "profile", granted),
			valid("GET /greeting", "email", insufficient("profile")),
			bad("GET /greeting", "expired", invalid("expired"), expired(issuer)),
		}},
		{"Acquire: the handler asks, and for more if the files are not yours", []step{
			none("GET /files/alice", noCredentials),
			valid("GET /files/alice", "files", granted),
			valid("GET /files/bob", "files", insufficient("files admin")),
			valid("GET /files/bob", "files admin", granted),
		}},
		{"Methods: one resource, a policy for each method", []step{
			valid("GET /notes", "notes:read", granted),
			valid("POST /notes", "notes:read", insufficient("notes:write")),
			valid("POST /notes", "notes:write", created),
			valid("DELETE /notes", "notes:write", methodNotListed),
		}},
	}
}
