package otelguard_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/otelguard"
)

// observed is a Telemetry, and a way to see what it has measured.
type observed struct {
	*otelguard.Telemetry
	reader *metric.ManualReader
}

func observe(t testing.TB, config otelguard.Config) observed {
	t.Helper()
	reader := metric.NewManualReader()
	config.MeterProvider = metric.NewMeterProvider(metric.WithReader(reader))
	return observed{newTelemetry(t, config), reader}
}

func newTelemetry(t testing.TB, config otelguard.Config) *otelguard.Telemetry {
	t.Helper()
	telemetry, err := otelguard.New(config)
	require.NoError(t, err)
	return telemetry
}

// series returns the values of a metric by its labels, as "key=value" in the order of
// the keys. Of a histogram it is how many values there were.
func (o observed) series(t testing.TB, name string) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, o.reader.Collect(t.Context(), &all))
	found := make(map[string]float64)
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name == name {
				maps.Copy(found, values(t, m.Data))
			}
		}
	}
	return found
}

func values(t testing.TB, data metricdata.Aggregation) map[string]float64 {
	found := make(map[string]float64)
	switch data := data.(type) {
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			found[text(p.Attributes)] = float64(p.Count)
		}
	case metricdata.Sum[int64]:
		require.True(t, data.IsMonotonic)
		for _, p := range data.DataPoints {
			found[text(p.Attributes)] = float64(p.Value)
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			found[text(p.Attributes)] = float64(p.Value)
		}
	case metricdata.Gauge[float64]:
		for _, p := range data.DataPoints {
			found[text(p.Attributes)] = p.Value
		}
	default:
		require.Fail(t, "unexpected", "%T", data)
	}
	return found
}

func text(set attribute.Set) string {
	var pairs []string
	for _, kv := range set.ToSlice() {
		pairs = append(pairs, string(kv.Key)+"="+kv.Value.String())
	}
	slices.Sort(pairs)
	return strings.Join(pairs, " ")
}

// refusal is an application's own, with a reason.
type refusal string

func (r refusal) Error() string              { return "no: " + string(r) }
func (refusal) InvalidToken() bool           { return true }
func (r refusal) InvalidTokenReason() string { return string(r) }

// guardOf is a protector that is observed.
func guardOf[T protector.Token](
	t testing.TB, o observed, validate func(context.Context, string) (T, error),
) *protector.Protector {
	t.Helper()
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(validate)}, OnDecision: o.OnDecision,
	})
	require.NoError(t, err)
	return guard
}

// request has a token, unless that is empty.
func request(t testing.TB, method, target, token string) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), method, target, nil)
	require.NoError(t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

var nothing = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
