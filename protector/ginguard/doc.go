// Package ginguard is a [protector.Protector] as middleware of gin.
//
//	guard, err := protector.New(…)
//	engine.GET("/user/:id", ginguard.Require(guard, "profile email", "user"), showUser)
//
// [Require], [Optional] and [RequirePolicy] are the protector's own middlewares of
// those names, and do all that these do: they answer refusals, outages and
// preflights, set Vary, Cache-Control and the fields of proofs, and nest. What they
// add is that gin's rules are kept too. A refused request is aborted, the request
// that the handlers see has the token ([CurrentToken]), and Decision has the route
// as gin writes it: "/user/:id". [ErrorHandler] leaves the answers to gin.
//
// [protector.Protector.Acquire] needs nothing of this package: it takes c.Request,
// and WriteError takes c.Writer. A middleware that does so calls c.Abort too.
//
// # The wrong bridge
//
// A handler of gin that returns does not end the request: gin calls the next one.
// So gin.WrapH(guard.Require("profile")(…)) answers 401 and has the protected
// handler write behind it. The package example of that name shows both.
//
// # Routes
//
// Guards stand where they are put: Engine.Use and Group guard the routes that are
// registered after them, and Engine.Use the unknown paths too. There are no
// exceptions by path that another spelling could reach. gin's own redirects, from
// "/user/" to "/user", come before any middleware.
//
// # Support
//
// Tested with gin v1.12 on Go 1.26. The package follows gin's newest v1.
package ginguard
