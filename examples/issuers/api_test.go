package issuers_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
)

// Audiences of the tokens, where the issuer lets the client choose.
const (
	ours   = "https://api.example"
	theirs = "https://other.example"
)

// api is a guarded API, and what its guard decided last.
type api struct {
	address string
	decided protector.Decision
}

// newAPI guards an API against the tokens of one issuer. Where its keys are is found out as the issuer says it.
func newAPI(t *testing.T, issuer string, config jwt.Config) *api {
	t.Helper()
	return newAPIWith(t, jwks.Config{Issuer: issuer}, config)
}

func newAPIWith(t *testing.T, source jwks.Config, config jwt.Config) *api {
	t.Helper()
	keys, err := jwks.NewRemote(source)
	require.NoError(t, err)
	config.Keys = keys
	tokens, err := jwt.NewValidator(config)
	require.NoError(t, err)
	a := &api{}
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(tokens.Validate)},
		OnDecision: func(_ context.Context, d protector.Decision) { a.decided = d },
	})
	require.NoError(t, err)
	server := httptest.NewServer(guard.Require()(http.HandlerFunc(tellWho)))
	t.Cleanup(server.Close)
	a.address = server.URL
	return a
}

// tellWho answers with the client and the user of the token.
func tellWho(w http.ResponseWriter, r *http.Request) {
	token, _ := protector.CurrentToken[*jwt.Token](r.Context())
	io.WriteString(w, token.ClientID()+" for "+token.Subject()+" may "+token.Scopes().String())
}

// accepts demands that a token is let in, and that the API is told by whom, for whom and for what.
func (a *api) accepts(t *testing.T, token, who string) {
	t.Helper()
	status, body := a.ask(t, token)
	require.Equal(t, http.StatusOK, status, a.decided.Err)
	require.Equal(t, who, body)
}

// refuses demands that a token is answered 401 for a reason, which the log is told.
func (a *api) refuses(t *testing.T, token string, reason jwt.Reason) {
	t.Helper()
	status, _ := a.ask(t, token)
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, string(reason), a.decided.Reason, a.decided.Err)
}

// refusesAltered demands that every part of a token is proof against change.
func (a *api) refusesAltered(t *testing.T, token string) {
	t.Helper()
	for part, name := range []string{"header", "claims", "signature"} {
		status, _ := a.ask(t, alter(token, part))
		require.Equal(t, http.StatusUnauthorized, status, name)
	}
	a.refuses(t, alter(token, 2), jwt.ReasonSignature)
}

// ask calls the API with a token.
func (a *api) ask(t *testing.T, token string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.address, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	return response.StatusCode, text(t, response)
}

// alter changes one character in the middle of a part of the token.
func alter(token string, part int) string {
	parts := strings.Split(token, ".")
	middle := len(parts[part]) / 2
	replacement := "A"
	if parts[part][middle] == 'A' {
		replacement = "B"
	}
	parts[part] = parts[part][:middle] + replacement + parts[part][middle+1:]
	return strings.Join(parts, ".")
}

// nextYear is when none of the tokens is valid any more: some live for a month.
func nextYear() time.Time { return time.Now().AddDate(1, 0, 0) }
