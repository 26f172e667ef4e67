package protector_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"example.com/resourceserver/protector"
)

// The application's own table: what lookup returns is what handlers get. A token
// that has expired or was revoked is refused by the protector, so that lookup
// cannot forget it.
func ExampleBearer() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require("profile")(http.HandlerFunc(greet))
	try(handler, "GET", "/", "Bearer alice-token")
	try(handler, "GET", "/", "Bearer old-token")
	// Output:
	// 200 hello alice
	// 401 invalid_token
}

// A table that cannot be reached is no reason to call a token invalid.
func ExampleBearer_outage() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(func(context.Context, string) (*accessToken, error) {
			return nil, errors.New("connection refused")
		})},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	try(guard.Require()(http.HandlerFunc(greet)), "GET", "/", "Bearer alice-token")
	// Output: 503 temporarily_unavailable
}

// A scheme of one's own, beside Bearer, that looks at more than its token.
func ExampleScheme() {
	byKey := func(r *http.Request, key string) (*accessToken, error) {
		if key != "key-7" || r.Header.Get("Origin") != "" { // not for browsers
			return nil, nil
		}
		return &accessToken{User: "the nightly job", Scope: "profile"}, nil
	}
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{
			protector.Bearer(lookup),
			protector.Scheme("ApiKey", byKey),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require("profile")(http.HandlerFunc(greet))
	try(handler, "GET", "/", "Bearer alice-token")
	try(handler, "GET", "/", "ApiKey key-7")
	// Output:
	// 200 hello alice
	// 200 hello the nightly job
}

// Two kinds of token under one scheme. The kind is told by the look of the
// token; only the validator in charge is asked.
func ExampleValidator_When() {
	personal := func(context.Context, string) (*accessToken, error) {
		return &accessToken{User: "somebody's script", Scope: "profile"}, nil
	}
	isPersonal := func(token string) bool { return strings.HasPrefix(token, "pat_") }
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{
			protector.Bearer(personal).When(isPersonal),
			protector.Bearer(lookup), // every other
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require("profile")(http.HandlerFunc(greet))
	try(handler, "GET", "/", "Bearer pat_1234")
	try(handler, "GET", "/", "Bearer alice-token")
	// Output:
	// 200 hello somebody's script
	// 200 hello alice
}

// device is a proof for tokens that are bound to a device, whose identifier a
// proxy in front has verified.
type device struct{}

func (device) Confirms() string          { return "device" }
func (device) Params() []protector.Param { return nil }

func (device) Evidence(r *http.Request) (string, error) {
	return r.Header.Get("X-Verified-Device"), nil
}

func (device) Check(_ context.Context, p protector.Possession) (protector.Proved, error) {
	if p.Bound && p.Evidence != p.Confirmation {
		return protector.Proved{}, &protector.Error{Status: http.StatusUnauthorized, Reason: "other_device"}
	}
	return protector.Proved{}, nil
}

// deviceToken is a token that is good on one device only.
type deviceToken struct {
	accessToken
	Device string
}

func (t *deviceToken) Confirmation() map[string]string {
	return map[string]string{"device": t.Device}
}

// A token that is bound to something needs a proof of it.
func ExampleValidator_Proving() {
	bearer := protector.Bearer(func(context.Context, string) (*deviceToken, error) {
		return &deviceToken{accessToken{User: "alice"}, "phone-7"}, nil
	})
	for _, validator := range []protector.Validator{bearer, bearer.Proving(device{})} {
		guard, err := protector.New(protector.Config{Validators: []protector.Validator{validator}})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, id := range []string{"phone-7", "phone-8"} {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", "Bearer alice-token")
			r.Header.Set("X-Verified-Device", id)
			_, err := guard.Acquire(r)
			fmt.Println(err)
		}
	}
	// Output:
	// protector: 401 invalid_token (confirmation)
	// protector: 401 invalid_token (confirmation)
	// <nil>
	// protector: 401 invalid_token (other_device)
}
