package main

import (
	"context"

	"example.com/resourceserver/jwt/jwttest"
)

// keyLife shows that the API keeps working while the issuer changes its keys,
// and while it is down.
func keyLife(t tour) []chapter {
	issuer := t.issuer
	fresh := func() string { return issuer.Token(jwttest.Scope("profile")) }
	old := issuer.Token(jwttest.Scope("profile")) // before any rotation
	first := issuer.KeyID()

	profile := func(about string, token func() string, want answer) step {
		return step{request: "GET /profile", about: about, scopes: "profile", token: token, want: want}
	}
	rotation := profile("fresh ones; a new key halfway", fresh, granted)
	rotation.times = 200
	rotation.during = func() { issuer.Rotate() }

	withdrawn := profile("by the old key, now withdrawn", constant(old), invalid("unknown_key"))
	withdrawn.before = func(ctx context.Context) error {
		issuer.Retire(first)
		return t.service.keys.Refresh(ctx) // or within RefreshInterval
	}

	outage := profile("valid; the issuer is down", fresh, granted)
	outage.times = 20
	outage.before = func(context.Context) error { issuer.Refuse(); return nil }

	unknown := profile("by a key nobody has seen yet", fresh, unavailable)
	unknown.before = func(context.Context) error { issuer.Rotate(); return nil }

	back := profile("the same; the issuer is back", fresh, granted)
	back.before = func(ctx context.Context) error {
		issuer.Recover()
		return t.service.keys.Refresh(ctx) // or a few seconds later by itself
	}
	return []chapter{
		{"The issuer changes its signing key", []step{
			rotation,
			profile("by the old key, still published", constant(old), granted),
			withdrawn,
		}},
		{"The issuer cannot be reached", []step{outage, unknown, back}},
	}
}

func constant(token string) func() string {
	return func() string { return token }
}
