package protector_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// exampleIssuer returns an issuer that stands for a real one, and a validator of
// its tokens.
func exampleIssuer() (*jwttest.Issuer, *jwt.Validator) {
	issuer, err := jwttest.StartIssuer()
	if err != nil {
		panic(err)
	}
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL()})
	if err != nil {
		panic(err)
	}
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer:    issuer.URL(),
		Audiences: []string{issuer.Audience()},
		Keys:      keys,
	})
	if err != nil {
		panic(err)
	}
	return issuer, tokens
}

func subject(w http.ResponseWriter, r *http.Request) {
	token, _ := protector.CurrentToken[*jwt.Token](r.Context())
	fmt.Fprintln(w, "hello", token.Subject())
}

// JWTs of one issuer.
func ExampleBearer_jwt() {
	issuer, tokens := exampleIssuer()
	defer issuer.Close()
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(tokens.Validate)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require("profile")(http.HandlerFunc(subject))
	granted := issuer.Token(jwttest.Subject("alice"), jwttest.Scope("profile"))
	try(handler, "GET", "/", "Bearer "+granted)
	try(handler, "GET", "/", "Bearer "+issuer.Token(jwttest.Scope("profile"), jwttest.Tampered()))
	// Output:
	// 200 hello alice
	// 401 invalid_token
}

// JWTs of two issuers, and opaque tokens of the application's own. None is tried
// out: the form of the token chooses the validator, and its iss the issuer.
func ExampleValidator_When_issuers() {
	ours, ourTokens := exampleIssuer()
	defer ours.Close()
	partner, partnerTokens := exampleIssuer()
	defer partner.Close()
	issuers, err := jwt.ByIssuer(ourTokens, partnerTokens)
	if err != nil {
		fmt.Println(err)
		return
	}
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{
			protector.Bearer(issuers.Validate).When(jwt.IsCompact),
			protector.Bearer(lookup),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require("profile")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch token, _ := protector.CurrentToken[protector.Token](r.Context()); token := token.(type) {
		case *jwt.Token:
			fmt.Fprintln(w, "a JWT of", token.Subject())
		case *accessToken:
			fmt.Fprintln(w, "a token of", token.User)
		}
	}))
	granted := jwttest.Scope("profile")
	try(handler, "GET", "/", "Bearer "+ours.Token(granted, jwttest.Subject("alice")))
	try(handler, "GET", "/", "Bearer "+partner.Token(granted, jwttest.Subject("pat")))
	try(handler, "GET", "/", "Bearer bob-token")
	// Output:
	// 200 a JWT of alice
	// 200 a JWT of pat
	// 200 a token of bob
}

// The middleware fits any router that takes net/http middleware.
func ExampleProtector_Require_chi() {
	guard := exampleGuard()
	router := chi.NewRouter()
	router.With(guard.Require("profile")).Get("/user/{id}", greet)
	router.Route("/mail", func(r chi.Router) {
		r.Use(guard.Require("email"))
		r.Get("/inbox", func(w http.ResponseWriter, r *http.Request) {
			token, _ := protector.CurrentToken[*accessToken](r.Context())
			fmt.Fprintln(w, strings.ToUpper(token.User)+"'s inbox")
		})
	})
	try(router, "GET", "/user/7", "Bearer bob-token")
	try(router, "GET", "/mail/inbox", "Bearer bob-token")
	try(router, "GET", "/mail/inbox", "Bearer alice-token")
	// Output:
	// 200 hello bob
	// 403 insufficient_scope
	// 200 ALICE's inbox
}
