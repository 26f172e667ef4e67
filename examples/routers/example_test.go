package routers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"

	"example.com/resourceserver/examples/routers"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// token is a row of the application's own table, so that the examples are about
// routers alone.
type token struct{ user, scope string }

func (t *token) Scopes() scopes.Set { return scopes.Parse(t.scope) }
func (*token) ExpiresAt() time.Time { return time.Time{} }

func lookup(_ context.Context, sent string) (*token, error) {
	return map[string]*token{"a": {"alice", "profile"}, "b": {"bob", "profile admin"}}[sent], nil
}

func newGuard(onDecision func(context.Context, protector.Decision)) *protector.Protector {
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(lookup)}, OnDecision: onDecision,
	})
	if err != nil {
		panic(err)
	}
	return guard
}

func showUser(w http.ResponseWriter, r *http.Request) {
	current, _ := protector.CurrentToken[*token](r.Context())
	fmt.Fprint(w, "hello ", current.user)
}

func showPlan(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the plan") }

func try(handler http.Handler, path, sent string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if sent != "" {
		r.Header.Set("Authorization", "Bearer "+sent)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		fmt.Println(w.Code)
		return
	}
	fmt.Println(w.Code, w.Body)
}

func visit(handler http.Handler) {
	try(handler, "/user/7", "a")
	try(handler, "/user/7", "")
	try(handler, "/admin/plan", "a")
	try(handler, "/admin/plan", "b")
}

func Example_serveMux() {
	guard := newGuard(nil)

	router := http.NewServeMux()
	router.Handle("GET /user/{id}", guard.Require("profile")(http.HandlerFunc(showUser)))
	admin := http.NewServeMux()
	admin.HandleFunc("GET /admin/plan", showPlan)
	router.Handle("/admin/", guard.Require("admin")(admin))

	visit(router)
	// Output:
	// 200 hello alice
	// 401
	// 403
	// 200 the plan
}

func Example_chi() {
	guard := newGuard(nil)

	router := chi.NewRouter()
	router.With(guard.Require("profile")).Get("/user/{id}", showUser)
	router.Route("/admin", func(admin chi.Router) {
		admin.Use(guard.Require("admin"))
		admin.Get("/plan", showPlan)
	})

	visit(router)
	// Output:
	// 200 hello alice
	// 401
	// 403
	// 200 the plan
}

func Example_gorilla() {
	guard := newGuard(func(_ context.Context, d protector.Decision) { fmt.Print(d.Pattern, " ") })

	router := mux.NewRouter()
	router.Use(routers.Pattern) // for Decision: what gorilla/mux does not say by itself
	router.Handle("/user/{id}", guard.Require("profile")(http.HandlerFunc(showUser))).Methods("GET")
	admin := router.PathPrefix("/admin").Subrouter()
	admin.Use(guard.Require("admin"))
	admin.HandleFunc("/plan", showPlan).Methods("GET")

	visit(router)
	// Output:
	// /user/{id} 200 hello alice
	// /user/{id} 401
	// /admin/plan 403
	// /admin/plan 200 the plan
}
