package ginguard

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"example.com/resourceserver/protector"
)

// Require returns [protector.Protector.Require] as a middleware of gin. It panics
// where that does: on a nil or zero guard, and on a blank or malformed scope.
//
// A request that is refused ends here: the protector answers it, and no handler
// behind this one is called, also if the guard breaks by a panic that somebody
// further out recovers from.
func Require(guard *protector.Protector, alternatives ...string) gin.HandlerFunc {
	return middleware(guard.Require(alternatives...))
}

// Optional returns [protector.Protector.Optional] as a middleware of gin: it also
// lets requests without a token through, as anonymous.
func Optional(guard *protector.Protector, alternatives ...string) gin.HandlerFunc {
	return middleware(guard.Optional(alternatives...))
}

// RequirePolicy returns [protector.Protector.RequirePolicy] as a middleware of
// gin.
func RequirePolicy(guard *protector.Protector, policy protector.Policy) gin.HandlerFunc {
	return middleware(guard.RequirePolicy(policy))
}

// CurrentToken is [protector.CurrentToken] of the request's context. A
// *gin.Context is a context too, and one that does not lead there, unless
// Engine.ContextWithFallback is set: to pass it to protector.CurrentToken finds
// nobody.
func CurrentToken[T protector.Token](c *gin.Context) (T, bool) {
	return protector.CurrentToken[T](c.Request.Context())
}

// middleware puts the middleware of net/http, and with it everything that a
// protector does beside deciding, before gin's handlers.
//
// What [gin.WrapH] makes of it goes on with the next handler behind a 401. Here,
// the handlers are called by the protector or not at all.
func middleware(protect func(http.Handler) http.Handler) gin.HandlerFunc {
	protected := protect(http.HandlerFunc(proceed))
	return func(c *gin.Context) {
		b := &bridge{ResponseWriter: c.Writer, c: c}
		// Deferred, for a panic: who recovers from it further out, and does not
		// abort, would have gin call the next handler.
		defer func() {
			if !b.passed {
				c.Abort()
			}
		}()
		if pattern := c.FullPath(); pattern != "" {
			c.Request.Pattern = pattern // for Decision, as http.ServeMux does
		}
		outer := c.Request.Context()
		protected.ServeHTTP(b, c.Request)
		if outer.Err() == nil && c.Request.Context().Err() != nil { // UntilExpiry is for the handlers behind
			c.Request = c.Request.WithContext(outer)
		}
	}
}

// proceed is the handler that a protector lets a request through to.
func proceed(w http.ResponseWriter, r *http.Request) {
	b := bridgeOf(w)
	b.passed = true
	b.c.Request = r
	b.c.Writer = b // for a handler that calls WriteError
	if w != b {
		b.c.Writer = &overseen{b.ResponseWriter, w}
	}
	b.c.Next()
}
