package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/resourceserver/jwt"
)

// profiles are what -profile can name: how the access tokens of well-known
// issuers look. The default is what new issuers should send.
var profiles = map[string]func() jwt.Profile{
	"rfc9068":  func() jwt.Profile { return jwt.Profile{} },
	"auth0":    jwt.Auth0,
	"cognito":  jwt.Cognito,
	"entra":    jwt.EntraID,
	"entra-v1": jwt.EntraIDv1,
	"hydra":    jwt.Hydra,
	"keycloak": jwt.Keycloak,
	"okta":     jwt.Okta,
}

func profileNames() string {
	return strings.Join(slices.Sorted(maps.Keys(profiles)), ", ")
}

func knownProfile(name string) error {
	if profiles[name] == nil {
		return fmt.Errorf("-profile %q is not known; use one of %s", name, profileNames())
	}
	return nil
}
