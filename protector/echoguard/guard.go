package echoguard

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"example.com/resourceserver/protector"
)

// Require returns [protector.Protector.Require] as a middleware of echo. It panics
// where that does: on a nil or zero guard, and on a blank or malformed scope.
//
// The protector answers a request that is refused. No handler behind the
// middleware is called, and the middleware returns nil, unless [ErrorHandler]
// decides otherwise.
func Require(guard *protector.Protector, alternatives ...string) echo.MiddlewareFunc {
	return middleware(guard.Require(alternatives...))
}

// Optional returns [protector.Protector.Optional] as a middleware of echo: it also
// lets requests without a token through, as anonymous.
func Optional(guard *protector.Protector, alternatives ...string) echo.MiddlewareFunc {
	return middleware(guard.Optional(alternatives...))
}

// RequirePolicy returns [protector.Protector.RequirePolicy] as a middleware of
// echo.
func RequirePolicy(guard *protector.Protector, policy protector.Policy) echo.MiddlewareFunc {
	return middleware(guard.RequirePolicy(policy))
}

// CurrentToken is [protector.CurrentToken] of the request's context.
func CurrentToken[T protector.Token](c *echo.Context) (T, bool) {
	return protector.CurrentToken[T](c.Request().Context())
}

// middleware puts the middleware of net/http, and with it everything that a
// protector does beside deciding, before handlers of echo.
//
// [echo.WrapMiddleware] does so too, at the price of building it anew for each
// request, and of an ErrorHandler that cannot return an error to echo.
func middleware(protect func(http.Handler) http.Handler) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		protected := protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b := bridgeOf(w)
			b.passed = true
			b.c.SetRequest(r)
			if w != b { // the protector has a last word about the answer
				b.c.SetResponse(w)
			}
			b.err = next(b.c)
		}))
		return func(c *echo.Context) error {
			b := &bridge{ResponseWriter: c.Response(), c: c}
			outer := c.Request().Context()
			protected.ServeHTTP(b, c.Request())
			if outer.Err() == nil && c.Request().Context().Err() != nil { // UntilExpiry is for the handlers behind
				c.SetRequest(c.Request().WithContext(outer))
			}
			return b.err
		}
	}
}
