package protector

import (
	"net/http"
)

// Require returns a middleware that lets a request through if its token is
// valid and grants one of the alternatives. An alternative is a scope, or
// several separated by spaces that are all needed; see the package scopes.
// Without alternatives any valid token will do.
//
//	guard.Require("profile email", "user")   // (profile AND email) OR user
//
// A handler behind it can rely on [CurrentToken]. The middleware may be nested:
// the token is authenticated once per request, and every requirement holds.
//
// Require panics if an alternative is blank or holds a character that no scope
// has, and on an empty list that is not nil: these are mistakes in the program,
// and must neither wait for a request nor become an open door. Use
// [Policy.Validate] first for requirements that come from elsewhere.
func (p *Protector) Require(alternatives ...string) func(http.Handler) http.Handler {
	return p.middleware(mustCompile("Require", Policy{Scopes: alternatives}))
}

// Optional is [Protector.Require] that also lets requests without a token
// through, as anonymous: the handler asks [CurrentToken]. Only a missing token
// is anonymous. A bad one is answered 401 and one that grants too little 403,
// exactly as by Require, so that a client learns that its token has expired.
//
// Where the answer to anonymous requests may be cached, the handler says Vary:
// Authorization.
func (p *Protector) Optional(alternatives ...string) func(http.Handler) http.Handler {
	return p.middleware(mustCompile("Optional", Policy{Scopes: alternatives, Optional: true}))
}

// RequirePolicy is [Protector.Require] for more than scopes. It panics on a
// policy that [Policy.Validate] finds fault with.
func (p *Protector) RequirePolicy(policy Policy) func(http.Handler) http.Handler {
	return p.middleware(mustCompile("RequirePolicy", policy))
}

// Acquire authenticates the request within a handler, where which scopes are
// needed depends on what is asked for. It follows the rules of
// [Protector.Require] and needs no middleware; behind one of the same protector
// it uses the token that is there already.
//
// The error is an [*Error]; pass it to [Protector.WriteError] and return. A
// blank or malformed alternative is an error too, answered with 500: there is
// no start-up to panic at, and 503 would have clients repeat a request that
// cannot succeed.
//
// Acquire cannot set fields of the answer: with tokens in cookies, forms or
// queries, the handler sets Cache-Control itself.
func (p *Protector) Acquire(r *http.Request, alternatives ...string) (Token, error) {
	rule, err := p.acquired.rule(alternatives)
	if err != nil {
		e := errProgram(err)
		p.reportProgramError(r, e)
		return nil, e
	}
	_, g, refusal := p.admit(r, rule)
	if refusal != nil {
		return nil, refusal
	}
	if g.token == nil { // a preflight that UnauthenticatedPreflight lets through
		return nil, errNoCredentials(r)
	}
	return g.token, nil
}

func (p *Protector) middleware(rule *rule) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if f, ok := next.(http.HandlerFunc); next == nil || ok && f == nil {
			panic("protector: the handler to protect is nil")
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p.serve(w, r, rule, next)
		})
	}
}

func (p *Protector) serve(w http.ResponseWriter, r *http.Request, rule *rule, next http.Handler) {
	r, g, err := p.admit(r, rule)
	if err != nil {
		p.answer(w, r, err)
		return
	}
	if g.credential.unseen {
		private := &privateWriter{ResponseWriter: w}
		next.ServeHTTP(private, r)
		private.finish()
		return
	}
	next.ServeHTTP(w, r)
}
