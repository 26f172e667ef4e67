package protector

import (
	"time"

	"example.com/resourceserver/scopes"
)

// Token is what every kind of access token can say. *jwt.Token is one; so is a
// row of an application's own table with these two methods.
//
// The protector asks for more where a token has it to give: see
// [RevocableToken], [TimedToken], [BoundToken], [GroupsToken], [RolesToken],
// [EntitlementsToken], [ACRToken], [AuthTimeToken], [ClaimToken], [IssuerToken],
// [ClientToken] and [SubjectToken]. All of these are optional, but a method of such a name and
// another shape is a fault that [New] reports: it was meant to be asked, and would not
// be. So is a struct that embeds a token as an interface, which hides what that token
// knows: embed its own type. Where authenticate returns an interface, such a token
// shows only when it comes, and is answered 500. To be sure at compile time:
//
//	var _ protector.RevocableToken = (*Row)(nil)
//
// A token is something that can be absent: a pointer as a rule. What is nil, and
// what points to nothing but zeros, is no token and lets nobody in, so that a
// lookup which returns an empty row for an unknown key finds nobody. Types that
// cannot be nil are refused by [New].
//
// A token is read by several goroutines if the handler starts them, so its
// methods must be safe for that.
type Token interface {
	// Scopes is what was granted. A token without scopes satisfies no
	// requirement.
	Scopes() scopes.Set
	// ExpiresAt is the first instant at which the token is no longer good. The
	// zero time states no expiry.
	ExpiresAt() time.Time
}

// RevocableToken is a token that knows whether it was withdrawn: true refuses
// it.
type RevocableToken interface {
	Token
	Revoked() bool
}

// TimedToken is a token that knows of leeway or of a not-before time. It is
// asked instead of comparing ExpiresAt with the clock.
type TimedToken interface {
	Token
	ValidAt(time.Time) bool
}

// BoundToken is a token that may be bound to a key or a certificate (RFC 7800),
// by method: "jkt" and its thumbprint, for example. A binding that nobody proves
// refuses it, see [Validator.Proving]. Nil and empty mean that it is not bound.
type BoundToken interface {
	Token
	Confirmation() map[string]string
}

// GroupsToken is a token with groups (RFC 7643 §4.1.2), for [Policy].
type GroupsToken interface {
	Token
	Groups() scopes.Set
}

// RolesToken is a token with roles (RFC 7643 §4.1.2), for [Policy].
type RolesToken interface {
	Token
	Roles() scopes.Set
}

// EntitlementsToken is a token with entitlements (RFC 7643 §4.1.2), for
// [Policy].
type EntitlementsToken interface {
	Token
	Entitlements() scopes.Set
}

// ACRToken is a token that says how its user has authenticated: the
// authentication context class (RFC 9470 §6), for [Policy]. Empty says nothing.
type ACRToken interface {
	Token
	ACR() string
}

// AuthTimeToken is a token that says when its user has authenticated (RFC 9470 §6),
// for [Policy]. The zero time says nothing.
type AuthTimeToken interface {
	Token
	AuthTime() time.Time
}

// ClaimToken is a token that can be asked for a claim of whatever name, for [Policy].
// The path is the name of the claim, followed by the names of members inside it, none of
// them split at dots; Claim must not change it. The value is a string, a bool, a number,
// or an array or object of these, as encoding/json decodes them, with
// [encoding/json.Number] for numbers if no digit is to be lost. It reports false where
// there is nothing.
type ClaimToken interface {
	Token
	Claim(path ...string) (value any, ok bool)
}

// IssuerToken is a token that names its issuer, for [Decision].
type IssuerToken interface {
	Token
	Issuer() string
}

// ClientToken is a token that names its client, for [Policy] and [Decision]. Empty
// names none.
type ClientToken interface {
	Token
	ClientID() string
}

// SubjectToken is a token that names its subject, for [Decision].
type SubjectToken interface {
	Token
	Subject() string
}

// lifeless says why a token that is genuine is of no use now, or "".
//
// The checks are made here and not left to authenticate, because the lookup in
// an application's own table is where they get forgotten.
func lifeless(token Token, now time.Time) string {
	if t, ok := token.(RevocableToken); ok && t.Revoked() {
		return reasonRevoked
	}
	expires := token.ExpiresAt().Round(0) // by the wall clock: the monotonic one stops while the machine sleeps
	expired := !expires.IsZero() && !now.Before(expires)
	if t, ok := token.(TimedToken); ok {
		if t.ValidAt(now) {
			return ""
		}
		if !expired {
			return reasonNotYetValid
		}
	}
	if expired {
		return reasonExpired
	}
	return ""
}

func confirmationOf(token Token) map[string]string {
	if t, ok := token.(BoundToken); ok {
		return t.Confirmation()
	}
	return nil
}

func groupsOf(token Token) scopes.Set {
	if t, ok := token.(GroupsToken); ok {
		return t.Groups()
	}
	return scopes.Set{}
}

func rolesOf(token Token) scopes.Set {
	if t, ok := token.(RolesToken); ok {
		return t.Roles()
	}
	return scopes.Set{}
}

func entitlementsOf(token Token) scopes.Set {
	if t, ok := token.(EntitlementsToken); ok {
		return t.Entitlements()
	}
	return scopes.Set{}
}

func acrOf(token Token) string {
	if t, ok := token.(ACRToken); ok {
		return t.ACR()
	}
	return ""
}

func authTimeOf(token Token) time.Time {
	if t, ok := token.(AuthTimeToken); ok {
		return t.AuthTime()
	}
	return time.Time{}
}

func clientOf(token Token) string {
	if t, ok := token.(ClientToken); ok {
		return t.ClientID()
	}
	return ""
}
