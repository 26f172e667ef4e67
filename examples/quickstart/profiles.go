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
	"rfc9068":    func() jwt.Profile { return jwt.Profile{} },
	"auth0":      jwt.Auth0,
	"authentik":  jwt.Authentik,
	"clerk":      jwt.Clerk,
	"cognito":    jwt.Cognito,
	"entra":      jwt.EntraID,
	"entra-v1":   jwt.EntraIDv1,
	"firebase":   jwt.FirebaseIDToken,
	"fusionauth": jwt.FusionAuth,
	"hydra":      jwt.Hydra,
	"keycloak":   jwt.Keycloak,
	"okta":       jwt.Okta,
	"pingone":    jwt.PingOne,
	"supabase":   jwt.Supabase,
	"zitadel":    jwt.Zitadel,
}

func profileNames() string {
	return strings.Join(slices.Sorted(maps.Keys(profiles)), ", ")
}

// profileOf returns the profile that -profile names, or that it is, as JSON.
func profileOf(value string) (jwt.Profile, error) {
	if strings.HasPrefix(strings.TrimSpace(value), "{") {
		profile, err := jwt.ParseProfile([]byte(value))
		if err != nil {
			return jwt.Profile{}, fmt.Errorf("-profile: %w", err)
		}
		return profile, nil
	}
	named := profiles[value]
	if named == nil {
		return jwt.Profile{}, fmt.Errorf("-profile %q is not known; use one of %s, or JSON", value, profileNames())
	}
	return named(), nil
}
