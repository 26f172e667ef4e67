package protector_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// A page opens a WebSocket by new WebSocket(url, ["chat", "access_token." + token]). The library that answers sees the
// protocol that it knows, and not the token.
func ExampleConfig_webSocket() {
	guard, err := protector.New(protector.Config{
		Validators:        []protector.Validator{protector.Bearer(lookup)},
		WebSocketProtocol: "access_token",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	accept := guard.Require("profile")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("offered:", r.Header.Get("Sec-WebSocket-Protocol"))
	}))
	for _, origin := range []string{"https://api.example", "https://evil.example"} {
		r := httptest.NewRequest("GET", "https://api.example/chat", nil)
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
		r.Header.Set("Sec-WebSocket-Protocol", "chat, access_token.alice-token")
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		accept.ServeHTTP(w, r)
		fmt.Println(origin, w.Code)
	}
	// Output:
	// offered: chat
	// https://api.example 200
	// https://evil.example 403
}

// Cloudflare Access tells who the user is in a header field. That anybody can write who reaches the server; the
// signature, the issuer and the audience are what counts. Keys come from
// https://TEAM.cloudflareaccess.com/cdn-cgi/access/certs, by jwks.Config.URL.
func ExampleField() {
	team, err := jwttest.StartIssuer(jwttest.InMemory())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer team.Close()
	keys, err := jwks.ParseStatic(team.JWKS())
	if err != nil {
		fmt.Println(err)
		return
	}
	assertions, err := jwt.NewValidator(jwt.Config{
		Issuer:    team.URL(), // https://TEAM.cloudflareaccess.com
		Audiences: []string{"32eafc7626e737"},
		Keys:      keys,
		Profile:   jwt.Profile{Types: []string{"JWT"}, Required: []string{"sub"}, Equal: map[string]string{"type": "app"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{
		protector.Field("Cf-Access-Jwt-Assertion", assertions.Validate),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require()(protector.For(func(w http.ResponseWriter, r *http.Request, user *jwt.Token) {
		fmt.Println("hello", user.Subject())
	}))
	for _, audience := range []string{"32eafc7626e737", "another application"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cf-Access-Jwt-Assertion", team.Token(jwttest.Typ("JWT"), jwttest.Claim("type", "app"),
			jwttest.Audience(audience), jwttest.Subject("alice")))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(audience+":", w.Code)
	}
	// Output:
	// hello alice
	// 32eafc7626e737: 200
	// another application: 401
}

// One protector is for the user's token, the other for the transaction's, which says what the user has set in motion.
// The inner one's policy compares the two.
func ExampleTokenOf() {
	users, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	payments := map[string]*accessToken{"pay-alices-rent": {User: "alice"}, "pay-bobs-rent": {User: "bob"}}
	transactions, err := protector.New(protector.Config{Validators: []protector.Validator{
		protector.Field("Txn-Token", func(_ context.Context, token string) (*accessToken, error) {
			return payments[token], nil
		}),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ofTheUser := protector.Policy{Check: func(ctx context.Context, transaction protector.Token) error {
		user, ok := protector.TokenOf[*accessToken](ctx, users)
		if !ok || user.User != transaction.(*accessToken).User {
			return fmt.Errorf("a transaction of %s", transaction.(*accessToken).User)
		}
		return nil
	}}
	pay := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := protector.TokenOf[*accessToken](r.Context(), users)
		fmt.Println("paid by", user.User)
	})
	handler := users.Require("profile")(transactions.RequirePolicy(ofTheUser)(pay))
	for _, transaction := range []string{"pay-alices-rent", "pay-bobs-rent"} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Authorization", "Bearer alice-token")
		r.Header.Set("Txn-Token", transaction)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(transaction, w.Code)
	}
	// Output:
	// paid by alice
	// pay-alices-rent 200
	// pay-bobs-rent 403
}
