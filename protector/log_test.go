package protector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// logged returns the one record of a request with that token, and the answer.
func logged[T protector.Token](
	t *testing.T, validate func(context.Context, string) (T, error), policy protector.Policy, token string,
) (record map[string]any, w *httptest.ResponseRecorder, d protector.Decision) {
	t.Helper()
	var log bytes.Buffer
	guard := newGuard(t, protector.Config{
		Validators: []protector.Validator{protector.Bearer(validate)},
		Logger:     slog.New(slog.NewJSONHandler(&log, nil)),
		OnDecision: func(_ context.Context, decided protector.Decision) { d = decided },
	})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w = httptest.NewRecorder()
	guard.RequirePolicy(policy)(hello).ServeHTTP(w, r)
	require.NoError(t, json.Unmarshal(log.Bytes(), &record))
	return record, w, d
}

// Who has to correct a wrong audience needs to see both, and the client neither.
//
// checklist 222
func TestTheLogShowsWhatDidNotMatch(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience(), "my api"}, Keys: issuer,
	})
	require.NoError(t, err)
	ours := issuer.Audience() + `, "my api"`
	for name, tt := range map[string]struct {
		token              string
		expected, received any
	}{
		"audience": {issuer.Token(jwttest.Audience("https://other.example")), ours, "https://other.example"},
		"issuer":   {issuer.Token(jwttest.Claim("iss", "https://e.example")), issuer.URL(), "https://e.example"},
		"hostile": {issuer.Token(jwttest.Audience("a, b", "\x1b[2J\nlevel=ERROR\u202e", `"`)), ours,
			`"a, b", "\x1b[2J\nlevel=ERROR\u202e", "\""`},
		"expired": {issuer.Token(jwttest.ExpiresIn(-1e12)), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			record, w, _ := logged(t, tokens.Validate, protector.Policy{}, tt.token)
			require.Equal(t, tt.expected, record["expected"])
			require.Equal(t, tt.received, record["received"])
			usual := logOfRefusal(t, tokens, issuer.Token(jwttest.Tampered()))
			require.Equal(t, usual.Header(), w.Header(), "the client learns nothing of it")
			require.Equal(t, usual.Body.String(), w.Body.String())
		})
	}
	record, _, _ := logged(t, tokens.Validate, protector.Policy{}, issuer.Token(jwttest.Audience(
		strings.Repeat("a", 150), strings.Repeat("b", 150), "c")))
	require.Equal(t, strings.Repeat("a", 150)+"…", record["received"])
	wide := issuer.Token(jwttest.Audience(strings.Repeat("\u202e", 999)))
	record, _, _ = logged(t, tokens.Validate, protector.Policy{}, wide)
	require.LessOrEqual(t, len(record["received"].(string)), 203)
}

func logOfRefusal(t *testing.T, tokens *jwt.Validator, token string) *httptest.ResponseRecorder {
	_, w, _ := logged(t, tokens.Validate, protector.Policy{}, token)
	return w
}

// indiscreet is an error of an application's own that takes the token for a claim.
type indiscreet struct{ token string }

func (indiscreet) Error() string      { return "no" }
func (indiscreet) InvalidToken() bool { return true }
func (e indiscreet) Mismatch() (expected, received []string) {
	return []string{"api"}, []string{"got " + e.token, "other"}
}

func TestTheLogShowsNoTokenAsAClaim(t *testing.T) {
	const secret = "eyJhbGciOiJub25lIn0.secret.signature"
	refuse := func(_ context.Context, s string) (*token, error) { return nil, indiscreet{s} }
	record, _, _ := logged(t, refuse, protector.Policy{}, secret)
	require.Equal(t, "other", record["received"])
	require.NotContains(t, fmt.Sprint(record), "secret")
}

// What to do about keys that could not be fetched is not cut off, however long the URLs before it are.
//
// checklist 222
func TestTheLogSaysWhyThereAreNoKeys(t *testing.T) {
	path := "/realms/" + strings.Repeat("a", 100)
	var issuer string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/openid-configuration") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, issuer+"/", issuer+"/jwks")
	}))
	t.Cleanup(server.Close)
	issuer = server.URL + path
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer, HTTPClient: server.Client()})
	require.NoError(t, err)
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer, Audiences: []string{"api"}, Keys: keys})
	require.NoError(t, err)
	record, w, _ := logged(t, tokens.Validate, protector.Policy{}, jwttest.NewIssuer(t, jwttest.InMemory()).Token())
	require.Equal(t, 503, w.Code)
	require.Contains(t, record["error"], "issuer mismatch by the slash at the end")
	require.Contains(t, record["error"], "Config.Issuer must be identical")
}

// In front of the router no route is known but one that the application names. The path is never taken in its place.
//
// checklist 222
func TestTheLogNamesTheRouteThatTheApplicationDoes(t *testing.T) {
	var log bytes.Buffer
	guard := newGuard(t, protector.Config{Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	guarded := guard.RequirePolicy(protector.Policy{Name: "users", Scopes: []string{"admin"}})(hello)
	for _, pattern := range []string{"", "/users/"} {
		log.Reset()
		r := newRequest("alice")
		r.URL.Path, r.Pattern = "/users/of-somebody", pattern
		guarded.ServeHTTP(httptest.NewRecorder(), r)
		var record map[string]any
		require.NoError(t, json.Unmarshal(log.Bytes(), &record))
		require.Equal(t, "users", record["policy"])
		require.Equal(t, pattern != "", record["route"] == "/users/", record)
		require.NotContains(t, log.String(), "of-somebody")
	}
}

// checklist 222
func TestTheLogNamesThePolicyAndHashesTheIdentifier(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer,
	})
	require.NoError(t, err)
	record, _, decision := logged(t, tokens.Validate, protector.Policy{Name: "editors", Scopes: []string{"edit"}},
		issuer.Token(jwttest.Claim("jti", "secret-number-7")))
	require.Equal(t, "editors", record["policy"])
	require.Equal(t, "editors", decision.Policy)
	// printf %s secret-number-7 | sha256sum | cut -c1-32
	require.Equal(t, "1f7fb62e39b4275b5b935f079fcf9360", record["jti_sha256"])
	require.NotContains(t, fmt.Sprintf("%+v %v", decision, record), "secret-number-7")

	record, _, decision = logged(t, tokens.Validate, protector.Policy{Scopes: []string{"edit"}}, issuer.Token())
	require.NotContains(t, record, "policy")
	require.Empty(t, decision.Policy)
}

func TestPolicyNamesAreFitForLabels(t *testing.T) {
	for _, name := range []string{"two words", "naïve", "a\n", strings.Repeat("a", 65), `"`} {
		require.ErrorContains(t, protector.Policy{Name: name}.Validate(), "protector: Policy: the Name is ", name)
	}
	require.NoError(t, protector.Policy{Name: "articles:edit"}.Validate())
}
