package introspection_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

// A client that may not introspect is told that every token is inactive.
func TestFirstAnswersAllInactive(t *testing.T) {
	inactive := always(`{"active":false}`)
	var logged strings.Builder
	e := &endpoint{answer: inactive}
	client := e.client(t, func(c *settings) {
		c.Logger, c.NegativeTTL = newLogger(&logged), introspection.NoCache
	})
	for range 50 { // one client with one dead token
		client.Introspect(t.Context(), "dead")
	}
	for i := range 18 {
		client.Introspect(t.Context(), fmt.Sprint("token", i))
	}
	require.Empty(t, logged.String())
	for i := range 50 {
		client.Introspect(t.Context(), fmt.Sprint("more", i))
	}
	require.Equal(t, 1, strings.Count(logged.String(), "\n"))
	require.Contains(t, logged.String(), "level=WARN")
	require.Contains(t, logged.String(), "may not introspect")
	require.NotContains(t, logged.String(), "token0")
}

// Once one was active, be it good for something else, strangers are strangers.
func TestFirstAnswersNotAllInactive(t *testing.T) {
	for name, one := range map[string]string{
		"good":                activeAnswer,
		"of another audience": active(`"aud":"https://other.example"`),
	} {
		t.Run(name, func(t *testing.T) {
			var logged strings.Builder
			e := &endpoint{answer: func(token string) (*http.Response, error) {
				if token == "one" {
					return response(200, one), nil
				}
				return response(200, `{"active":false}`), nil
			}}
			client := e.client(t, func(c *settings) { c.Logger = newLogger(&logged) })
			client.Introspect(t.Context(), "one")
			for i := range 50 {
				client.Introspect(t.Context(), fmt.Sprint("token", i))
			}
			require.Empty(t, logged.String())
		})
	}
}
