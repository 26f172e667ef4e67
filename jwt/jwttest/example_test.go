package jwttest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// newAPI is the service under test: it takes the issuer as configuration.
func newAPI(issuer, audience string) (http.Handler, error) {
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer})
	if err != nil {
		return nil, err
	}
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer, Audiences: []string{audience}, Keys: keys})
	if err != nil {
		return nil, err
	}
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(tokens.Validate)}})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /profile", guard.Require("profile")(http.HandlerFunc(profile)))
	return mux, nil
}

func profile(w http.ResponseWriter, r *http.Request) {
	token, _ := protector.CurrentToken[*jwt.Token](r.Context())
	fmt.Fprint(w, "this is ", token.Subject())
}

// Test your own protected handler: build the service with the issuer's URL,
// and see what it does with tokens that differ in one point each.
func Example() {
	issuer, err := jwttest.StartIssuer() // in a test: jwttest.NewIssuer(t)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer issuer.Close()
	api, err := newAPI(issuer.URL(), issuer.Audience())
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(api)
	defer server.Close()

	try := func(name string, opts ...jwttest.TokenOption) {
		request, _ := http.NewRequest(http.MethodGet, server.URL+"/profile", nil)
		request.Header.Set("Authorization", "Bearer "+issuer.Token(opts...))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		response.Body.Close()
		fmt.Println(response.StatusCode, name)
	}
	granted := jwttest.Scope("profile email")
	try("granted", granted)
	try("another scope", jwttest.Scope("email"))
	try("expired", granted, jwttest.ExpiresIn(-time.Hour))
	try("for another API", granted, jwttest.Audience("https://other.example"))
	try("tampered with", granted, jwttest.Tampered())

	issuer.Rotate()
	try("signed with a new key", granted)
	issuer.Refuse()
	try("issuer down", granted)

	// Output:
	// 200 granted
	// 403 another scope
	// 401 expired
	// 401 for another API
	// 401 tampered with
	// 200 signed with a new key
	// 200 issuer down
}

// Without HTTP: an issuer is a source of keys by itself.
func ExampleIssuer_VerificationKeys() {
	issuer, err := jwttest.StartIssuer(jwttest.InMemory()) // in a test: jwttest.NewIssuer(t, …)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer issuer.Close()
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer:    issuer.URL(),
		Audiences: []string{issuer.Audience()},
		Keys:      issuer,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := tokens.Validate(context.Background(), issuer.Token(jwttest.Subject("alice")))
	fmt.Println(token.Subject(), err)
	_, err = tokens.Validate(context.Background(), issuer.Token(jwttest.Without("jti")))
	fmt.Println(err)
	// Output:
	// alice <nil>
	// jwt: invalid token: missing_claim (jti): required by Config.Profile, RFC 9068 by default, or Config.Required
}
