package protector_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"example.com/resourceserver/protector"
)

// A client without a token is told where the metadata is, and finds there whom to ask for one.
func ExampleProtector_ResourceMetadata() {
	guard, err := protector.New(protector.Config{
		Resource:             "https://api.example/v1",
		AuthorizationServers: []string{"https://issuer.example"}, // tokens.Issuers(), of a validator
		Validators:           []protector.Validator{protector.Bearer(lookup)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /v1/user", guard.Require("profile")(http.HandlerFunc(greet)))
	mux.Handle(guard.ResourceMetadata())

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/v1/user", nil))
	fmt.Println(w.Header().Get("WWW-Authenticate"))

	w = httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/oauth-protected-resource/v1", nil))
	var document bytes.Buffer
	json.Indent(&document, w.Body.Bytes(), "", "\t")
	fmt.Print(document.String())
	// Output:
	// Bearer realm="api", resource_metadata="https://api.example/.well-known/oauth-protected-resource/v1"
	// {
	// 	"authorization_servers": [
	// 		"https://issuer.example"
	// 	],
	// 	"bearer_methods_supported": [
	// 		"header"
	// 	],
	// 	"resource": "https://api.example/v1",
	// 	"scopes_supported": [
	// 		"profile"
	// 	]
	// }
}
