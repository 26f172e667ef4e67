package jwt

// The profiles of the services that people rent.

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
// the tenant: an API for several tenants asks [NewTenants] for a validator, with an
// [IssuerTemplate] that lists them. Config.Audiences is the client ID of the API. Which version a token
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
// Config.Issuer is https://cognito-idp.REGION.amazonaws.com/POOL, or, where the pool's
// issuer configuration is UPDATED, as its replication to other regions needs,
// https://issuer-cognito-idp.REGION.amazonaws.com/POOL with the primary region. While a
// pool moves from one to the other, combine a validator for each by [ByIssuer].
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

// PingOne returns the profile of PingOne's access tokens.
//
// Their header has no typ, or at+jwt, which it will always have from 2 March 2027; the
// audiences of the resources are in aud; the client is in client_id; scopes are a
// string in scope; there is no jti; a machine's have no sub (PingOne Platform APIs,
// Token claims).
//
// Relaxed against RFC 9068: a token without typ is accepted, so client_id and scope,
// and no nonce, at_hash or c_hash, are all that marks an access token; no jti; and a
// token of client credentials has no sub, so that [Token.Subject] is "". To do better,
// have the resource send typ, and set AllowMissingType to false.
//
// Config.Issuer is https://auth.pingone.com/ENVIRONMENT/as, in the domain of the
// region. Config.Audiences is the audience of the resource: a token has it if one of
// the resource's scopes was granted.
//
// PingFederate has no profile: its token managers decide all of this. Describe what
// yours sends in a Profile.
func PingOne() Profile {
	return Profile{
		Name:                "PingOne",
		AllowMissingType:    true,
		AllowMissingSubject: true,
		Required:            []string{"iss", "exp", "aud", "client_id", "iat", "scope"},
		Scope:               []string{"scope"},
		Absent:              signInClaims(),
	}
}

// Clerk returns the profile of Clerk's session tokens, version 2.
//
// They have the session in sid, the version in v, its status in sts; no aud and no
// scope; the origin of the page that asked for the token in azp, unless the browser
// sent none; the organization in o, with the role in it as one string (Clerk's page
// Session tokens). The page is silent about typ, which is JWT.
//
// Relaxed against RFC 9068: typ JWT, so sts, v and sid are all that marks a session
// token; azp in place of client_id; no jti demanded; and azp takes the place of aud.
// That gives up the audience: Config.Audiences then says from which pages tokens are
// accepted, and any API that the same page calls can use them here. Where you add aud
// to the session token, set Audience to "aud". Tokens of JWT templates lack sid, and
// are refused; so are sessions that are pending, as Clerk's own libraries do.
//
// Config.Issuer is the Frontend API, such as https://clerk.shop.example, and its keys
// are at /.well-known/jwks.json there. Config.Audiences is the origins of your pages,
// as in https://shop.example.
//
// The list o.per names no permissions of its own: which of them a feature has is in
// the numbers of o.fpm. Demand roles, or read them with [Token.Decode].
func Clerk() Profile {
	return Profile{
		Name:     "Clerk session token",
		Types:    []string{"JWT"},
		Required: []string{"iss", "exp", "sub", "iat", "sid", "v"},
		Audience: []string{"azp"},
		ClientID: []string{"azp"},
		Roles:    []ClaimPath{{"o", "rol"}},
		Equal:    map[string]string{"sts": "active"},
		Absent:   signInClaims(),
	}
}

// Supabase returns the profile of the access tokens that Supabase Auth gives to
// users.
//
// They have typ JWT; aud, which is "authenticated" for every user of every
// application of the project; the session in session_id; the role in the database,
// as one string, in role; no client, unless the token comes from the project's
// OAuth server, which adds client_id and scope; amr as an array of objects, which is
// not read (Supabase's page JWT Claims Reference, silent about typ).
//
// Relaxed against RFC 9068: typ JWT, so session_id and role are all that marks an
// access token; no client_id and no jti demanded; and aud says nothing about the
// API. The keys of a project, with role anon or service_role, are refused: they have
// another issuer, no audience and no subject.
//
// Config.Issuer is https://PROJECT.supabase.co/auth/v1. Config.Audiences is
// "authenticated". A project that still signs with its JWT secret needs
// Config.Secret and Algorithms HS256: move it to signing keys, since whoever has the
// secret can make tokens.
//
// A user who signed in anonymously has the role authenticated as well: look at
// is_anonymous. Roles of your own are in app_metadata, as in
//
//	profile.Roles = []jwt.ClaimPath{{"app_metadata", "roles"}}
//
// Never read them from user_metadata, which users write themselves.
func Supabase() Profile {
	return Profile{
		Name:     "Supabase Auth",
		Types:    []string{"JWT"},
		Required: []string{"iss", "exp", "aud", "sub", "iat", "session_id", "role"},
		Scope:    []string{"scope"},
		Roles:    []ClaimPath{{"role"}},
		Absent:   signInClaims(),
	}
}
