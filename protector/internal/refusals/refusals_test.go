package refusals_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
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

// What Explain says is what the middleware then does, and Explain uses nothing up: the table holds behind it.
//
// checklist 221
func TestExplainAgrees(t *testing.T) {
	service := refusals.New(t)
	mux := http.NewServeMux()
	explained := 0
	for _, route := range service.Routes {
		var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Cache-Control", refusals.CacheControl)
			fmt.Fprint(w, service.Greet(r.Context(), body))
		})
		for _, policy := range slices.Backward(route.Policies) {
			handler = route.Guard.RequirePolicy(policy)(handler)
		}
		rule, err := route.Guard.NewRule(route.Policies[0])
		require.NoError(t, err)
		mux.HandleFunc(route.Path, func(w http.ResponseWriter, r *http.Request) {
			e := route.Guard.Explain(r, rule)
			handler.ServeHTTP(w, r)
			explained++
			if err := e.Err(); err != nil && r.Method != http.MethodOptions {
				_, header, _ := route.Guard.Answer(err)
				assert.Equal(t, header["Www-Authenticate"], w.Header()["Www-Authenticate"], e.String())
				assert.Equal(t, header["Retry-After"], w.Header()["Retry-After"], e.String())
				assert.Equal(t, header["Dpop-Nonce"] != nil, w.Header()["Dpop-Nonce"] != nil, e.String())
			}
			harmless(t, r, e)
		})
	}
	server := httptest.NewServer(refusals.Recover(mux))
	defer server.Close()
	service.Try(t, strings.TrimPrefix(server.URL, "http://"))
	require.Greater(t, explained, 50)
}

// harmless demands that no form of an explanation holds what the client has sent to prove itself.
func harmless(t *testing.T, r *http.Request, e protector.Explanation) {
	document, err := json.Marshal(e)
	assert.NoError(t, err)
	for _, text := range []string{e.String(), string(document), e.LogValue().String()} {
		for _, name := range []string{"Authorization", "Dpop", "Cookie"} {
			for word := range strings.FieldsSeq(strings.Join(r.Header[name], " ")) {
				for part := range strings.SplitSeq(word, ".") {
					assert.False(t, len(part) > 16 && strings.Contains(text, part), "%s: %s", name, text)
				}
			}
		}
	}
}
