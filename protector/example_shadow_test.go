package protector_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"example.com/resourceserver/protector"
)

// A new policy, in front of a service that has had none: for a month it turns nobody away.
func ExamplePolicy_shadow() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
		Logger:     slog.New(slog.DiscardHandler), // that of the program: it is warned at every start
		OnDecision: func(_ context.Context, d protector.Decision) {
			fmt.Println("shadow:", d.Shadow, "would be:", d.Status, d.Reason)
		},
		Now: func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.RequirePolicy(protector.Policy{
		Scopes:              []string{"orders:read"},
		InsecureShadowUntil: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
	})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("the handler: shadowed:", protector.Shadowed(r.Context()))
	}))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/orders", nil))
	// Output:
	// shadow: true would be: 401 no_credentials
	// the handler: shadowed: true
}
