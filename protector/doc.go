// Package protector stands in front of HTTP handlers and lets requests with
// good access tokens through: HTTP comes in, a decision goes out, and the
// handler finds the current token in its context (RFC 6750).
//
//	tokens, err := jwt.NewValidator(…)
//	guard, err := protector.New(protector.Config{
//		Validators: []protector.Validator{protector.Bearer(tokens.Validate)},
//	})
//	mux.Handle("GET /user", guard.Require("profile email", "user")(userHandler))
//
// # Which door to choose
//
//   - [Protector.Require] for a route that needs scopes: a list is OR, spaces
//     inside an item are AND. Without arguments any valid token will do.
//   - [Protector.Optional] for a route that shows more to those with a token.
//   - [Protector.RequirePolicy] for groups, roles, entitlements and rules of
//     one's own.
//   - [Protector.Methods] for a resource whose methods ask for different things.
//   - [Protector.Subtree] for a whole mux, with the open routes named.
//   - [Protector.Acquire] inside a handler, where what is needed depends on what
//     is asked for.
//
// All of them are ordinary net/http middleware and handlers, fit for any router
// that takes these. They nest: the token is authenticated once per request, and
// all requirements hold. Two protectors never believe each other.
//
// # Where tokens come from
//
// The protector does not know what a token is. [Bearer] takes any function from
// a string to a [Token]: a JWT validator, an introspection client, a lookup in
// the application's own table. [CurrentToken] gives the handler that function's
// own type back, with the user in it. Expiry, revocation and binding to a key
// are checked here, for every kind. [Scheme] is for other schemes than Bearer,
// and [Validator.When] for several kinds of token under one.
//
// # What the client is told
//
//	no token                            401, a challenge without error
//	malformed, or more than one token   400 invalid_request
//	not valid, expired, revoked, bound  401 invalid_token
//	grants too little                   403 insufficient_scope, with scope where scopes are missing
//	nobody can tell at the moment       503 temporarily_unavailable, with Retry-After
//
// Every such answer is JSON (or what Config.ErrorHandler makes of it) and has
// Cache-Control: no-store. The descriptions are fixed sentences that tell
// nothing about the token or the keys. The reason goes to Config.OnDecision and
// Config.Logger; the token goes nowhere.
//
// A service that cannot reach its keys or its database answers 503, never 401:
// a 401 makes clients throw good tokens away and log their users out.
//
// # Reasons
//
// What a client is not told, the operator is: a reason, in [Decision] and in the
// log. The validator's own, such as those of the package jwt, come through as
// they are. The protector adds
//
//	no_credentials             no token
//	other_scheme               no token, but an Authorization field: does it begin with "Bearer "?
//	malformed_credentials      a scheme that is accepted, and no token in its syntax
//	several_credentials        more than one token, or Authorization field
//	token_too_long             longer than Config.MaxTokenBytes
//	unreadable_form            a form that cannot be read, or is longer than Config.MaxFormBytes
//	cross_origin               a cookie, sent from an origin that Config.CrossOrigin does not trust
//	request_check              Config.RequestCheck said no
//	no_validator               no validator's When takes the token
//	unknown_token              the validator returned neither a token nor an error
//	invalid_token              the validator refused the token and gave no reason
//	expired, not_yet_valid     by the token's ExpiresAt or ValidAt
//	revoked                    by the token's Revoked
//	bound_token                bound to a key (Confirmation), and nothing here checks the proof
//	insufficient_scope         likewise insufficient_groups, _roles and _entitlements
//	policy_check               Policy.Check said no
//	unavailable                the validator, or a check, could not tell
//	canceled                   the client left before the answer was known
//	bad_requirement            Acquire was given a blank or malformed alternative
//
// # Cookies
//
// The token is taken from the Authorization header, which no browser sends
// unasked. A cookie is sent with every request to its site, also with one that
// another site made the browser send: cross-site request forgery. With
// Config.AmbientCookie the protector therefore refuses requests with unsafe
// methods from other origins, by [http.CrossOriginProtection], and likewise
// WebSocket handshakes from other origins. It is up to the
// application that
//
//   - GET, HEAD and OPTIONS change nothing: they are let through from anywhere;
//   - the cookie is Secure, HttpOnly and SameSite=Lax or Strict;
//   - its name begins with "__Host-", or a neighbouring subdomain can plant a
//     token of its own choice.
//
// A request with both the cookie and the header is refused, 400, since the two
// may stand for different callers.
//
// # Compatibility
//
// Within a major version, statuses, codes, the reasons above and
// the meaning of policies do not change. Descriptions and the texts of errors
// and log records may.
package protector
