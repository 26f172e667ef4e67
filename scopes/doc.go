// Package scopes decides whether the scopes that were granted satisfy the
// scopes that are required.
//
// A [Set] is what an access token was granted: [Parse] reads it from a scope
// claim (RFC 6749 §3.3), [NewSet] from a list of names. A [Requirement] is what
// a route asks for: [AnyOf] builds it from a list in which the items are
// alternatives and the spaces inside an item join names that are needed
// together.
//
//	AnyOf("profile")                 profile
//	AnyOf("profile email")           profile AND email
//	AnyOf("profile", "email")        profile OR email
//	AnyOf("profile email", "user")   (profile AND email) OR user
//
// Names compare byte by byte: case matters, order does not, and no name is a
// prefix, a suffix or a pattern of another. A comma is not a separator, and
// since it may be part of a name, "profile,email" is one name.
//
// A [Hierarchy] lets a broad scope stand for narrower ones, on the side of what was
// granted. It is a declared table: nothing is implied that is not in it.
//
// Everything here fails closed. The zero Requirement is satisfied by nothing,
// a set without names satisfies no requirement, and a blank alternative, which
// would let everybody in, cannot be built. The one way to say that nothing is
// required is [Unrestricted].
//
// Sets, requirements and hierarchies are immutable values: share them freely between
// goroutines. The package has no dependencies, does no I/O, and evaluating a
// requirement does not allocate.
//
// What a requirement means will not change within a major version.
package scopes
