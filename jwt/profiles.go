package jwt

// The profiles below follow the documentation of the vendors. What an issuer can
// be made to send with little effort is not here: configure the issuer, or
// adjust the copy. None of them asks for less than its issuer always sends, and
// each names a mark that an ID token of the same issuer, signed with the same
// keys, cannot have (RFC 8725 §3.12): the audience alone does not tell the two
// apart where an application is client and API under one identifier.

// Keycloak returns the profile of Keycloak's access tokens.
//
// They have typ JWT, or at+jwt where the client's advanced setting "Use "at+jwt"
// as access token header type" is on (since Keycloak 26.2); the client in azp;
// scopes as a string in scope; realm roles in realm_access.roles. What tells them apart is a claim,
// also called typ: Bearer in access tokens, ID in ID tokens, Logout in logout
// tokens (Keycloak's classes TokenUtil and AccessToken).
//
// Relaxed against RFC 9068: the header may say JWT, so the claim typ is all that
// marks an access token; azp takes the place of client_id. To do better, switch
// at+jwt on for every client and set Types to "at+jwt".
//
// Config.Issuer is the realm, such as https://id.example/realms/shop.
// Config.Audiences names your API as an audience mapper puts it into aud: of
// itself Keycloak puts in the clients of which the user has roles, often just
// "account", or nothing at all, and such tokens are refused. Lightweight access
// tokens, which lack claims, are refused as well.
//
// Roles of a client are in resource_access; for those of shop-api set
//
//	profile.Roles = []jwt.ClaimPath{{"resource_access", "shop-api", "roles"}}
//
// A token bound by DPoP has "DPoP" in the claim typ, so that it cannot pass as a
// bearer token. The validator for the scheme DPoP gets a profile of its own with
// Equal["typ"] = "DPoP", and Config.Confirmations with "jkt".
func Keycloak() Profile {
	return Profile{
		Name:     "Keycloak",
		Types:    []string{"JWT", "at+jwt"},
		Required: []string{"iss", "exp", "aud", "sub", "azp", "iat", "jti"},
		ClientID: []string{"azp"},
		Scope:    []string{"scope"},
		Roles:    []ClaimPath{{"realm_access", "roles"}},
		Equal:    map[string]string{"typ": "Bearer"},
		Absent:   []string{}, // older versions copy nonce into access tokens
	}
}

// Auth0 returns the profile of the access tokens in Auth0's own token profile,
// which is the default of an API there.
//
// They have typ JWT; aud as a string, or as an array with the /userinfo endpoint
// in it; the client in azp; scopes as a string in scope; no jti; and, with RBAC,
// permissions, which Entitlements returns (Auth0's pages Access Token Profiles
// and Configure Access Token Profile). ID tokens have no azp, and Auth0 lets
// nobody add it, nor nonce or at_hash to an access token (Create Custom Claims).
//
// Relaxed against RFC 9068: typ JWT, so azp is all that marks an access token;
// azp in place of client_id; no jti, so that a token cannot be named to be
// revoked or logged. To do better, set the API's JSON Web Token Profile to RFC
// 9068 (token dialect rfc9068_profile) and use the zero Profile: this one refuses
// those tokens.
//
// Config.Issuer is the tenant's or the custom domain with the slash at the end:
// https://shop.eu.auth0.com/. Config.Audiences is the identifier of the API. Do
// not name the /userinfo endpoint. Without an audience in its request a client
// gets an opaque token, which no validator can read.
//
// Roles are custom claims; their names need a namespace, as in
//
//	profile.Roles = []jwt.ClaimPath{{"https://shop.example/roles"}}
func Auth0() Profile {
	return Profile{
		Name:         "Auth0",
		Types:        []string{"JWT"},
		Required:     []string{"iss", "exp", "aud", "sub", "azp", "iat"},
		ClientID:     []string{"azp"},
		Scope:        []string{"scope"},
		Entitlements: []ClaimPath{{"permissions"}},
		Absent:       signInClaims(),
	}
}

// Okta returns the profile of the access tokens of an Okta custom authorization
// server, the one called default included.
//
// Their header has alg and kid and no typ; the client is in cid; scopes are an
// array in scp; groups, where a groups claim is configured, are in groups (Okta's
// API reference, OpenID Connect & OAuth 2.0, Access token). ID tokens have
// neither cid nor scp, and have nonce or at_hash.
//
// Relaxed against RFC 9068: a token without typ is accepted, so cid and scp are
// all that marks an access token; cid in place of client_id. A token with a typ
// other than at+jwt is refused.
//
// Config.Issuer is the authorization server, such as
// https://shop.okta.com/oauth2/default; Config.Audiences is its audience setting,
// such as api://default. That setting is one for the whole authorization server:
// to keep APIs apart, give each its own server, or rely on scopes.
//
// Tokens of the org authorization server, whose issuer is https://shop.okta.com
// without a path, cannot be validated by anyone but Okta, as Okta's guide Validate
// Access Tokens says. They are for Okta's own APIs, and have a typ that is
// refused here.
func Okta() Profile {
	return Profile{
		Name:             "Okta",
		AllowMissingType: true,
		Required:         []string{"iss", "exp", "aud", "sub", "cid", "iat", "jti", "scp"},
		ClientID:         []string{"cid"},
		Scope:            []string{"scp"},
		Absent:           signInClaims(),
	}
}

// EntraID returns the profile of Microsoft Entra ID's access tokens, version
// 2.0.
//
// They have typ JWT; ver 2.0; aud is the client ID, a GUID, of the API; the
// client in azp; delegated permissions as a string in scp, which only tokens of
// users have; app roles in roles; groups as object IDs in groups; uti instead of
// jti (Microsoft's Access token claims reference). ID tokens have the same typ and
// ver, and may have roles; they have no azp (ID token claims reference).
//
// Relaxed against RFC 9068: typ JWT, so azp is all that marks an access token;
// azp in place of client_id; uti in place of jti, and not required.
//
// Config.Issuer is https://login.microsoftonline.com/TENANT/v2.0 with the GUID of
// the tenant: an API for several tenants has one validator for each, combined by
// [ByIssuer]. Config.Audiences is the client ID of the API. Which version a token
// has is the API's choice: set requestedAccessTokenVersion to 2 in its manifest,
// or use [EntraIDv1]. Tokens for Microsoft Graph are not for you and cannot be
// validated. Azure AD B2C sends other claims.
//
// Authorize with care: roles are the user's in a user's token and the
// application's in a token without user. To take only the latter, have the
// optional claim idtyp added to the API's tokens and set Equal["idtyp"] = "app";
// to take only the former, demand a scope. A user in more groups than fit (200)
// has no groups claim: Groups is empty then, and the user is refused.
func EntraID() Profile {
	return Profile{
		Name:     "Microsoft Entra ID v2.0",
		Types:    []string{"JWT"},
		Required: []string{"iss", "exp", "aud", "sub", "azp", "iat"},
		ClientID: []string{"azp"},
		ID:       []string{"uti"},
		Scope:    []string{"scp"},
		Equal:    map[string]string{"ver": "2.0"},
		Absent:   signInClaims(),
	}
}

// EntraIDv1 returns the profile of Microsoft Entra ID's access tokens, version
// 1.0, which an API gets as long as requestedAccessTokenVersion in its manifest is
// null or 1. Prefer version 2 and [EntraID].
//
// They differ from version 2.0 in ver, which is 1.0; in the client, which is in
// appid; and in aud, which is the client ID or the application ID URI of the API,
// whichever the client asked for. ID tokens have no appid.
//
// Relaxed against RFC 9068: typ JWT, so appid is all that marks an access token;
// appid in place of client_id; uti in place of jti, and not required.
//
// Config.Issuer is https://sts.windows.net/TENANT/ with the GUID of the tenant and
// the slash at the end. Config.Audiences is both the client ID and the
// application ID URI, such as api://shop.
func EntraIDv1() Profile {
	profile := EntraID()
	profile.Name = "Microsoft Entra ID v1.0"
	profile.Required = []string{"iss", "exp", "aud", "sub", "appid", "iat"}
	profile.ClientID = []string{"appid"}
	profile.Equal = map[string]string{"ver": "1.0"}
	return profile
}

// Cognito returns the profile of the access tokens of an Amazon Cognito user
// pool.
//
// Their header has alg and kid and no typ; the claim token_use is access, and id
// in ID tokens; the client is in client_id; scopes are a string in scope; groups
// are in cognito:groups. There is no aud, unless the client bound the token to a
// resource (Amazon Cognito Developer Guide, Understanding the access token and
// Scopes, M2M, and resource servers).
//
// Relaxed against RFC 9068: a token without typ is accepted, so token_use is all
// that marks an access token; and where there is no aud, client_id takes its
// place. That gives up the audience: Config.Audiences then says whose tokens are
// accepted instead of whom they are for, and any API that the same client calls
// can use its tokens here. Demand a custom scope, which begins with the name of
// your resource server. To do better, have clients bind tokens with the resource
// parameter, and set Audience to "aud" alone.
//
// Config.Issuer is https://cognito-idp.REGION.amazonaws.com/POOL.
// Config.Audiences names the IDs of the app clients; where tokens are bound, the
// URL of your API. A token that has aud is judged by aud alone.
func Cognito() Profile {
	return Profile{
		Name:             "Amazon Cognito",
		AllowMissingType: true,
		Required:         []string{"iss", "exp", "sub", "client_id", "iat", "jti"},
		Audience:         []string{"aud", "client_id"},
		Scope:            []string{"scope"},
		Groups:           []ClaimPath{{"cognito:groups"}},
		Equal:            map[string]string{"token_use": "access"},
		Absent:           []string{}, // token_use tells all
	}
}

// GoogleIDToken returns the profile of the ID tokens that Google signs for service
// accounts. They are not access tokens: Google's access tokens are opaque, and no
// profile can take them (Google Cloud's page Token types). Services that call
// each other, and Pub/Sub, Cloud Tasks, Cloud Scheduler and Eventarc when they
// call you, send these ID tokens as bearer tokens instead.
//
// They have typ JWT; the audience that the caller asked for in aud; the account's
// number in sub and azp, its address in email; no jti and no scope (Google Cloud's
// Authentication for push subscriptions). The ID token of a person who signed in
// is refused: it has at_hash or nonce, or the name, picture or domain of the
// person, which no service account has.
//
// It gives up most of RFC 9068. An ID token says who calls and nothing about what
// is allowed. Above all, aud is no protection against strangers: whoever has a
// Google Cloud project gets a token for any audience, yours included. Compare
// [Token.Subject] with a list of the accounts that you know, as protector's
// Policy.Check lets you do; a route that accepts any valid token is open to the
// world.
//
// Config.Issuer is https://accounts.google.com. Config.Audiences is the URL that
// callers put into aud, such as that of the service. Never name an OAuth client ID
// there. The assertion that Identity-Aware Proxy adds in a header of its own has
// another issuer, other keys and another shape, and is not covered.
func GoogleIDToken() Profile {
	return Profile{
		Name:     "Google ID token of a service account",
		Types:    []string{"JWT"},
		Required: []string{"iss", "exp", "aud", "sub", "azp", "iat"},
		ClientID: []string{"azp"},
		Absent:   signInClaims("name", "given_name", "picture", "hd"),
	}
}

// Hydra returns the profile of Ory Hydra's access tokens where its setting
// strategies.access_token is jwt; by default they are opaque, and want
// introspection.
//
// They have typ JWT; aud as an array; scopes as an array in scp, or as a string in
// scope where strategies.jwt.scope_claim is string or both; and what the consent
// application adds in ext, or beside it where allowed_top_level_claims names it
// (Hydra's configuration schema, and its type Session). Hydra adds no
// groups, roles or entitlements of its own: they are looked for in the claims of
// these names and in ext. ID tokens have no client_id and have rat.
//
// Relaxed against RFC 9068: typ JWT, so client_id, and no rat, are all that marks
// an access token. Nothing else: every claim that the RFC demands is there. Keep
// client_id and jti out of what the consent application adds to ID tokens.
//
// Config.Issuer is urls.self.issuer of Hydra's configuration, with or without the
// slash at the end as it stands there. Config.Audiences is your API, which must be
// in the client's list audience, be asked for, and be granted: otherwise aud is
// empty and the token refused.
func Hydra() Profile {
	return Profile{
		Name:         "Ory Hydra",
		Types:        []string{"JWT"},
		Required:     []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"},
		Scope:        []string{"scp", "scope"}, // Hydra reserves scp, and lets a consent application set scope
		Groups:       []ClaimPath{{"groups"}, {"ext", "groups"}},
		Roles:        []ClaimPath{{"roles"}, {"ext", "roles"}},
		Entitlements: []ClaimPath{{"entitlements"}, {"ext", "entitlements"}},
		Absent:       signInClaims("rat"),
	}
}
