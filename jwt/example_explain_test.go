package jwt_test

import (
	"context"
	"fmt"
	"time"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// A token with two faults has both of them explained.
func ExampleValidator_Explain() {
	issuer := startIssuer()
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer:    "https://issuer.example",
		Audiences: []string{"https://api.example"},
		Keys:      issuer,
	})
	if err != nil {
		panic(err)
	}
	bearer := issuer.Token(jwttest.Audience("https://api.example/"), jwttest.ExpiresIn(-2*time.Hour))
	for _, f := range tokens.Explain(context.Background(), bearer).Findings {
		if f.Outcome == jwt.Failed {
			fmt.Println(f.Check+":", f.Remedy)
		}
	}
	// Output:
	// aud: they differ by a slash, a blank or upper and lower case: name in Config.Audiences exactly what was found
	// exp: have the client get a new token
}
