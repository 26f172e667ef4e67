package protector

import "net/http"

// judgement is what decide found out.
type judgement struct {
	visible *grant // what whoever comes next may see: the token, or nobody's
	grant   *grant // beside an error: whose token it was, for the report, or nil
	reused  bool   // the token had been authenticated further out
	err     *Error
	release func() // to be called when the request is over; nil: nothing waits for it
	shadow  bool   // the request goes on, whatever was found out
}

// decide answers the one question of this package. It writes nothing.
func (p *Protector) decide(r *http.Request, rule *Rule) judgement {
	return p.judge(r, rule, (*possession).spend)
}

// judge is decide with what becomes of the proofs, once everything about the token is
// known to be good.
func (p *Protector) judge(
	r *http.Request, rule *Rule, settle func(*possession, *http.Request) *Error,
) (j judgement) {
	current := innermost(r.Context())
	c, err := p.credential(r)
	if err == nil {
		j.grant, j.reused, err = p.identify(r, c, current)
	}
	if err == nil {
		err = settle(j.grant.possession, r)
	}
	if err == nil {
		err = rule.admits(r, j.grant).with(j.grant.possession.answerHeader())
	}
	j.visible = j.grant
	if err != nil {
		j.err, j.visible = err.under(c.scheme), nobody
	}
	return j
}

// identify finds out who is calling: once per request, however often it is
// asked. The grant beside an error is for the report: a token that is genuine
// and of no use.
func (p *Protector) identify(r *http.Request, c credential, current *grant) (g *grant, reused bool, err *Error) {
	if known := current.from(p.identity); known != nil && known.holdsFor(r, c) {
		if known != current {
			known = known.inside(current)
		}
		return known, true, p.alive(known.token)
	}
	if current == nobody {
		g, err = p.authenticate(r, c)
		return g.withholding(r), false, err
	}
	blind := withoutCurrent(r)
	g, err = p.authenticate(blind, c)
	keepBody(r, blind)
	if g != nil {
		g.outer = current
	}
	return g.withholding(r), false, err
}

// authenticate judges a request about which nothing is known. Nothing that it
// calls sees a current token: it would be somebody else's.
//
// What can refuse without a trace comes before the proofs are spent.
func (p *Protector) authenticate(r *http.Request, c credential) (*grant, *Error) {
	if err := p.checkRequest(r, c); err != nil {
		return nil, err
	}
	g := &grant{by: p.identity, credential: c, target: targetOf(r)}
	if c.token == "" {
		return g, nil
	}
	v := c.scheme.validatorFor(c.token)
	if v == nil {
		return nil, errInvalidToken(reasonNoValidator, nil)
	}
	var err *Error
	if g.possession, err = gather(r, c.token, v.proofs); err != nil {
		return nil, err
	}
	if g.token, err = v.validate(r, c.token); err != nil {
		return nil, err
	}
	if err = p.alive(g.token); err != nil {
		return g, err
	}
	return g, g.possession.confirm(r, confirmationOf(g.token))
}

func (p *Protector) checkRequest(r *http.Request, c credential) *Error {
	if p.requestCheck == nil {
		return nil
	}
	err := p.requestCheck(r)
	if err == nil {
		return nil
	}
	return fromCheck(err, c.token, errInvalidRequest(reasonRequestCheck, nil))
}

// alive refuses a token that has ended. It is asked at every decision, also when
// the token was authenticated further out: it costs little, and a handler that
// streams for an hour can ask again to learn that its token has run out.
func (p *Protector) alive(token Token) *Error {
	if token == nil {
		return nil
	}
	if reason := lifeless(token, p.now()); reason != "" {
		return errInvalidToken(reason, nil)
	}
	return nil
}

// validate asks the authenticate function. An error of the client's leaving is
// nobody's outage.
func (v *Validator) validate(r *http.Request, credential string) (Token, *Error) {
	token, err := v.authenticate(r, credential)
	if err != nil {
		return nil, fromAuthenticate(r.Context(), err, credential)
	}
	if token == nil {
		return nil, errInvalidToken(reasonUnknownToken, nil)
	}
	return token, nil
}
