package protector_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"example.com/resourceserver/protector"
)

// session is a token that says how and when its user has signed in.
type session struct {
	accessToken
	by   string
	when time.Time
}

func (s *session) ACR() string         { return s.by }
func (s *session) AuthTime() time.Time { return s.when }

// A transfer of money asks for a second factor, five minutes ago at most.
func ExamplePolicy_stepUp() {
	signedIn := time.Now().Add(-time.Hour)
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(_ context.Context, token string) (*session, error) {
			return &session{accessToken{User: token}, "pwd", signedIn}, nil
		}),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.RequirePolicy(protector.Policy{
		ACR: []string{"phr", "mfa"}, MaxAge: 5 * time.Minute,
	})(http.HandlerFunc(greet))

	r := httptest.NewRequest("POST", "/transfer", nil)
	r.Header.Set("Authorization", "Bearer alice")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code)
	fmt.Println(strings.ReplaceAll(w.Header().Get("WWW-Authenticate"), ", ", "\n  "))
	// Output:
	// 401
	// Bearer realm="api"
	//   error="insufficient_user_authentication"
	//   error_description="The user has to authenticate as the challenge says."
	//   acr_values="phr mfa"
	//   max_age="300"
}
