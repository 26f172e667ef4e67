package otelguard

import (
	"context"
	"errors"
	"iter"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"example.com/resourceserver/jwks"
)

// TenantKeys are key sets that come and go while the process runs. Make them with
// [KeysOfAll].
type TenantKeys iter.Seq[jwks.Status]

// KeysOfAll returns the key sets of sources, which are by name, as the All of
// jwt.Tenants gives them. One that has no Status method, such as a jwks.Static, counts
// as fresh. The loop runs while an exporter collects: it begins anew each time, so that
// nothing is held that has gone, and must not wait for anything.
func KeysOfAll[S any](sources iter.Seq2[string, S]) TenantKeys {
	if sources == nil {
		return nil
	}
	return func(yield func(jwks.Status) bool) {
		for _, source := range sources {
			status := jwks.Status{State: jwks.Fresh}
			if reporter, ok := any(source).(interface{ Status() jwks.Status }); ok {
				status = reporter.Status()
			}
			if !yield(status) {
				return
			}
		}
	}
}

// tenantCounts are how many key sets are in each state, and how many fail. A time series
// for each tenant was rejected: it is traffic that makes a tenant live, and a hundred
// thousand of them would bury whatever stores the metrics. So was a running total of
// their fetches: it would fall when one leaves, which reads as a restart.
type tenantCounts struct {
	states  [len(keyStates)]int64
	failing int64
}

// maxTenants is as many key sets as are looked at in one collection. It is four times what
// a jwt.Tenants holds at the most, so that only a loop without end meets it.
const maxTenants = 4 << 20

var errEndless = errors.New("otelguard: a loop of Config.Tenants does not end: it has more than 4194304 key sets")

// count ends early where the exporter cannot wait any longer.
func (keys TenantKeys) count(ctx context.Context) (tenantCounts, error) {
	var counts tenantCounts
	seen := 0
	for status := range keys {
		if seen++; seen > maxTenants {
			return counts, errEndless
		}
		if ctx.Err() != nil {
			return counts, ctx.Err()
		}
		counts.add(status)
	}
	return counts, nil
}

func (c *tenantCounts) add(status jwks.Status) {
	for i, state := range keyStates {
		if status.State == state.is {
			c.states[i]++
		}
	}
	if status.LastError != nil {
		c.failing++
	}
}

func observeTenants(meter metric.Meter, tenants map[string]TenantKeys) (metric.Registration, error) {
	if len(tenants) == 0 {
		return nil, nil
	}
	live, fault := meter.Int64ObservableGauge("resourceserver.jwks.tenants", metric.WithUnit("{tenant}"),
		metric.WithDescription("Live tenants, by the state that their key sets are in."))
	failing, fault2 := meter.Int64ObservableGauge("resourceserver.jwks.tenants_failing", metric.WithUnit("{tenant}"),
		metric.WithDescription("Live tenants whose last fetch of keys failed."))
	if err := errors.Join(fault, fault2); err != nil {
		return nil, err
	}
	var all []observedTenants
	for _, name := range sortedNames(tenants) {
		all = append(all, newObservedTenants(name, tenants[name]))
	}
	return meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		var faults []error
		for _, group := range all {
			counts, err := group.keys.count(ctx)
			if err != nil { // half of them would look like a collapse
				faults = append(faults, err)
				continue
			}
			o.ObserveInt64(failing, counts.failing, group.alone)
			for i, n := range counts.states {
				o.ObserveInt64(live, n, group.states[i])
			}
		}
		return errors.Join(faults...)
	}, live, failing)
}

// observedTenants are the key sets of a group, with the attributes of its time series.
type observedTenants struct {
	keys   TenantKeys
	alone  metric.MeasurementOption
	states [len(keyStates)]metric.MeasurementOption
}

func newObservedTenants(name string, keys TenantKeys) observedTenants {
	group := attribute.String("group", name)
	o := observedTenants{keys: keys, alone: metric.WithAttributeSet(attribute.NewSet(group))}
	for i, state := range keyStates {
		o.states[i] = metric.WithAttributeSet(attribute.NewSet(group, attribute.String("state", state.label)))
	}
	return o
}
