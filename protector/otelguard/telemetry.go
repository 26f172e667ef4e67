package otelguard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"

	"example.com/resourceserver/protector"
)

// Telemetry observes. Make one with [New]; a nil or zero Telemetry measures nothing.
// Any number of protectors may share one, and any number of goroutines.
type Telemetry struct {
	decisions      metric.Float64Histogram
	introspections metric.Float64Histogram
	replays        metric.Int64Counter

	known    vocabulary
	measured *prepared
	issuers  map[string]string // the configured name of an issuer

	mu       sync.Mutex
	observed []metric.Registration // what is asked when an exporter collects
}

// scope names this package to whoever reads the metrics.
const scope = "example.com/resourceserver/protector/otelguard"

// buckets are seconds. What is found in memory takes less than a microsecond, a
// signature some tens of them, and a question to a server milliseconds.
var buckets = []float64{1e-6, 5e-6, 25e-6, 50e-6, 100e-6, 250e-6, 1e-3, 5e-3, 25e-3, 100e-3, 500e-3, 2.5, 10}

// New makes the instruments. The error joins every fault of the config. The MeterProvider
// holds the key sets and caches of the config, and asks them at each collection, until
// [Telemetry.Close]. Two of a Telemetry that observe the same ones for the same
// MeterProvider count them twice.
func New(config Config) (*Telemetry, error) {
	if err := config.faults(); err != nil {
		return nil, err
	}
	t := &Telemetry{known: newVocabulary(config.Reasons), measured: newPrepared(), issuers: namesOf(config.Keys)}
	meter := config.MeterProvider.Meter(scope)
	if err := errors.Join(t.instruments(meter), t.observe(meter, config)); err != nil {
		_ = t.Close()
		return nil, fmt.Errorf("otelguard: the MeterProvider refuses an instrument: %w", err)
	}
	return t, nil
}

func (t *Telemetry) observe(meter metric.Meter, config Config) error {
	keys, fault := observeKeys(meter, config.Keys)
	tenants, fault2 := observeTenants(meter, config.Tenants)
	caches, fault3 := observeCaches(meter, config.Caches)
	for _, one := range []metric.Registration{keys, tenants, caches} {
		if one != nil {
			t.observed = append(t.observed, one)
		}
	}
	return errors.Join(fault, fault2, fault3)
}

// Close ends the observation of key sets, tenants and caches: their metrics are gone from
// the next collection on, and the MeterProvider lets go of them. What happens to requests
// is still counted, since some may be under way. Close waits for a collection that is
// under way; a second call does nothing. The error is the MeterProvider's.
func (t *Telemetry) Close() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	observed := t.observed
	t.observed = nil
	t.mu.Unlock()
	var faults []error
	for _, one := range observed {
		faults = append(faults, one.Unregister())
	}
	return errors.Join(faults...)
}

func (t *Telemetry) instruments(meter metric.Meter) error {
	var faults [3]error
	t.decisions, faults[0] = meter.Float64Histogram("resourceserver.decision.duration", metric.WithUnit("s"),
		metric.WithDescription("How long decisions about requests took, and how they ended."),
		metric.WithExplicitBucketBoundaries(buckets...))
	t.introspections, faults[1] = meter.Float64Histogram("resourceserver.introspection.duration", metric.WithUnit("s"),
		metric.WithDescription("How long calls to introspection endpoints took."),
		metric.WithExplicitBucketBoundaries(buckets...))
	t.replays, faults[2] = meter.Int64Counter("resourceserver.replay.checks", metric.WithUnit("{check}"),
		metric.WithDescription("Proofs of possession that were looked for among those used before."))
	return errors.Join(faults[:]...)
}

// OnDecision is for [protector.Config].OnDecision.
func (t *Telemetry) OnDecision(ctx context.Context, d protector.Decision) {
	if t == nil || t.decisions == nil {
		return
	}
	t.annotate(ctx, d)
	if t.decisions.Enabled(ctx) {
		t.decisions.Record(ctx, d.Duration.Seconds(), t.measured.options(t.known.labelsOf(d))...)
	}
}

// IntrospectionCall is for introspection.Config.OnCall.
func (t *Telemetry) IntrospectionCall(took time.Duration, failure string) {
	if t == nil || t.introspections == nil {
		return
	}
	if failure != "" && !failures[failure] {
		failure = other
	}
	t.introspections.Record(context.Background(), took.Seconds(), t.measured.options(labels{reason: failure})...)
}

// Format writes no more than the type, whatever the verb.
func (t *Telemetry) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "otelguard.Telemetry") }
