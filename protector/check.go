package protector

import (
	"fmt"
	"net/http"
	"time"
)

// Check decides whether the request meets the rule. It is what every middleware
// of this package does before it writes, for whoever has no
// http.ResponseWriter, or a router of another kind.
//
// Check tells Config.OnDecision and Config.Logger, and writes nothing. With a
// nil error, the request that it returns has the token in its context, for
// [CurrentToken]; pass it on in the place of the one that came. The answer needs
// the fields that [Rule.AnswerHeader] returns. The error is an [*Error];
// [Protector.Answer] says how to answer it, and [Protector.WriteError] does. The
// request that comes with an error has no current token.
//
// A CORS preflight is judged like any other request: it is answered by
// Config.Preflight in the middlewares only.
//
// By a rule in shadow, see [Policy].InsecureShadowUntil, every request passes, without a
// token.
//
// A nil Rule, and one of another Protector, are mistakes in the program. No
// request meets them, and the answer is 500.
func (p *Protector) Check(r *http.Request, rule *Rule) (*http.Request, error) {
	if err := p.wiring("Check", rule); err != nil {
		return p.refuse(r, errProgram(reasonBadRequirement, err))
	}
	if p.inShadow(rule) {
		return p.pass(r, rule), nil
	}
	r, j := p.admit(r, rule)
	if j.err != nil { // a nil *Error in an error would not be nil
		return r, j.err
	}
	return r, nil
}

// admit decides, tells those who watch, and returns the request as whoever comes
// next may see it: with the token, or without any.
func (p *Protector) admit(r *http.Request, rule *Rule) (*http.Request, judgement) {
	var started time.Time
	if p.observed() {
		started = time.Now()
	}
	j := p.decide(r, rule)
	r = rule.enforcedOn(r)
	ctx, limited := r.Context(), rule.lifetime != nil && j.visible.token != nil
	if limited || innermost(ctx) != j.visible {
		ctx = withGrant(ctx, j.visible)
		if limited {
			ctx, j.release = rule.lifetime.limit(ctx, j.visible)
		}
		r = j.visible.withheld.strip(r.WithContext(ctx))
	}
	if p.observed() {
		p.report(r, rule, j, started)
	}
	return r, j
}

// refuse answers what could not be understood, so that nobody could decide.
func (p *Protector) refuse(r *http.Request, err *Error) (*http.Request, error) {
	r = withoutCurrent(r)
	p.reportMistake(r, err)
	return r, err
}

func (p *Protector) wiring(caller string, rule *Rule) error {
	if err := p.unbuilt(caller); err != nil {
		return err
	}
	if !p.made(rule) {
		return fmt.Errorf("protector: %s was given a nil Rule, or one that another Protector has made: "+
			"use this one's NewRule", caller)
	}
	return nil
}

// unbuilt is the fault of a Protector that New has not made. It has no
// validator, and so nothing to let anybody in by.
func (p *Protector) unbuilt(caller string) error {
	if p != nil && p.identity != nil {
		return nil
	}
	return fmt.Errorf("protector: %s was called on a nil or zero Protector: "+
		"build one with New, and check its error", caller)
}

func (p *Protector) mustBeBuilt(caller string) {
	if err := p.unbuilt(caller); err != nil {
		panic(err)
	}
}

// AnswerHeader returns the fields that the answer to a request needs which
// [Protector.Check] has let through by this rule. The request is the one that
// Check returned. The map is the caller's own, and often empty:
//
//   - Cache-Control: private, if the token was not in the Authorization field
//     (RFC 6750 §2.3 for the query). It holds for every status, and for what the handler sets:
//     set it last, unless the answer says no-store. So it is with no-store, which
//     a proof asks for that hands out a nonce.
//   - Vary, if the rule lets anonymous requests through, since the answer then
//     depends on whether there was a token. Add it to what is there.
//   - what the proofs of the token ask for, such as DPoP-Nonce.
//
// The middlewares of this package set them.
func (rule *Rule) AnswerHeader(r *http.Request) http.Header {
	header := make(http.Header)
	if rule == nil || rule.shadows(r) { // no request has passed it, or this one as if it were not there
		return header
	}
	if rule.vary != "" {
		header.Set("Vary", rule.vary)
	}
	g := innermost(r.Context()).from(rule.by)
	if g == nil {
		return header
	}
	mergeFields(header, g.possession.answerHeader())
	if mark := g.cacheMark(); mark != nil {
		mark(header)
	}
	return header
}
