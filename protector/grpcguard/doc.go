// Package grpcguard is a [protector.Protector] as interceptors of grpc-go.
//
//	interceptors, err := grpcguard.New(guard, grpcguard.Config{
//		Policies: map[string]protector.Policy{
//			greetpb.Greeter_SayHello_FullMethodName: {Scopes: []string{"greet"}},
//			"/greet.v1.Admin/*":                     {Groups: []string{"staff"}},
//		},
//		Open: []string{healthpb.Health_Check_FullMethodName},
//	})
//	server := grpc.NewServer(interceptors.ServerOptions()...)
//	… // register the services
//	err = interceptors.Verify(server)
//
// A method that the table does not name is closed, to those with a good token too.
// Health and reflection are no exceptions: [Config].Open names them, or nobody
// reaches them.
//
// Handlers find the token by [protector.CurrentToken], in streams by the context of
// the stream.
//
// # What the guard is shown
//
// A call is judged as the request that it is on the wire: a POST whose target is the
// full method and whose fields are the metadata. So there is one authorization value
// or the call is refused, schemes are compared without regard to letter case, and a
// token that is bound to a certificate needs that of the client's TLS connection.
// A proof of possession (RFC 9449) travels as metadata of the name dpop; its htm is
// POST, and its htu is https://host/greet.v1.Greeter/SayHello, where the host is one
// of the verifier's PublicOrigins. Decision.Pattern is the name in the table that the
// method was found by, and empty for a method that it does not have.
//
// # Refusals
//
// The status of HTTP becomes a code: 400 InvalidArgument, 401 Unauthenticated, 403
// PermissionDenied, 404 NotFound, 429 ResourceExhausted, 502 to 504 Unavailable; any
// other is PermissionDenied below 500, and Internal from there on. The message is the
// Description of the error. The status has a google.rpc.ErrorInfo, whose domain is
// "oauth" and whose reason is the error code in capitals, such as INVALID_TOKEN, and
// a google.rpc.RetryInfo where it is known when to come back. The challenges are the
// www-authenticate values of the trailer, and other fields, such as dpop-nonce, are
// there too; a nonce that comes with a good answer is in its header.
//
// A method that no service has is answered by grpc itself, Unimplemented, before any
// interceptor. An UnknownServiceHandler is guarded like any stream.
//
// # Streams that outlive their token
//
// With [protector.Policy].UntilExpiry, a call ends with its token, as
// Unauthenticated: its context is done, a handler that waits for a message or for
// room to send one is woken, and the client learns why. It costs a timer, and no
// goroutine. What sends nothing otherwise stays open as long as the server allows;
// see [google.golang.org/grpc/keepalive].
//
// Behind net/http ([google.golang.org/grpc.Server.ServeHTTP]) two things are missing:
// a handler that waits for room is woken when its client reads or leaves, and clients
// do not see the challenges, since net/http sends no www-authenticate in a trailer, and
// logs that it does not (RFC 9110 §6.5.1). For that, package connectguard is a better
// choice.
//
// # Order
//
// Put the guard in front of every interceptor that reads messages, caches or answers:
// what stands before it sees calls that nobody has judged, and no token. One that
// recovers from panics belongs before it, since a Policy's Check may panic, and grpc
// recovers from nothing. So does one that counts or logs calls, if it is to count
// those that are refused.
//
// # Support
//
// Tested with grpc-go v1.85 on Go 1.26. The package follows grpc-go's newest v1.
package grpcguard
