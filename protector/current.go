package protector

import (
	"context"
	"fmt"
	"net/http"
)

// CurrentToken returns the token that the innermost protector around the
// handler has let through, as the type that its authenticate function returned.
//
// Behind Require it reports true for that type. It reports false where there is
// no token: outside a protected handler, for an anonymous request behind
// Optional, and after a refusal, so that an ErrorHandler cannot act for
// somebody who was turned away. It also reports false for a token of another
// type: only the innermost protector counts, and a token that another one
// accepted is not looked for behind it.
func CurrentToken[T Token](ctx context.Context) (T, bool) {
	token, ok := innermost(ctx).token.(T)
	return token, ok
}

type contextKey struct{}

// carrier is a context with a grant in it. Every request needs one, and it is half
// as large as the one that context.WithValue returns. The grant stays behind a
// pointer: what prints a request prints the fields of its context.
type carrier struct {
	context.Context
	grant *grant
}

func (c *carrier) Value(key any) any {
	if key == (contextKey{}) {
		return c.grant
	}
	return c.Context.Value(key)
}

// String says what a context of the standard library says.
func (c *carrier) String() string { return fmt.Sprint(c.Context) + ".WithToken" }

// grant is the outcome of a successful decision. It is written once and then
// only read.
type grant struct {
	by         *Protector
	token      Token // nil: anonymous
	credential credential
	outer      *grant
}

// nobody is the state outside every protector, and of a request that was turned
// away.
var nobody = &grant{}

func innermost(ctx context.Context) *grant {
	if g, ok := ctx.Value(contextKey{}).(*grant); ok {
		return g
	}
	return nobody
}

// from returns what p granted here or further out, or nil. The protector is
// compared: what another one accepted proves nothing to this one, which may
// have another issuer, another audience or another table.
func (g *grant) from(p *Protector) *grant {
	for ; g != nil; g = g.outer {
		if g.by == p {
			return g
		}
	}
	return nil
}

func withGrant(r *http.Request, g *grant) *http.Request {
	if innermost(r.Context()) == g {
		return r
	}
	return r.WithContext(&carrier{r.Context(), g})
}
