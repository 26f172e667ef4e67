package jwt

import (
	"slices"
	"strings"

	"example.com/resourceserver/jwt/internal/jws"
)

// An issuer signs its ID tokens with the keys of its access tokens, and where an
// application is client and API under one identifier, the audience is the same
// too. What is here keeps a profile from taking the one for the other (RFC 8725
// §3.12, RFC 9068 §5).

// signInClaims returns the claims that tie an ID token to one sign-in (OpenID
// Connect Core §2, §3.1.3.6 and §3.3.2.11), and more of the kind. They are no use
// in an access token. Not every ID token has one, so they are the second mark of a
// profile, not the only one, where the issuer offers a better.
func signInClaims(more ...string) []string {
	return append([]string{"nonce", "at_hash", "c_hash"}, more...)
}

// idTokenClaims are the claims that ID tokens have, by the standard or at some
// issuer: to require one of them says nothing about the kind of a token. The lists
// are of what was found in documentation and source, and cannot be complete. What an
// issuer can be made to add to ID tokens counts as well.
var idTokenClaims = makeSet(
	// OpenID Connect Core §2, §3.3.2.11, §5.1, §5.6.2, §7.4.
	"iss sub aud exp iat auth_time nonce acr amr azp at_hash c_hash",
	"name given_name family_name middle_name nickname preferred_username profile picture website",
	"email email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at",
	"_claim_names _claim_sources sub_jwk",
	// Other registered claims: RFC 7519, OpenID Connect logout, FAPI, RFC 9068, RFC 8693.
	"nbf jti sid s_hash client_id scope groups roles entitlements",
	// Cloud Foundry UAA, whose ID tokens have client_id, cid and scope always.
	"cid grant_type user_id user_name user_attributes origin zid rev_sig previous_logon_time",
	// Keycloak. Its mappers put roles there too, if they are told so.
	"typ session_state realm_access resource_access",
	// Microsoft Entra ID.
	"aio appid idp idtyp oid rh tid unique_name upn uti ver",
	// Okta has idp and ver as well. Amazon Cognito, Auth0, Google, Ory Hydra, SAP.
	"cognito:groups cognito:roles cognito:username event_id origin_jti token_use",
	"org_id org_name hd rat user_uuid",
	// Zitadel, FusionAuth, GitLab.
	"urn:zitadel:iam:org:project:roles urn:zitadel:iam:user:metadata urn:zitadel:iam:user:resourceowner:id",
	"applicationId authenticationType groups_direct sub_legacy",
)

// kindClaims are those of them whose value says which kind a token is: a profile that
// demands one value of these has a mark.
var kindClaims = makeSet("typ token_use idtyp")

func makeSet(lists ...string) map[string]bool {
	set := make(map[string]bool)
	for _, list := range lists {
		for name := range strings.FieldsSeq(list) {
			set[name] = true
		}
	}
	return set
}

// generic reports whether p accepts a type that ID tokens have.
func (p Profile) generic() bool {
	return p.AllowMissingType || slices.ContainsFunc(p.Types, func(typ string) bool {
		return strings.EqualFold(jws.WithoutApplication(typ), "JWT")
	})
}

// takesIDTokens reports whether the type and the claims that p asks for are those
// of any ID token. It cannot see whether a mark is a good one, but a profile
// without any is a mistake that nothing else would show. The default of Absent is
// none: not every ID token has one of these claims.
func (p Profile) takesIDTokens(required []string) bool {
	marked := len(p.Absent) > 0 || p.TrustDomain != "" ||
		slices.ContainsFunc(required, func(name string) bool { return !idTokenClaims[name] })
	for name := range p.Equal {
		marked = marked || !idTokenClaims[name] || kindClaims[name]
	}
	return p.generic() && !marked
}

// absent returns the claims that p refuses, given those that it requires.
func (p Profile) absent(required []string) []string {
	if p.Absent != nil || !p.generic() {
		return slices.Clone(p.Absent)
	}
	return slices.DeleteFunc(signInClaims(), func(name string) bool {
		_, equal := p.Equal[name]
		return equal || slices.Contains(required, name)
	})
}
