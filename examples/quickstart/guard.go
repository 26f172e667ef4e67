package main

import (
	"log/slog"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
)

// newGuard wires the library: keys from the issuer, tokens checked with these
// keys, requests checked for these tokens. It does no I/O.
func newGuard(
	settings settings, logger *slog.Logger, decisions *decisions,
) (*protector.Protector, *jwks.Remote, error) {
	keys, err := jwks.NewRemote(jwks.Config{Issuer: settings.issuer, Logger: logger})
	if err != nil {
		return nil, nil, err
	}
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer:    settings.issuer,
		Audiences: []string{settings.audience},
		Keys:      keys,
		Profile:   profiles[settings.profile](), // RFC 9068 if you leave it out
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
