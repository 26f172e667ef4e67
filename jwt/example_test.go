package jwt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// startIssuer stands for an issuer and its keys: jwks.NewRemote in a service.
func startIssuer(opts ...jwttest.IssuerOption) *jwttest.Issuer {
	issuer, err := jwttest.StartIssuer(append([]jwttest.IssuerOption{jwttest.InMemory()}, opts...)...)
	if err != nil {
		panic(err)
	}
	return issuer
}

func Example() {
	issuer := startIssuer() // in a service: keys, err := jwks.NewRemote(…)
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer:    "https://issuer.example",
		Audiences: []string{"https://api.example"},
		Keys:      issuer,
	})
	if err != nil {
		panic(err)
	}

	bearer := issuer.Token(jwttest.Subject("alice"), jwttest.Scope("profile email"))
	token, err := tokens.Validate(context.Background(), bearer)
	if err != nil {
		panic(err)
	}
	fmt.Println(token.Subject(), "may use", token.Scopes())
	// Output: alice may use profile email
}

// Every fault of a configuration is reported at once, with its remedy.
func ExampleNewValidator() {
	_, err := jwt.NewValidator(jwt.Config{
		Audiences:  []string{"https://api.example"},
		Algorithms: []string{"HS256"},
		Secret:     []byte("too short"),
		Leeway:     10 * time.Minute,
	})
	fmt.Println(err)
	// Output:
	// jwt: Config.Issuer is empty: set it to the exact iss of the tokens (is an environment variable unset?)
	// jwt: Config.Secret has 9 bytes: the algorithms named need at least 32 (RFC 7518 §3.2)
	// jwt: Config.Leeway is 10m0s: use up to 5m0s, or NoLeeway
}

// A refused token and keys that cannot be had are two different things.
func ExampleValidator_Validate() {
	issuer := startIssuer()
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer})
	if err != nil {
		panic(err)
	}
	validate := func(bearer string) {
		token, err := tokens.Validate(context.Background(), bearer)
		if invalid, ok := errors.AsType[*jwt.Error](err); ok {
			fmt.Println("401, because of", invalid.Reason)
		} else if err != nil {
			fmt.Println("503:", err)
		} else {
			fmt.Println("200 for", token.Subject())
		}
	}
	validate(issuer.Token())
	validate(issuer.Token(jwttest.ExpiresIn(-time.Hour)))
	validate(issuer.Token(jwttest.Audience("https://other.example")))
	issuer.Refuse()
	validate(issuer.Token())
	// Output:
	// 200 for user-1
	// 401, because of expired
	// 401, because of audience
	// 503: jwt: the verification keys are not available: jwttest: keys unavailable
}

// Each issuer has its own keys and its own rules.
func ExampleByIssuer() {
	ours := startIssuer(jwttest.At("https://id.example"))
	partner := startIssuer(jwttest.At("https://partner.example"))
	audiences := []string{"https://api.example"}

	forOurs, err := jwt.NewValidator(jwt.Config{Issuer: "https://id.example", Audiences: audiences, Keys: ours})
	if err != nil {
		panic(err)
	}
	forPartner, err := jwt.NewValidator(jwt.Config{
		Issuer: "https://partner.example", Audiences: audiences, Keys: partner, Algorithms: []string{"RS256"},
	})
	if err != nil {
		panic(err)
	}
	tokens, err := jwt.ByIssuer(forOurs, forPartner)
	if err != nil {
		panic(err)
	}

	token, err := tokens.Validate(context.Background(), partner.Token())
	fmt.Println(token.Issuer(), err)
	_, err = tokens.Validate(context.Background(), partner.Token(jwttest.Claim("iss", "https://id.example")))
	fmt.Println(err)
	_, err = tokens.Validate(context.Background(), partner.Token(jwttest.Claim("iss", "https://elsewhere.example")))
	fmt.Println(err)
	// Output:
	// https://partner.example <nil>
	// jwt: invalid token: signature
	// jwt: invalid token: unknown_issuer (iss): not the Config.Issuer of any validator
}

// The claims that an application has of its own go into its own struct.
func ExampleToken_Decode() {
	issuer := startIssuer()
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer})
	if err != nil {
		panic(err)
	}
	token, err := tokens.Validate(context.Background(), issuer.Token(
		jwttest.Claim("tenant", map[string]any{"id": json.Number("9007199254740993"), "name": "Orchard"}),
		jwttest.Claim("Tenant", "claims are found by their exact name")))
	if err != nil {
		panic(err)
	}

	var claims struct {
		Tenant struct {
			ID   int64  `json:"id"`
			Name string `json:"name"`
		} `json:"tenant"`
	}
	if err := token.Decode(&claims); err != nil {
		panic(err)
	}
	fmt.Println(claims.Tenant.ID, claims.Tenant.Name)
	// Output: 9007199254740993 Orchard
}
