package otelguard

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"example.com/resourceserver/protector"
)

// annotate writes the decision into the span of the request. A later decision about
// the same request replaces it, so the span tells of the one that counted.
//
// The reason is not called error.type here: that is how the server that made the span
// says why the request failed as a whole.
func (t *Telemetry) annotate(ctx context.Context, d protector.Decision) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	names := decided
	if d.Shadow {
		names = shadowed
	}
	attrs := []attribute.KeyValue{names.outcome.String(string(d.Outcome))}
	if d.Reason != "" {
		attrs = append(attrs, names.reason.String(t.known.reason(d.Reason)))
	}
	if scheme := t.known.schemes.known(d.Scheme); scheme != "" {
		attrs = append(attrs, names.scheme.String(scheme))
	}
	if issuer := t.issuers[d.Issuer]; issuer != "" {
		attrs = append(attrs, names.issuer.String(issuer))
	}
	span.SetAttributes(attrs...)
}

// spanNames are those of the attributes of a span.
type spanNames struct{ outcome, reason, scheme, issuer attribute.Key }

// A decision in shadow has names of its own: it did not count, so it must neither pass
// for one that did nor lend its reason to the next.
var (
	decided = spanNames{
		"resourceserver.outcome", "resourceserver.reason", "resourceserver.scheme", "resourceserver.issuer",
	}
	shadowed = spanNames{"resourceserver.shadow.outcome", "resourceserver.shadow.reason",
		"resourceserver.shadow.scheme", "resourceserver.shadow.issuer"}
)
