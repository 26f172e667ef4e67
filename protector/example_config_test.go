package protector_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"example.com/resourceserver/protector"
)

// A check of the request itself, before its token is looked at.
func ExampleConfig_requestCheck() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
		RequestCheck: func(r *http.Request) error {
			if r.Header.Get("X-Tenant") == "" {
				return errors.New("no tenant")
			}
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	try(guard.Require()(http.HandlerFunc(greet)), "GET", "/", "Bearer alice-token")
	// Output: 400 invalid_request
}

// What operators count, and what listeners of a signal would want to know.
func ExampleDecision() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
		OnDecision: func(ctx context.Context, d protector.Decision) {
			fmt.Println(d.Pattern, d.Outcome, d.Reason, d.Subject)
			if token, ok := protector.CurrentToken[*accessToken](ctx); ok {
				fmt.Println("last seen:", token.User)
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /user/{id}", guard.Require("profile")(http.HandlerFunc(greet)))
	try(mux, "GET", "/user/7", "Bearer alice-token")
	try(mux, "GET", "/user/7", "Bearer old-token")
	// Output:
	// GET /user/{id} granted  alice
	// last seen: alice
	// 200 hello alice
	// GET /user/{id} refused revoked carol
	// 401 invalid_token
}

// Refusals in the log have a reason, and never the token.
func ExampleConfig_logger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case slog.TimeKey, slog.LevelKey, slog.MessageKey, "duration", "outcome", "method", "route", "scheme":
				return slog.Attr{} // for a short example
			}
			return a
		},
	}))
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
		Logger:     logger,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /profile", guard.Require("profile email")(http.HandlerFunc(greet)))
	mux.Handle("GET /files", guard.Require("files")(http.HandlerFunc(greet)))
	try(mux, "GET", "/profile", "Bearer old-token")
	try(mux, "GET", "/files", "Bearer bob-token")
	// Output:
	// reason=revoked status=401 remedy="have the user log in again: the token was withdrawn"
	// 401 invalid_token
	// reason=insufficient_scope status=403 scope=files remedy="have the client ask the issuer for the missing scope"
	// 403 insufficient_scope
}

// A body in the application's own format. The fields of the protocol are set
// already.
func ExampleConfig_errorHandler() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, e *protector.Error) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(e.Status)
			fmt.Fprintln(w, "Sorry:", e.Description)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	guard.Require()(http.HandlerFunc(greet)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Print(w.Code, " ", w.Body)
	fmt.Println(w.Header().Get("WWW-Authenticate"))
	// Output:
	// 401 Sorry: An access token is required.
	// Bearer realm="api"
}

// Browsers send cookies also when another site asks them to. Requests of other
// origins that change something are refused.
func ExampleConfig_cookie() {
	guard, err := protector.New(protector.Config{
		Validators:    []protector.Validator{protector.Bearer(lookup)},
		AmbientCookie: "__Host-token",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Require("profile")(http.HandlerFunc(greet))
	for _, site := range []string{"same-origin", "cross-site"} {
		r := httptest.NewRequest("POST", "/", nil)
		r.AddCookie(&http.Cookie{Name: "__Host-token", Value: "alice-token"})
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(site, w.Code)
	}
	// Output:
	// same-origin 200
	// cross-site 403
}

// A preflight is answered by a handler for preflights, and not by the one that is
// protected.
func ExampleConfig_preflight() {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)},
		Preflight: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Origin") == "https://app.example" {
				w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
				w.Header().Set("Access-Control-Allow-Headers", "Authorization")
			}
			w.WriteHeader(http.StatusNoContent)
		}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("OPTIONS", "/", nil)
	r.Header.Set("Origin", "https://app.example")
	r.Header.Set("Access-Control-Request-Method", "GET")
	w := httptest.NewRecorder()
	guard.Require("profile")(http.HandlerFunc(greet)).ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Headers"))
	// Output: 204 Authorization
}
