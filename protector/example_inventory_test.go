package protector_test

import (
	"fmt"
	"net/http"

	"example.com/resourceserver/protector"
)

// What a service asks for, as a table, and a test that fails where a route is open that nobody has named.
func ExampleProtector_Inventory() {
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(lookup)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	routes := guard.Routes()
	routes.Handle("GET /orders", protector.Policy{Scopes: []string{"orders:read", "admin"}}, http.HandlerFunc(greet))
	routes.Open("GET /healthz", http.HandlerFunc(greet))
	routes.Open("GET /debug", http.HandlerFunc(greet))
	fmt.Print(guard.Inventory().Markdown())
	fmt.Println(routes.Verify("GET /healthz"))
	// Output:
	// | route | asks for | by |
	// |---|---|---|
	// | — | a token | Routes: no route |
	// | GET /debug | nothing: open | Routes |
	// | GET /healthz | nothing: open | Routes |
	// | GET /orders | a token, scope orders:read OR admin | Routes |
	// protector: Routes: "GET /debug" is open: name it, or give it a policy
}
