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
	attrs := []attribute.KeyValue{attribute.String("resourceserver.outcome", string(d.Outcome))}
	if d.Reason != "" {
		attrs = append(attrs, attribute.String("resourceserver.reason", t.known.reason(d.Reason)))
	}
	if scheme := t.known.schemes.known(d.Scheme); scheme != "" {
		attrs = append(attrs, attribute.String("resourceserver.scheme", scheme))
	}
	if issuer := t.issuers[d.Issuer]; issuer != "" {
		attrs = append(attrs, attribute.String("resourceserver.issuer", issuer))
	}
	span.SetAttributes(attrs...)
}
