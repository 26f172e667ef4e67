package jwt

// The profiles of what platforms send that is no access token: ID tokens, and the
// assertions of proxies in front of the server. They say who calls, and nothing
// about what is allowed.

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
// there. The assertion that Identity-Aware Proxy adds has another issuer, other keys
// and another shape: see [GoogleIAP].
func GoogleIDToken() Profile {
	return Profile{
		Name:     "Google ID token of a service account",
		Types:    []string{"JWT"},
		Required: []string{"iss", "exp", "aud", "sub", "azp", "iat"},
		ClientID: []string{"azp"},
		Absent:   signInClaims("name", "given_name", "picture", "hd"),
	}
}

// GoogleIAP returns the profile of the assertions that Google's Identity-Aware Proxy
// adds to the requests that it lets through, in the field
// X-Goog-IAP-JWT-Assertion. Take them there with protector.Field.
//
// They are signed with ES256, by keys of the proxy's own, for an issuer of its own;
// aud is the back end, sub the user, email the address; there is no client, no scope
// and no jti (Google Cloud's page Securing your app with signed headers, which does
// not demand a typ: JWT or none is taken).
//
// It gives up what an access token says about permissions: that the proxy let the
// user through is all there is. The issuer and its keys make nothing but assertions.
//
// Config.Issuer is https://cloud.google.com/iap, and the keys are at
// https://www.gstatic.com/iap/verify/public_key-jwk. Config.Audiences is
// /projects/NUMBER/global/backendServices/ID, or /projects/NUMBER/apps/PROJECT for App
// Engine. Set Algorithms to ES256.
//
// With external identities sub reads securetoken.google.com/PROJECT:USER, which is no
// URI: set AllowAnySubject.
func GoogleIAP() Profile {
	return Profile{
		Name:             "Google Identity-Aware Proxy",
		Types:            []string{"JWT"},
		AllowMissingType: true,
		Required:         []string{"iss", "exp", "aud", "sub", "iat"},
		Absent:           signInClaims(),
	}
}

// CloudflareAccess returns the profile of the application tokens that Cloudflare
// Access adds to the requests that it lets through, in the field
// Cf-Access-Jwt-Assertion. Take them there with protector.Field.
//
// They have typ JWT; the tag of the application in aud, as an array; the claim type,
// which is app, and org in the token of the team's session; a user in sub, or, for a
// service token, an empty sub and its client ID in common_name; no scope and no jti
// (Cloudflare's page Application token).
//
// It gives up what an access token says about permissions: that the proxy let the
// request through is all there is. The claim type marks the token. A service token
// has no subject: [Token.Subject] is "" then, and [Token.ClientID] names it.
//
// Config.Issuer is https://TEAM.cloudflareaccess.com, and the keys are at
// /cdn-cgi/access/certs there: there is no discovery. Config.Audiences is the
// application's AUD tag. To take users alone, set AllowMissingSubject to false.
func CloudflareAccess() Profile {
	return Profile{
		Name:                "Cloudflare Access",
		Types:               []string{"JWT"},
		AllowMissingSubject: true,
		Required:            []string{"iss", "exp", "aud", "iat"},
		ClientID:            []string{"common_name"},
		Equal:               map[string]string{"type": "app"},
		Absent:              signInClaims(),
	}
}

// FirebaseIDToken returns the profile of the ID tokens of Firebase Authentication and
// of Identity Platform. They are not access tokens: there are none, and an app sends
// these to its back end instead.
//
// They have typ JWT; the project in aud; the user in sub; auth_time; how the user
// signed in, and the tenant, in the claim firebase; no client, no scope and no jti
// (Firebase's page Verify ID Tokens, silent about typ).
//
// It gives up most of RFC 9068. An ID token says who the user is and nothing about
// what is allowed, and every back end of the project takes it. Its mark is the claim
// firebase, and the issuer of its own. Session cookies have another issuer, and are
// refused.
//
// Config.Issuer is https://securetoken.google.com/PROJECT and Config.Audiences the
// project's id. Give jwks.Config the URL of the keys, since the issuer's own metadata
// is not needed:
// https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com
//
// Custom claims stand beside the others: set Roles to yours. A user who signed in
// anonymously, or in another tenant of the project, has a good token too: look at
// firebase.sign_in_provider and firebase.tenant.
func FirebaseIDToken() Profile {
	return Profile{
		Name:     "Firebase ID token",
		Types:    []string{"JWT"},
		Required: []string{"iss", "exp", "aud", "sub", "iat", "auth_time", "firebase"},
		Absent:   signInClaims(),
	}
}
