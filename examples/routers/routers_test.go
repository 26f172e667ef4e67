package routers_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/examples/routers"
	"example.com/resourceserver/protector"
)

// doors puts one guard before "/admin/secret", and before nothing else, in each
// router, and leaves "/public/" open.
func doors(guard *protector.Protector, secret http.HandlerFunc) map[string]http.Handler {
	open := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "open") }
	plain := http.NewServeMux()
	plain.Handle("/admin/secret", guard.Require("admin")(secret))
	plain.HandleFunc("/public/", open)

	light := chi.NewRouter()
	light.With(guard.Require("admin")).HandleFunc("/admin/secret", secret)
	light.HandleFunc("/public/*", open)

	gorilla := func(router *mux.Router) http.Handler {
		router.Use(routers.Pattern)
		admin := router.PathPrefix("/admin").Subrouter()
		admin.Use(guard.Require("admin"))
		admin.HandleFunc("/secret", secret)
		router.PathPrefix("/public/").HandlerFunc(open)
		return router
	}
	return map[string]http.Handler{
		"ServeMux": plain, "chi": light, "gorilla": gorilla(mux.NewRouter()),
		"gorilla, strict slashes": gorilla(mux.NewRouter().StrictSlash(true)),
		"gorilla, paths as sent":  gorilla(mux.NewRouter().UseEncodedPath().SkipClean(true)),
	}
}

// Every router refuses alike, and runs no handler behind a refusal.
func TestRefusals(t *testing.T) {
	ran := false
	var last protector.Decision
	guard := newGuard(func(_ context.Context, d protector.Decision) { last = d })
	for name, handler := range doors(guard, func(http.ResponseWriter, *http.Request) { ran = true }) {
		for _, tt := range []struct {
			name   string
			fields string
			status int
			code   string
		}{
			{"granted", "Authorization: Bearer b", 200, ""},
			{"no token", "Accept: */*", 401, `Bearer realm="api"`},
			{"unknown", "Authorization: Bearer c", 401, `error="invalid_token"`},
			{"malformed", "Authorization: Bearer c d", 400, `error="invalid_request"`},
			{"two fields", "Authorization: Bearer b\r\nAuthorization: Bearer b", 400, `error="invalid_request"`},
			{"short scope", "Authorization: Bearer a", 403, `scope="admin"`},
		} {
			t.Run(name+", "+tt.name, func(t *testing.T) {
				ran, last = false, protector.Decision{}
				response := send(t, handler, "GET /admin/secret", tt.fields)
				require.Equal(t, tt.status, response.StatusCode)
				require.Equal(t, tt.status == 200, ran)
				require.Contains(t, response.Header.Get("Www-Authenticate"), tt.code)
				require.Equal(t, "/admin/secret", last.Pattern)
			})
		}
	}
}

// No spelling of the path gets past the guard.
func TestPaths(t *testing.T) {
	ran := false
	for name, handler := range doors(newGuard(nil), func(http.ResponseWriter, *http.Request) { ran = true }) {
		for _, path := range []string{
			"/admin/secret/", "/admin//secret", "//admin/secret", "/ADMIN/secret", "/admin/%73ecret", "/admin%2Fsecret",
			"/public/../admin/secret", "/public/%2e%2e/admin/secret", "/public/..%2fadmin/secret", "/admin/./secret",
			"/public/..;/admin/secret", "/admin/secret;a=b", "/admin/secret%00", "http://a.example/admin/secret",
		} {
			for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "get"} {
				response := send(t, handler, method+" "+path, "Accept: */*")
				if to := response.Header.Get("Location"); strings.HasPrefix(to, "/") {
					send(t, handler, method+" "+to, "Accept: */*")
				}
				require.False(t, ran, "%s: %s %s", name, method, path)
			}
		}
	}
}

// send writes to a socket: an http.Client would tidy up what it sends.
func send(t *testing.T, handler http.Handler, line, fields string) *http.Response {
	server := httptest.NewServer(handler)
	defer server.Close()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, line+" HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n"+fields+"\r\n\r\n")
	require.NoError(t, err)
	method, _, _ := strings.Cut(line, " ")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response
}

// The Go that the README shows is in the examples, which run.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	examples, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	lines := 0
	for i, block := range strings.Split(string(readme), "\n```") {
		code, isGo := strings.CutPrefix(block, "go\n")
		if i == 0 || !isGo {
			continue
		}
		for line := range strings.Lines(code) {
			lines++
			require.Contains(t, string(examples), strings.TrimSpace(line))
		}
	}
	require.NotZero(t, lines)
}
