package protector_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"example.com/resourceserver/protector"
)

// A CORS middleware stands outside the guard. It answers preflights, which carry no token, and the page can read why
// the guard has refused it.
func ExampleProtector_Require_cors() {
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(lookup)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	cors := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Origin") == "https://app.example" {
				w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
				w.Header().Set("Access-Control-Allow-Headers", "Authorization")
				w.Header().Set("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After")
			}
			if r.Method == "OPTIONS" && r.Header.Get("Access-Control-Request-Method") != "" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	mux := http.NewServeMux()
	mux.Handle("/orders", guard.Require("orders")(http.HandlerFunc(greet)))
	for _, method := range []string{"OPTIONS", "GET"} {
		r := httptest.NewRequest(method, "/orders", nil)
		r.Header.Set("Origin", "https://app.example")
		if method == "OPTIONS" {
			r.Header.Set("Access-Control-Request-Method", "GET")
		}
		w := httptest.NewRecorder()
		cors(mux).ServeHTTP(w, r)
		fmt.Printf("%d %s %q\n", w.Code, w.Header().Get("Access-Control-Allow-Origin"), w.Header()["Www-Authenticate"])
	}
	// Output:
	// 204 https://app.example []
	// 401 https://app.example ["Bearer realm=\"api\""]
}
