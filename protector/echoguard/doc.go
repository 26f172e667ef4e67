// Package echoguard is a [protector.Protector] as middleware of echo.
//
//	guard, err := protector.New(…)
//	e.GET("/user/:id", showUser, echoguard.Require(guard, "profile email", "user"))
//
// [Require], [Optional] and [RequirePolicy] are the protector's own middlewares of
// those names, and do all that these do: they answer refusals, outages and
// preflights, set Vary, Cache-Control and the fields of proofs, and nest. What they
// add is that echo's rules are kept too. The request that the handlers see has the
// token ([CurrentToken]), an error that a handler returns goes to echo, Decision has
// the route as echo writes it ("/user/:id"), and [ErrorHandler] leaves the answers to
// echo.
//
// [protector.Protector.Acquire] needs nothing of this package: it takes c.Request(),
// and WriteError takes c.Response(). Return nil behind it: the answer is given.
//
// # Routes
//
// Guards stand where they are put: Echo.Use guards every route and unknown paths,
// a group its routes and the unknown paths below it, Echo.Pre everything before
// there is a route to tell of. There are no exceptions by path that another spelling
// could reach.
//
// # Support
//
// Tested with echo v5.4 on Go 1.26. The package follows echo's newest v5.
package echoguard
