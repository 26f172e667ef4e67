package otelguard

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Replay is a dpop.Replay: a memory of the proofs that were used.
type Replay interface {
	Spend(ctx context.Context, proof [32]byte, until time.Time) (fresh bool, err error)
}

// Replay returns a memory that counts what next says. It is for dpop.Config.Replay. It
// panics if next is nil: new(dpop.Memory) is what a verifier has by default.
func (t *Telemetry) Replay(next Replay) Replay {
	if absent(next) {
		panic("otelguard: Replay was given nil: pass new(dpop.Memory), or what your replicas share")
	}
	if t == nil || t.replays == nil {
		return next
	}
	for _, result := range [][]metric.AddOption{checkFresh, checkReplayed, checkUnavailable} {
		t.replays.Add(context.Background(), 0, result...) // a rate needs to have seen the beginning
	}
	return &countedReplay{next, t.replays}
}

type countedReplay struct {
	next   Replay
	checks metric.Int64Counter
}

var (
	checkFresh       = resultOf("fresh")
	checkReplayed    = resultOf("replayed")
	checkUnavailable = resultOf("unavailable")
)

func resultOf(result string) []metric.AddOption {
	return []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(attribute.String("result", result)))}
}

func (r *countedReplay) Spend(ctx context.Context, proof [32]byte, until time.Time) (bool, error) {
	fresh, err := r.next.Spend(ctx, proof, until)
	result := checkReplayed
	switch {
	case err != nil:
		result = checkUnavailable
	case fresh:
		result = checkFresh
	}
	r.checks.Add(ctx, 1, result...)
	return fresh, err
}
