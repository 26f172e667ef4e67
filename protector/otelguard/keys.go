package otelguard

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"example.com/resourceserver/jwks"
)

// namesOf tells the name that an issuer is configured under.
func namesOf(keys map[string]KeySet) map[string]string {
	names := make(map[string]string, len(keys))
	for _, name := range sortedNames(keys) {
		if issuer := keys[name].Issuer(); issuer != "" {
			names[issuer] = name
		}
	}
	return names
}

// keyInstruments are read when an exporter collects, and then take one Status of each
// key set.
type keyInstruments struct {
	fetches, unknownKIDs     metric.Int64ObservableCounter
	lastSuccess, usableUntil metric.Float64ObservableGauge
	keys, state              metric.Int64ObservableGauge
}

func observeKeys(meter metric.Meter, keys map[string]KeySet) error {
	if len(keys) == 0 {
		return nil
	}
	i, err := newKeyInstruments(meter)
	if err != nil {
		return err
	}
	var observed []observedKeys
	for _, name := range sortedNames(keys) {
		observed = append(observed, newObservedKeys(name, keys[name]))
	}
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, k := range observed {
			i.observe(o, k)
		}
		return nil
	}, i.fetches, i.unknownKIDs, i.lastSuccess, i.usableUntil, i.keys, i.state)
	return err
}

func newKeyInstruments(meter metric.Meter) (*keyInstruments, error) {
	i := new(keyInstruments)
	var faults [6]error
	i.fetches, faults[0] = meter.Int64ObservableCounter("resourceserver.jwks.fetches", metric.WithUnit("{fetch}"),
		metric.WithDescription("Fetches of a key set that ended, by result."))
	i.unknownKIDs, faults[1] = meter.Int64ObservableCounter("resourceserver.jwks.unknown_kids",
		metric.WithUnit("{lookup}"), metric.WithDescription("Lookups of keys that the set in use did not hold."))
	i.lastSuccess, faults[2] = meter.Float64ObservableGauge("resourceserver.jwks.last_success", metric.WithUnit("s"),
		metric.WithDescription("When the issuer last had the key set in use, as Unix time."))
	i.usableUntil, faults[3] = meter.Float64ObservableGauge("resourceserver.jwks.usable_until", metric.WithUnit("s"),
		metric.WithDescription("Until when the key set in use serves if no fetch succeeds, as Unix time."))
	i.keys, faults[4] = meter.Int64ObservableGauge("resourceserver.jwks.keys", metric.WithUnit("{key}"),
		metric.WithDescription("Keys that verify signatures at the moment, and published ones that never do."))
	i.state, faults[5] = meter.Int64ObservableGauge("resourceserver.jwks.state",
		metric.WithDescription("1 for the state that the key set is in."))
	return i, errors.Join(faults[:]...)
}

// observedKeys is a key set, with the attributes of its time series.
type observedKeys struct {
	set                              KeySet
	alone, success, failure          metric.MeasurementOption
	usable, skipped                  metric.MeasurementOption
	never, fresh, stale, unavailable metric.MeasurementOption
}

func newObservedKeys(name string, set KeySet) observedKeys {
	issuer := attribute.String("issuer", name)
	with := func(key, value string) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(issuer, attribute.String(key, value)))
	}
	return observedKeys{
		set:   set,
		alone: metric.WithAttributeSet(attribute.NewSet(issuer)), success: with("result", "success"),
		failure: with("result", "failure"), usable: with("status", "usable"), skipped: with("status", "skipped"),
		never: with("state", "never_loaded"), fresh: with("state", string(jwks.Fresh)),
		stale: with("state", string(jwks.Stale)), unavailable: with("state", string(jwks.Unavailable)),
	}
}

func (i *keyInstruments) observe(o metric.Observer, k observedKeys) {
	s := k.set.Status()
	o.ObserveInt64(i.fetches, int64(s.Counts.Successes), k.success)
	o.ObserveInt64(i.fetches, int64(s.Counts.Failures), k.failure)
	o.ObserveInt64(i.unknownKIDs, int64(s.Counts.UnknownKID), k.alone)
	if !s.ConfirmedAt.IsZero() {
		o.ObserveFloat64(i.lastSuccess, unix(s.ConfirmedAt), k.alone)
		o.ObserveFloat64(i.usableUntil, unix(s.UsableUntil), k.alone)
	}
	usable := 0
	if s.State.Usable() {
		usable = len(s.Keys)
	}
	o.ObserveInt64(i.keys, int64(usable), k.usable)
	o.ObserveInt64(i.keys, int64(len(s.Skipped)), k.skipped)
	for _, state := range []struct {
		is     jwks.State
		series metric.MeasurementOption
	}{
		{jwks.NeverLoaded, k.never}, {jwks.Fresh, k.fresh}, {jwks.Stale, k.stale}, {jwks.Unavailable, k.unavailable},
	} {
		value := int64(0)
		if s.State == state.is {
			value = 1
		}
		o.ObserveInt64(i.state, value, state.series)
	}
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
