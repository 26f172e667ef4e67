package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func environment(databaseURL string) func(string) string {
	return func(name string) string {
		if name == "DATABASE_URL" {
			return databaseURL
		}
		return ""
	}
}

func TestTour(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		url := db.source
		if db.kill == nil {
			url = "" // the program's own SQLite
		}
		var out, logs strings.Builder
		require.NoError(t, run(t.Context(), []string{"-once", "-log"}, environment(url), &out, &logs), out.String())
		for _, want := range []string{
			`GET /me +none +401 `,
			`GET /user +ada's, with profile and email +200 `,
			`GET /user +ada's, with profile alone +403 `,
			`GET /me +expired a minute ago +401 `,
			`GET /me +a million letters .* +401 `,
			`POST /logout +ada's other one +204 `,
			`GET /me +ada's other one, revoked by that +401 `,
			`GET /user +ada's, while the table is locked +503 `,
			`GET /user +ada's, once it is back +200 `,
		} {
			require.Regexp(t, "(?m)^  "+want, out.String())
		}
		require.NotContains(t, out.String(), "UNEXPECTED")
		require.NotContains(t, out.String()+logs.String(), "tt_")
		for _, reason := range []string{"expired", "unknown_token", "revoked", "too_large", "unavailable"} {
			require.Contains(t, logs.String(), "reason="+reason+" ")
		}
	})
}

// A wrong answer must not pass for a good one.
func TestTourTellsSurprises(t *testing.T) {
	s := serveAPI(t, database{source: t.TempDir() + "/tokens.db"})
	var out strings.Builder
	surprises := tour{url: s.url, tokens: s.tokens, out: &out}.take(t.Context(), step{"GET /me", "none", "", 200})
	require.Equal(t, 1, surprises)
	require.Contains(t, out.String(), "UNEXPECTED: should have been 200")
}

func TestServesAfterTheTour(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, nil, environment(""), writer, io.Discard)
		writer.Close()
	}()

	var token string
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		if found := regexp.MustCompile(`^TOKEN='(.*)'$`).FindStringSubmatch(lines.Text()); found != nil {
			token = found[1]
		}
		if found := regexp.MustCompile(`(http://\S+/user)$`).FindString(lines.Text()); found != "" {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, found, nil)
			require.NoError(t, err)
			request.Header.Set("Authorization", "Bearer "+token)
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			response.Body.Close()
			require.Equal(t, 200, response.StatusCode)
			stop()
		}
	}
	require.NoError(t, <-ended)
	require.NotEmpty(t, token)
}

func TestBadStart(t *testing.T) {
	require.ErrorIs(t, run(t.Context(), []string{"-h"}, environment(""), io.Discard, io.Discard), flag.ErrHelp)
	require.Error(t, run(t.Context(), []string{"-nonsense"}, environment(""), io.Discard, io.Discard))
	require.Error(t, run(t.Context(), []string{"-listen", "256.256.256.256:0"}, environment(""), io.Discard, io.Discard))

	err := run(t.Context(), nil, environment("postgres://ada:hush@127.0.0.1:1/nothing?connect_timeout=2"), io.Discard,
		io.Discard)
	require.Error(t, err)
	require.False(t, errors.Is(err, flag.ErrHelp))
	require.NotContains(t, err.Error(), "hush")
}
