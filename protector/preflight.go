package protector

import (
	"context"
	"net/http"
	"time"
)

// answersPreflight answers a CORS preflight by the handler given for that, and
// reports whether it has. The protected handler is not reached: a method
// override in front of it, or one that takes every method alike, would make a
// preflight a way in.
//
// A preflight carries no credentials (Fetch §4.8). A request that does is judged
// like any other.
func (p *Protector) answersPreflight(w http.ResponseWriter, r *http.Request) bool {
	if !p.mayAnswerPreflight(r) {
		return false
	}
	started := time.Now()
	ctx := context.WithValue(r.Context(), preflightKey{p.identity}, true)
	r = r.WithContext(withGrant(ctx, nobody))
	if p.observed() {
		p.report(r, nil, judgement{grant: nobody}, started)
	}
	p.preflight.ServeHTTP(w, r)
	return true
}

// mayAnswerPreflight reports whether the request is one for that handler.
func (p *Protector) mayAnswerPreflight(r *http.Request) bool {
	if p.preflight == nil || !isPreflight(r) || answeringPreflight(r.Context(), p.identity) {
		return false
	}
	c, err := p.credential(r)
	return err == nil && c.token == ""
}

// preflightKey marks the request that a protector has given to its handler for
// preflights. If that handler leads back to the protector, as a whole mux would,
// the preflight is refused like any request without a token, instead of going
// round until the stack is used up.
type preflightKey struct{ by *identity }

func answeringPreflight(ctx context.Context, by *identity) bool {
	return ctx.Value(preflightKey{by}) != nil
}

// isPreflight reports whether the request is a CORS preflight (Fetch §4.8).
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header["Origin"] != nil && r.Header["Access-Control-Request-Method"] != nil
}
