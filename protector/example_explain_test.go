package protector_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// A request is explained for whoever runs the service: all that is wrong with it, and
// what to do.
func ExampleProtector_Explain() {
	issuer, tokens := exampleIssuer()
	defer issuer.Close()
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{
		protector.Explaining(protector.Bearer(tokens.Validate), tokens.Explain),
	}})
	if err != nil {
		panic(err)
	}
	rule, err := guard.NewRule(protector.Policy{Scopes: []string{"orders:write"}, Groups: []string{"staff"}})
	if err != nil {
		panic(err)
	}

	r := httptest.NewRequest(http.MethodPost, "/orders", nil)
	r.Header.Set("Authorization", "Bearer "+issuer.Token(jwttest.Scope("orders:read")))
	for _, f := range guard.Explain(r, rule).Findings {
		if f.Outcome == "failed" {
			fmt.Println(f.Check+":", f.Remedy)
		}
	}
	// Output:
	// scope: have the client ask the issuer for the scope "orders:write"
	// groups: put the user into one of the groups, or look where Profile.Groups reads them
}
