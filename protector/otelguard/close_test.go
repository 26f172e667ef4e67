package otelguard_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/otelguard"
)

// counted is a cache that has a number of hits.
type counted uint64

func (c counted) Counts() (hits, misses uint64) { return uint64(c), 0 }

// A service that reads its configuration anew makes another Telemetry for the same
// provider.
//
// checklist 222
func TestCloseEndsTheObservation(t *testing.T) {
	reader := metric.NewManualReader()
	config := otelguard.Config{
		MeterProvider: metric.NewMeterProvider(metric.WithReader(reader)),
		Keys:          map[string]otelguard.KeySet{"a": fixed{Counts: jwks.Counts{Successes: 5}}},
		Tenants:       map[string]otelguard.TenantKeys{"all": group(3)},
		Caches:        map[string]otelguard.TokenCache{"c": counted(7)},
	}
	first := newTelemetry(t, config)
	first.OnDecision(t.Context(), protector.Decision{Outcome: protector.OutcomeGranted})
	require.NoError(t, first.Close())
	closed := observed{first, reader}
	for _, name := range []string{"jwks.fetches", "jwks.state", "jwks.tenants", "jwks.tenants_failing", "token.cache"} {
		require.Empty(t, closed.series(t, "resourceserver."+name))
	}
	second := observed{newTelemetry(t, config), reader}
	require.EqualValues(t, 5, second.series(t, "resourceserver.jwks.fetches")["issuer=a result=success"])
	require.EqualValues(t, 7, second.series(t, "resourceserver.token.cache")["cache=c result=hit"])
	require.EqualValues(t, 3, second.series(t, "resourceserver.jwks.tenants")["group=all state=fresh"])

	require.NoError(t, first.Close(), "again")
	for _, telemetry := range []*otelguard.Telemetry{first, second.Telemetry} { // requests may be under way
		telemetry.OnDecision(t.Context(), protector.Decision{Outcome: protector.OutcomeGranted})
	}
	require.Equal(t, map[string]float64{"outcome=granted": 3}, second.series(t, "resourceserver.decision.duration"))
	require.Len(t, second.series(t, "resourceserver.jwks.fetches"), 2)
}

func TestNothingIsThereToClose(t *testing.T) {
	idle := observe(t, otelguard.Config{}).Telemetry
	for _, telemetry := range []*otelguard.Telemetry{nil, new(otelguard.Telemetry), idle} {
		require.NoError(t, telemetry.Close())
	}
}

func TestCloseWhileOthersCollect(t *testing.T) {
	o := observe(t, otelguard.Config{
		Keys: map[string]otelguard.KeySet{"a": fixed{}}, Tenants: map[string]otelguard.TenantKeys{"all": group(10)},
	})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { o.series(t, "resourceserver.jwks.state") })
		all.Go(func() {
			if err := o.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Empty(t, o.series(t, "resourceserver.jwks.state"))
}

// big is a key set that shows when it is forgotten.
type big struct {
	fixed
	_ [1 << 10]byte
}

// A provider lives as long as the process. What it was given to observe need not.
func TestCloseLetsGo(t *testing.T) {
	provider := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))
	gone := make(chan struct{})
	func() {
		set := new(big)
		runtime.AddCleanup(set, func(c chan struct{}) { close(c) }, gone)
		telemetry := newTelemetry(t, otelguard.Config{
			MeterProvider: provider, Keys: map[string]otelguard.KeySet{"a": set},
		})
		require.NoError(t, telemetry.Close())
	}()
	collected := false
	for i := 0; i < 100 && !collected; i++ {
		runtime.GC()
		select {
		case <-gone:
			collected = true
		default:
			runtime.Gosched()
		}
	}
	require.True(t, collected)
	runtime.KeepAlive(provider)
}
