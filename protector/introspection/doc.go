// Package introspection asks the authorization server about access tokens that
// say nothing themselves (RFC 7662, OAuth 2.0 Token Introspection).
//
// Use it for opaque tokens, or where a revoked token must be noticed within
// seconds. For signed tokens that may live until they expire, validating them
// locally costs no network and cannot fail with it.
//
//	client, err := introspection.New(introspection.Config{
//		Endpoint:    "https://issuer.example/introspect",
//		Credentials: introspection.ClientSecretBasic("orders-api", secret),
//		Audiences:   []string{"https://orders.example"},
//	})
//	guard, err := protector.New(protector.Config{
//		Validators: []protector.Validator{protector.Bearer(client.Introspect)},
//	})
//
// A handler finds the answer with protector.CurrentToken[*introspection.Token].
//
// # What is believed
//
// An answer counts if it has status 200, calls itself application/json, is no
// longer than Config.MaxAnswerBytes, and is one strictly well-formed JSON
// object in which active is a boolean. Redirects are not followed. Signed
// answers (application/token-introspection+jwt, RFC 9701) are neither asked for
// nor accepted.
//
// An answer with active true is then checked as far as it goes: exp and nbf
// with leeway, aud against Config.Audiences, iss against Config.Issuer,
// token_type against refresh tokens and the like. A member of the wrong type
// rejects the token. So does a cnf that is not understood; one that is
// understood is handed out by [Token.Confirmation].
//
// # Two kinds of error
//
// An [*Error] says that the token is no good: 401. An [*UnavailableError] says
// that nothing could be learnt: 503, with a time to come back. The line between
// them is drawn with care, because a client that gets a 401 throws its token
// away. Our own credentials being refused is of the second kind; it has its own
// [Failure], [FailureCredentialsRefused], and goes to Config.Logger as an error.
//
// # What is remembered
//
// Answers are remembered for seconds (Config.PositiveTTL and NegativeTTL), no
// positive one beyond its exp, in bounded memory, under a hash: the tokens
// themselves are not kept. PositiveTTL is the trade to think about. It is how
// long a revoked token still works here, and how often each token in use is
// asked about.
//
// Requests with the same token share one call. The call has its own time limit
// and survives any one requester's leaving. A request leaves when its own
// context ends.
//
// # When the endpoint fails
//
// Failures are not remembered for a token. Instead, after three calls in a row
// that failed for the endpoint's own reasons (unreachable, too late, 429, 502
// and above, our credentials), or when it sends Retry-After, calls are suspended for a
// moment and then tried one at a time until one succeeds. Meanwhile remembered
// tokens go on working, and the others are answered 503 at once. No more than
// Config.MaxConcurrentCalls are ever under way.
//
// # Compatibility
//
// The values of [Reason] and [Failure] are stable. New ones may be added, and
// so may fields of [Config] whose zero value changes nothing.
package introspection
