package jwt

import (
	"bytes"
	"crypto"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/strictjson"
	"example.com/resourceserver/scopes"
)

// Token is an access token that has been found valid. It is immutable and may be
// shared between goroutines. It does not hold the token's text, so it cannot be
// used to call another service in the client's name, and may be kept or logged
// as far as its claims may.
type Token struct {
	subject, clientID, id          string
	issuedAt, expiresAt, notBefore time.Time

	audience       []string
	scopes         scopes.Set
	authentication *authentication // nil if it would be empty
	confirmation   []binding       // without copies of what the claims hold

	claims string // the JSON text that was signed

	// How it was verified, so that it can be asked later whether it would be
	// still. All nil in the zero Token; key is nil for a shared secret.
	terms  *terms
	header *jws.Header
	key    crypto.PublicKey
}

// authentication is what RFC 9068 §2.2.1 says of the user's authentication.
type authentication struct {
	time time.Time
	acr  string
	amr  []string
}

// Issuer returns the iss claim: the Config.Issuer of the validator.
func (t *Token) Issuer() string {
	if t.terms == nil {
		return ""
	}
	return t.terms.issuer
}

// Subject returns the sub claim: the user, or for a client's own access, the
// client (RFC 9068 §2.2). It is unique within the issuer only. It is "" for a
// machine where Profile.AllowMissingSubject is set, and never otherwise.
func (t *Token) Subject() string { return t.subject }

// Audience returns the aud claim: whom the token is for, this resource server
// among others. The slice is a copy.
func (t *Token) Audience() []string { return slices.Clone(t.audience) }

// ClientID returns the client that the token was issued to: the client_id claim
// (RFC 8693 §4.3), or what the profile has in its place.
func (t *Token) ClientID() string { return t.clientID }

// ID returns the jti claim, unique within the issuer, or what the profile has in
// its place; empty if there is none and the profile does not require it.
func (t *Token) ID() string { return t.id }

// IssuedAt returns the iat claim, or the zero time.
func (t *Token) IssuedAt() time.Time { return t.issuedAt }

// ExpiresAt returns the exp claim, without leeway.
func (t *Token) ExpiresAt() time.Time { return t.expiresAt }

// NotBefore returns the nbf claim, or the zero time.
func (t *Token) NotBefore() time.Time { return t.notBefore }

// AuthTime returns when the user was last authenticated (the auth_time claim,
// RFC 9068 §2.2.1), or the zero time.
func (t *Token) AuthTime() time.Time { return t.authenticated().time }

// ACR returns the authentication context class (the acr claim, RFC 9068 §2.2.1),
// or "" if there is none or it is not a string.
func (t *Token) ACR() string { return t.authenticated().acr }

// AMR returns the authentication methods (the amr claim, RFC 9068 §2.2.1), or nil
// if there is none or it is not an array of strings. The slice is a copy.
func (t *Token) AMR() []string { return slices.Clone(t.authenticated().amr) }

func (t *Token) authenticated() authentication {
	if t.authentication == nil {
		return authentication{}
	}
	return *t.authentication
}

// Scopes returns what was granted: the scope claim (RFC 9068 §2.2.3), or what
// the profile has in its place. A token without scope has the empty set.
func (t *Token) Scopes() scopes.Set { return t.scopes }

// Groups returns the names in the groups claim (RFC 9068 §2.2.3.1), or in what
// the profile has in its place. Each call reads them anew. A string is one name,
// spaces included; a list has strings or, as in RFC 7643 §4.1.2, objects with a
// value. A claim of any other shape names nothing.
func (t *Token) Groups() scopes.Set { return t.names(func(p *Profile) []ClaimPath { return p.Groups }) }

// Roles returns the names in the roles claim, as Groups does.
func (t *Token) Roles() scopes.Set { return t.names(func(p *Profile) []ClaimPath { return p.Roles }) }

// Entitlements returns the names in the entitlements claim, as Groups does.
func (t *Token) Entitlements() scopes.Set {
	return t.names(func(p *Profile) []ClaimPath { return p.Entitlements })
}

// Confirmation returns what the client has to prove, by method: the members of
// the cnf claim (RFC 7800 §3.1) that Config.Confirmations names. It is empty for a
// bearer token. The map is a copy.
func (t *Token) Confirmation() map[string]string {
	if len(t.confirmation) == 0 {
		return nil
	}
	members := make(map[string]string, len(t.confirmation))
	for _, b := range t.confirmation {
		members[b.method] = b.value
	}
	return members
}

// ValidAt reports whether the token is in time at the given time, with the
// leeway of the validator that accepted it. A token that is kept, or work that
// goes on for long, asks it again.
func (t *Token) ValidAt(at time.Time) bool {
	if t.terms == nil {
		return false
	}
	leeway := t.terms.leeway
	return at.Before(t.expiresAt.Add(leeway)) && !t.notBefore.After(at.Add(leeway))
}

// Decode stores the claims in the value that v points to, usually a struct with
// the fields that the application needs. Names match exactly, letter case
// included; claims without a field are ignored. A number that goes into an any
// becomes an encoding/json.Number, so that no digit is lost. An error names the
// claim and leaves out its value.
func (t *Token) Decode(v any) error {
	err := json.Unmarshal([]byte(t.claims), v, decodeOptions)
	if err == nil {
		return nil
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		semantic.JSONValue, semantic.Err = nil, nil // the cause may quote the value
	}
	return fmt.Errorf("jwt: decoding the claims: %w", err)
}

var decodeOptions = json.WithUnmarshalers(json.JoinUnmarshalers(
	json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *any) error {
		if d.PeekKind() != '0' {
			return errors.ErrUnsupported
		}
		number, err := d.ReadValue()
		*v = stdjson.Number(bytes.Clone(number))
		return err
	}),
	json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *stdjson.Number) error {
		if d.PeekKind() != '0' {
			return errors.ErrUnsupported
		}
		number, err := d.ReadValue()
		*v = stdjson.Number(bytes.Clone(number))
		return err
	}),
))

// names returns what the first of the profile's paths that is present names.
// The zero Token has no claims and no profile, and names nothing.
func (t *Token) names(paths func(*Profile) []ClaimPath) scopes.Set {
	object, err := strictjson.Parse(nil, t.claims)
	if err != nil {
		return scopes.Set{}
	}
	for _, path := range paths(&t.terms.profile) {
		if names, ok := path.in(object); ok {
			return scopes.NewSet(names...)
		}
	}
	return scopes.Set{}
}
