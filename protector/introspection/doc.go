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
// rejects the token, save that acr, groups, roles and entitlements then say
// nothing. A token that cnf binds to a key is rejected, unless
// Config.Confirmations names the method for somebody who checks the proof.
//
// # Two kinds of error
//
// An [*Error] says that the token is no good: 401. An [*UnavailableError] says
// that nothing could be learnt: 503, with a time to come back. The line between
// them is drawn with care, because a client that gets a 401 throws its token
// away. Our own credentials being refused is of the second kind; it has its own
// [Failure], [FailureCredentialsRefused], and goes to Config.Logger as an error.
// It takes an OAuth error (RFC 6749 §5.2) to say so: a bare 401 or 403 may be the
// word of a firewall about one token.
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
// Failures are not remembered for a token. After three calls in a row that did not
// come as far as sending their token, because no connection could be made or our
// own credentials could not be had, calls are suspended for a second and then tried
// one a second, until one is connected or answered. Meanwhile remembered tokens go on working,
// and the others are answered 503 at once.
//
// Nothing else suspends calls, neither 429 nor 503 nor silence. Tokens are the
// choice of strangers, a firewall may answer some of them in any of these ways, and
// nobody who sends such tokens may shut out the callers whose tokens the endpoint
// would answer about. What bounds the cost of all this is Config.Timeout and
// Config.MaxConcurrentCalls. Of these calls a quarter is kept for tokens that were
// active before. A stranger whose tokens are slow to be answered about can fill the
// rest, and keep out tokens that were never seen; a limit on requests by client
// address, in front of the service, is what helps against that.
//
// # Compatibility
//
// The values of [Reason] and [Failure] are stable. New ones may be added, and
// so may fields of [Config] whose zero value changes nothing.
package introspection
