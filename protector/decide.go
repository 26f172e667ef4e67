package protector

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// admit decides, tells those who watch, and returns the request as whoever
// comes next may see it: with the token, or without any.
func (p *Protector) admit(r *http.Request, rule *rule) (*http.Request, *grant, *Error) {
	var started time.Time
	if p.observed() {
		started = time.Now()
	}
	g, reused, err := p.decide(r, rule)
	if err != nil {
		r = withGrant(r, nobody)
	} else {
		r = withGrant(r, g)
	}
	if p.observed() {
		p.report(r, g, reused, err, started)
	}
	return r, g, err
}

// decide answers the one question of this package. It writes nothing. The grant
// is returned beside an error where the token is known, for the report.
func (p *Protector) decide(r *http.Request, rule *rule) (*grant, bool, *Error) {
	g, reused, err := p.identify(r)
	if err != nil {
		return nil, false, err
	}
	if g.token == nil {
		if rule.optional || p.preflights && isPreflight(r) {
			return g, reused, nil
		}
		return g, reused, errNoCredentials(r)
	}
	if reason := lifeless(g.token, p.now()); reason != "" {
		return g, reused, errInvalidToken(reason).usedBy(g.credential.scheme)
	}
	if err := rule.permits(r.Context(), g); err != nil {
		return g, reused, err.usedBy(g.credential.scheme)
	}
	return g, reused, nil
}

// identify finds out who is calling: once per request, however often it is
// asked. What was found further out holds as long as the request still carries
// the same credential, or no longer carries one. A request made from this one's
// context with a credential of its own, as a batch endpoint does, is somebody
// else's.
func (p *Protector) identify(r *http.Request) (*grant, bool, *Error) {
	current := innermost(r.Context())
	c, err := p.credential(r)
	if err != nil {
		return nil, false, err
	}
	if g := current.from(p); g != nil && (c.token == "" || c == g.credential) {
		if g == current {
			return g, true, nil
		}
		return &grant{by: p, token: g.token, credential: g.credential, outer: current}, true, nil
	}
	if err := p.checkRequest(r, c); err != nil {
		return nil, false, err
	}
	g := &grant{by: p, credential: c}
	if current != nobody {
		g.outer = current
	}
	if c.token == "" {
		return g, false, nil
	}
	g.token, err = authenticate(r, c)
	if err != nil {
		return nil, false, err.usedBy(c.scheme)
	}
	return g, false, nil
}

func (p *Protector) checkRequest(r *http.Request, c credential) *Error {
	if p.requestCheck == nil {
		return nil
	}
	err := p.requestCheck(r)
	if err == nil {
		return nil
	}
	return fromCheck(err, c.token, errInvalidRequest(reasonRequestCheck)).usedBy(c.scheme)
}

// authenticate asks the validator in charge.
func authenticate(r *http.Request, c credential) (Token, *Error) {
	v := c.scheme.validatorFor(c.token)
	if v == nil {
		return nil, errInvalidToken(reasonNoValidator)
	}
	token, err := v.authenticate(r, c.token)
	if err != nil {
		answer := fromAuthenticate(err, c.token)
		if answer.Status == http.StatusServiceUnavailable && errors.Is(r.Context().Err(), context.Canceled) {
			answer.Reason = reasonCanceled // the client has left; nobody was out of order
		}
		return nil, answer
	}
	if token == nil {
		return nil, errInvalidToken(reasonUnknownToken)
	}
	// A token that is bound to a key is good only with a proof of it, and no
	// scheme here asks for one (RFC 9449 §7.1, RFC 8705 §3). Sent as it is, it
	// may well be stolen.
	if bound(token) {
		return nil, errInvalidToken(reasonBound)
	}
	return token, nil
}

// isPreflight reports whether the request is a CORS preflight (Fetch §4.8).
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header["Origin"] != nil && r.Header["Access-Control-Request-Method"] != nil
}
