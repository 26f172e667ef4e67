package jwt_test

import (
	"strings"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// mistake is one row of ISSUERS.md: what somebody did, how it comes about here, and
// what the log says then.
type mistake struct {
	what    string
	says    string                // reason, and claim or parameter
	changes claims                // to the vendor's access token
	sign    []jwttest.TokenOption // how it is signed
	token   string                // what came in its place
	idToken string                // the same, the vendor's of that name
	config  func(*jwt.Config)     // what is set in another way
}

// mistakes are those of each issuer, by the name of its vendor, in the order of the page.
var mistakes = map[string][]mistake{
	"Keycloak": {
		{
			what: "the client has no audience mapper for this API", says: "audience (aud)",
			changes: claims{"aud": "account"},
		},
		{
			what: "Keycloak was asked by another name than this one", says: "issuer (iss)",
			changes: claims{"iss": "http://keycloak:8080/realms/shop"},
		},
		{
			what: "the client lacks the client scope `basic`, or gets lightweight tokens", says: "missing_claim (sub)",
			changes: claims{"sub": nil},
		},
	},
	"Zitadel": {
		{
			what: "the token type is Bearer, the default, so that tokens are opaque", says: "malformed",
			token: "kM2zBVj6rQ8xJ4nPpYw0",
		},
		{
			what: "the client is of another project and did not ask for this one", says: "audience (aud)",
			changes: claims{"aud": []string{"77", "78"}},
		},
		{
			what: "the client sent the ID token", says: "type (nonce)",
			idToken: "of a sign-in",
		},
	},
	"Authentik": {
		{
			what: "the provider has no signing key, and signs with the client's secret", says: "algorithm (alg)",
			sign: []jwttest.TokenOption{jwttest.Secret(secret), jwttest.Alg("HS256")},
		},
		{
			what: "Config.Issuer lacks the slash at the end", says: "issuer (iss)",
			config: func(c *jwt.Config) { c.Issuer = strings.TrimSuffix(c.Issuer, "/") },
		},
		{
			what: "the client sent the ID token", says: "type (at_hash)",
			idToken: "of a sign-in",
		},
	},
	"FusionAuth": {
		{
			what: "the tenant's issuer is still the one it came with", says: "issuer (iss)",
			changes: claims{"iss": "acme.com"},
		},
		{
			what: "the user has no registration for the application", says: "missing_claim (applicationId)",
			changes: claims{"applicationId": nil, "roles": nil},
		},
		{
			what: "the client sent the ID token", says: "type (at_hash)",
			idToken: "of a sign-in",
		},
	},
	"Hydra": {
		{
			what: "`strategies.access_token` is opaque, the default", says: "malformed",
			token: "ory_at_kM2zBVj6rQ8x.J4nPpYw0",
		},
		{
			what: "no audience was asked for, or granted", says: "audience (aud)",
			changes: claims{"aud": []string{}},
		},
		{
			what: "`urls.self.issuer` ends with a slash, and Config.Issuer does not", says: "issuer (iss)",
			config: func(c *jwt.Config) { c.Issuer = strings.TrimSuffix(c.Issuer, "/") },
		},
	},
	"Authelia": {
		{
			what: "the client has no `access_token_signed_response_alg`, so that its tokens are opaque", says: "malformed",
			token: "authelia_at_kM2zBVj6rQ8x.J4nPpYw0",
		},
		{
			what: "the client did not ask for an audience", says: "audience (aud)",
			changes: claims{"aud": []string{}},
		},
		{
			what: "a machine called, and the profile does not allow for it", says: "missing_claim (sub)",
			changes: claims{"sub": nil}, config: func(c *jwt.Config) { c.Profile = jwt.Profile{} },
		},
	},
	"Duende IdentityServer": {
		{
			what: "the granted scopes belong to no ApiResource", says: "missing_claim (aud)",
			changes: claims{"aud": nil},
		},
		{
			what: "a machine called, and the profile does not allow for it", says: "missing_claim (sub)",
			changes: claims{"sub": nil}, config: func(c *jwt.Config) { c.Profile = jwt.Profile{} },
		},
		{
			what: "the client's access tokens are reference tokens", says: "malformed",
			token: "7F1D4C9A5B2E8F60-1",
		},
	},
	"Auth0": {
		{
			what: "the client did not ask for an audience, and got an opaque token", says: "malformed",
			token: "kM2zBVj6rQ8xJ4nPpYw0_opaque",
		},
		{
			what: "the API's token profile is RFC 9068", says: "type (typ)",
			sign: []jwttest.TokenOption{jwttest.Typ("at+jwt")},
		},
		{
			what: "Config.Issuer lacks the slash at the end", says: "issuer (iss)",
			config: func(c *jwt.Config) { c.Issuer = strings.TrimSuffix(c.Issuer, "/") },
		},
	},
	"Okta": {
		{
			what: "the token is the org authorization server's, which only Okta can validate", says: "type (typ)",
			sign: []jwttest.TokenOption{jwttest.Typ("application/okta-internal-at+jwt")},
		},
		{
			what: "Config.Audiences names the client instead of the server's audience", says: "audience (aud)",
			config: func(c *jwt.Config) { c.Audiences = []string{"0oa1nwebapp"} },
		},
		{
			what: "the client sent the ID token", says: "type (nonce)",
			idToken: "of a sign-in",
		},
	},
	"EntraID": {
		{
			what: "the API's manifest asks for version 1.0", says: "type (ver)",
			changes: claims{"ver": "1.0", "iss": "https://sts.windows.net/7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab/"},
		},
		{
			what: "Config.Audiences is the application ID URI, which version 2.0 does not send", says: "audience (aud)",
			config: func(c *jwt.Config) { c.Audiences = []string{"api://shop"} },
		},
		{
			what: "the user is of another tenant", says: "issuer (iss)",
			changes: claims{"iss": "https://login.microsoftonline.com/00000000-aaaa-4bbb-8ccc-0123456789ab/v2.0"},
		},
	},
	"Cognito": {
		{
			what: "the client sent the ID token", says: "type (token_use)",
			idToken: "of a sign-in",
		},
		{
			what: "the app client is not in Config.Audiences", says: "audience (client_id)",
			changes: claims{"client_id": "7unknown"},
		},
		{
			what: "the pool was moved to its second issuer", says: "issuer (iss)",
			changes: claims{"iss": "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Sh0p"},
		},
	},
	"PingOne": {
		{
			what: "no scope of the resource was granted", says: "audience (aud)",
			changes: claims{"aud": []string{"https://api.pingone.eu"}},
		},
		{
			what: "the region of the environment has another domain", says: "issuer (iss)",
			changes: claims{"iss": "https://auth.pingone.com/c2c2c4f8-4b4f-4a4e-9a4e-6e74172bbe56/as"},
		},
		{
			what: "the client sent the ID token", says: "type (nonce)",
			idToken: "of a sign-in",
		},
	},
	"Clerk": {
		{
			what: "the page is at an origin that is not in Config.Audiences", says: "audience (azp)",
			changes: claims{"azp": "http://localhost:3000"},
		},
		{
			what: "the browser sent no Origin", says: "missing_claim (azp)",
			changes: claims{"azp": nil},
		},
		{
			what: "the token is of a JWT template, or of a session that is pending", says: "type (sts)",
			changes: claims{"sid": nil, "v": nil, "sts": nil},
		},
	},
	"Supabase": {
		{
			what: "the project signs with its JWT secret", says: "algorithm (alg)",
			sign: []jwttest.TokenOption{jwttest.Secret(secret), jwttest.Alg("HS256")},
		},
		{
			what: "the app sent the project's key, anon or service_role", says: "issuer (iss)",
			changes: claims{"iss": "supabase", "role": "anon", "aud": nil, "sub": nil, "session_id": nil},
		},
		{
			what: "Config.Audiences is the URL of this API", says: "audience (aud)",
			config: func(c *jwt.Config) { c.Audiences = []string{"https://api.example"} },
		},
	},
	"Logto": {
		{
			what: "the client did not ask for the API resource, and got an opaque token", says: "malformed",
			token: "kM2zBVj6rQ8xJ4nPpYw0_opaque",
		},
		{
			what: "Config.Audiences is written in another way than the API identifier", says: "audience (aud)",
			config: func(c *jwt.Config) { c.Audiences = []string{"https://api.example/orders/"} },
		},
		{
			what: "Config.Issuer lacks /oidc", says: "issuer (iss)",
			config: func(c *jwt.Config) { c.Issuer = strings.TrimSuffix(c.Issuer, "/oidc") },
		},
	},
	"GoogleIDToken": {
		{
			what: "the caller asked for another URL of this service", says: "audience (aud)",
			changes: claims{"aud": "https://orders-x7.a.run.app"},
		},
		{
			what: "the token is a person's, as `gcloud auth print-identity-token` prints it", says: "type (at_hash)",
			changes: claims{"at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q"},
		},
		{
			what: "the caller sent one of Google's access tokens, which are opaque", says: "malformed",
			token: "ya29.a0AfH6SMkM2zBVj6rQ8x",
		},
	},
	"GoogleIAP": {
		{
			what: "Config.Audiences is a URL instead of the back end's path", says: "audience (aud)",
			config: func(c *jwt.Config) { c.Audiences = []string{"https://shop.example"} },
		},
		{
			what: "the users are external identities", says: "claim_type (sub)",
			changes: claims{"sub": "securetoken.google.com/shop-1234:7TyRH07q7t"},
		},
		{
			what: "something else put one of Google's ID tokens into the field", says: "issuer (iss)",
			changes: claims{"iss": "https://accounts.google.com"},
		},
	},
	"CloudflareAccess": {
		{
			what: "Config.Audiences is the host name instead of the AUD tag", says: "audience (aud)",
			config: func(c *jwt.Config) { c.Audiences = []string{"shop.example"} },
		},
		{
			what: "the token is that of the team's session", says: "type (type)",
			changes: claims{"type": "org"},
		},
		{
			what: "the team was renamed", says: "issuer (iss)",
			changes: claims{"iss": "https://other.cloudflareaccess.com"},
		},
	},
	"FirebaseIDToken": {
		{
			what: "the app is of another project, such as that for trials", says: "issuer (iss)",
			changes: claims{"iss": "https://securetoken.google.com/shop-trial", "aud": "shop-trial"},
		},
		{
			what: "the app kept the token for more than an hour", says: "expired (exp)",
			changes: claims{"iat": 1767220000, "exp": 1767223600},
		},
		{
			what: "the app talks to the emulator, which signs nothing", says: "algorithm (alg)",
			sign: []jwttest.TokenOption{jwttest.Header("alg", "none")},
		},
	},
	"KubernetesServiceAccount": {
		{
			what: "the pod sent the token that it has anyway, for the API server", says: "audience (aud)",
			changes: claims{"aud": []string{"https://kubernetes.default.svc.cluster.local"}},
		},
		{
			what: "the cluster has a public issuer, as those of the clouds do", says: "issuer (iss)",
			changes: claims{"iss": "https://oidc.eks.eu-west-1.amazonaws.com/id/54DB1502"},
		},
		{
			what: "the token was made by something else that has the cluster's key", says: "missing_claim (kubernetes.io)",
			changes: claims{"kubernetes.io": nil},
		},
	},
	"SPIFFE": {
		{
			what: "the server sets `jwt_issuer`", says: "issuer (iss)",
			changes: claims{"iss": "https://oidc.prod.example"},
		},
		{
			what: "the workload is of another trust domain", says: "issuer (sub)",
			changes: claims{"sub": "spiffe://test.example/checkout"},
		},
		{
			what: "the workload asked for another audience", says: "audience (aud)",
			changes: claims{"aud": []string{"reports"}},
		},
	},
	"GitHubActions": {
		{
			what: "the workflow did not name an audience", says: "audience (aud)",
			changes: claims{"aud": "https://github.com/octo-org"},
		},
		{
			what: "the repository is another owner's, such as a fork", says: "type (repository_owner_id)",
			changes: claims{"repository_owner_id": "667", "repository": "fork/octo-repo"},
		},
		{
			what: "the job took the token long before it called", says: "expired (exp)",
			changes: claims{"iat": 1767220000, "nbf": 1767220000, "exp": 1767220300},
		},
	},
	"GitLabCI": {
		{
			what: "the job names another `aud` under `id_tokens`", says: "audience (aud)",
			changes: claims{"aud": "https://vault.example"},
		},
		{
			what: "the project is in a subgroup", says: "type (namespace_id)",
			changes: claims{"namespace_id": "74", "namespace_path": "shop/board"},
		},
		{
			what: "the job sent CI_JOB_TOKEN", says: "malformed",
			token: "glcbt-64_kM2zBVj6rQ8xJ4nPpYw0",
		},
	},
	"TransactionToken": {
		{
			what: "the access token came in the field", says: "type (typ)",
			sign: []jwttest.TokenOption{jwttest.Typ("at+jwt")},
		},
		{
			what: "Config.Audiences is this service instead of the trust domain", says: "audience (aud)",
			config: func(c *jwt.Config) { c.Audiences = []string{"https://orders.shop.example"} },
		},
		{
			what: "the token service follows an early draft, which had purp in its place", says: "missing_claim (scope)",
			changes: claims{"scope": nil, "purp": "trade.stocks"},
		},
	},
}

// sections are the titles of the sections, by the same.
var sections = map[string]string{
	"Keycloak":                 "Keycloak",
	"Zitadel":                  "Zitadel",
	"Authentik":                "authentik",
	"FusionAuth":               "FusionAuth",
	"Hydra":                    "Ory Hydra",
	"Authelia":                 "Authelia",
	"Duende IdentityServer":    "Duende IdentityServer",
	"Auth0":                    "Auth0",
	"Okta":                     "Okta",
	"EntraID":                  "Microsoft Entra ID",
	"Cognito":                  "Amazon Cognito",
	"PingOne":                  "PingOne",
	"Clerk":                    "Clerk",
	"Supabase":                 "Supabase",
	"Logto":                    "Logto",
	"GoogleIDToken":            "Google service accounts",
	"GoogleIAP":                "Google Identity-Aware Proxy",
	"CloudflareAccess":         "Cloudflare Access",
	"FirebaseIDToken":          "Firebase and Identity Platform",
	"KubernetesServiceAccount": "Kubernetes service accounts",
	"SPIFFE":                   "SPIFFE",
	"GitHubActions":            "GitHub Actions",
	"GitLabCI":                 "GitLab CI/CD",
	"TransactionToken":         "Transaction tokens",
}
