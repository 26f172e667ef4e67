package protector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// longestShadow is how far ahead the end of a shadow may be: what is tried out for
// longer is not tried out, but switched off.
const longestShadow = 90 * 24 * time.Hour

// shadow is the time in which a rule is not enforced.
type shadow struct {
	until time.Time
	over  atomic.Bool // for good, whatever the clock says later
}

// Shadowed reports whether the request has passed a policy that was not enforced, see
// [Policy].InsecureShadowUntil: nobody was turned away by it, and no current token is
// there by it. A token that [CurrentToken] finds all the same is that of another policy,
// which was enforced.
func Shadowed(ctx context.Context) bool { return ctx.Value(shadowKey{}) != nil }

type shadowKey struct{}

// passed is what a request has in its context that went on in shadow.
type passed struct {
	rule     *Rule
	outer    *passed
	enforced bool // further in, and later: the day had come
}

// inShadow reports whether the rule is not enforced, by now.
func (p *Protector) inShadow(rule *Rule) bool {
	s := rule.shadow
	if s == nil || s.over.Load() {
		return false
	}
	if p.now().Before(s.until) {
		return true
	}
	if !s.over.Swap(true) {
		p.logger.Warn("protector: a shadow has ended: the policy is enforced from now on", rule.shadowAttrs()...)
	}
	return false
}

// pass decides as ever, tells those who watch, and returns the request as it would go on
// without the rule: but for the mark, its context is what it was.
//
// A current token stays what it was, too. It is by a rule further out, which was enforced.
func (p *Protector) pass(r *http.Request, rule *Rule) *http.Request {
	started := time.Now()
	j := judgement{grant: nobody}
	if !p.mayAnswerPreflight(r) {
		j = p.judge(r, rule, (*possession).unspent)
	}
	j.shadow = true
	outer, _ := r.Context().Value(shadowKey{}).(*passed)
	r = r.WithContext(context.WithValue(r.Context(), shadowKey{}, &passed{rule: rule, outer: outer}))
	p.report(r, rule, j, started)
	return r
}

// enforcedOn returns the request as one that the rule was enforced on, if it has passed
// the same rule in shadow before: the day may come in between.
func (rule *Rule) enforcedOn(r *http.Request) *http.Request {
	if !rule.shadows(r) {
		return r
	}
	outer, _ := r.Context().Value(shadowKey{}).(*passed)
	return r.WithContext(context.WithValue(r.Context(), shadowKey{}, &passed{rule, outer, true}))
}

// shadowUntil is when the rule will be enforced, if it is not.
func (p *Protector) shadowUntil(rule *Rule) (until time.Time) {
	if s := rule.shadow; s != nil && !s.over.Load() && p.now().Before(s.until) {
		until = s.until
	}
	return until
}

// shadows reports whether the request has passed the rule in shadow, and not enforced
// since.
func (rule *Rule) shadows(r *http.Request) bool {
	if rule.shadow == nil {
		return false
	}
	mark, _ := r.Context().Value(shadowKey{}).(*passed)
	for ; mark != nil; mark = mark.outer {
		if mark.rule.shadow == rule.shadow {
			return !mark.enforced
		}
	}
	return false
}

// lenient reports whether somebody without a token may pass, now or for a time.
func (rule *Rule) lenient() bool { return rule.optional || rule.shadow != nil }

// shadowFaults keeps a shadow from being left on, or unnoticed.
func (p *Protector) shadowFaults(policy Policy) (faults []error) {
	until := policy.InsecureShadowUntil
	if until.IsZero() {
		return nil
	}
	if until.Round(0).Sub(p.now().Round(0)) > longestShadow {
		faults = append(faults, fmt.Errorf(
			"InsecureShadowUntil is %s, which is more than 90 days ahead: set an earlier date",
			until.UTC().Format(time.RFC3339)))
	}
	if until.UTC().Year() < 0 { // JSON has no such date, and with one the inventory none of its rules
		faults = append(faults, errors.New("InsecureShadowUntil is before the year 0: set a later date"))
	}
	if p.logger == nil {
		faults = append(faults, errors.New("InsecureShadowUntil is set, and Config.Logger is not, "+
			"so that nobody would notice: set it"))
	}
	return faults
}

// warn has the log say which policies are not enforced.
func (p *Protector) warn(caller string, rule *Rule) {
	if rule.shadow == nil {
		return
	}
	message := "protector: a policy is in shadow: requests that it would refuse go on"
	if !p.now().Before(rule.shadow.until) {
		rule.shadow.over.Store(true)
		message = "protector: a shadow has ended: the policy is enforced, and InsecureShadowUntil can be removed"
	}
	p.logger.Warn(message, append(rule.shadowAttrs(), slog.String("made_by", caller))...)
}

func (rule *Rule) shadowAttrs() []any {
	attrs := []any{slog.Time("until", rule.shadow.until)}
	if rule.name != "" {
		attrs = append(attrs, slog.String("policy", rule.name))
	}
	if scopes := rule.policy.Scopes; scopes != nil {
		attrs = append(attrs, slog.Any("scopes", scopes))
	}
	return attrs
}
