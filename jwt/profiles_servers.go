package jwt

// The profiles below follow the documentation of the vendors. What an issuer can
// be made to send with little effort is not here: configure the issuer, or
// adjust the copy. None of them asks for less than its issuer always sends, and
// each names a mark that an ID token of the same issuer, signed with the same
// keys, cannot have (RFC 8725 §3.12): the audience alone does not tell the two
// apart where an application is client and API under one identifier.
//
// The profiles of the servers that people run themselves.

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

// Zitadel returns the profile of Zitadel's access tokens where the application's
// token type, or the machine user's, is JWT; by default they are opaque, and want
// introspection.
//
// They have typ JWT; aud as an array of the project's id and the ids of all its
// clients, which ID tokens have too; the client in client_id; jti; and no scope.
// Roles that were asked for or are asserted by the project are the keys of the
// object urn:zitadel:iam:org:project:roles (Zitadel's page Claims). ID tokens have no
// jti, and have amr and auth_time, which no access token has. The page is silent
// about typ and client_id: these are as its library github.com/zitadel/oidc has them.
//
// Relaxed against RFC 9068: typ JWT, so jti, and none of what a sign-in leaves, are
// all that marks an access token. The audience does not: keep jti out of what
// actions add to ID tokens.
//
// Config.Issuer is the instance, such as https://shop.zitadel.cloud.
// Config.Audiences is the id of the project, and a client asks for it with the scope
// urn:zitadel:iam:org:project:id:PROJECT:aud.
//
// A role is one in the project of the client. For those of another project set
//
//	profile.Roles = []jwt.ClaimPath{jwt.KeysOf("urn:zitadel:iam:org:project:PROJECT:roles")}
//
// Below each role are the organizations that granted it: where these share the API,
// read them with [Token.Decode], since a role of one is none in the other.
func Zitadel() Profile {
	return Profile{
		Name:     "Zitadel",
		Types:    []string{"JWT"},
		Required: []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"},
		Scope:    []string{"scope"},
		Roles:    []ClaimPath{KeysOf("urn:zitadel:iam:org:project:roles")},
		Absent:   signInClaims("amr", "auth_time", "acr"),
	}
}

// Authentik returns the profile of authentik's access tokens.
//
// They are the ID token of the same sign-in and more: typ JWT, the client's id in
// aud, auth_time, acr and amr as they are there, and beside them azp and uid, which
// the ID token does not have; groups where the scope profile was granted; no scope
// and no jti (authentik's source, IDToken.to_access_token). Its documentation is
// silent about all of this, and about typ, which is that of the library it signs
// with. Of a machine they have the subject of its service account.
//
// Relaxed against RFC 9068: typ JWT, so azp and uid are all that marks an access
// token; azp in place of client_id; uid in place of jti; and aud, which names the
// client instead of the API, so that any API of the same provider takes the token.
// Keep azp and uid out of what property mappings add.
//
// Config.Issuer is the application's, https://id.example/application/o/shop/ with the
// slash at the end, or the host where the provider says so. Config.Audiences is the
// client's id. A provider without a signing key signs with the client's secret
// (HS256): choose a key there.
func Authentik() Profile {
	return Profile{
		Name:     "authentik",
		Types:    []string{"JWT"},
		Required: []string{"iss", "exp", "aud", "sub", "azp", "uid", "iat"},
		ClientID: []string{"azp"},
		ID:       []string{"uid"},
		Scope:    []string{"scope"},
		Absent:   []string{"at_hash"}, // a hash of the access token cannot be in it; nonce may be
	}
}

// FusionAuth returns the profile of the access tokens that FusionAuth gives to
// users.
//
// They have typ JWT; the client, which is an application, in aud and in
// applicationId; roles of the application in roles; scopes as a string in scope,
// since 1.50; jti since 1.18 (FusionAuth's page Tokens). ID tokens have no
// applicationId since 1.24, and have at_hash.
//
// Relaxed against RFC 9068: typ JWT, so applicationId is all that marks an access
// token; applicationId in place of client_id; and aud, which names the client instead
// of the API. A user without registration for the application has no applicationId,
// and is refused. Keep it out of what a lambda adds to ID tokens.
//
// Config.Issuer is the tenant's, as it stands there: often a bare word such as
// acme.com, and then the keys are not found by discovery. Give jwks.Config the URL of
// the set, https://id.example/.well-known/jwks.json. Config.Audiences is the id of
// the application.
//
// What entities get by client credentials has neither applicationId nor a client: the
// entity is the subject, and aud is the entity that it calls, which no ID token has.
// Its validator gets a profile of its own, for that audience alone:
//
//	profile.Required = []string{"iss", "exp", "aud", "sub", "iat", "jti"}
//	profile.Absent = append(profile.Absent, "authenticationType", "auth_time")
//	profile.Entitlements = []jwt.ClaimPath{{"permissions"}}
func FusionAuth() Profile {
	return Profile{
		Name:     "FusionAuth",
		Types:    []string{"JWT"},
		Required: []string{"iss", "exp", "aud", "sub", "applicationId", "iat", "jti"},
		ClientID: []string{"applicationId"},
		Scope:    []string{"scope"},
		Absent:   signInClaims(),
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
