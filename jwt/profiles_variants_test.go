package jwt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// checklist 43
func TestKeycloakClientRolesByPath(t *testing.T) {
	v := vendorNamed(t, "Keycloak")
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	profile := jwt.Keycloak()
	profile.Roles = []jwt.ClaimPath{{"resource_access", "shop-api", "roles"}}
	token, err := v.validate(t, keys, profile, v.sign(t, keys, v.access, nil))
	require.NoError(t, err)
	require.Equal(t, "refund", token.Roles().String())

	token, err = v.validate(t, keys, profile,
		v.sign(t, keys, v.access, claims{"resource_access": claims{"shop-web": claims{"roles": []string{"refund"}}}}))
	require.NoError(t, err)
	require.Zero(t, token.Roles().Len(), "the role of another client")
}

// checklist 136, 153
func TestKeycloakBoundTokenNeedsTheDPoPVariant(t *testing.T) {
	v := vendorNamed(t, "Keycloak")
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	profile := jwt.Keycloak()
	profile.Equal["typ"] = "DPoP"
	bound := claims{"typ": "DPoP", "cnf": claims{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}
	validator, err := jwt.NewValidator(jwt.Config{
		Issuer: v.issuer, Audiences: v.audiences, Keys: keys, Profile: profile,
		Confirmations: []string{"jkt"}, Now: func() time.Time { return vendorTime },
	})
	require.NoError(t, err)
	token, err := validator.Validate(t.Context(), v.sign(t, keys, v.access, bound))
	require.NoError(t, err)
	require.Contains(t, token.Confirmation(), "jkt")

	_, err = validator.Validate(t.Context(), v.sign(t, keys, v.access, nil))
	requireRefused(t, err, jwt.ReasonType, "typ")
	_, err = v.validate(t, keys, jwt.Keycloak(), v.sign(t, keys, v.access, bound))
	requireRefused(t, err, jwt.ReasonType, "typ")
}

// checklist 28
func TestKeycloakWithTheTypeOfRFC9068Alone(t *testing.T) {
	v := vendorNamed(t, "Keycloak")
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	profile := jwt.Keycloak()
	profile.Types = []string{"at+jwt"}
	_, err := v.validate(t, keys, profile, v.sign(t, keys, v.access, nil, withTyp("at+jwt")))
	require.NoError(t, err)
	_, err = v.validate(t, keys, profile, v.sign(t, keys, v.access, nil))
	requireRefused(t, err, jwt.ReasonType, "typ")
}

// What the documentation of Auth0 calls the RFC 9068 profile needs no profile here.
//
// checklist 28, 37
func TestAuth0DialectOfRFC9068NeedsNoProfile(t *testing.T) {
	v := vendorNamed(t, "Auth0")
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	dialect := v.sign(t, keys, v.access, claims{"azp": nil, "client_id": "k9Qx2fVb0cTz", "jti": "73WakrfVbNJBaAmhQtEeDv"},
		withTyp("at+jwt"))
	token, err := v.validate(t, keys, jwt.Profile{}, dialect)
	require.NoError(t, err)
	require.Equal(t, "k9Qx2fVb0cTz", token.ClientID())
	_, err = v.validate(t, keys, jwt.Auth0(), dialect)
	requireRefused(t, err, jwt.ReasonType, "typ")
}

// checklist 63
func TestEntraIDTellsApplicationsFromUsersByIdtyp(t *testing.T) {
	v := vendorNamed(t, "EntraID")
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	profile := jwt.EntraID()
	profile.Equal["idtyp"] = "app"
	_, err := v.validate(t, keys, profile, v.sign(t, keys, v.access, claims{"idtyp": "app", "scp": nil}))
	require.NoError(t, err)
	_, err = v.validate(t, keys, profile, v.sign(t, keys, v.access, nil))
	requireRefused(t, err, jwt.ReasonType, "idtyp")
	_, err = v.validate(t, keys, profile, v.sign(t, keys, v.access, claims{"idtyp": "user"}))
	requireRefused(t, err, jwt.ReasonType, "idtyp")
}

// A user in too many groups has a pointer to them in the token: no group must be
// read out of it.
//
// checklist 43
func TestEntraIDGroupOverageGrantsNoGroup(t *testing.T) {
	v := vendorNamed(t, "EntraID")
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	token, err := v.validate(t, keys, jwt.EntraID(), v.sign(t, keys, v.access, claims{
		"groups": nil, "_claim_names": claims{"groups": "src1"},
		"_claim_sources": claims{"src1": claims{"endpoint": "https://graph.example/getMemberObjects"}},
	}))
	require.NoError(t, err)
	require.Zero(t, token.Groups().Len())
}

// checklist 58
func TestCognitoWithBoundTokensOnly(t *testing.T) {
	v := vendorNamed(t, "Cognito")
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	profile := jwt.Cognito()
	profile.Audience = []string{"aud"}
	token, err := v.validate(t, keys, profile, v.sign(t, keys, v.access, claims{"aud": "https://api.example/orders"}))
	require.NoError(t, err)
	require.Equal(t, "57cbishk4j24pabc", token.ClientID())
	_, err = v.validate(t, keys, profile, v.sign(t, keys, v.access, nil))
	requireRefused(t, err, jwt.ReasonMissingClaim, "aud")
}

// A claim that an application may add under the other of the two common names
// grants nothing.
//
// checklist 44
func TestVendorProfileReadsScopesFromTheDocumentedClaimOnly(t *testing.T) {
	for name, c := range map[string]struct {
		changes claims
		want    string
	}{
		"Keycloak":  {claims{"scope": nil, "scp": []string{"admin"}}, ""},
		"Auth0":     {claims{"scope": nil, "scp": []string{"admin"}}, ""},
		"Cognito":   {claims{"scope": nil, "scp": []string{"admin"}}, ""},
		"Okta":      {claims{"scope": "admin"}, "openid orders"},
		"EntraID":   {claims{"scope": "admin"}, "Orders.Read Orders.Write"},
		"EntraIDv1": {claims{"scope": "admin"}, "Orders.Read"},
	} {
		t.Run(name, func(t *testing.T) {
			v := vendorNamed(t, name)
			keys := jwttest.NewIssuer(t, jwttest.InMemory())
			token, err := v.validate(t, keys, v.profile(), v.sign(t, keys, v.access, c.changes))
			require.NoError(t, err)
			require.Equal(t, c.want, sorted(token.Scopes().String()))
		})
	}
}

// checklist 43
func TestHydraNamesBesideExt(t *testing.T) {
	v := vendorNamed(t, "Hydra")
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	token, err := v.validate(t, keys, jwt.Hydra(), v.sign(t, keys, v.access, claims{
		"groups": []string{"board"}, "roles": []string{"owner"}, "entitlements": []string{"all"},
	}))
	require.NoError(t, err)
	require.Equal(t, "board", token.Groups().String())
	require.Equal(t, "owner", token.Roles().String())
	require.Equal(t, "all", token.Entitlements().String())
}

// checklist 44, 45
func TestHydraScopeClaims(t *testing.T) {
	v := vendorNamed(t, "Hydra")
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	for _, c := range []struct {
		name   string
		claims claims
		want   string
	}{
		{"list", claims{}, "openid orders"},
		{"string", claims{"scp": nil, "scope": "openid orders"}, "openid orders"},
		{"both", claims{"scope": "openid orders"}, "openid orders"},
		{"a scope claim by the consent application", claims{"scope": "admin"}, "openid orders"},
		{"none granted", claims{"scp": []string{}, "scope": "admin"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			token, err := v.validate(t, keys, jwt.Hydra(), v.sign(t, keys, v.access, c.claims))
			require.NoError(t, err)
			require.Equal(t, c.want, sorted(token.Scopes().String()))
		})
	}
}
