package introspection_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
)

// An authorization server that knows one token.
func exampleServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.FormValue("token") != "opaque" {
			fmt.Fprint(w, `{"active": false}`)
			return
		}
		fmt.Fprint(w, `{"active": true, "token_type": "Bearer", "scope": "profile email", "sub": "ada", "tenant": "acme"}`)
	}))
}

func Example() {
	server := exampleServer()
	defer server.Close()

	client, err := introspection.New(introspection.Config{
		Endpoint:    server.URL,
		Credentials: introspection.ClientSecretBasic("orders-api", "secret"),
		Audiences:   []string{"https://orders.example"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(client.Introspect)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	orders := guard.Require("profile email")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := protector.CurrentToken[*introspection.Token](r.Context())
		fmt.Fprint(w, "orders of ", token.Subject())
	}))

	for _, token := range []string{"opaque", "invented"} {
		r := httptest.NewRequest(http.MethodGet, "/orders", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		orders.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 orders of ada
	// 401 {"error":"invalid_token","error_description":"The access token is not valid."}
}

// Outside HTTP, the two kinds of error are told apart by type.
func ExampleClient_Introspect() {
	server := exampleServer()
	defer server.Close()
	client, err := introspection.New(introspection.Config{
		Endpoint:    server.URL,
		Credentials: introspection.ClientSecretBasic("worker", "secret"),
		AnyAudience: true,
		PositiveTTL: 10 * time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.Introspect(context.Background(), "invented")
	if rejected, ok := errors.AsType[*introspection.Error](err); ok {
		fmt.Println("drop the message:", rejected.Reason)
	}
	server.Close()
	_, err = client.Introspect(context.Background(), "opaque")
	if unavailable, ok := errors.AsType[*introspection.UnavailableError](err); ok {
		fmt.Println("try again after", unavailable.RetryAfter())
	}
	// Output:
	// drop the message: inactive
	// try again after 1s
}

func ExampleToken_Decode() {
	server := exampleServer()
	defer server.Close()
	client, err := introspection.New(introspection.Config{
		Endpoint:    server.URL,
		Credentials: introspection.ClientSecretPost("orders-api", "secret"),
		AnyAudience: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := client.Introspect(context.Background(), "opaque")
	if err != nil {
		fmt.Println(err)
		return
	}
	var own struct {
		Tenant string `json:"tenant"`
	}
	if err := token.Decode(&own); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(own.Tenant)
	// Output: acme
}
