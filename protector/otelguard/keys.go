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

func observeKeys(meter metric.Meter, keys map[string]KeySet) (metric.Registration, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	i, err := newKeyInstruments(meter)
	if err != nil {
		return nil, err
	}
	var observed []observedKeys
	for _, name := range sortedNames(keys) {
		observed = append(observed, newObservedKeys(name, keys[name]))
	}
	return meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, k := range observed {
			i.observe(o, k)
		}
		return nil
	}, i.fetches, i.unknownKIDs, i.lastSuccess, i.usableUntil, i.keys, i.state)
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
	set                     KeySet
	alone, success, failure metric.MeasurementOption
	usable, skipped         metric.MeasurementOption
	states                  [len(keyStates)]metric.MeasurementOption
}

// keyStates are what a key set can be in, and how metrics call that.
var keyStates = [...]struct {
	is    jwks.State
	label string
}{
	{jwks.NeverLoaded, "never_loaded"}, {jwks.Fresh, "fresh"}, {jwks.Stale, "stale"},
	{jwks.Unavailable, "unavailable"},
}

func newObservedKeys(name string, set KeySet) observedKeys {
	issuer := attribute.String("issuer", name)
	with := func(key, value string) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(issuer, attribute.String(key, value)))
	}
	k := observedKeys{
		set:   set,
		alone: metric.WithAttributeSet(attribute.NewSet(issuer)), success: with("result", "success"),
		failure: with("result", "failure"), usable: with("status", "usable"), skipped: with("status", "skipped"),
	}
	for i, state := range keyStates {
		k.states[i] = with("state", state.label)
	}
	return k
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
	for n, state := range keyStates {
		value := int64(0)
		if s.State == state.is {
			value = 1
		}
		o.ObserveInt64(i.state, value, k.states[n])
	}
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
