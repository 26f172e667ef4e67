package main

import (
	"context"
	"crypto"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"

	"example.com/resourceserver/jwks/jwk"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
	"example.com/resourceserver/protector"
)

// bound is a client with an ES256 key, and its token.
type bound struct {
	client     *jwttest.Client
	token      string
	thumbprint string
}

const boundURL = "https://api.example/user"

func (b bound) proof(opts ...jwttest.TokenOption) string {
	return b.client.Proof(http.MethodGet, boundURL, b.token, opts...)
}

func (b bound) request(thumbprint string) dpop.Request {
	return dpop.Request{Method: http.MethodGet, Target: "/user?id=7", Token: b.token, Thumbprint: thumbprint}
}

// proof has requests with a proof of possession (RFC 9449): good ones, and such as are
// refused before their signature is checked.
func proof() []path {
	f, client := newFixture("RS256", 1), must(jwttest.StartClient())
	tokens := must(jwt.NewValidator(jwt.Config{Issuer: f.issuer.URL(), Audiences: []string{f.issuer.Audience()},
		Keys: f.keys, Confirmations: []string{"jkt"}}))
	cached := must(tokencache.New(tokens.Validate, tokencache.Config{}))
	b := bound{client, f.token("small", jwttest.BoundTo(client)), client.Confirmation()["jkt"]}
	thief := bound{must(jwttest.StartClient()), b.token, ""}
	good := b.proof()
	tokenFloor, proofFloor := floor("RS256", f.key, b.token), floor("ES256", publicKey(client), good)
	return []path{
		{"path=token", tokenFloor},
		{"path=proof", proofFloor},
		{"path=both", func() bool { return tokenFloor() && proofFloor() }},
		{"path=verify", b.verifies(tokens.Validate, good)},
		{"path=cache", b.verifies(cached.Validate, good)},
		{"path=middleware", b.answers(tokens.Validate, good)},
		{"input=uri", b.refuses(b.proof(jwttest.Claim("htu", boundURL+"s")), dpop.ReasonTarget)},
		{"input=stale", b.refuses(b.proof(jwttest.Claim("iat", time.Now().Add(-2*time.Hour).Unix())), dpop.ReasonTime)},
		{"input=token", b.refuses(bound{client, "x", ""}.proof(), dpop.ReasonToken)},
		{"input=key", b.refuses(thief.proof(), dpop.ReasonBinding)},
	}
}

func publicKey(c *jwttest.Client) crypto.PublicKey {
	return must(jwk.Parse(must(json.Marshal(c.JWK())))).Public
}

// verifies checks a token and its proof, and spends the proof.
func (b bound) verifies(validate validate, proof string) func() bool {
	proofs, ctx := newProofs(), context.Background()
	return func() bool {
		token, err := validate(ctx, b.token)
		if err != nil {
			return false
		}
		spend, _, err := proofs.Verify(proof, b.request(token.Confirmation()["jkt"]))
		return err == nil && spend(ctx) == nil
	}
}

// refuses checks a proof alone. The verifier has seen none that is good: it remembers
// nothing that would make the refusal cheaper.
func (b bound) refuses(proof string, reason dpop.Reason) func() bool {
	proofs := newProofs()
	return func() bool {
		_, _, err := proofs.Verify(proof, b.request(b.thumbprint))
		refused, ok := err.(*dpop.Error)
		return ok && refused.Reason == reason
	}
}

// answers sends the token and the proof through the middleware.
func (b bound) answers(validate validate, proof string) func() bool {
	return answers(guarded(protector.DPoP(validate, newProofs())), 200, func(r *http.Request) {
		r.Header.Set("Authorization", "DPoP "+b.token)
		r.Header.Set("DPoP", proof)
		r.RequestURI = "/user" // as a server has it
	})
}

func newProofs() *dpop.Verifier {
	return must(dpop.NewVerifier(dpop.Config{
		PublicOrigins: []string{"https://api.example"}, MaxAge: time.Hour,
		Replay: &counting{memory: must(dpop.NewMemory(dpop.MemoryConfig{MaxBytes: 1 << 30}))},
	}))
}

// counting takes each use of a proof for that of another one, so that one proof can be
// used as often as it is measured. What it costs to remember proofs is part of that.
type counting struct {
	memory *dpop.Memory
	uses   atomic.Uint64
}

func (c *counting) Spend(ctx context.Context, proof [32]byte, until time.Time) (bool, error) {
	binary.LittleEndian.PutUint64(proof[16:], c.uses.Add(1))
	return c.memory.Spend(ctx, proof, until)
}
