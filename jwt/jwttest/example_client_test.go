package jwttest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// newBoundAPI takes tokens that are bound to a key, and no other.
func newBoundAPI(issuer *jwttest.Issuer, origin string) (http.Handler, error) {
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer, Confirmations: []string{"jkt"},
	})
	if err != nil {
		return nil, err
	}
	proofs, err := dpop.NewVerifier(dpop.Config{PublicOrigins: []string{origin}})
	if err != nil {
		return nil, err
	}
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.DPoP(tokens.Validate, proofs)},
	})
	if err != nil {
		return nil, err
	}
	return guard.Require("profile")(http.HandlerFunc(profile)), nil
}

// A stolen token, and a proof that is not for the request, get nobody in.
func ExampleClient() {
	issuer, err := jwttest.StartIssuer(jwttest.InMemory()) // in a test: jwttest.NewIssuer(t, …)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer issuer.Close()
	api, err := newBoundAPI(issuer, "https://api.example.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewTLSServer(api) // its client knows it as https://api.example.com, too
	defer server.Close()

	client, err := jwttest.StartClient() // in a test: jwttest.NewClient(t)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	thief, err := jwttest.StartClient()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer thief.Close()

	token := issuer.Token(jwttest.Scope("profile"), jwttest.BoundTo(client))
	try := func(name string, c *jwttest.Client, opts ...jwttest.TokenOption) {
		request, _ := http.NewRequest(http.MethodGet, "https://api.example.com/profile", nil)
		request.Header.Set("Authorization", "DPoP "+token)
		response, err := c.Transport(server.Client().Transport, opts...).RoundTrip(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		response.Body.Close()
		fmt.Println(response.StatusCode, name)
	}
	try("proved", client)
	try("proved again", client)
	try("stolen", thief)
	try("proved for another URI", client, jwttest.Claim("htu", "https://api.example.com/other"))

	// Output:
	// 200 proved
	// 200 proved again
	// 401 stolen
	// 401 proved for another URI
}
