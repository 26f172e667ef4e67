package protector

import (
	"reflect"
	"time"

	"example.com/resourceserver/scopes"
)

// Token is what every kind of access token can say. *jwt.Token is one; so is a
// row of an application's own table with these two methods.
//
// The protector asks for more where a token has it to give. Each of these
// methods is optional:
//
//	ValidAt(time.Time) bool           asked instead of comparing ExpiresAt with the clock, for a
//	                                  token that knows of leeway or of a not-before time
//	Revoked() bool                    true refuses the token
//	Confirmation() map[string]string  the key or certificate the token is bound to (RFC 7800); a
//	                                  scheme that does not prove the binding refuses the token
//	Groups() scopes.Set               for [Policy]; likewise Roles and Entitlements
//	Issuer() string                   for [Decision]; likewise ClientID and Subject
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

// lifeless says why a token that is genuine is of no use now, or "". It is
// asked at every decision, also when the token was authenticated further out:
// it costs little, and a handler that streams for an hour can Acquire again to
// learn that its token has run out.
//
// The checks are made here and not left to authenticate, because the lookup in
// an application's own table is where they get forgotten.
func lifeless(token Token, now time.Time) string {
	if t, ok := token.(interface{ Revoked() bool }); ok && t.Revoked() {
		return reasonRevoked
	}
	expires := token.ExpiresAt().Round(0) // by the wall clock: the monotonic one stops while the machine sleeps
	expired := !expires.IsZero() && !now.Before(expires)
	if t, ok := token.(interface{ ValidAt(time.Time) bool }); ok {
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

// bound reports whether the token names a key or certificate that its sender
// has to prove possession of (RFC 7800 §3.1).
func bound(token Token) bool {
	t, ok := token.(interface{ Confirmation() map[string]string })
	return ok && len(t.Confirmation()) > 0
}

func groupsOf(token Token) scopes.Set {
	if t, ok := token.(interface{ Groups() scopes.Set }); ok {
		return t.Groups()
	}
	return scopes.Set{}
}

func rolesOf(token Token) scopes.Set {
	if t, ok := token.(interface{ Roles() scopes.Set }); ok {
		return t.Roles()
	}
	return scopes.Set{}
}

func entitlementsOf(token Token) scopes.Set {
	if t, ok := token.(interface{ Entitlements() scopes.Set }); ok {
		return t.Entitlements()
	}
	return scopes.Set{}
}

// absent reports whether token is nil, also in the way that a comparison with
// nil does not see: an interface around a nil pointer.
func absent(token Token) bool {
	switch v := reflect.ValueOf(token); v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return v.IsNil()
	}
	return false
}
