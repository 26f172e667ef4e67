package jwt_test

import (
	"context"
	"fmt"
	"slices"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// payments is what a user may consent to, as the API defines it.
type payments struct {
	Type    string   `json:"type"`
	Actions []string `json:"actions"`
	Account string   `json:"account"`
}

// In a service, the Check of a protector.Policy asks this.
func ExampleDetails() {
	issuer := startIssuer()
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer})
	if err != nil {
		panic(err)
	}
	token, err := tokens.Validate(context.Background(), issuer.Token(jwttest.Claim("authorization_details", []any{
		map[string]any{"type": "accounts", "actions": []string{"list"}},
		map[string]any{"type": "payments", "actions": []string{"initiate"}, "account": "DE02"},
	})))
	if err != nil {
		panic(err)
	}
	consented, err := jwt.Details[payments](token, "payments")
	if err != nil {
		panic(err) // a policy refuses: nothing may be concluded
	}
	may := slices.ContainsFunc(consented, func(p payments) bool {
		return p.Account == "DE02" && slices.Contains(p.Actions, "initiate")
	})
	fmt.Println(may)
	// Output: true
}
