package otelguard_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/internal/refusals"
	"example.com/resourceserver/protector/otelguard"
	"example.com/resourceserver/scopes"
)

// stuck is an exporter that never comes back.
type stuck struct{ entered, release chan struct{} }

func (stuck) Temporality(kind metric.InstrumentKind) metricdata.Temporality {
	return metric.DefaultTemporalitySelector(kind)
}

func (stuck) Aggregation(kind metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(kind)
}

func (s stuck) Export(context.Context, *metricdata.ResourceMetrics) error {
	s.entered <- struct{}{}
	<-s.release
	return nil
}

func (stuck) ForceFlush(context.Context) error { return nil }
func (stuck) Shutdown(context.Context) error   { return nil }

// checklist 222
func TestAnExporterThatBlocksHoldsNobodyUp(t *testing.T) {
	exporter := stuck{make(chan struct{}), make(chan struct{})}
	provider := metric.NewMeterProvider(metric.WithReader(
		metric.NewPeriodicReader(exporter, metric.WithInterval(time.Millisecond))))
	keys := map[string]otelguard.KeySet{"a": fixed{}}
	telemetry, err := otelguard.New(otelguard.Config{MeterProvider: provider, Keys: keys})
	require.NoError(t, err)
	telemetry.OnDecision(t.Context(), protector.Decision{Outcome: protector.OutcomeGranted})
	<-exporter.entered
	for i := range 5000 { // new series too, while the exporter is stuck with the old ones
		telemetry.OnDecision(t.Context(), protector.Decision{
			Outcome: protector.OutcomeGranted, Pattern: fmt.Sprintf("/%d", i%50),
		})
		telemetry.IntrospectionCall(time.Millisecond, "")
	}
	go func() {
		for range exporter.entered { // the last collection, at shutdown
		}
	}()
	close(exporter.release)
	require.NoError(t, provider.Shutdown(context.Background()))
}

// Whoever has no MeterProvider to give, or did not look at the error, gets no panics
// from requests.
func TestNoTelemetryMeasuresNothing(t *testing.T) {
	for _, telemetry := range []*otelguard.Telemetry{nil, new(otelguard.Telemetry)} {
		telemetry.OnDecision(t.Context(), protector.Decision{})
		telemetry.IntrospectionCall(time.Second, "")
		require.Equal(t, broken{}, telemetry.Replay(broken{}))
		require.Equal(t, "otelguard.Telemetry", fmt.Sprintf("%+v", telemetry))
	}
}

// checklist 222
func TestAllocations(t *testing.T) {
	decision := protector.Decision{
		Method: "GET", Pattern: "GET /articles/{id}", Outcome: protector.OutcomeRefused, Reason: "expired", Scheme: "Bearer",
	}
	none, err := otelguard.New(otelguard.Config{MeterProvider: noop.NewMeterProvider()})
	require.NoError(t, err)
	for name, telemetry := range map[string]*otelguard.Telemetry{
		"SDK": observe(t, otelguard.Config{}).Telemetry, "no provider": none,
	} {
		ctx := t.Context()
		require.Zero(t, refusals.Allocations(func() { telemetry.OnDecision(ctx, decision) }), name)
	}
}

// known is a token whose validation costs nothing.
type known struct{ name string }

func (*known) Scopes() scopes.Set   { return scopes.Set{} }
func (*known) ExpiresAt() time.Time { return time.Time{} }

var someone = &known{"someone"}

func anybody(context.Context, string) (*known, error) { return someone, nil }

// BenchmarkRequire measures what a request costs with a guard and with one that is
// observed. The last row is what it is measured by.
func BenchmarkRequire(b *testing.B) {
	for name, telemetry := range map[string]*otelguard.Telemetry{
		"otelguard=none": nil, "otelguard=SDK": observe(b, otelguard.Config{}).Telemetry,
	} {
		b.Run(name, func(b *testing.B) {
			guard, field, _ := refusals.Bench(b)
			if telemetry != nil {
				guard = guardOf(b, observed{Telemetry: telemetry}, anybody)
			}
			r, w := request(b, "GET", "http://api.example/articles/7", ""), httptest.NewRecorder()
			r.Header.Set("Authorization", field)
			r.Pattern = "GET /articles/{id}"
			protected := guard.Require()(nothing)
			b.ReportAllocs()
			for b.Loop() {
				protected.ServeHTTP(w, r)
			}
			require.Equal(b, 200, w.Code)
		})
	}
	b.Run("floor=RS256", func(b *testing.B) {
		_, _, floor := refusals.Bench(b)
		for b.Loop() {
			require.True(b, floor())
		}
	})
}

func BenchmarkOnDecision(b *testing.B) {
	telemetry := observe(b, otelguard.Config{})
	decision := protector.Decision{
		Method: "GET", Pattern: "GET /articles/{id}", Outcome: protector.OutcomeGranted, Scheme: "Bearer",
		Duration: 30 * time.Microsecond,
	}
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		telemetry.OnDecision(ctx, decision)
	}
}
