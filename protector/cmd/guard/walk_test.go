package main_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
)

// TestTheTenRefusals goes the way of somebody whose requests are refused: the reason is in the log of a service that is
// wired as the README has it, the README's table has a line for it, and the command says what was found, what was
// expected, and what to do, in the words of the log. The tokens are those that the issuer here makes when told to.
func TestTheTenRefusals(t *testing.T) {
	t.Parallel()
	issuer := startIssuer(t)
	good := issuer.token(t, "")
	fields := map[string]string{
		"no_credentials": "",
		"other_scheme":   good,
		"malformed":      "Bearer 2YotnFZFEjr1zCsicMWpAA",
		"algorithm":      "Bearer " + issuer.token(t, "unsigned"),
		"type":           "Bearer " + issuer.token(t, "wrong-type"),
		"unknown_key":    "Bearer " + issuer.token(t, "stranger"),
		"issuer":         "Bearer " + issuer.token(t, "wrong-issuer"),
		"audience":       "Bearer " + issuer.token(t, "wrong-aud"),
		"expired":        "Bearer " + issuer.token(t, "expired"),
		"missing_claim":  "Bearer " + issuer.token(t, "without=client_id"),
	}
	listed := readmeReasons(t)
	require.Len(t, listed, len(fields))
	ask := newService(t, issuer)
	for _, reason := range listed {
		t.Run(reason, func(t *testing.T) {
			field, known := fields[reason]
			require.True(t, known)
			record := ask(field)
			require.Contains(t, record, " reason="+reason+" ")
			require.Contains(t, record, " status=401")
			token, isToken := strings.CutPrefix(field, "Bearer ")
			if !isToken {
				return // it is not about a token, so that there is nothing to explain
			}
			r := run(t, token, "explain", "-issuer", issuer.Issuer, "-audience", issuer.Audience)
			require.Equal(t, 1, r.code, r.err)
			why := regexp.MustCompile(`The token is refused: (.*)\n`).FindStringSubmatch(r.out)
			require.NotNil(t, why, r.out)
			require.Contains(t, record, why[1], "two explanations of one refusal")
			require.Regexp(t, `\n  FAILED .*expected .*\n +-> \w`, r.out)
		})
	}
}

// readmeReasons are those of the table under "When it says 401", in its order.
func readmeReasons(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../../README.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## When it says 401\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	var reasons []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| .+ \\| .+ \\|$").FindAllStringSubmatch(section, -1) {
		reasons = append(reasons, row[1])
	}
	return reasons
}

// newService returns what sends a request with that Authorization field, and returns what was logged of it.
func newService(t *testing.T, issuer *running) func(authorization string) string {
	t.Helper()
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer.Issuer})
	require.NoError(t, err)
	tokens, err := jwt.NewValidator(jwt.Config{Audiences: []string{issuer.Audience}, Keys: keys})
	require.NoError(t, err)
	var logged strings.Builder
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(tokens.Validate)},
		Logger:     slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	handler := guard.Require("profile")(http.NotFoundHandler())
	return func(authorization string) string {
		logged.Reset()
		r := httptest.NewRequest("GET", "/profile", nil)
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		handler.ServeHTTP(httptest.NewRecorder(), r)
		return logged.String()
	}
}
