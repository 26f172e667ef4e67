package fiberguard

import (
	"net/http"

	"github.com/gofiber/fiber/v3"

	"example.com/resourceserver/protector"
)

// Require returns [protector.Protector.Require] as a middleware of fiber. It panics
// where that does: on a nil or zero guard, and on a blank or malformed scope.
//
// The protector answers a request that is refused. No handler behind the
// middleware is called, and the middleware returns nil, unless [ErrorHandler]
// decides otherwise. A request that net/http would not have let come to a handler
// is answered by fiber.ErrBadRequest.
func Require(guard *protector.Protector, alternatives ...string) fiber.Handler {
	return middleware(guard.Require(alternatives...))
}

// Optional returns [protector.Protector.Optional] as a middleware of fiber: it also
// lets requests without a token through, as anonymous.
func Optional(guard *protector.Protector, alternatives ...string) fiber.Handler {
	return middleware(guard.Optional(alternatives...))
}

// RequirePolicy returns [protector.Protector.RequirePolicy] as a middleware of
// fiber.
//
// It also panics on Policy.UntilExpiry: what lasts in fiber, a stream or a
// WebSocket, is served after the handler has returned, when the guard is gone.
func RequirePolicy(guard *protector.Protector, policy protector.Policy) fiber.Handler {
	if policy.UntilExpiry {
		panic("fiberguard: RequirePolicy: Policy.UntilExpiry is true: " +
			"fiber serves streams when the handler has returned; end them by the token's ExpiresAt")
	}
	return middleware(guard.RequirePolicy(policy))
}

// CurrentToken is [protector.CurrentToken] of c.Context(). A fiber.Ctx is a context
// too, and one that does not lead there: to pass it to protector.CurrentToken finds
// nobody.
func CurrentToken[T protector.Token](c fiber.Ctx) (T, bool) {
	return protector.CurrentToken[T](c.Context())
}

// middleware puts the middleware of net/http, and with it everything that a
// protector does beside deciding, before handlers of fiber.
//
// The adaptors that fiber and fasthttp have are of no use for that. They keep one of
// several fields of a name, the last one, so that two Authorization fields pass for
// one; they copy the answer of every handler; and the token does not come back out
// of the request's context.
func middleware(protect func(http.Handler) http.Handler) fiber.Handler {
	protected := protect(http.HandlerFunc(proceed))
	return func(c fiber.Ctx) error {
		e := &exchange{bridge: bridge{c: c}}
		r := e.requestOf(c)
		if r == nil {
			return fiber.ErrBadRequest
		}
		protected.ServeHTTP(&e.bridge, r)
		e.flush()
		return e.err
	}
}

// proceed is the handler that a protector lets a request through to.
func proceed(w http.ResponseWriter, r *http.Request) {
	b := bridgeOf(w)
	b.flush()
	keepBody(b.c, r)
	keepProtocols(b.c, r)
	b.c.SetContext(r.Context())
	b.err = b.c.Next()
}
