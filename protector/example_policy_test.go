package protector_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// consent is a row with what somebody has agreed to.
type consent struct {
	scope  string
	claims map[string]any
}

func (c *consent) Scopes() scopes.Set   { return scopes.Parse(c.scope) }
func (c *consent) ExpiresAt() time.Time { return time.Now().Add(time.Minute) }

func (c *consent) ClientID() string {
	client, _ := c.claims["client_id"].(string)
	return client
}

func (c *consent) Claim(path ...string) (any, bool) {
	var value any = c.claims
	for _, name := range path {
		members, _ := value.(map[string]any)
		value = members[name]
	}
	return value, value != nil
}

func consents(claims map[string]any) protector.Validator {
	return protector.Bearer(func(context.Context, string) (*consent, error) {
		return &consent{scope: "admin", claims: claims}, nil
	})
}

// Certain clients only, for subjects who act themselves, of organizations with a paid plan.
func ExamplePolicy_claims() {
	hierarchy, err := scopes.NewHierarchy(map[string][]string{"admin": {"orders:write"}, "orders:write": {"orders:read"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	policy := protector.Policy{
		Scopes:       []string{"orders:read"},
		Clients:      []string{"web-shop", "partner-shop"},
		NoDelegation: true,
		Claims: []protector.ClaimRule{
			{Path: []string{"org", "plan"}, AnyOf: []any{"team", "enterprise"}},
			{Path: []string{"email_verified"}, AnyOf: []any{true}},
		},
	}
	for _, plan := range []string{"team", "free"} {
		guard, err := protector.New(protector.Config{
			Hierarchy: hierarchy,
			Validators: []protector.Validator{consents(map[string]any{
				"client_id": "web-shop", "email_verified": true, "org": map[string]any{"plan": plan},
			})},
			OnDecision: func(_ context.Context, d protector.Decision) { fmt.Printf("%s: %s %q\n", plan, d.Outcome, d.Reason) },
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		r := httptest.NewRequest("GET", "/orders", nil)
		r.Header.Set("Authorization", "Bearer opaque")
		guard.RequirePolicy(policy)(http.HandlerFunc(greet)).ServeHTTP(httptest.NewRecorder(), r)
	}
	// Output:
	// team: granted ""
	// free: refused "insufficient_claims"
}
