package main

import (
	"net/http"

	"example.com/resourceserver/jwt/jwttest"
)

// boundTokens shows tokens that are of no use to a thief.
func boundTokens(t tour) []chapter {
	return []chapter{
		{"DPoP: a token that is bound to alice's key (RFC 9449)", proofs(t)},
		{"Mutual TLS: a token that is bound to alice's certificate (RFC 8705)", certificates(t)},
	}
}

// proofs all need a nonce of the service, which the first refusal brings along.
func proofs(t tour) []step {
	alice, profile := t.clients.alice, t.service.secureURL+"/profile"
	bound := t.issuer.Token(jwttest.Scope("profile"), jwttest.BoundTo(alice))
	send := func(about string, client *http.Client, prove func(r *http.Request), want answer) step {
		return step{request: "GET /profile", about: about, scopes: "profile", client: client, secure: true, want: want,
			prove: func(r *http.Request) {
				r.Header.Set("Authorization", "DPoP "+bound)
				prove(r)
			},
		}
	}
	var used string
	with := func(proof func() string) func(*http.Request) {
		return func(r *http.Request) {
			used = proof()
			r.Header.Set("DPoP", used)
		}
	}
	fresh := with(func() string { return alice.Proof("GET", profile, bound) })
	again := with(func() string { return used })
	path := with(func() string { return alice.Proof("GET", profile+"/picture", bound) })
	token := with(func() string { return alice.Proof("GET", profile, "another") })
	byItself := func(*http.Request) {} // the client's transport makes the proof
	return []step{
		send("alice's; proof without nonce", t.clients.asAlice, fresh, unproved("proof_nonce", "use_dpop_nonce")),
		send("alice's; proof with that nonce", t.clients.asAlice, fresh, granted),
		send("the same proof again", t.clients.asAlice, again, unproved("proof_replay", "invalid_dpop_proof")),
		send("proof for another path", t.clients.asAlice, path, unproved("proof_target", "invalid_dpop_proof")),
		send("proof for another token", t.clients.asAlice, token, unproved("proof_token", "invalid_dpop_proof")),
		send("stolen; the thief's proof", t.clients.asThief, byItself, unproved("proof_binding", "invalid_token")),
		{request: "GET /profile", about: "stolen; as a bearer token", scopes: "profile", token: constant(bound),
			client: t.clients.asThief, secure: true, want: invalid("confirmation")},
	}
}

// certificates are presented when the connection is made: there is nothing to sign.
func certificates(t tour) []step {
	bound := t.issuer.Token(jwttest.Scope("profile"), jwttest.BoundTo(t.clients.alice, "x5t#S256"))
	from := func(about string, client *http.Client, want answer) step {
		return step{request: "GET /profile", about: about, scopes: "profile", token: constant(bound), client: client,
			secure: true, want: want}
	}
	return []step{
		from("alice's; her certificate", t.clients.asAlice, granted),
		from("stolen; the thief's certificate", t.clients.asThief, invalid("certificate_binding")),
		from("stolen; no certificate", t.clients.nobody, invalid("certificate_missing")),
	}
}
