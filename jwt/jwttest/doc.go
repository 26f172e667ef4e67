// Package jwttest is an issuer of access tokens for tests: it serves metadata
// and a key set, signs any token a test can think of, and misbehaves on demand.
package jwttest
