// Package store keeps an application's own access tokens in a table of its
// database, and looks them up for protector.Bearer:
//
//	tokens, err := store.Open(ctx, "tokens.db")
//	guard, err := protector.New(protector.Config{
//		Validators: []protector.Validator{protector.Bearer(tokens.Lookup)},
//	})
//
// A handler finds the row, with its user, by
// protector.CurrentToken[*store.Token].
//
// # What is stored
//
// A token is 256 random bits, given to its client once. The table has its
// SHA-256 hash only, so that whoever reads the table, or a backup of it, holds
// no token. Passwords need a salt and a slow hash because people choose them
// from few; nobody finds 256 random bits by trying, however fast the hash and
// however many tables there are. A plain hash can be looked up, too, by an
// index, and in time that tells nothing: what the database compares are hashes,
// which nobody can steer.
//
// # What is not checked here
//
// Lookup returns expired and revoked tokens like any other. Refusing them is
// the protector's, which asks each token by ExpiresAt and Revoked, so that no
// query can forget to.
package store
