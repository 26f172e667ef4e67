package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/tokencache"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
	"example.com/resourceserver/protector/otelguard"
)

// settings say whom the service trusts, and as what it is known.
type settings struct {
	issuer, audience string
	endpoint         string // for tokens that say nothing themselves
	origin           string // of the service, for proofs of possession
}

// service is an API that is guarded, and observed as a whole.
type service struct {
	api     http.Handler
	metrics http.Handler
	keys    *jwks.Remote // whose Run is to be started
}

func newService(s settings) (*service, error) {
	registry := prometheus.NewRegistry()
	provider, err := newProvider(registry)
	if err != nil {
		return nil, err
	}
	keys, err := jwks.NewRemote(jwks.Config{Issuer: s.issuer})
	if err != nil {
		return nil, err
	}
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer: s.issuer, Audiences: []string{s.audience}, Keys: keys, Confirmations: []string{"jkt"},
	})
	if err != nil {
		return nil, err
	}
	cache, err := tokencache.New(tokens.Validate, tokencache.Config{CountLookups: true})
	if err != nil {
		return nil, err
	}
	telemetry, err := otelguard.New(otelguard.Config{
		MeterProvider: provider,
		Keys:          map[string]otelguard.KeySet{"main": keys},
		Caches:        map[string]otelguard.TokenCache{"tokens": cache},
	})
	if err != nil {
		return nil, err
	}
	guard, err := newGuard(s, cache, telemetry)
	if err != nil {
		return nil, err
	}
	return &service{
		api:     routes(guard),
		metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
		keys:    keys,
	}, nil
}

// newProvider has the one exporter that there is here. Its labels say nothing about this
// package and the SDK, which are the same in all of them.
func newProvider(registry *prometheus.Registry) (*metric.MeterProvider, error) {
	reader, err := exporter.New(
		exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("the exporter: %w", err)
	}
	return metric.NewMeterProvider(metric.WithReader(reader)), nil
}

func newGuard(
	s settings, cache *tokencache.Cache[*jwt.Token], telemetry *otelguard.Telemetry,
) (*protector.Protector, error) {
	opaque, err := introspection.New(introspection.Config{
		Endpoint:    s.endpoint,
		Credentials: introspection.ClientSecretBasic("api", "not a secret"),
		AnyAudience: true,
		OnCall:      telemetry.IntrospectionCall,
	})
	if err != nil {
		return nil, err
	}
	proofs, err := dpop.NewVerifier(dpop.Config{
		PublicOrigins: []string{s.origin},
		Replay:        telemetry.Replay(new(dpop.Memory)),
	})
	if err != nil {
		return nil, err
	}
	isJWT := func(token string) bool { return strings.Count(token, ".") == 2 }
	return protector.New(protector.Config{
		Validators: []protector.Validator{
			protector.DPoP(cache.Validate, proofs),
			protector.Bearer(cache.Validate).When(isJWT),
			protector.Bearer(opaque.Introspect),
		},
		OnDecision: telemetry.OnDecision,
	})
}

func routes(guard *protector.Protector) http.Handler {
	done := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "done") })
	routes := guard.Routes()
	routes.Handle("GET /articles/{id}", protector.Policy{Scopes: []string{"articles"}}, done)
	routes.Handle("POST /articles", protector.Policy{Scopes: []string{"articles:write"}}, done)
	routes.Handle("GET /reports", protector.Policy{}, done)
	return routes
}
