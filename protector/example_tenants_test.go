package protector_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// Tenants of two kinds: those that issue JWTs, of which each token names its own, and
// those whose tokens are opaque. Such a token says nothing, so what chooses there is
// what the application has put in front of it; each has its own client of
// introspection, or as here a lookup.
func ExampleValidator_When_tenants() {
	issuer, err := jwttest.StartIssuer(jwttest.InMemory())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer issuer.Close()
	tenants, err := jwt.NewTenants(jwt.TenantsConfig{
		Resolve: func(_ context.Context, name string) (jwt.Config, error) {
			if name != issuer.URL() {
				return jwt.Config{}, jwt.ErrUnknownIssuer
			}
			return jwt.Config{Issuer: name, Audiences: []string{issuer.Audience()}, Keys: issuer}, nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	of := func(tenant string) func(string) bool {
		return func(token string) bool { return strings.HasPrefix(token, tenant+"-") }
	}
	zenith := func(_ context.Context, token string) (*accessToken, error) {
		return lookup(context.Background(), strings.TrimPrefix(token, "zenith-")) // introspection.Client in a service
	}
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{
			protector.Bearer(tenants.Validate).When(jwt.IsCompact),
			protector.Bearer(zenith).When(of("zenith")),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require("profile")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch token, _ := protector.CurrentToken[protector.Token](r.Context()); token := token.(type) {
		case *jwt.Token:
			fmt.Fprintln(w, token.Subject(), "of", token.Issuer())
		case *accessToken:
			fmt.Fprintln(w, token.User, "of zenith")
		}
	}))
	granted := jwttest.Scope("profile")
	try(handler, "GET", "/", "Bearer "+issuer.Token(granted, jwttest.Subject("alice")))
	try(handler, "GET", "/", "Bearer zenith-bob-token")
	try(handler, "GET", "/", "Bearer other-bob-token")
	try(handler, "GET", "/", "Bearer "+issuer.Token(granted, jwttest.Claim("iss", "https://evil.example")))
	// Output:
	// 200 alice of https://issuer.example
	// 200 bob of zenith
	// 401 invalid_token
	// 401 invalid_token
}
