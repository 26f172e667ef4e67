package otelguard_test

import (
	"context"
	"log"
	"net/http"

	"go.opentelemetry.io/otel"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/tokencache"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
	"example.com/resourceserver/protector/otelguard"
)

// A service with everything that can be observed. The MeterProvider is that of the SDK,
// once otel.SetMeterProvider was called with it.
func Example() {
	const issuer, audience = "https://issuer.example", "https://api.example"
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer})
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer, Audiences: []string{audience}, Keys: keys})
	if err != nil {
		log.Fatal(err)
	}
	cache, err := tokencache.New(tokens.Validate, tokencache.Config{CountLookups: true})
	if err != nil {
		log.Fatal(err)
	}
	telemetry, err := otelguard.New(otelguard.Config{
		MeterProvider: otel.GetMeterProvider(),
		Keys:          map[string]otelguard.KeySet{"issuer.example": keys},
		Caches:        map[string]otelguard.TokenCache{"tokens": cache},
	})
	if err != nil {
		log.Fatal(err)
	}
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(cache.Validate)},
		OnDecision: telemetry.OnDecision,
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /articles/{id}", guard.Require("articles")(http.NotFoundHandler()))
}

// Key sets that come and go: the tenants of a service with many issuers.
func ExampleKeysOfAll() {
	tenants, err := jwt.NewTenants(jwt.TenantsConfig{
		Resolve: func(context.Context, string) (jwt.Config, error) { return jwt.Config{}, jwt.ErrUnknownIssuer },
	})
	if err != nil {
		log.Fatal(err)
	}
	telemetry, err := otelguard.New(otelguard.Config{
		MeterProvider: otel.GetMeterProvider(),
		Tenants:       map[string]otelguard.TenantKeys{"customers": otelguard.KeysOfAll(tenants.All())},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer telemetry.Close() // where the MeterProvider lives longer than what is observed
}

// What a verifier of proofs and a client of an introspection endpoint are given.
func ExampleTelemetry() {
	telemetry, err := otelguard.New(otelguard.Config{MeterProvider: otel.GetMeterProvider()})
	if err != nil {
		log.Fatal(err)
	}
	proofs := dpop.Config{PublicOrigins: []string{"https://api.example"}}
	proofs.Replay = telemetry.Replay(new(dpop.Memory)) // a dpop.Config

	endpoint := introspection.Config{Endpoint: "https://issuer.example/introspect"}
	endpoint.OnCall = telemetry.IntrospectionCall // an introspection.Config
}
