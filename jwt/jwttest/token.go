package jwttest

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// lifetime is how long a token is valid by default: what issuers of short-lived
// access tokens use, and long enough for a test under a debugger.
const lifetime = 5 * time.Minute

// token is a token, or a proof, in the making: what the options have asked for so far.
type token struct {
	header     object // "alg" and "kid" get their values when the key is known
	edits      []func(header *object)
	claims     object
	now        time.Time
	choice     choice
	sign       func(signingInput []byte) []byte
	alter      func(signature []byte) []byte
	rawHeader  []byte // raw, in place of header
	rawPayload []byte // raw, in place of claims
	fault      error  // misuse found by an option
}

// Token returns a signed token in compact form. Without options it is a valid
// access token by RFC 9068, with the header
//
//	{"alg": "RS256", "kid": "…", "typ": "at+jwt"}
//
// and the claims iss (URL), sub ("user-1"), aud (Audience), client_id
// ("client-1"), iat (now), exp (five minutes from now) and jti (unique). It has
// no scope unless Scope gives it one. Times are whole seconds by time.Now,
// which inside a testing/synctest bubble is the bubble's clock.
//
// Options apply in order; a later one overrides an earlier one. An impossible
// request, such as a key of the wrong kind, is misuse of the kit: it fails the
// test, or panics outside one.
func (iss *Issuer) Token(opts ...TokenOption) string {
	iss.helper()
	t := iss.newToken(time.Now())
	for _, opt := range opts {
		opt(t)
	}
	compact, err := t.compact(iss.choose)
	if err != nil {
		iss.fail("Token: %v", err)
		return ""
	}
	return compact
}

func (iss *Issuer) newToken(now time.Time) *token {
	t := &token{now: now}
	t.header.set("alg", nil) // placeholders that keep the usual order
	t.header.set("kid", nil)
	t.header.set("typ", json.RawMessage(`"at+jwt"`))
	t.set("iss", iss.url)
	t.set("sub", "user-1")
	t.set("aud", iss.Audience())
	t.set("client_id", "client-1")
	t.set("iat", now)
	t.set("exp", now.Add(lifetime))
	t.set("jti", rand.Text())
	return t
}

// set gives a claim its value.
func (t *token) set(name string, value any) {
	t.claims.set(name, t.encode(name, value))
}

func (t *token) encode(name string, value any) json.RawMessage {
	encoded, err := encodeValue(value)
	if err != nil {
		t.fault = errors.Join(t.fault, fmt.Errorf("value of %q: %w", name, err))
		return json.RawMessage("null")
	}
	return encoded
}

// compact signs with the key that choose finds.
func (t *token) compact(choose func(choice) (signer, error)) (string, error) {
	if t.fault != nil {
		return "", t.fault
	}
	signer, err := choose(t.choice)
	if err != nil {
		return "", err
	}
	input := encodeBase64(t.encodeHeader(signer)) + "." + encodeBase64(t.encodeClaims())
	signature, err := t.signature(signer, []byte(input))
	if err != nil {
		return "", err
	}
	return input + "." + encodeBase64(signature), nil
}

func (t *token) encodeHeader(s signer) []byte {
	if t.rawHeader != nil {
		return t.rawHeader
	}
	t.header.set("alg", t.encode("alg", s.alg))
	if s.kid != "" {
		t.header.set("kid", t.encode("kid", s.kid))
	}
	for _, edit := range t.edits {
		edit(&t.header)
	}
	return t.header.encode()
}

func (t *token) encodeClaims() []byte {
	if t.rawPayload != nil {
		return t.rawPayload
	}
	return t.claims.encode()
}

func (t *token) signature(s signer, input []byte) ([]byte, error) {
	if t.sign != nil {
		return t.sign(input), nil
	}
	signature, err := s.sign(input)
	if err != nil {
		return nil, err
	}
	if t.alter != nil {
		signature = t.alter(signature)
	}
	return signature, nil
}
