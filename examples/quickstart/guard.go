package main

import (
	"log/slog"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
)

// newGuard wires the library: keys from the issuer, tokens checked with these
// keys, requests checked for these tokens. It does no I/O.
func newGuard(issuer, audience string, logger *slog.Logger, decisions *decisions) (*protector.Protector, *jwks.Remote, error) {
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer, Logger: logger})
	if err != nil {
		return nil, nil, err
	}
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer:    issuer,
		Audiences: []string{audience},
		Keys:      keys,
	})
	if err != nil {
		return nil, nil, err
	}
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(tokens.Validate)},
		Realm:      "quickstart",
		Logger:     logger,
		OnDecision: decisions.record, // optional: the tour shows them
	})
	return guard, keys, err
}
