package introspection

import (
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/resourceserver/scopes"
)

// Token is what the endpoint says about an active token (RFC 7662 §2.2). What it
// does not say is empty: every member but active is optional there. A Token is
// immutable, shared between requests, and safe for use by several goroutines.
type Token struct {
	members      members
	confirmation map[string]string
	answer       jsontext.Value
	leeway       time.Duration
}

// Scopes is scope, from a space-separated string or an array.
func (t *Token) Scopes() scopes.Set { return t.members.Scope.set }

// ExpiresAt is exp; zero if the answer states none.
func (t *Token) ExpiresAt() time.Time { return t.members.ExpiresAt.time }

// NotBefore is nbf; zero if the answer states none.
func (t *Token) NotBefore() time.Time { return t.members.NotBefore.time }

// IssuedAt is iat; zero if the answer states none.
func (t *Token) IssuedAt() time.Time { return t.members.IssuedAt.time }

// Issuer is iss.
func (t *Token) Issuer() string { return deref(t.members.Issuer) }

// Subject is sub: as a rule a machine-readable identifier of the resource
// owner.
func (t *Token) Subject() string { return t.members.Subject }

// Audience is aud, as a copy; empty if the answer states none.
func (t *Token) Audience() []string { return slices.Clone(t.members.Audience) }

// ClientID is client_id: the client that the token was issued to.
func (t *Token) ClientID() string { return t.members.ClientID }

// Username is username: a human-readable identifier of the resource owner,
// which is no key to look anyone up by.
func (t *Token) Username() string { return t.members.Username }

// ID is jti. With some servers that is the token itself: keep it out of logs.
func (t *Token) ID() string { return t.members.ID }

// TokenType is token_type as the server writes it, "Bearer" as a rule; empty
// only under Config.AllowMissingTokenType.
func (t *Token) TokenType() string { return t.members.tokenType() }

// Confirmation is cnf, as a copy: which key the token is bound to, by method, such
// as "jkt" (RFC 9449 §6.2) and "x5t#S256" (RFC 8705 §3.2). All are among
// Config.Confirmations. Empty for a token that is bound to none. Introspect does
// not see the request, and so does not check the binding: whoever authenticates
// the request must, or reject the token, as protector.Bearer does.
func (t *Token) Confirmation() map[string]string { return maps.Clone(t.confirmation) }

// Groups is groups (RFC 9068 §2.2.3.1): a string, an array of strings, or one of
// objects with a value (RFC 7643 §4.1.2). Anything else names nothing.
func (t *Token) Groups() scopes.Set { return t.members.Groups.set }

// Roles is roles (RFC 9068 §2.2.3.1), read as Groups is.
func (t *Token) Roles() scopes.Set { return t.members.Roles.set }

// Entitlements is entitlements (RFC 9068 §2.2.3.1), read as Groups is.
func (t *Token) Entitlements() scopes.Set { return t.members.Entitlements.set }

// AuthTime is auth_time, when the user last authenticated (RFC 9470 §6.2); zero
// if the answer states none.
func (t *Token) AuthTime() time.Time { return t.members.AuthTime.time }

// ACR is acr, how the user authenticated (RFC 9470 §6.2); empty if it is no
// string.
func (t *Token) ACR() string { return string(t.members.ACR) }

// ValidAt says whether exp and nbf, where stated, allow the token at this time,
// give or take Config.Leeway. The zero Token is never valid.
func (t *Token) ValidAt(now time.Time) bool {
	return t != nil && t.answer != nil && t.begun(now) && !t.ended(now)
}

func (t *Token) begun(now time.Time) bool {
	return !now.Add(t.leeway).Before(t.NotBefore())
}

func (t *Token) ended(now time.Time) bool {
	exp := t.ExpiresAt()
	return !exp.IsZero() && !now.Add(-t.leeway).Before(exp)
}
