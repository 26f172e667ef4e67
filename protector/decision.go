package protector

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
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
// Outcome, Status, Reason, Scheme, Pattern and Method are fit for metric
// labels: they take few values, as long as the validators' reasons do. The
// token is in no field.
type Decision struct {
	// Method and Pattern are the request's method and the pattern of the route
	// that matched. The pattern is empty if the protector stands before the
	// router. A method that is none of HTTP's own is "other".
	Method, Pattern string

	Outcome Outcome

	// Reason says why access was not granted: the reason that the validator
	// stated, or one of those listed under "Reasons" in the package
	// documentation. It is empty where access was granted.
	Reason string

	// Status is the status of the answer, or 0 if the handler gives it.
	Status int

	// Scheme is the authentication scheme of the request, or empty.
	Scheme string

	// Issuer, ClientID and Subject come from the token's methods of that name,
	// once it was authenticated. They are empty otherwise.
	Issuer, ClientID, Subject string

	// Duration is how long the decision took, authenticate included.
	Duration time.Duration

	// Reused says that the token had been authenticated further out.
	Reused bool

	// Err is the [*Error] of a refusal or an outage, or nil.
	Err error
}

func (p *Protector) observed() bool { return p.onDecision != nil || p.logger != nil }

func (p *Protector) report(r *http.Request, g *grant, reused bool, err *Error, started time.Time) {
	d := Decision{Method: methodLabel(r.Method), Pattern: r.Pattern, Outcome: OutcomeGranted, Reused: reused}
	d.identify(g)
	switch {
	case err != nil:
		d.refused(err)
	case g.token == nil:
		d.Outcome = OutcomeAnonymous
	}
	d.Duration = time.Since(started)
	p.tell(r.Context(), d)
}

// reportProgramError reports an Acquire that could not be understood.
func (p *Protector) reportProgramError(r *http.Request, err *Error) {
	if p.observed() {
		p.report(withGrant(r, nobody), nil, false, err, time.Now())
	}
}

func (p *Protector) tell(ctx context.Context, d Decision) {
	if p.logger != nil {
		p.log(ctx, d)
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
	if t, ok := g.token.(interface{ Issuer() string }); ok {
		d.Issuer = t.Issuer()
	}
	if t, ok := g.token.(interface{ ClientID() string }); ok {
		d.ClientID = t.ClientID()
	}
	if t, ok := g.token.(interface{ Subject() string }); ok {
		d.Subject = t.Subject()
	}
}

// log leaves the subject out: logs are kept longer, and read by more people,
// than personal data should be. The path and the query are left out as well;
// either may hold secrets, the query the token itself.
func (p *Protector) log(ctx context.Context, d Decision) {
	level := levelOf(d)
	if !p.logger.Enabled(ctx, level) {
		return
	}
	leftOut, ok := p.sample(d)
	if !ok {
		return
	}
	attrs := []slog.Attr{
		slog.String("outcome", string(d.Outcome)),
		slog.String("method", d.Method),
		slog.Duration("duration", d.Duration),
	}
	attrs = appendSet(attrs, "route", d.Pattern)
	attrs = appendSet(attrs, "reason", d.Reason)
	attrs = appendSet(attrs, "scheme", d.Scheme)
	attrs = appendSet(attrs, "issuer", d.Issuer)
	attrs = appendSet(attrs, "client_id", d.ClientID)
	if d.Status != 0 {
		attrs = append(attrs, slog.Int("status", d.Status))
	}
	if e, ok := errors.AsType[*Error](d.Err); ok {
		attrs = appendSet(attrs, "scope", e.Scope)
		if e.Err != nil {
			attrs = append(attrs, slog.String("error", e.Err.Error()))
		}
	}
	if leftOut > 0 {
		attrs = append(attrs, slog.Int64("left_out", leftOut))
	}
	p.logger.LogAttrs(ctx, level, "access "+string(d.Outcome), attrs...)
}

func appendSet(attrs []slog.Attr, key, value string) []slog.Attr {
	if value == "" {
		return attrs
	}
	return append(attrs, slog.String(key, value))
}

// levelOf weighs how much an operator wants to know of it.
func levelOf(d Decision) slog.Level {
	switch {
	case d.Outcome == OutcomeGranted, d.Outcome == OutcomeAnonymous,
		d.Reason == reasonNoCredentials, d.Reason == reasonCanceled:
		return slog.LevelDebug
	case d.Outcome == OutcomeRefused:
		return slog.LevelInfo
	}
	return slog.LevelError
}

// sample decides whether an outage is logged. It meets every request alike, so
// its records are thinned out; a mistake in the program is not, since its place
// has to be found.
func (p *Protector) sample(d Decision) (leftOut int64, ok bool) {
	if d.Status != http.StatusServiceUnavailable || d.Reason == reasonCanceled {
		return 0, true
	}
	return p.outages.take(time.Now())
}

// sampler lets one event a second through, and counts the others.
type sampler struct {
	next    atomic.Int64 // Unix nanoseconds
	leftOut atomic.Int64
}

func (s *sampler) take(now time.Time) (leftOut int64, ok bool) {
	next, t := s.next.Load(), now.UnixNano()
	early := t < next && next-t <= int64(time.Second) // further off: the clock was set back
	if early || !s.next.CompareAndSwap(next, t+int64(time.Second)) {
		s.leftOut.Add(1)
		return 0, false
	}
	return s.leftOut.Swap(0), true
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
