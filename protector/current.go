package protector

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
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

// TokenOf returns the token that the protector has let through, whatever stands between
// it and the handler: where two protectors are in front of one handler, each for a token
// of its own, it finds both.
//
//	user, ok := protector.TokenOf[*jwt.Token](r.Context(), users)
//	transaction, ok := protector.TokenOf[*jwt.Token](r.Context(), transactions)
//
// It reports false where [CurrentToken] would: for a protector that has let nobody
// through, or somebody anonymous, for a token of another type, and after a refusal by
// any protector. The Check of an inner protector's [Policy] can ask for the outer's
// token, to compare the two.
func TokenOf[T Token](ctx context.Context, guard *Protector) (T, bool) {
	var none T
	if guard.unbuilt("TokenOf") != nil {
		return none, false
	}
	g := innermost(ctx).from(guard.identity)
	if g == nil {
		return none, false
	}
	token, ok := g.token.(T)
	return token, ok
}

type contextKey struct{}

// carrier is a context with a grant in it. Every request needs one. The grant
// stays behind a pointer: what prints a request prints the fields of its context.
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

// Format keeps every verb from looking inside.
func (c *carrier) Format(s fmt.State, _ rune) { fmt.Fprint(s, c.String()) }

func innermost(ctx context.Context) *grant {
	if g, ok := ctx.Value(contextKey{}).(*grant); ok {
		return g
	}
	return nobody
}

// withGrant returns a context in which g is the innermost grant. A grant is put
// into one context as a rule, so it has the room for that in itself.
func withGrant(ctx context.Context, g *grant) context.Context {
	switch {
	case innermost(ctx) == g:
		return ctx
	case g == nobody || g.carrier.grant != nil:
		return &carrier{ctx, g}
	}
	g.carrier = carrier{ctx, g}
	return &g.carrier
}

// withoutCurrent returns the request as somebody may see it about whom nothing is
// known yet, or who was turned away.
func withoutCurrent(r *http.Request) *http.Request {
	if innermost(r.Context()) == nobody {
		return r
	}
	return r.WithContext(withGrant(r.Context(), nobody))
}

// keepBody gives r what a check has made of the body of its copy: whoever parses
// a form, or reads a body and puts it back, does so for those who come later. What
// is the same is not written: others may be reading r.
func keepBody(r, copied *http.Request) {
	if !isSameBody(r.Body, copied.Body) {
		r.Body = copied.Body
	}
	if r.Form == nil && copied.Form != nil {
		r.Form = copied.Form
	}
	if r.PostForm == nil && copied.PostForm != nil {
		r.PostForm = copied.PostForm
	}
	if r.MultipartForm != copied.MultipartForm {
		r.MultipartForm = copied.MultipartForm
	}
}

// isSameBody compares what not every type lets be compared.
func isSameBody(a, b io.ReadCloser) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}
