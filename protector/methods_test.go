package protector_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
}

// checklist 25
func TestMethods(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	resource := guard.Methods(protector.Methods{
		"GET":    {Policy: protector.Policy{Scopes: []string{"profile"}}, Handler: says("shown")},
		"POST":   {Policy: protector.Policy{Scopes: []string{"user"}}, Handler: says("changed")},
		"DELETE": {Handler: says("gone")},
	})
	own := guard.Methods(protector.Methods{
		"GET":     {Handler: says("shown")},
		"HEAD":    {Policy: protector.Policy{Scopes: []string{"user"}}, Handler: says("")},
		"OPTIONS": {Policy: protector.Policy{Optional: true}, Handler: says("options")},
	})
	for _, tt := range []struct {
		name, method, token string
		resource            http.Handler
		status              int
		body, allow         string
	}{
		{"GET", "GET", "alice", resource, 200, "shown", ""},
		{"GET, short", "GET", "bob", resource, 403, "", ""},
		{"GET, anonymous", "GET", "", resource, 401, "", ""},
		{"POST", "POST", "bob", resource, 200, "changed", ""},
		{"POST, short", "POST", "alice", resource, 403, "", ""},
		{"DELETE", "DELETE", "carol", resource, 200, "gone", ""},
		{"DELETE, anonymous", "DELETE", "", resource, 401, "", ""},
		{"HEAD follows GET", "HEAD", "alice", resource, 200, "", ""},
		{"HEAD follows GET, short", "HEAD", "bob", resource, 403, "", ""},
		{"OPTIONS", "OPTIONS", "carol", resource, 204, "", "DELETE, GET, HEAD, OPTIONS, POST"},
		{"OPTIONS, anonymous", "OPTIONS", "", resource, 401, "", ""},
		{"PUT", "PUT", "alice", resource, 405, "Method Not Allowed\n", "DELETE, GET, HEAD, OPTIONS, POST"},
		{"get in small letters", "get", "alice", resource, 405, "Method Not Allowed\n", "DELETE, GET, HEAD, OPTIONS, POST"},
		{"own HEAD", "HEAD", "carol", own, 403, "", ""},
		{"own OPTIONS", "OPTIONS", "", own, 200, "options", ""},
		{"own, others", "POST", "carol", own, 405, "Method Not Allowed\n", "GET, HEAD, OPTIONS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header := "X: y"
			if tt.token != "" {
				header = "Authorization: Bearer " + tt.token
			}
			a := ask(t, serve(t, tt.resource), tt.method, "/", "", header)
			require.Equal(t, tt.status, a.status)
			require.Equal(t, tt.allow, a.header.Get("Allow"))
			if tt.body != "" {
				require.Equal(t, tt.body, a.body)
			}
			if tt.status >= 400 {
				require.Equal(t, "no-store", a.header.Get("Cache-Control"))
			}
		})
	}
}

func TestFaultyMethods(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for _, tt := range []struct {
		name    string
		methods protector.Methods
		says    []string
	}{
		{"none", nil, []string{"Methods is empty"}},
		{"no handler", protector.Methods{"GET": {}}, []string{"GET has no handler"}},
		{"nil function", protector.Methods{"GET": {Handler: http.HandlerFunc(nil)}}, []string{"GET has no handler"}},
		{"small letters", protector.Methods{"get": {Handler: hello}}, []string{`"get"`}},
		{"no name", protector.Methods{"": {Handler: hello}}, []string{`""`}},
		{"pattern", protector.Methods{"GET /": {Handler: hello}}, []string{`"GET /"`}},
		{
			"all at once",
			protector.Methods{"get": {}, "POST": {Policy: protector.Policy{Scopes: []string{""}}, Handler: hello}},
			[]string{`"get"`, "get has no handler", "POST: scopes", "blank"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				err, ok := recover().(error)
				require.True(t, ok, "Methods has to panic with an error")
				for _, s := range tt.says {
					require.ErrorContains(t, err, s)
				}
			}()
			guard.Methods(tt.methods)
		})
	}
}
