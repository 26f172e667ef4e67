package jwt_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// plainIssuers need no function: what they send to users is RFC 9068, as their
// documentation says it. What some of them send to machines lacks sub.
var plainIssuers = []struct {
	vendor
	machine claims // changes; nil: as a user's
}{
	{
		vendor: vendor{
			name: "Authelia", issuer: "https://auth.example", audiences: []string{"https://api.example"},
			access: `{
				"iss": "https://auth.example", "sub": "8befeac4-8963-49da-a9ac-f310e8d922d8", "aud": ["https://api.example"],
				"client_id": "shop-web", "exp": 1767229200, "iat": 1767225600, "nbf": 1767225600, "jti": "3a9a1e0f",
				"scp": ["openid", "orders"]}`,
		},
		machine: claims{"sub": nil, "client_id": "shop-batch", "scp": []string{"orders"}},
	},
	{
		vendor: vendor{
			name: "Duende IdentityServer", issuer: "https://ids.example", audiences: []string{"orders"},
			access: `{
				"iss": "https://ids.example", "nbf": 1767225600, "iat": 1767225600, "exp": 1767229200, "aud": "orders",
				"scope": ["openid", "orders"], "amr": ["pwd"], "client_id": "shop-web", "sub": "1", "auth_time": 1767225590,
				"idp": "local", "sid": "54DB1502", "jti": "5F1D8A52"}`,
		},
		machine: claims{"sub": nil, "amr": nil, "auth_time": nil, "idp": nil, "sid": nil, "client_id": "shop-batch",
			"scope": []string{"orders"}},
	},
	{
		vendor: vendor{
			name: "Duende IdentityServer, scopes as a string", issuer: "https://ids.example", audiences: []string{"orders"},
			access: `{
				"iss": "https://ids.example", "iat": 1767225600, "exp": 1767229200, "aud": ["orders", "invoices"],
				"scope": "openid orders", "client_id": "shop-web", "sub": "1", "jti": "5F1D8A52"}`,
		},
		machine: claims{"sub": nil, "scope": "orders"},
	},
	{
		vendor: vendor{
			name: "Logto", issuer: "https://shop.logto.example/oidc", audiences: []string{"https://api.example/orders"},
			access: `{
				"iss": "https://shop.logto.example/oidc", "sub": "x9k2", "aud": "https://api.example/orders",
				"client_id": "wr2v", "exp": 1767229200, "iat": 1767225600, "jti": "V5", "scope": "orders"}`,
		},
		machine: claims{"sub": "wr2v"},
	},
}

// checklist 28, 37, 38
func TestIssuersThatNeedNoProfile(t *testing.T) {
	for _, v := range plainIssuers {
		t.Run(v.name, func(t *testing.T) {
			v.header = `{"typ": "at+jwt"}`
			keys := jwttest.NewIssuer(t, jwttest.InMemory())
			machines := jwt.Profile{AllowMissingSubject: true}
			for _, profile := range []jwt.Profile{{}, machines} {
				token, err := v.validate(t, keys, profile, v.sign(t, keys, v.access, nil))
				require.NoError(t, err)
				require.NotEmpty(t, token.Subject())
				require.True(t, token.Scopes().Has("orders"))
				_, err = v.validate(t, keys, profile, v.sign(t, keys, v.access, nil, jwttest.Typ("JWT")))
				requireRefused(t, err, jwt.ReasonType, "typ") // an ID token has that
			}
			machine := v.sign(t, keys, v.access, v.machine)
			token, err := v.validate(t, keys, machines, machine)
			require.NoError(t, err)
			require.NotEmpty(t, token.ClientID())
			if v.machine["sub"] == nil {
				require.Empty(t, token.Subject())
				_, err = v.validate(t, keys, jwt.Profile{}, machine)
				requireRefused(t, err, jwt.ReasonMissingClaim, "sub")
			}
		})
	}
}

// A transaction token is no access token for anybody, and no access token is one.
//
// checklist 28, 29, 62, 63
func TestTransactionTokensAreNoAccessTokens(t *testing.T) {
	txn := vendorNamed(t, "TransactionToken")
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	everything := claims{"iss": txn.issuer, "client_id": "c", "jti": "j"}
	for _, v := range vendors {
		if v.name == txn.name {
			continue
		}
		profile := v.profile()
		_, err := txn.validate(t, keys, profile, txn.sign(t, keys, txn.access, everything))
		requireRefused(t, err, jwt.ReasonType, "typ")
		_, err = v.validate(t, keys, jwt.TransactionToken(), v.sign(t, keys, v.access, nil))
		requireRefused(t, err, jwt.ReasonType, "typ")
	}
	_, err := txn.validate(t, keys, jwt.Profile{}, txn.sign(t, keys, txn.access, everything))
	requireRefused(t, err, jwt.ReasonType, "typ")
	access := txn.sign(t, keys, txn.access, everything, jwttest.Typ("at+jwt"))
	_, err = txn.validate(t, keys, jwt.TransactionToken(), access)
	requireRefused(t, err, jwt.ReasonType, "typ")
}

// What a profile's documentation says to set does what it says.
//
// checklist 43, 45
func TestVendorProfileAdjusted(t *testing.T) {
	for name, c := range map[string]struct {
		vendor  string
		adjust  func(*jwt.Profile)
		changes claims
		check   func(*testing.T, *jwt.Token)
	}{
		"Zitadel's roles of another project": {"Zitadel", func(p *jwt.Profile) {
			p.Roles = []jwt.ClaimPath{jwt.KeysOf("urn:zitadel:iam:org:project:77:roles")}
		}, claims{"urn:zitadel:iam:org:project:77:roles": claims{"packer": claims{"org-1": "shop.example"}}},
			func(t *testing.T, token *jwt.Token) { require.Equal(t, "packer", token.Roles().String()) }},
		"FusionAuth's entities": {"FusionAuth", func(p *jwt.Profile) {
			p.Required = []string{"iss", "exp", "aud", "sub", "iat", "jti"}
			p.Absent = append(p.Absent, "authenticationType", "auth_time")
			p.Entitlements = []jwt.ClaimPath{{"permissions"}}
		}, claims{"applicationId": nil, "authenticationType": nil, "auth_time": nil, "roles": nil,
			"permissions": []string{"read", "write"}},
			func(t *testing.T, token *jwt.Token) {
				require.Equal(t, "read write", sorted(token.Entitlements().String()))
			}},
		"Clerk's sessions with an audience": {"Clerk", func(p *jwt.Profile) { p.Audience = []string{"aud"} },
			claims{"aud": "https://shop.example", "azp": nil},
			func(t *testing.T, token *jwt.Token) { require.Empty(t, token.ClientID()) }},
		"Supabase's roles of one's own": {"Supabase", func(p *jwt.Profile) {
			p.Roles = []jwt.ClaimPath{{"app_metadata", "roles"}}
		}, nil, func(t *testing.T, token *jwt.Token) { require.Equal(t, "clerk", token.Roles().String()) }},
		"IAP's external identities": {"GoogleIAP", func(p *jwt.Profile) { p.AllowAnySubject = true },
			claims{"sub": "securetoken.google.com/shop-1234:7TyRH07q7t"},
			func(t *testing.T, token *jwt.Token) { require.Contains(t, token.Subject(), "shop-1234:") }},
		"SPIFFE with the iss of a discovery provider": {"SPIFFE", func(p *jwt.Profile) { p.AllowMissingIssuer = false },
			claims{"iss": "spiffe://prod.example"}, func(*testing.T, *jwt.Token) {}},
		"GitHub's workflows of any owner": {"GitHubActions", func(p *jwt.Profile) { delete(p.Equal, "repository_owner_id") },
			claims{"repository_owner_id": "667", "repository": "another/repo"},
			func(t *testing.T, token *jwt.Token) { require.Equal(t, "another/repo", token.ClientID()) }},
	} {
		t.Run(name, func(t *testing.T) {
			v := vendorNamed(t, c.vendor)
			keys := jwttest.NewIssuer(t, jwttest.InMemory())
			profile := v.profile()
			c.adjust(&profile)
			token, err := v.validate(t, keys, profile, v.sign(t, keys, v.access, c.changes))
			require.NoError(t, err)
			c.check(t, token)
		})
	}
}

// What the documentation says to switch off refuses what it says.
//
// checklist 30, 37
func TestVendorProfileMadeStricter(t *testing.T) {
	for name, c := range map[string]struct {
		vendor  string
		adjust  func(*jwt.Profile)
		changes claims
		because jwt.Reason
		claim   string
	}{
		"Cloudflare without service tokens": {"CloudflareAccess", func(p *jwt.Profile) { p.AllowMissingSubject = false },
			claims{"sub": "", "common_name": "e367.access"}, jwt.ReasonMissingClaim, "sub"},
		"SPIFFE with iss": {"SPIFFE", func(p *jwt.Profile) { p.AllowMissingIssuer = false }, nil,
			jwt.ReasonMissingClaim, "iss"},
		"transactions with iss": {"TransactionToken", func(p *jwt.Profile) { p.AllowMissingIssuer = false }, nil,
			jwt.ReasonMissingClaim, "iss"},
		"PingOne with typ": {"PingOne", func(p *jwt.Profile) { p.AllowMissingType = false }, nil, jwt.ReasonType, "typ"},
		"FusionAuth's entities and its ID tokens": {"FusionAuth", func(p *jwt.Profile) {
			p.Required = []string{"iss", "exp", "aud", "sub", "iat", "jti"}
			p.Absent = append(p.Absent, "authenticationType", "auth_time")
		}, claims{"applicationId": nil}, jwt.ReasonType, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := vendorNamed(t, c.vendor)
			keys := jwttest.NewIssuer(t, jwttest.InMemory())
			profile := v.profile()
			c.adjust(&profile)
			_, err := v.validate(t, keys, profile, v.sign(t, keys, v.access, c.changes))
			requireRefused(t, err, c.because, c.claim)
		})
	}
}

// A pool of Amazon Cognito that moves to its second issuer has both for a while.
//
// checklist 30
func TestCognitoWithBothIssuers(t *testing.T) {
	v := vendorNamed(t, "Cognito")
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	const updated = "https://issuer-cognito-idp.eu-west-1.amazonaws.example/eu-west-1_Sh0p"
	var validators []*jwt.Validator
	for _, issuer := range []string{v.issuer, updated} {
		validator, err := jwt.NewValidator(jwt.Config{
			Issuer: issuer, Audiences: v.audiences, Keys: keys, Profile: jwt.Cognito(),
			Now: func() time.Time { return vendorTime },
		})
		require.NoError(t, err)
		validators = append(validators, validator)
	}
	both, err := jwt.ByIssuer(validators...)
	require.NoError(t, err)
	for _, issuer := range []string{v.issuer, updated} {
		token, err := both.Validate(t.Context(), v.sign(t, keys, v.access, claims{"iss": issuer}))
		require.NoError(t, err)
		require.Equal(t, issuer, token.Issuer())
	}
}

// The profiles that ISSUERS.md writes out, for issuers whose options decide too much
// for a function.
//
// checklist 37, 43, 47
func TestProfilesOfThePage(t *testing.T) {
	lemon := jwt.Profile{
		Types: []string{"JWT"}, Required: []string{"iss", "exp", "aud", "client_id", "iat", "jti", "scope"},
		Scope: []string{"scope"}, Absent: []string{"nonce", "at_hash", "c_hash", "azp", "auth_time"},
		AllowMissingSubject: true,
	}
	workos := jwt.Profile{
		Types: []string{"JWT"}, AllowMissingType: true, Required: []string{"iss", "exp", "sub", "iat", "sid"},
		Audience: []string{"iss"}, Roles: []jwt.ClaimPath{{"roles"}, {"role"}},
		Entitlements: []jwt.ClaimPath{{"permissions"}}, Absent: []string{"nonce", "at_hash", "c_hash"},
	}
	for name, c := range map[string]struct {
		profile         jwt.Profile
		payload         string
		changes         claims
		because         jwt.Reason // "" = accepted
		subject, client string
		roles           string
	}{
		"LemonLDAP::NG": {lemon, lemonLDAP, nil, "", "jane", "shop-web", ""},
		"LemonLDAP::NG, a machine": {lemon, lemonLDAP, claims{"sub": json.RawMessage("null"), "client_id": "batch"}, "", "",
			"batch", ""},
		"LemonLDAP::NG, nobody": {lemon, lemonLDAP, claims{"sub": nil, "client_id": nil}, jwt.ReasonMissingClaim, "", "", ""},
		"LemonLDAP::NG, ID token": {lemon, idTokens["LemonLDAP::NG"], claims{"at_hash": nil}, jwt.ReasonType,
			"", "", ""},
		"WorkOS":              {workos, workOS, nil, "", "user_01", "", "admin"},
		"WorkOS, roles":       {workos, workOS, claims{"roles": []string{"a", "b"}}, "", "user_01", "", "a b"},
		"WorkOS, no session":  {workos, workOS, claims{"sid": nil}, jwt.ReasonMissingClaim, "", "", ""},
		"WorkOS, of a signin": {workos, workOS, claims{"nonce": "n"}, jwt.ReasonType, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			keys := jwttest.NewIssuer(t, jwttest.InMemory())
			v := vendor{issuer: "https://id.example", audiences: []string{"shop-web", "https://id.example"},
				header: `{"typ": "JWT"}`}
			token, err := v.validate(t, keys, c.profile, v.sign(t, keys, c.payload, c.changes))
			if c.because != "" {
				requireRefused(t, err, c.because, "")
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.subject, token.Subject())
			require.Equal(t, c.client, token.ClientID())
			require.Equal(t, c.roles, sorted(token.Roles().String()))
		})
	}
}

const (
	lemonLDAP = `{
		"iss": "https://id.example", "sub": "jane", "aud": ["shop-web", "https://api.example"], "client_id": "shop-web",
		"exp": 1767229200, "iat": 1767225600, "jti": "3a9a1e0f", "scope": "openid orders", "sid": "s1"}`
	workOS = `{
		"iss": "https://id.example", "sub": "user_01", "sid": "session_01", "jti": "01", "org_id": "org_01",
		"role": "admin", "permissions": ["orders:read"], "exp": 1767225900, "iat": 1767225600}`
)
