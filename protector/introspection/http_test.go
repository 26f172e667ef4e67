package introspection_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
	"example.com/resourceserver/scopes"
)

// The protector finds all of what it can ask a token for.
var _ interface {
	protector.Token
	ValidAt(time.Time) bool
	Confirmation() map[string]string
	Groups() scopes.Set
	Roles() scopes.Set
	Entitlements() scopes.Set
	Issuer() string
	ClientID() string
	Subject() string
} = (*introspection.Token)(nil)

// protected is a real server with one handler behind a protector that asks this
// client. It counts what gets through.
func protected(
	t *testing.T, client *introspection.Client, config protector.Config,
) (server *httptest.Server, entered *int) {
	t.Helper()
	config.Validators = []protector.Validator{protector.Bearer(client.Introspect)}
	guard, err := protector.New(config)
	require.NoError(t, err)
	entered = new(int)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*entered++
		current, ok := protector.CurrentToken[*introspection.Token](r.Context())
		fmt.Fprint(w, ok, " ", current.Subject())
	})
	server = serve(t, guard.Require("profile email", "user")(handler).ServeHTTP)
	return server, entered
}

func get(t *testing.T, url, token string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

// checklist 172, 173, 177, 178
func TestThroughHTTP(t *testing.T) {
	for name, tc := range map[string]struct {
		handler    http.HandlerFunc
		status     int
		challenge  string
		retryAfter string
	}{
		"good":           {answering(active(`"scope":"profile email","sub":"ada"`)), 200, "", ""},
		"other scope":    {answering(active(`"scope":"other"`)), 403, `error="insufficient_scope"`, ""},
		"inactive":       {answering(`{"active":false}`), 401, `error="invalid_token"`, ""},
		"expired":        {answering(active(`"exp":1`)), 401, `error="invalid_token"`, ""},
		"other audience": {answering(active(`"aud":"https://other.example"`)), 401, `error="invalid_token"`, ""},
		"bound":          {answering(active(`"scope":"user","cnf":{"jkt":"J"}`)), 401, `error="invalid_token"`, ""},
		"bound oddly":    {answering(active(`"scope":"user","cnf":{"x":"J"}`)), 401, `error="invalid_token"`, ""},
		"bound by own":   {answering(active(`"scope":"user","cnf":{"kid":"J"}`)), 401, `error="invalid_token"`, ""},
		"our bare 401":   {withStatus(401, ""), 503, "", "1"},
		"a string":       {answering(`{"active":"true","scope":"user"}`), 503, "", "1"},
		"HTML":           {withType("text/html"), 503, "", "1"},
		"500":            {withStatus(500, ""), 503, "", "1"},
		"redirect":       {http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect).ServeHTTP, 503, "", "1"},
		"our 401":        {withStatus(401, `{"error":"invalid_client"}`), 503, "", "30"},
		"wants a rest": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "12")
			w.WriteHeader(503)
		}, 503, "", "12"},
	} {
		t.Run(name, func(t *testing.T) {
			var logged strings.Builder
			client := newClient(t, config(serve(t, tc.handler).URL))
			server, entered := protected(t, client, protector.Config{Logger: newLogger(&logged)})
			response, body := get(t, server.URL, token)
			require.Equal(t, tc.status, response.StatusCode)
			require.Equal(t, tc.retryAfter, response.Header.Get("Retry-After"))
			require.Contains(t, response.Header.Get("WWW-Authenticate"), tc.challenge)
			require.NotContains(t, body+logged.String()+fmt.Sprint(response.Header), token)
			if tc.status == 200 {
				require.Equal(t, "true ada", body)
				return
			}
			require.Zero(t, *entered)
			if tc.status == 503 {
				require.Empty(t, response.Header.Get("WWW-Authenticate"))
				require.Contains(t, body, `"temporarily_unavailable"`)
			}
		})
	}
}

// The operator learns that it is our own credentials; the client does not.
func TestCredentialsRefusedReachesTheOperator(t *testing.T) {
	var decided []protector.Decision
	client := newClient(t, config(serve(t, withStatus(401, `{"error":"invalid_client"}`)).URL))
	server, _ := protected(t, client, protector.Config{
		OnDecision: func(_ context.Context, d protector.Decision) { decided = append(decided, d) },
	})
	_, body := get(t, server.URL, token)
	require.NotContains(t, strings.ToLower(body), "credentials")
	require.Len(t, decided, 1)
	var unavailable *introspection.UnavailableError
	require.True(t, errors.As(decided[0].Err, &unavailable))
	require.Equal(t, introspection.FailureCredentialsRefused, unavailable.Failure)
}
