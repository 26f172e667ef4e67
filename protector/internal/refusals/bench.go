package refusals

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// Known is a token whose validation costs nothing, so that what a benchmark
// measures is the door.
type Known struct{ granted scopes.Set }

// Scopes returns "profile email".
func (k *Known) Scopes() scopes.Set { return k.granted }

// ExpiresAt returns the zero time: never.
func (k *Known) ExpiresAt() time.Time { return time.Time{} }

// Bench returns a guard that knows every token, an Authorization field of ordinary
// length, and the floor of all comparisons: the check of its RS256 signature.
func Bench(tb testing.TB) (guard *protector.Protector, field string, floor func() bool) {
	issuer := jwttest.NewIssuer(tb)
	known := &Known{scopes.Parse("profile email")}
	guard = must(protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(
		func(context.Context, string) (*Known, error) { return known, nil })}}))
	token := issuer.Token(jwttest.Scope("profile email"))
	end := strings.LastIndexByte(token, '.')
	key, signed := issuer.PublicKey(issuer.KeyID()).(*rsa.PublicKey), []byte(token[:end])
	return guard, "Bearer " + token, func() bool {
		signature, err := base64.RawURLEncoding.DecodeString(token[end+1:])
		sum := sha256.Sum256(signed)
		return err == nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	}
}

// Allocations returns how often f allocates when nothing is in its way: the least of many runs. The mean would be that
// of the pools of a framework, which the race detector empties at random.
func Allocations(f func()) float64 {
	least := testing.AllocsPerRun(1, f)
	for range 50 {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}
