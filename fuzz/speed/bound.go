package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
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

const boundTarget = "/user?id=7"

// possessor is a client with an ES256 key, and its token.
type possessor struct {
	key        *ecdsa.PrivateKey
	jwk        string
	thumbprint string
	token      string
}

func newPossessor() *possessor {
	p := &possessor{key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	point, encode := must(p.key.PublicKey.Bytes()), base64.RawURLEncoding.EncodeToString
	p.jwk = fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":%q,"y":%q}`, encode(point[1:33]), encode(point[33:]))
	p.thumbprint = must(jwk.Parse([]byte(p.jwk))).Thumbprint
	return p
}

// proof makes one for GET https://api.example/user, with some claims replaced.
func (p *possessor) proof(replaced map[string]any) string {
	encode, sum := base64.RawURLEncoding.EncodeToString, sha256.Sum256([]byte(p.token))
	claims := map[string]any{
		"jti": rand.Text(), "htm": http.MethodGet, "htu": "https://api.example/user", "iat": time.Now().Unix(),
		"ath": encode(sum[:]),
	}
	maps.Copy(claims, replaced)
	signed := encode([]byte(`{"typ":"dpop+jwt","alg":"ES256","jwk":`+p.jwk+`}`)) + "." +
		encode(must(json.Marshal(claims)))
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, digest[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + encode(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// counting is a dpop.Replay that takes each use of a proof for that of another one, so
// that one proof can be used as often as it is measured. What it costs to remember
// proofs is in what is measured.
type counting struct {
	memory *dpop.Memory
	uses   atomic.Uint64
}

func (c *counting) Spend(ctx context.Context, proof [32]byte, until time.Time) (bool, error) {
	binary.LittleEndian.PutUint64(proof[16:], c.uses.Add(1))
	return c.memory.Spend(ctx, proof, until)
}

func newProofs() *dpop.Verifier {
	return must(dpop.NewVerifier(dpop.Config{
		PublicOrigins: []string{"https://api.example"}, MaxAge: time.Hour,
		Replay: &counting{memory: must(dpop.NewMemory(dpop.MemoryConfig{MaxBytes: 1 << 30}))},
	}))
}

// bound is a resource server whose tokens are bound, and a client of it.
type bound struct {
	*possessor
	floor  func() bool // the check of the token's signature
	tokens *jwt.Validator
}

// newBound binds the token by the confirmation method to the thumbprint.
func newBound(method string, thumbprint func(*possessor) string) bound {
	f, p := newFixture("RS256", 1), newPossessor()
	p.token = f.token("small", jwttest.Claim("cnf", map[string]string{method: thumbprint(p)}))
	tokens := must(jwt.NewValidator(jwt.Config{Issuer: f.issuer.URL(), Audiences: []string{f.issuer.Audience()},
		Keys: f.keys, Confirmations: []string{method}}))
	return bound{p, floor("RS256", f.key, p.token), tokens}
}

// proved has requests with a proof of possession (RFC 9449): good ones, and such as are
// refused before a signature is checked.
func proved() []path {
	b := newBound("jkt", func(p *possessor) string { return p.thumbprint })
	cached := must(tokencache.New(b.tokens.Validate, tokencache.Config{}))
	proof, thief := b.proof(nil), newPossessor()
	thief.token = b.token
	proofFloor := floor("ES256", &b.key.PublicKey, proof)
	return []path{
		{"path=tokenfloor", b.floor},
		{"path=prooffloor", proofFloor},
		{"path=bothfloors", func() bool { return b.floor() && proofFloor() }},
		{"path=verify", b.verifies(b.tokens.Validate, proof)},
		{"path=cache", b.verifies(cached.Validate, proof)},
		{"path=middleware", b.answers(b.tokens.Validate, proof)},
		{"input=anotheruri", b.refuses(b.proof(map[string]any{"htu": "https://api.example/use"}), dpop.ReasonTarget)},
		{"input=stale", b.refuses(b.proof(map[string]any{"iat": time.Now().Add(-2 * time.Hour).Unix()}), dpop.ReasonTime)},
		{"input=anothertoken", b.refuses(b.proof(map[string]any{"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"}),
			dpop.ReasonToken)},
		{"input=anotherkey", b.refuses(thief.proof(nil), dpop.ReasonBinding)},
	}
}

// verifies checks a token and its proof, and spends the proof.
func (b bound) verifies(validate validate, proof string) func() bool {
	proofs, ctx := newProofs(), context.Background()
	return func() bool {
		token, err := validate(ctx, b.token)
		if err != nil {
			return false
		}
		spend, _, err := proofs.Verify(proof, dpop.Request{
			Method: http.MethodGet, Target: boundTarget, Token: b.token, Thumbprint: token.Confirmation()["jkt"],
		})
		return err == nil && spend(ctx) == nil
	}
}

// refuses checks a proof alone. The verifier has seen none that is good: it remembers
// nothing that would make the refusal cheaper.
func (b bound) refuses(proof string, reason dpop.Reason) func() bool {
	proofs := newProofs()
	return func() bool {
		_, _, err := proofs.Verify(proof, dpop.Request{
			Method: http.MethodGet, Target: boundTarget, Token: b.token, Thumbprint: b.thumbprint,
		})
		refused, ok := err.(*dpop.Error)
		return ok && refused.Reason == reason
	}
}

// answers sends the token and the proof through the middleware.
func (b bound) answers(validate validate, proof string) func() bool {
	return answers(guarded(protector.DPoP(validate, newProofs())), 200, func(r *http.Request) {
		r.RequestURI = boundTarget
		r.Header.Set("Authorization", "DPoP "+b.token)
		r.Header.Set("DPoP", proof)
	})
}

// presented has requests on connections with a client certificate (RFC 8705): the
// check of the certificate alone, and the middleware around all.
func presented() []path {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	var state *tls.ConnectionState
	b := newBound("x5t#S256", func(p *possessor) string {
		der := must(x509.CreateCertificate(rand.Reader, template, template, &p.key.PublicKey, p.key))
		state = &tls.ConnectionState{HandshakeComplete: true,
			PeerCertificates: []*x509.Certificate{must(x509.ParseCertificate(der))}}
		sum := sha256.Sum256(der)
		return base64.RawURLEncoding.EncodeToString(sum[:])
	})
	proof := protector.MutualTLS(protector.MutualTLSConfig{})
	request := &http.Request{Method: http.MethodGet, RequestURI: boundTarget, TLS: state, RemoteAddr: "192.0.2.1:1234"}
	sum := sha256.Sum256(state.PeerCertificates[0].Raw)
	possession := protector.Possession{Token: b.token, Bound: true,
		Confirmation: base64.RawURLEncoding.EncodeToString(sum[:])}
	return []path{
		{"path=floor", b.floor},
		{"path=check", func() bool {
			evidence, err := proof.Evidence(request)
			possession.Evidence = evidence
			_, refused := proof.Check(context.Background(), possession)
			return err == nil && refused == nil
		}},
		{"path=validate", validate(b.tokens.Validate).accepts(b.token)},
		{"path=middleware", answers(guarded(protector.Bearer(b.tokens.Validate).Proving(proof)), 200,
			func(r *http.Request) {
				r.TLS = state
				r.Header.Set("Authorization", "Bearer "+b.token)
			})},
	}
}
