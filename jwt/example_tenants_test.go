package jwt_test

import (
	"context"
	"errors"
	"fmt"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// Tenants that are made and removed while the service runs. The application says which
// there are; a token's iss is only looked up there.
func ExampleNewTenants() {
	acme := startIssuer(jwttest.At("https://acme.example"))
	table := map[string]jwt.Config{ // in a service: a table, and jwks.NewRemote
		acme.URL(): {Issuer: acme.URL(), Audiences: []string{acme.Audience()}, Keys: acme},
	}
	tenants, err := jwt.NewTenants(jwt.TenantsConfig{
		Resolve: func(_ context.Context, issuer string) (jwt.Config, error) {
			config, ok := table[issuer]
			if !ok {
				return jwt.Config{}, jwt.ErrUnknownIssuer
			}
			return config, nil
		},
	})
	if err != nil {
		panic(err)
	}

	bearer := acme.Token(jwttest.Subject("alice"))
	token, err := tenants.Validate(context.Background(), bearer)
	fmt.Println(token.Subject(), "of", token.Issuer(), err)

	delete(table, acme.URL())
	tenants.Remove(acme.URL())
	fmt.Println(token.StillValid(context.Background()))
	_, err = tenants.Validate(context.Background(), bearer)
	fmt.Println(errors.Is(err, jwt.ErrUnknownIssuer))
	// Output:
	// alice of https://acme.example <nil>
	// false
	// true
}

// Tenants of Entra ID. Anybody can have one, so the list says which are yours.
func ExampleIssuerTemplate_entraID() {
	template, err := jwt.NewIssuerTemplate("https://login.microsoftonline.com/{tenantid}/v2.0",
		jwt.OneOf("9122040d-6c67-4c5b-b112-36a304b66dad", "f645ad92-e38d-4d1a-b510-d1b09a74a8ca"))
	if err != nil {
		panic(err)
	}
	tenants, err := jwt.NewTenants(jwt.TenantsConfig{
		Admit: template.Matches,
		Resolve: func(_ context.Context, issuer string) (jwt.Config, error) {
			keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer})
			return jwt.Config{Keys: keys, Audiences: []string{"6731de76-14a6-49ae-97bc-6eba6914391e"},
				Profile: jwt.EntraID()}, err
		},
	})
	fmt.Println(tenants, err)
	fmt.Println(template.Match("https://login.microsoftonline.com/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0"))
	fmt.Println(template.Match("https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0"))
	// Output:
	// jwt.Tenants(0 live) <nil>
	// 9122040d-6c67-4c5b-b112-36a304b66dad true
	//  false
}

// Realms of Keycloak, of which a rule says which are the service's.
func ExampleIssuerTemplate_keycloak() {
	template, err := jwt.NewIssuerTemplate("https://sso.example/realms/{realm}", func(realm string) bool {
		return realm != "master"
	})
	fmt.Println(err)
	fmt.Println(template.Match("https://sso.example/realms/acme"))
	fmt.Println(template.Match("https://sso.example/realms/master"))
	fmt.Println(template.Match("https://sso.example/realms/acme/../master"))
	// Output:
	// <nil>
	// acme true
	//  false
	//  false
}

// Custom domains of Auth0. The whole host differs, so that nothing but the list says
// whose an issuer is.
func ExampleIssuerTemplate_auth0() {
	template, err := jwt.NewIssuerTemplate("https://{domain}/", jwt.OneOf("login.acme.example", "id.zenith.example"))
	fmt.Println(err)
	fmt.Println(template.Match("https://login.acme.example/"))
	fmt.Println(template.Match("https://login.evil.example/"))
	// Output:
	// <nil>
	// login.acme.example true
	//  false
}
