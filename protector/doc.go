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
//   - [Protector.RequirePolicy] for clients, groups, roles, entitlements, further
//     claims, how the user has signed in, and rules of one's own.
//   - [Protector.Methods] for a resource whose methods ask for different things.
//   - [Protector.Subtree] for a whole mux, with the open routes named.
//   - [Protector.Routes] for a mux on which every route names its policy, or is open.
//     Behind Require on a mux of one's own, "/files/x%2F..%2Fsecret" is what the route
//     of "/files/" asks for, also where a file server takes it for "/files/secret".
//     Here it has to meet the policies of both.
//   - [Protector.Acquire] inside a handler, where what is needed depends on what
//     is asked for.
//   - [Protector.Check] where there is no http.ResponseWriter, with
//     [Protector.NewRule] for what is asked for, and [Protector.Answer] and
//     [Rule.AnswerHeader] for what is answered.
//
// All but the last two are ordinary net/http middleware and handlers, fit for any
// router that takes these. They nest: the token is authenticated once per
// request, and all requirements hold. Two protectors never believe each other. [For]
// makes a handler that gets the token as an argument, and [Protector.Returning] one
// that returns the error it has met.
//
// # One grant, one request
//
// What was found out about a request is kept in its context, and a context goes
// further than its request: to the parts of a batch, to requests that are made
// later. So it counts only for a request with the same token, scheme, proof,
// method, host, request target and path. The path may have been shortened on the
// way, as [http.StripPrefix] does. Any other request is judged anew, and a request
// whose token was taken out of it has none. For the same reason nobody who is
// asked about a request (authenticate, a Proof, RequestCheck) sees a current
// token; Policy.Check sees the one that it judges.
//
// A middleware that rewrites a request between two protectors makes another one
// of it: that costs a second look at the token, and with proofs that count once
// it fails. Put it in front. Two protectors that meet one request need a verifier of
// such proofs each, and each its own memory: of one that they share, the second
// protector hears that the proof was used.
//
// # Where tokens come from
//
// The protector does not know what a token is. [Bearer] takes any function from
// a string to a [Token]: a JWT validator, an introspection client, a lookup in
// the application's own table. [CurrentToken] gives the handler that function's
// own type back, with the user in it. Expiry, revocation and binding to a key
// are checked here, for every kind, by the optional methods that [Token] lists; a
// method of nearly the right shape is a fault at construction. [Scheme] is for
// other schemes than Bearer, and [Validator.When] for several kinds of token under
// one. [Field] is for tokens in a header field of their own.
//
// A request has one token for each protector, wherever that looks. Where two tokens
// come together, such as the user's and the transaction's, each has a protector of
// its own, one in front of the other, and [TokenOf] finds both:
//
//	users, err := protector.New(protector.Config{
//		Validators: []protector.Validator{protector.Bearer(tokens.Validate)},
//	})
//	transactions, err := protector.New(protector.Config{
//		Validators: []protector.Validator{protector.Field("Txn-Token", txnTokens.Validate)},
//	})
//	mux.Handle("POST /pay", users.Require("pay")(transactions.Require("pay")(pay)))
//
// # Proofs
//
// A token that is bound to a key or a certificate (RFC 7800) is good only with a
// proof that its sender holds it. [Validator.Proving] takes a [Proof] for each
// method, and [DPoP] is the scheme of RFC 9449. Without one, a bound token is
// refused. A proof is checked after the token, before the policy; what it uses up
// is used up once nothing else about the token can fail.
//
// [MutualTLS] is the proof by the client's certificate (RFC 8705). It is that of
// the connection, and where a proxy ends TLS that of a header field. A field is as
// good as its writer: it counts in the requests of proxies that
// [MutualTLSConfig].Proxies names by their address, and in those nothing else does.
// Such a proxy has to replace the field in every request, whatever the client has
// sent. A field that is there twice, or names two clients, says that it does not, and
// is refused.
//
// # Hierarchies
//
// With Config.Hierarchy, a scope implies those that it is declared to, and what these
// imply, so that "admin" need not be granted beside "write" and "read":
//
//	hierarchy, err := scopes.NewHierarchy(map[string][]string{"admin": {"write"}, "write": {"read"}})
//	guard, err := protector.New(protector.Config{Hierarchy: hierarchy, …})
//
// It is on the side of what was granted. A route asks for "read", the challenge names
// "read", and an admin passes. Nothing is implied that is not in the table: no name is a
// pattern or a prefix of another. A token with the same scope claim as one before costs
// nothing more.
//
// # Clients, claims and actors
//
// A [Policy] is data where it can be: Clients names the clients whose tokens pass, Claims
// what further claims have to say, and NoDelegation refuses tokens by which somebody acts
// for somebody else (act, RFC 8693). All of it is listed by [Routes.All], and the reasons
// of the refusals are told apart below.
//
//	mux.Handle("GET /orders", guard.RequirePolicy(protector.Policy{
//		Clients: []string{"web-shop"},
//		Claims:  []protector.ClaimRule{{Path: []string{"org", "plan"}, AnyOf: []any{"team", "enterprise"}}},
//	})(orders))
//
// [Actors] and [MayAct] tell who acts. The packages jwt and introspection each have a
// function Details, which reads authorization_details (RFC 9396) into the application's
// own type, for Policy.Check and for handlers.
//
// # Trying a policy out
//
// Whoever puts a service behind a protector does not know who will be refused. With
// [Policy].InsecureShadowUntil nobody is until that day, and the log and OnDecision tell
// of each request who called, and what would have been answered:
//
//	mux.Handle("GET /orders", guard.RequirePolicy(protector.Policy{
//		Name: "orders", Scopes: []string{"orders:read"},
//		InsecureShadowUntil: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
//	})(orders))
//
// The answer is the handler's own, to the last field. The handler has no token, and
// [Shadowed] says why. Whatever else is in front of it or behind it is enforced: a
// shadow is about one policy. From that day on this one is enforced too, by the clock of
// a running process.
//
// # What is asked for, as a list
//
// [Protector.Inventory] lists the policies that a protector was given: as Go values, as
// JSON, as a table for people, and as the security of an OpenAPI document. In a test,
// [Routes.Verify] names the routes that are reached without a token, and should not be.
//
// # Step-up authentication
//
// Where a token is not enough, [Policy] asks how its user has authenticated: by
// ACR, the classes that will do, and by MaxAge, how long ago (RFC 9470).
//
//	mux.Handle("POST /transfer", guard.RequirePolicy(protector.Policy{
//		Scopes: []string{"transfer"}, ACR: []string{"phr", "mfa"}, MaxAge: 5 * time.Minute,
//	})(transfer))
//
// Whoever falls short is told of all of it, in one challenge, in the scheme that
// the token was sent under, and comes back with another token.
//
// # How clients find their way
//
// A client that knows nothing but the URL of an API learns where to get a token from
// the metadata of the resource (RFC 9728). Config.Resource turns that on, and one
// line serves the document:
//
//	guard, err := protector.New(protector.Config{
//		Resource:             "https://api.example/v1",
//		AuthorizationServers: tokens.Issuers(),
//		Validators:           []protector.Validator{protector.Bearer(tokens.Validate)},
//	})
//	mux.Handle(guard.ResourceMetadata())
//
// Every challenge then names the document, in resource_metadata. The document says
// what is configured, and which scopes the policies ask for. With
// Config.ScopeInChallenge the 401 to a request without a token names those of the
// route, which clients of the Model Context Protocol go by.
//
// # What the client is told
//
//	no token                            401, a challenge without error
//	malformed, or more than one token   400 invalid_request
//	not valid, expired, revoked         401 invalid_token
//	bound, and not proved               401 invalid_token, or the proof's own
//	the user has to authenticate anew   401 insufficient_user_authentication, with acr_values and max_age
//	grants too little                   403 insufficient_scope, with scope where scopes are missing
//	nobody can tell at the moment       503 temporarily_unavailable, with Retry-After
//
// Every such answer is JSON (or what Config.ErrorHandler makes of it) and has
// Cache-Control: no-store. The descriptions are fixed sentences that tell
// nothing about the token or the keys. The reason goes to Config.OnDecision and
// Config.Logger; the token goes nowhere: it is looked for in what others' errors
// say, in every escaping, and cut out. A token of less than 16 characters is cut
// out only where it stands alone, and one of less than 8 is let be, so that
// nobody can garble a log by sending a common word.
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
//	malformed                  a scheme that is accepted, and no token in its syntax; a WebSocket that
//	                           offers nothing beside its token
//	several_credentials        more than one token, or Authorization field
//	too_large                  longer than Config.MaxTokenBytes
//	unreadable_form            a form that cannot be read, is longer than Config.MaxFormBytes, or
//	                           comes with several Content-Type fields
//	cross_origin               a cookie, the protocol of a WebSocket or a Field, sent from an origin
//	                           that Config.CrossOrigin does not trust
//	request_check              Config.RequestCheck said no
//	no_validator               no validator's When takes the token
//	unknown_token              the validator returned no token, or a blank one, and no error
//	invalid_token              the validator refused the token and gave no reason
//	expired, not_yet_valid     by the token's ExpiresAt or ValidAt
//	revoked                    by the token's Revoked, or by Policy.Withdrawn
//	confirmation               bound to a key (Confirmation), and nothing here proves it
//	certificate_missing        bound to a certificate, and the request came without one
//	certificate_binding        bound to another certificate than the request came with
//	certificate_several        a proxy's header field is there twice, or speaks of several clients
//	certificate_malformed      a proxy's header field cannot be read in its encoding
//	certificate_too_large      longer than 16 KiB, or a proxy's header field than 32 KiB
//	insufficient_scope         likewise insufficient_groups, _roles and _entitlements
//	insufficient_client        the token's client is none of Policy.Clients, or it names none
//	insufficient_claims        a claim says none of what Policy.Claims asks for; the log tells which
//	delegation                 somebody acts for the subject (act), and Policy.NoDelegation is set
//	insufficient_acr           acr is none of Policy.ACR
//	insufficient_auth_time     auth_time is missing, in the future, or further back than Policy.MaxAge
//	token_type                 the handler is [For] tokens of another type
//	policy_check               Policy.Check said no
//	unavailable                the validator, or a check, could not tell
//	canceled                   the client left before the answer was known
//	bad_requirement            Acquire was given a blank or malformed alternative, or Check a Rule
//	                           of another Protector: a mistake in the program, 500
//	bad_token_type             the token has a method of nearly the right shape, or hides one, or a
//	                           handler made by For has no token of its type: likewise
//	bad_proof                  a proof with faults, hidden where New does not find them: likewise
//
// # Explanations
//
// [Protector.Explain] says part by part what Check would think of a request: where a
// token was looked for, what is wrong with it, whether it is proved, what the policy asks
// for and the token grants, and the answer. It goes on after the first part that fails,
// says of each what to do, and spends no proof. With [Explaining] it holds what the
// package jwt says of the token, check by check:
//
//	Validators: []protector.Validator{protector.Explaining(protector.Bearer(tokens.Validate), tokens.Explain)},
//
// It is for those who run a service, and for tests; its clients are told less on purpose.
//
// # Streams
//
// A request is judged when it comes. An event stream or a WebSocket goes on for
// hours, longer than its token. [Policy].UntilExpiry ends the request's context with
// the token, and [Policy].Withdrawn when somebody logs out; the handler has to watch
// the context, as most libraries do:
//
//	select {
//	case event := <-events:
//		…
//	case <-r.Context().Done():
//		return // context.Cause says why: the *Error that a request would get which came now
//	}
//
// The client then comes back with another token, and says how far it has got: the
// example in examples/live does both.
//
// # WebSockets
//
// A page in a browser opens a WebSocket with a list of subprotocols, and can say
// nothing else. With Config.WebSocketProtocol the token is one of them, behind that
// name and a dot:
//
//	new WebSocket("wss://api.example/chat", ["chat", "access_token." + token])
//
// Every JWT fits; a token with a slash or an equals sign is no subprotocol
// (RFC 6455 §4.1). It is taken from handshakes only, which are GET requests that ask
// for the upgrade.
//
// The server has to answer with one of the protocols, or the browser closes the
// connection; and an answer ends in more places than a request. So the handler sees
// what the client has offered without the entry, and its library chooses from that.
// There must be something to choose: a handshake that offers the token alone is
// answered 400. A protector further in finds the token all the same, in that
// handshake and in no other request.
//
// No browser sends such a token by itself. It is judged like a cookie all the same, so
// that a WebSocket is no way around the CORS policy: a page of another origin that has
// got hold of a token needs the leave of a preflight for an Authorization field, and
// nobody's for a handshake. Config.CrossOrigin names the origins that may. The request
// that middleware further out sees has the token in it; keep the field out of logs.
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
// A proxy that knows its users by a cookie, and adds an assertion about them to each
// request, passes on whatever another site made the browser send. So a token of
// [Field] is judged in the same way. Requests that no browser has made name no
// origin, and pass. A gateway that passes on what a page has sent passes on its
// origin too: name that of your pages in Config.CrossOrigin.
//
// # Caches
//
// Shared caches do not store the answer to a request with an Authorization field.
// They do not know about tokens in other places, so the answer to one from
// there is Cache-Control: private, whatever its status and whatever the handler
// says, unless that is no-store. The answers of [Protector.Optional] depend on
// whether there was a token, and say so in Vary.
//
// # Preflights
//
// A CORS preflight has no token and never reaches a protected handler. It is
// challenged like any other request, which suits a CORS middleware placed before
// the protector: that one answers preflights itself. Where there is none,
// Config.Preflight is a handler that answers them, for every door but Acquire and
// Check.
//
// # Compatibility
//
// Within a major version, statuses, codes, the reasons above and the meaning of
// policies do not change. Descriptions and the texts of errors and log records
// may.
package protector
