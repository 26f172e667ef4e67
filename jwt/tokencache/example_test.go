package tokencache_test

import (
	"context"
	"fmt"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

func Example() {
	issuer, err := jwttest.StartIssuer(jwttest.InMemory())
	if err != nil {
		panic(err)
	}
	defer issuer.Close()
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer,
	})
	if err != nil {
		panic(err)
	}
	cache, err := tokencache.New(tokens.Validate, tokencache.Config{})
	if err != nil {
		panic(err)
	}

	bearer := issuer.Token(jwttest.Subject("alice"))
	for range 2 { // the second time costs no signature check
		token, err := cache.Validate(context.Background(), bearer)
		fmt.Println(token.Subject(), err)
	}
	// Output:
	// alice <nil>
	// alice <nil>
}

// An issuer is taken out of the service: the tokens that were accepted from it
// have to be forgotten.
func ExampleCache_Forget() {
	ours, err := jwttest.StartIssuer(jwttest.InMemory())
	if err != nil {
		panic(err)
	}
	defer ours.Close()
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: ours.URL(), Audiences: []string{ours.Audience()}, Keys: ours})
	if err != nil {
		panic(err)
	}
	cache, err := tokencache.New(tokens.Validate, tokencache.Config{})
	if err != nil {
		panic(err)
	}
	if _, err := cache.Validate(context.Background(), ours.Token()); err != nil {
		panic(err)
	}

	removed := ours.URL()
	n := cache.Forget(func(token *jwt.Token) bool { return token.Issuer() == removed })
	fmt.Println(n, "forgotten")
	// Output:
	// 1 forgotten
}
