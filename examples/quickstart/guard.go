package main

import (
	"crypto/rand"
	"log/slog"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/protector"
)

// guarded is the library, wired. An API needs the guard alone.
type guarded struct {
	keys   *jwks.Remote
	tokens *jwt.Validator
	guard  *protector.Protector
}

// newGuard wires the library: keys from the issuer, tokens checked with these
// keys, requests checked for these tokens, and proofs checked for tokens that are
// bound to a client. It does no I/O.
func newGuard(settings settings, origin string, logger *slog.Logger, decisions *decisions) (guarded, error) {
	profile, err := profileOf(settings.profile)
	if err != nil {
		return guarded{}, err
	}
	keys, err := jwks.NewRemote(jwks.Config{Issuer: settings.issuer, Logger: logger})
	if err != nil {
		return guarded{}, err
	}
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer:        settings.issuer,
		Audiences:     []string{settings.audience},
		Keys:          keys,
		Profile:       profile,                     // RFC 9068 if you leave it out
		Confirmations: []string{"jkt", "x5t#S256"}, // what the proofs below prove
	})
	if err != nil {
		return guarded{}, err
	}
	proofs, err := dpop.NewVerifier(dpop.Config{PublicOrigins: []string{origin}, NonceKeys: [][]byte{newKey()}})
	if err != nil {
		return guarded{}, err
	}
	certificates := protector.MutualTLS(protector.MutualTLSConfig{})
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{
			protector.Bearer(tokens.Validate).Proving(certificates),
			protector.DPoP(tokens.Validate, proofs).Proving(certificates),
		},
		Realm:                "quickstart",
		Resource:             origin, // challenges name the document that names the issuer
		AuthorizationServers: tokens.Issuers(),
		Logger:               logger,
		OnDecision:           decisions.record, // optional: the tour and the page show them
	})
	return guarded{keys, tokens, guard}, err
}

// newKey is for the nonces of one process. Replicas would share theirs.
func newKey() []byte {
	key := make([]byte, 32)
	rand.Read(key)
	return key
}
