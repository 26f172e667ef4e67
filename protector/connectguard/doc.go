// Package connectguard is a [protector.Protector] as middleware for servers of
// Connect, which speak gRPC and gRPC-Web too.
//
//	middleware, err := connectguard.New(guard, connectguard.Config{
//		Policies: map[string]protector.Policy{
//			greetv1connect.GreetServiceGreetProcedure: {Scopes: []string{"greet"}},
//			"/greet.v1.AdminService/*":                {Groups: []string{"staff"}},
//		},
//		Open: []string{"/grpc.health.v1.Health/*"},
//	})
//	mux := http.NewServeMux()
//	mux.Handle(greetv1connect.NewGreetServiceHandler(greeter, connect.WithInterceptors(middleware.Interceptor())))
//	http.ListenAndServe(addr, middleware.Wrap(mux))
//
// [Middleware.Wrap] decides before anything is read of the body. A procedure that the
// table does not name is closed, to those with a good token too, and so is every other
// path: put handlers of other kinds beside the middleware, and not behind it. Paths
// that are written otherwise than generated code writes them, with escapes for
// example, name no procedure. What cuts a prefix off the path goes before it.
//
// Handlers find the token by [protector.CurrentToken]. [Middleware.Interceptor] is for
// policies with UntilExpiry, see below.
//
// # Refusals
//
// They are made by connect's own ErrorWriter, in the protocol that the client speaks:
// the body of a unary call of Connect, the end of a stream, trailers. The status of
// HTTP becomes a code: 400 invalid_argument, 401 unauthenticated, 403
// permission_denied, 404 not_found, 429 resource_exhausted, 502 to 504 unavailable;
// any other is permission_denied below 500, and internal from there on. The message is
// the Description of the error. Its details are a google.rpc.ErrorInfo, whose domain
// is "oauth" and whose reason is the error code in capitals, such as INVALID_TOKEN,
// and a google.rpc.RetryInfo where it is known when to come back. The challenges are
// WWW-Authenticate fields of the header, which clients of Connect find in the Meta of
// the error. To a client that speaks none of the protocols, the protector answers as
// everywhere.
//
// A proof of possession (RFC 9449) is made for the request as it is: its htm is POST,
// or GET for a call that the client sends so, and its htu the URL of the procedure.
//
// CORS is not looked after here: put the middleware for it in front.
//
// # Streams that outlive their token
//
// With [protector.Policy].UntilExpiry, a call ends with its token: its context is done,
// and a handler that waits for a message is woken. The interceptor has it answered
// as unauthenticated, whatever the handler returns; without it, the client learns
// what the handler makes of the end. The challenge goes with it, but for gRPC, which
// has no place for it at the end of a call. A handler that goes on all the same, or
// waits for a client that does not read, is cut off after five seconds. It costs a
// timer, and no goroutine. Over HTTP/1, the connection of such a stream is closed
// behind it.
//
// # Support
//
// Tested with connect v1.21 on Go 1.26. The package follows connect's newest v1.
package connectguard
