package dpop

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/memo"
)

// Request is what a proof has to be about. It is an alias, so that a package can
// take one without importing this one, and has no methods: printing it prints the
// token.
type Request = struct {
	// Method is the method of the request, as it was sent.
	Method string
	// Target is the request target as it was sent, query included: "/user?id=7", or
	// a whole URI where the client has sent one.
	Target string
	// Token is the access token.
	Token string
	// Thumbprint is the jkt member of the token's confirmation (RFC 9449 §6.1): the
	// thumbprint of the key that it is bound to. A token that is bound to none has
	// "", and is refused.
	Thumbprint string
}

// Verifier decides whether a proof is good for a request. Make one with
// [NewVerifier]; it may be used by any number of goroutines.
type Verifier struct {
	config  Config
	origins []uri
	rules   jws.Rules
	nonces  *nonces // nil: none are demanded
	signers *memo.Memo[signer]
}

// NewVerifier returns the verifier that config describes. It does no I/O. The error
// joins every fault of the config, each with its remedy.
func NewVerifier(config Config) (*Verifier, error) {
	c, err := config.resolve()
	if err != nil {
		return nil, err
	}
	v := &Verifier{
		config: c, signers: newSigners(),
		rules: jws.Rules{Algorithms: make(map[string]*jws.Algorithm), Types: []string{"dpop+jwt"}},
	}
	for _, origin := range c.PublicOrigins {
		normal, _ := publicOrigin(origin) // which resolve has done before
		v.origins = append(v.origins, normal)
	}
	for _, alg := range c.Algorithms {
		v.rules.Algorithms[alg] = jws.AlgorithmOf(alg)
	}
	if c.NonceKeys != nil {
		v.nonces = newNonces(c.NonceKeys, c.NonceLifetime)
	}
	v.config.NonceKeys = nil
	return v, nil
}

// Algorithms are the algorithms that proofs may use, for the algs attribute of a
// challenge (RFC 9449 §7.1). The slice is a copy.
func (v *Verifier) Algorithms() []string { return slices.Clone(v.config.Algorithms) }

// Format prints no key, whatever the verb.
func (v *Verifier) Format(s fmt.State, verb rune) {
	if v == nil {
		fmt.Fprint(s, "(*dpop.Verifier)(nil)")
		return
	}
	fmt.Fprintf(s, "dpop.Verifier(%v)", v.config.PublicOrigins)
}

// Verify checks a proof, the content of the one DPoP field, for a request whose
// token is genuine (RFC 9449 §4.3). What costs nothing is checked first, then the
// key and the signature. The proof is not remembered.
//
// spend is the step that is left, to be called once nothing else can refuse the
// request: it makes the proof count as used. Its error is an [*Error] if the proof
// was used before or has become too old, and otherwise an outage.
//
// nonce, if there is one, is what the client is to use next: the DPoP-Nonce field
// of the answer, whose caching it forbids (RFC 9449 §8.2).
//
// The error is an [*Error].
func (v *Verifier) Verify(proof string, r Request) (spend func(context.Context) error, nonce string, err error) {
	p, err := v.read(proof, r.Thumbprint)
	if err != nil {
		return nil, "", err
	}
	now := v.config.Now()
	if err := v.checkClaims(&p, r, now); err != nil {
		return nil, "", err
	}
	nonce, err = v.checkNonce(&p, now)
	if err != nil {
		return nil, "", err
	}
	if err := v.checkPossession(&p, r.Thumbprint); err != nil {
		return nil, "", err
	}
	until := p.issuedAt.Add(v.config.MaxAge)
	id := p.id()
	return func(ctx context.Context) error { return v.spend(ctx, id, until) }, nonce, nil
}

// checkClaims compares the proof with the request (RFC 9449 §4.3, items 8, 9, 11 and
// 12).
func (v *Verifier) checkClaims(p *proof, r Request, now time.Time) error {
	htu, ok := uriOf(p.uri)
	switch {
	case p.method != r.Method: // case-sensitive, as methods are (RFC 9110 §9.1)
		return refused(ReasonMethod, "htm is not the method of the request")
	case !ok:
		return refused(ReasonTarget, "htu is not an absolute http or https URI in normal form")
	case !v.matches(htu, r.Target):
		return refused(ReasonTarget, "htu is not the URI of the request: compare Config.PublicOrigins with where "+
			"clients send it")
	case p.issuedAt.After(now.Add(v.config.Leeway)):
		return refused(ReasonTime, "iat has not come: compare the clocks of this host and the client")
	case !now.Before(p.issuedAt.Add(v.config.MaxAge)):
		return refused(ReasonTime, "iat is longer ago than Config.MaxAge: compare the clocks of this host and the client")
	case !encodes(p.tokenHash, hashOf(r.Token)):
		return refused(ReasonToken, "ath is not the hash of the access token")
	}
	return nil
}

// hashOf hashes a token, and allocates nothing for one of the usual size.
func hashOf(token string) [sha256.Size]byte {
	var space [2048]byte
	return sha256.Sum256(append(space[:0], token...))
}

// encodes reports whether text is the base64url of sum, as ath (RFC 9449 §4.2) and jkt
// (§6.1) have it.
func encodes(text string, sum [sha256.Size]byte) bool {
	var encoded [43]byte
	base64.RawURLEncoding.Encode(encoded[:], sum[:])
	return subtle.ConstantTimeCompare([]byte(text), encoded[:]) == 1
}

// checkNonce returns the nonce that the client is to use next, if it is another one
// than it used.
func (v *Verifier) checkNonce(p *proof, now time.Time) (next string, err error) {
	if v.nonces == nil {
		return "", nil
	}
	fresh, ok := v.nonces.knows(p.nonce, now)
	switch {
	case !ok:
		return "", &Error{Reason: ReasonNonce, nonce: v.nonces.current(now),
			detail: "nonce is missing, or none of this service's of late"}
	case fresh:
		return "", nil
	}
	return v.nonces.current(now), nil
}

// spend asks about no proof that has ended since it was checked: it need not be
// remembered any more.
func (v *Verifier) spend(ctx context.Context, id [32]byte, until time.Time) error {
	if !v.config.Now().Before(until) {
		return refused(ReasonTime, "iat is longer ago than Config.MaxAge by now: the request took too long")
	}
	fresh, err := v.config.Replay.Spend(ctx, id, until)
	switch {
	case err != nil:
		return fmt.Errorf("dpop: whether the proof was used before cannot be told: %w", err)
	case !fresh:
		return refused(ReasonReplay, "the proof was used before")
	}
	return nil
}
