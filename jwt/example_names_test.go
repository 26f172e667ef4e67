package jwt_test

import (
	"context"
	"fmt"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// While an issuer moves, its tokens say the old name and the new one. Both are signed by the same keys.
func ExampleByIssuer_twoNames() {
	keys := startIssuer(jwttest.At("https://issuer.example"))
	named := func(issuer string) *jwt.Validator {
		tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer, Audiences: []string{"https://api.example"}, Keys: keys})
		if err != nil {
			panic(err)
		}
		return tokens
	}
	tokens, err := jwt.ByIssuer(named("https://old.example"), named("https://issuer.example"))
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"https://old.example", "https://issuer.example", "https://issuer.example/"} {
		token, err := tokens.Validate(context.Background(), keys.Token(jwttest.Claim("iss", name)))
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(token.Issuer())
	}
	// Output:
	// https://old.example
	// https://issuer.example
	// jwt: invalid token: unknown_issuer (iss): not the Config.Issuer of any validator
}
