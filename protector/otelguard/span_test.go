package otelguard_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/otelguard"
)

// checklist 222
func TestSpansTellOfTheLastDecision(t *testing.T) {
	o := observe(t, otelguard.Config{Keys: map[string]otelguard.KeySet{"a": fixed{}}})
	recorder := tracetest.NewSpanRecorder()
	tracer := trace.NewTracerProvider(trace.WithSpanProcessor(recorder)).Tracer("test")
	decide := func(decisions ...protector.Decision) string {
		ctx, span := tracer.Start(t.Context(), "request")
		for _, d := range decisions {
			o.OnDecision(ctx, d)
		}
		span.End()
		ended := recorder.Ended()
		return text(attribute.NewSet(ended[len(ended)-1].Attributes()...))
	}
	granted := protector.Decision{
		Outcome: protector.OutcomeGranted, Scheme: "Bearer", Issuer: "https://a.example",
		Subject: "alice", ClientID: "shop", Pattern: "/x", Method: "GET",
	}
	refused := granted
	refused.Outcome, refused.Reason = protector.OutcomeRefused, "insufficient_scope"
	stranger := protector.Decision{
		Outcome: protector.OutcomeRefused, Reason: "made up", Scheme: "Bearer", Issuer: "https://stranger.example",
	}
	shadowed := stranger
	shadowed.Shadow = true
	const ours = "resourceserver."
	require.Equal(t, ours+"issuer=a "+ours+"outcome=granted "+ours+"scheme=Bearer", decide(granted))
	require.Equal(t, ours+"issuer=a "+ours+"outcome=refused "+ours+"reason=insufficient_scope "+ours+"scheme=Bearer",
		decide(granted, refused))
	require.Equal(t, ours+"outcome=refused "+ours+"reason=_OTHER "+ours+"scheme=Bearer", decide(stranger))
	require.Equal(t, ours+"issuer=a "+ours+"outcome=granted "+ours+"scheme=Bearer "+ours+"shadow.outcome=refused "+
		ours+"shadow.reason=_OTHER "+ours+"shadow.scheme=Bearer", decide(shadowed, granted))
}
