// Package fiberguard is a [protector.Protector] as middleware of fiber.
//
//	guard, err := protector.New(…)
//	app.Get("/user/:id", fiberguard.Require(guard, "profile email", "user"), showUser)
//
// [Require], [Optional] and [RequirePolicy] are the protector's own middlewares of
// those names, and do all that these do: they answer refusals, outages and
// preflights, set Vary, Cache-Control and the fields of proofs, and nest. Behind them,
// [CurrentToken] finds the token in c.Context(). [ErrorHandler] leaves the answers to
// fiber.
//
// # What the guard sees
//
// fiber is built on fasthttp, which is not net/http. The guard gets a request of
// net/http's kind that has every field, two Authorization fields as two; the target
// as it was sent, which proofs of possession are about; the address and the TLS state
// of the connection; and c.Context(). All of it are copies. What middleware in front
// has changed in the fields counts; a path that it has set does not. Requests that
// net/http would not have let come to a handler are answered 400: a name with a space
// before its colon, two Host fields, a target that is no URL.
//
// fasthttp puts the fields behind a body that comes in chunks (trailers) among those in
// front of it. The guard does not see them, nor, in such a request, fields that
// middleware has added and the client has not sent.
//
// The adaptors of fiber and fasthttp do not do that: they keep the last of two
// Authorization fields, so that who reads the first sees another caller, and lose the
// token on the way back.
//
// # Limits
//
// fiber takes 4 KiB for all fields together, and answers 431 by itself. Tokens may be
// longer: set fiber.Config.ReadBufferSize. With fiber.Config.StreamRequestBody, a form
// that the guard has to read (BufferedFormTokens) is put back whole.
//
// # Routes
//
// App.Use and groups guard what is registered after them. There, Decision has the
// prefix in the place of the route, since fiber does not know the route yet; a guard
// of the route itself has the route: "/user/:id". There are no exceptions by path that
// another spelling could reach: fiber takes "/ADMIN/" for "/admin", and so for what is
// guarded there.
//
// # Support
//
// Tested with fiber v3.1 on Go 1.26. The package follows fiber's newest v3.
package fiberguard
