package protector

import "net/http"

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
// [Policy.Validate] first for requirements that come from elsewhere. It also
// panics on a nil or zero Protector, as everything does that wires handlers.
func (p *Protector) Require(alternatives ...string) func(http.Handler) http.Handler {
	return p.middleware(p.mustCompile("Require", Policy{Scopes: alternatives}))
}

// Optional is [Protector.Require] that also lets requests without a token
// through, as anonymous: the handler asks [CurrentToken]. Only a missing token
// is anonymous. A bad one is answered 401 and one that grants too little 403,
// exactly as by Require, so that a client learns that its token has expired.
//
// The answer depends on whether there was a token, so it gets Vary, with the
// fields that are looked at: Authorization, as a rule.
func (p *Protector) Optional(alternatives ...string) func(http.Handler) http.Handler {
	return p.middleware(p.mustCompile("Optional", Policy{Scopes: alternatives, Optional: true}))
}

// RequirePolicy is [Protector.Require] for more than scopes. It panics on a
// policy that [Policy.Validate] finds fault with.
func (p *Protector) RequirePolicy(policy Policy) func(http.Handler) http.Handler {
	return p.middleware(p.mustCompile("RequirePolicy", policy))
}

func (p *Protector) middleware(rule *Rule) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if isNil(next) {
			panic("protector: the handler to protect is nil")
		}
		rule := p.narrowed(rule, next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p.serve(w, r, rule, next)
		})
	}
}

func (p *Protector) serve(w http.ResponseWriter, r *http.Request, rule *Rule, next http.Handler) {
	if p.inShadow(rule) {
		next.ServeHTTP(w, p.pass(r, rule))
		return
	}
	if p.answersPreflight(w, r) {
		return
	}
	r, j := p.admit(r, rule)
	if j.err != nil {
		p.write(w, r, j.err)
		return
	}
	if j.release != nil {
		defer j.release()
	}
	if rule.vary != "" {
		addVary(w.Header(), rule.vary)
	}
	if j.grant.possession != nil {
		mergeFields(w.Header(), j.grant.possession.header)
	}
	mark := j.grant.cacheMark()
	if mark == nil {
		next.ServeHTTP(w, r)
		return
	}
	answer := &answerWriter{ResponseWriter: w, status: http.StatusOK, mark: mark}
	next.ServeHTTP(answer, r)
	if !answer.begun { // and if a framework answers in the handler's place, by the same writer, again then
		mark(w.Header())
	}
}

// cacheMark returns what has the last word about the caching of the answer, or nil
// if that is the handler's own affair.
func (g *grant) cacheMark() func(http.Header) {
	switch {
	case g.possession.answerHeader().Get("Cache-Control") == noStore:
		return markUncacheable
	case g.credential.unseen():
		return markPrivate
	}
	return nil
}
