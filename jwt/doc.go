// Package jwt decides whether a string is a valid JWT access token for this
// resource server, now.
//
// A [Validator], made once by [NewValidator], verifies the signature with the
// keys of one issuer and then checks the claims: RFC 9068 by default, with the
// recommendations of RFC 8725 built in. It needs no network of its own and no
// token store. What it returns, a [Token], gives typed access to the usual
// claims and decodes the others into the application's own struct.
//
//	tokens, err := jwt.NewValidator(jwt.Config{
//		Issuer:    "https://issuer.example",
//		Audiences: []string{"https://api.example"},
//		Keys:      keys, // for instance of jwks.NewRemote
//	})
//	token, err := tokens.Validate(ctx, bearer)
//
// # What is refused
//
// Everything that is not exactly a valid access token. By default that means a
// JWS in compact serialization with an asymmetric algorithm, typ at+jwt, and the
// claims iss, exp, aud, sub, client_id, iat and jti; strict base64url and strict
// JSON, so that a text has one spelling (an ECDSA signature has two values: a deny
// list goes by jti); no crit and no b64 header; no cnf claim that nobody enforces.
// Keys that a token brings along are not looked at.
// An error of type [*Error] tells the reason; any other error means that nobody
// could tell, and must not be taken for a refusal.
//
// # Why it was refused
//
// [Validator.Explain] goes through the same checks and does not end at the first
// that fails: it says of each what was found, what was expected and what to do. It
// tells neither the signature nor anything of a person, but it does tell which
// issuers, audiences and algorithms are accepted: show it to whoever runs the
// service, and not to its clients.
//
// # Other issuers
//
// Issuers that predate RFC 9068 send other types and claims. A [Profile]
// describes them. Functions return those of well-known issuers: of servers that one
// runs, such as [Keycloak] and [Zitadel]; of services, such as [Auth0] and [EntraID];
// of platforms, whose tokens say who calls and nothing more, such as
// [CloudflareAccess]; and of workloads, such as [KubernetesServiceAccount] and
// [GitHubActions]. ISSUERS.md, beside this file, has five lines to copy for each, and
// what its commonest mistakes look like. [ParseProfile] reads a profile that is
// written as JSON.
//
// [ByIssuer] combines the validators of several issuers, and [NewTenants] asks the application about those
// that come and go while it runs.
//
// # Speed
//
// Validation costs little more than the check of the signature. A service that
// sees the same token on many requests can put the Cache of package tokencache in
// front.
//
// # Tests
//
// The package jwttest, below this one, is an issuer for your own tests.
//
// # Compatibility
//
// Within a major version no check becomes laxer, and no [Reason] changes its
// meaning. New checks may refuse tokens that the RFCs forbid.
package jwt
