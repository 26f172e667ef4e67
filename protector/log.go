package protector

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// log leaves the subject out: logs are kept longer, and read by more people,
// than personal data should be. The path and the query are left out as well;
// either may hold secrets, the query the token itself.
//
// The identifier of the token is hashed: it serves to find the same token in another
// log, and not to find it at the issuer without that.
func (p *Protector) log(ctx context.Context, d Decision, g *grant) {
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
	attrs = appendSet(attrs, "issuer", shortened(d.Issuer, longestQuoted))
	attrs = appendSet(attrs, "client_id", shortened(d.ClientID, longestQuoted))
	attrs = appendSet(attrs, "policy", d.Policy)
	attrs = appendSet(attrs, "jti_sha256", hashedID(g))
	if d.Status != 0 {
		attrs = append(attrs, slog.Int("status", d.Status))
	}
	if e, ok := errors.AsType[*Error](d.Err); ok {
		attrs = appendSet(attrs, "scope", e.Scope)
		if e.Err != nil {
			attrs = append(attrs, slog.String("error", shortened(e.Err.Error(), longestLogged)))
		} else { // what is refused here; the errors of others tell their remedies themselves
			attrs = appendSet(attrs, "remedy", remedies[e.Reason])
		}
		attrs = appendSet(attrs, "expected", quotedValues(e.mismatch.expected))
		attrs = appendSet(attrs, "received", quotedValues(e.mismatch.received))
	}
	if d.Shadow {
		attrs = append(attrs, slog.Bool("shadow", true))
	}
	if leftOut > 0 {
		attrs = append(attrs, slog.Int64("left_out", leftOut))
	}
	message := "access " + string(d.Outcome)
	if d.Shadow {
		message += ", if it were not for the shadow mode"
	}
	p.logger.LogAttrs(ctx, level, message, attrs...)
}

// hashedID is the beginning of the hash of what the token's method ID returns, in
// hexadecimal, or empty.
func hashedID(g *grant) string {
	if g == nil {
		return ""
	}
	t, ok := g.token.(interface{ ID() string })
	if !ok || t.ID() == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(t.ID()))
	return hex.EncodeToString(sum[:16])
}

// longestLogged bounds what the error of somebody else adds to the log.
const longestLogged = 1 << 10

func shortened(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
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
	case d.Shadow && d.Outcome == OutcomeRefused: // what the shadow mode is there to find
		return slog.LevelInfo
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
