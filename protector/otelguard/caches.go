package otelguard

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

func observeCaches(meter metric.Meter, caches map[string]TokenCache) (metric.Registration, error) {
	if len(caches) == 0 {
		return nil, nil
	}
	lookups, err := meter.Int64ObservableCounter("resourceserver.token.cache", metric.WithUnit("{lookup}"),
		metric.WithDescription("Tokens that were looked for among those verified before."))
	if err != nil {
		return nil, err
	}
	type observed struct {
		cache     TokenCache
		hit, miss metric.MeasurementOption
	}
	var all []observed
	for _, name := range sortedNames(caches) {
		with := func(result string) metric.MeasurementOption {
			return metric.WithAttributeSet(attribute.NewSet(
				attribute.String("cache", name), attribute.String("result", result)))
		}
		all = append(all, observed{caches[name], with("hit"), with("miss")})
	}
	return meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, c := range all {
			hits, misses := c.cache.Counts()
			o.ObserveInt64(lookups, int64(hits), c.hit)
			o.ObserveInt64(lookups, int64(misses), c.miss)
		}
		return nil
	}, lookups)
}
