package store

import (
	"time"

	"example.com/resourceserver/scopes"
)

// Token is a row of the table, with its user. It holds the hash of the token
// and not the token.
type Token struct {
	User User

	hash    string
	scopes  scopes.Set
	expires time.Time
	revoked bool
}

// User is whom a token stands for.
type User struct {
	Name  string
	Email string
}

// Scopes is what the token was issued for.
func (t *Token) Scopes() scopes.Set { return t.scopes }

// ExpiresAt is when the token ends.
func (t *Token) ExpiresAt() time.Time { return t.expires }

// Revoked says whether the token was withdrawn before its end.
func (t *Token) Revoked() bool { return t.revoked }

// Subject is the user's name, for the protector's decisions.
func (t *Token) Subject() string { return t.User.Name }
