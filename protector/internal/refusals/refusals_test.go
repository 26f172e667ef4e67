package refusals_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"example.com/resourceserver/protector/internal/refusals"
)

// Nothing here is guarded but by net/http: the table has to hold for it first.
func TestPathsThroughServeMux(t *testing.T) {
	service := refusals.New(t)
	mux := http.NewServeMux()
	mux.Handle(refusals.GuardedPath, service.Routes[0].Guard.Require()(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, service.Greet(r.Context(), nil)) })))
	mux.HandleFunc(refusals.OpenPath, func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(mux)
	defer server.Close()
	service.TryPaths(t, strings.TrimPrefix(server.URL, "http://"))
}

// The door that all others are compared with.
func TestThroughServeMux(t *testing.T) {
	service := refusals.New(t)
	mux := http.NewServeMux()
	for _, route := range service.Routes {
		var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Cache-Control", refusals.CacheControl)
			fmt.Fprint(w, service.Greet(r.Context(), body))
		})
		for _, policy := range slices.Backward(route.Policies) {
			handler = route.Guard.RequirePolicy(policy)(handler)
		}
		mux.Handle(route.Path, handler)
	}
	server := httptest.NewServer(refusals.Recover(mux))
	defer server.Close()
	service.Try(t, strings.TrimPrefix(server.URL, "http://"))
}

// chi takes net/http middleware as it is.
func TestThroughChi(t *testing.T) {
	service := refusals.New(t)
	router := chi.NewRouter()
	router.Use(refusals.Recover)
	for _, route := range service.Routes {
		group := router.With()
		for _, policy := range route.Policies {
			group = group.With(route.Guard.RequirePolicy(policy))
		}
		group.HandleFunc(route.Path, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Cache-Control", refusals.CacheControl)
			fmt.Fprint(w, service.Greet(r.Context(), body))
		})
	}
	server := httptest.NewServer(router)
	defer server.Close()
	service.Try(t, strings.TrimPrefix(server.URL, "http://"))
}
