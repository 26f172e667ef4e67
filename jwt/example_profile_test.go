package jwt_test

import (
	"context"
	"fmt"
	"log"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// An issuer that no function here knows is described by a struct. This one sends
// JWTs without typ, marks access tokens by the claim use, and has its own names
// for client, scopes and roles. The mark is what keeps its ID tokens out.
func ExampleProfile() {
	issuer, err := jwttest.StartIssuer(jwttest.InMemory())
	if err != nil {
		log.Fatal(err)
	}
	defer issuer.Close()

	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer:    "https://issuer.example",
		Audiences: []string{"https://api.example"},
		Keys:      issuer, // in production, of jwks.NewRemote
		Profile: jwt.Profile{
			Name:             "Home-grown issuer",
			AllowMissingType: true,
			Required:         []string{"iss", "exp", "aud", "sub", "app", "iat"},
			ClientID:         []string{"app"},
			Scope:            []string{"permissions"},
			Roles:            []jwt.ClaimPath{{"user", "roles"}},
			Equal:            map[string]string{"use": "access"},
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	home := []jwttest.TokenOption{
		jwttest.WithoutHeader("typ"), jwttest.Without("client_id", "jti"),
		jwttest.Claim("app", "web"), jwttest.Claim("permissions", []string{"orders:read"}),
		jwttest.Claim("user", map[string]any{"roles": []string{"clerk"}}),
	}
	access := issuer.Token(append(home, jwttest.Claim("use", "access"))...)
	identity := issuer.Token(append(home, jwttest.Claim("use", "identity"))...)

	token, err := tokens.Validate(context.Background(), access)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.ClientID(), token.Scopes(), token.Roles())
	_, err = tokens.Validate(context.Background(), identity)
	fmt.Println(err)
	// Output:
	// web orders:read clerk
	// jwt: invalid token: type (use): the claim is not what Config.Profile.Equal says that access tokens have
}

// A profile is a copy that may be adjusted: here, to roles of one client instead
// of those of the realm, and to the stricter of Keycloak's two types.
func ExampleKeycloak() {
	issuer, err := jwttest.StartIssuer(jwttest.At("https://id.example/realms/shop"))
	if err != nil {
		log.Fatal(err)
	}
	defer issuer.Close()

	profile := jwt.Keycloak()
	profile.Types = []string{"at+jwt"}
	profile.Roles = []jwt.ClaimPath{{"resource_access", "shop-api", "roles"}}
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer:    "https://id.example/realms/shop",
		Audiences: []string{"shop-api"},
		Keys:      issuer, // in production, of jwks.NewRemote
		Profile:   profile,
	})
	if err != nil {
		log.Fatal(err)
	}

	token, err := tokens.Validate(context.Background(), issuer.Token(
		jwttest.Audience("shop-api", "account"), jwttest.Claim("typ", "Bearer"), jwttest.Claim("azp", "shop-web"),
		jwttest.Claim("realm_access", map[string]any{"roles": []string{"offline_access"}}),
		jwttest.Claim("resource_access", map[string]any{"shop-api": map[string]any{"roles": []string{"refund"}}}),
	))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.ClientID(), token.Roles())
	// Output: shop-web refund
}

// Anyone with a Google Cloud project gets a valid token for your audience. Only
// the list of accounts keeps strangers out.
func ExampleGoogleIDToken() {
	issuer, err := jwttest.StartIssuer(jwttest.At("https://accounts.google.com"))
	if err != nil {
		log.Fatal(err)
	}
	defer issuer.Close()

	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer:    "https://accounts.google.com",
		Audiences: []string{"https://orders.example"},
		Keys:      issuer, // in production, of jwks.NewRemote
		Profile:   jwt.GoogleIDToken(),
	})
	if err != nil {
		log.Fatal(err)
	}
	allowed := map[string]string{"113774264463038321964": "checkout"}

	for _, account := range []string{"113774264463038321964", "999999999999999999999"} {
		token, err := tokens.Validate(context.Background(), issuer.Token(
			jwttest.Typ("JWT"), jwttest.Audience("https://orders.example"), jwttest.Without("client_id", "jti"),
			jwttest.Subject(account), jwttest.Claim("azp", account), jwttest.Claim("email_verified", true),
		))
		if err != nil {
			log.Fatal(err)
		}
		service, ok := allowed[token.Subject()]
		fmt.Println(ok, service)
	}
	// Output:
	// true checkout
	// false
}
