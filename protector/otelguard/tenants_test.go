package otelguard_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector/otelguard"
)

// group has a number of key sets that are fresh.
func group(n int) otelguard.TenantKeys {
	return otelguard.KeysOfAll(maps.All(fleet(n)))
}

func fleet(n int) map[string]otelguard.KeySet {
	sets := make(map[string]otelguard.KeySet)
	for i := range n {
		sets[fmt.Sprint(i)] = fixed{State: jwks.Fresh}
	}
	return sets
}

// checklist 222
func TestTenantsComeAndGo(t *testing.T) {
	up, down := jwttest.NewIssuer(t), jwttest.NewIssuer(t)
	issuers := map[string]*jwttest.Issuer{up.URL(): up, down.URL(): down}
	tenants, err := jwt.NewTenants(jwt.TenantsConfig{
		AllowAnyIssuer: true, // on loopback
		Resolve: func(_ context.Context, name string) (jwt.Config, error) {
			issuer := issuers[name]
			if issuer == nil {
				return jwt.Config{}, jwt.ErrUnknownIssuer
			}
			keys, err := jwks.NewRemote(jwks.Config{Issuer: name, HTTPClient: issuer.Client()})
			return jwt.Config{Audiences: []string{issuer.Audience()}, Keys: keys}, err
		},
	})
	require.NoError(t, err)
	o := observe(t, otelguard.Config{
		Tenants: map[string]otelguard.TenantKeys{"customers": otelguard.KeysOfAll(tenants.All())},
	})
	states := func(never, fresh float64) map[string]float64 {
		return map[string]float64{
			"group=customers state=never_loaded": never, "group=customers state=fresh": fresh,
			"group=customers state=stale": 0, "group=customers state=unavailable": 0,
		}
	}
	require.Equal(t, states(0, 0), o.series(t, "resourceserver.jwks.tenants"))

	down.Fail(500)
	_, err = tenants.Validate(t.Context(), up.Token())
	require.NoError(t, err)
	_, err = tenants.Validate(t.Context(), down.Token())
	require.Error(t, err)
	require.Equal(t, states(1, 1), o.series(t, "resourceserver.jwks.tenants"))
	require.Equal(t, map[string]float64{"group=customers": 1}, o.series(t, "resourceserver.jwks.tenants_failing"))

	tenants.Remove(down.URL())
	require.Equal(t, states(0, 1), o.series(t, "resourceserver.jwks.tenants"))
	require.Equal(t, map[string]float64{"group=customers": 0}, o.series(t, "resourceserver.jwks.tenants_failing"))
}

// It is strangers' tokens that make tenants live: how many there are makes no time series.
//
// checklist 222
func TestTenantsHaveNoSeriesOfTheirOwn(t *testing.T) {
	sets := fleet(5000)
	for i := range 40 {
		sets[fmt.Sprint(i)] = fixed{State: jwks.Stale, LastError: errors.New("down")}
	}
	o := observe(t, otelguard.Config{Tenants: map[string]otelguard.TenantKeys{
		"all": otelguard.KeysOfAll(maps.All(sets)), "static": otelguard.KeysOfAll(maps.All(map[string]any{"a": nil, "b": 1})),
	}})
	series := o.series(t, "resourceserver.jwks.tenants")
	require.Len(t, series, 8)
	require.EqualValues(t, 4960, series["group=all state=fresh"])
	require.EqualValues(t, 40, series["group=all state=stale"])
	require.EqualValues(t, 2, series["group=static state=fresh"], "what cannot say how it is has its keys")
	require.Equal(t, map[string]float64{"group=all": 40, "group=static": 0},
		o.series(t, "resourceserver.jwks.tenants_failing"))
}

// A loop without end, or one that takes longer than an exporter has, costs its own series
// and no others.
func TestALoopThatDoesNotEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	endless := func(stop func(int)) iter.Seq2[string, any] {
		return func(yield func(string, any) bool) {
			for n := 0; yield("", nil); n++ {
				stop(n)
			}
		}
	}
	for name, test := range map[string]struct {
		stop  func(int)
		fault string
	}{
		"endless": {func(int) {}, "does not end"},
		"late": {func(n int) {
			if n == 100 {
				cancel()
			}
		}, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			o := observe(t, otelguard.Config{
				Tenants: map[string]otelguard.TenantKeys{"all": otelguard.KeysOfAll(endless(test.stop))},
			})
			var all metricdata.ResourceMetrics
			require.ErrorContains(t, o.reader.Collect(ctx, &all), test.fault)
			for _, scope := range all.ScopeMetrics {
				for _, m := range scope.Metrics {
					require.NotContains(t, m.Name, "tenants")
				}
			}
		})
	}
}
