package protector

import (
	"context"
	"net/http"
	"time"
)

// Outcome is how a decision ended.
type Outcome string

// The outcomes.
const (
	OutcomeGranted     Outcome = "granted"     // a valid token that meets the requirement
	OutcomeAnonymous   Outcome = "anonymous"   // no token, and none needed
	OutcomeRefused     Outcome = "refused"     // 4xx
	OutcomeUnavailable Outcome = "unavailable" // 5xx: nobody could tell
)

// Decision is what Config.OnDecision is told. A request has one for each
// protector middleware and each Acquire it passes; all but the first of a
// protector have Reused set.
//
// Outcome, Status, Reason, Scheme, Policy, Pattern and Method are fit for metric
// labels: they take few values, as long as the validators' reasons do. The
// token is in no field.
type Decision struct {
	// Method and Pattern are the request's method and the pattern of the route
	// that matched. The pattern is empty if the protector stands before the
	// router, unless the request's Pattern was set in front of it. A method that is none of HTTP's own is "other".
	Method, Pattern string

	Outcome Outcome

	// Reason says why access was not granted: the reason that the validator
	// stated, or one of those listed under "Reasons" in the package
	// documentation. It is empty where access was granted.
	Reason string

	// Status is the status of the answer, or 0 if the handler gives it.
	Status int

	// Policy is the Name of the policy that was asked for, or empty.
	Policy string

	// Scheme is the authentication scheme of the request, the name of the [Field] that
	// its token was in, or empty.
	Scheme string

	// Issuer, ClientID and Subject come from the token's methods of that name,
	// once it was authenticated. They are empty otherwise.
	Issuer, ClientID, Subject string

	// Duration is how long the decision took, authenticate included.
	Duration time.Duration

	// Reused says that the token had been authenticated further out.
	Reused bool

	// Shadow says that the policy is in shadow: all else tells what would have been
	// decided, and the request went on to its handler. See [Policy].InsecureShadowUntil.
	Shadow bool

	// Err is the [*Error] of a refusal or an outage, or nil.
	Err error
}

func (p *Protector) observed() bool { return p.onDecision != nil || p.logger != nil }

func (p *Protector) report(r *http.Request, rule *Rule, j judgement, started time.Time) {
	d := Decision{
		Method: methodLabel(r.Method), Pattern: r.Pattern, Outcome: OutcomeGranted, Reused: j.reused, Shadow: j.shadow,
	}
	if rule != nil {
		d.Policy = rule.name
	}
	d.identify(j.grant)
	switch {
	case j.err != nil:
		d.refused(j.err)
	case j.grant.token == nil:
		d.Outcome = OutcomeAnonymous
	}
	d.Duration = time.Since(started)
	p.tell(r.Context(), d, j.grant)
}

// reportMistake reports a call that could not be understood.
func (p *Protector) reportMistake(r *http.Request, err *Error) {
	if p != nil && p.observed() {
		p.report(r, nil, judgement{err: err}, time.Now())
	}
}

func (p *Protector) tell(ctx context.Context, d Decision, g *grant) {
	if p.logger != nil {
		p.log(ctx, d, g)
	}
	if p.onDecision != nil {
		p.onDecision(ctx, d)
	}
}

func (d *Decision) refused(err *Error) {
	d.Outcome, d.Reason, d.Status, d.Err = OutcomeRefused, err.Reason, err.Status, err
	if err.Status >= 500 {
		d.Outcome = OutcomeUnavailable
	}
	if d.Scheme == "" {
		d.Scheme = err.Scheme
	}
}

// identify tells whose token it was.
func (d *Decision) identify(g *grant) {
	if g == nil || g.token == nil {
		return
	}
	d.Scheme = g.credential.scheme.name
	if t, ok := g.token.(IssuerToken); ok {
		d.Issuer = t.Issuer()
	}
	d.ClientID = clientOf(g.token)
	if t, ok := g.token.(SubjectToken); ok {
		d.Subject = t.Subject()
	}
}

// methodLabel bounds the values: a method is any token the client makes up.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace, "QUERY":
		return method
	}
	return "other"
}
