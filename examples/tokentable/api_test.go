package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/examples/tokentable/store"
	"example.com/resourceserver/protector"
)

// served is the API over real HTTP, on a database.
type served struct {
	url    string
	tokens *store.Store
	logged *lockedBuilder

	mu       sync.Mutex
	decision protector.Decision
}

type lockedBuilder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuilder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuilder) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func serveAPI(t *testing.T, db database) *served {
	t.Helper()
	tokens, err := store.Open(t.Context(), db.source)
	require.NoError(t, err)
	t.Cleanup(func() { tokens.Close() })
	s := &served{tokens: tokens, logged: &lockedBuilder{}}
	api, err := newAPI(tokens, protector.Config{
		Logger: slog.New(slog.NewTextHandler(s.logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnDecision: func(_ context.Context, d protector.Decision) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.decision = d
		},
	})
	require.NoError(t, err)
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// lastReason is why the last request was refused.
func (s *served) lastReason() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.decision.Reason
}

func (s *served) issue(t *testing.T, user, scope string, in time.Duration) string {
	t.Helper()
	token, err := s.tokens.Issue(t.Context(), store.User{Name: user, Email: user + "@example.com"}, scope,
		time.Now().Add(in))
	require.NoError(t, err)
	return token
}

// answer is what came back.
type answer struct {
	status                      int
	body, challenge, retryAfter string
}

func (s *served) ask(t *testing.T, request, token string) answer {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
	require.NoError(t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	if token != "" {
		require.NotContains(t, string(body)+s.logged.String(), token)
	}
	return answer{response.StatusCode, string(body), response.Header.Get("WWW-Authenticate"),
		response.Header.Get("Retry-After")}
}

func TestAPI(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		s := serveAPI(t, db)
		t.Run("tokens", func(t *testing.T) { testTokens(t, s) })
		t.Run("several users", func(t *testing.T) { testUsers(t, s) })
		t.Run("logout", func(t *testing.T) { testLogout(t, s) })
		t.Run("revoked for good", func(t *testing.T) { testRevoke(t, s) })
		t.Run("crowd", func(t *testing.T) { testCrowd(t, s) })
		t.Run("locked table", func(t *testing.T) { testLocked(t, s) })
		t.Run("opened again", func(t *testing.T) { testOpenedAgain(t, db, s) })
		if db.kill != nil { // SQLite has no process to kill; the locked table is its outage
			t.Run("killed", func(t *testing.T) { testKilled(t, db, s) })
		}
		t.Run("closed", func(t *testing.T) { testClosed(t, s) })
	})
}

func testTokens(t *testing.T, s *served) {
	good := s.issue(t, "ada", "profile email", time.Hour)
	for name, tc := range map[string]struct {
		token  string
		status int
		reason string
	}{
		"good":             {good, 200, ""},
		"other way":        {s.issue(t, "ada", "user", time.Hour), 200, ""},
		"none":             {"", 401, "no_credentials"},
		"half the scope":   {s.issue(t, "ada", "profile", time.Hour), 403, "insufficient_scope"},
		"no scope":         {s.issue(t, "ada", "", time.Hour), 403, "insufficient_scope"},
		"expired":          {s.issue(t, "ada", "user", -time.Second), 401, "expired"},
		"expired long ago": {s.issue(t, "ada", "user", -20*365*24*time.Hour), 401, "expired"},
		"unknown":          {"tt_" + strings.Repeat("A", 43), 401, "unknown_token"},
		"other letter":     {flip(good), 401, "unknown_token"},
		"of another kind":  {"eyJhbGciOiJub25lIn0.e30.", 401, "unknown_token"},
		"a million":        {strings.Repeat("A", 1_000_000), 401, "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.ask(t, "GET /user", tc.token)
			require.Equal(t, tc.status, got.status)
			require.Equal(t, tc.reason, s.lastReason())
			require.Empty(t, got.retryAfter)
			if tc.status != 200 {
				require.Contains(t, got.challenge, "Bearer ")
				require.NotContains(t, got.body, "ada")
				return
			}
			require.JSONEq(t, `{"name":"ada","email":"ada@example.com"}`, got.body)
		})
	}
}

// flip changes the case of the first letter of the secret.
func flip(token string) string {
	for i := len("tt_"); i < len(token); i++ {
		if c := token[i]; 'a' <= c|0x20 && c|0x20 <= 'z' {
			return token[:i] + string(c^0x20) + token[i+1:]
		}
	}
	return token
}

func testUsers(t *testing.T, s *served) {
	tokens := map[string]string{}
	for _, user := range []string{"grace", "o'brien", "Ὑπατία", `"; DROP TABLE tokens; --`} {
		tokens[user] = s.issue(t, user, "user", time.Hour)
	}
	for user, token := range tokens {
		found, err := s.tokens.Lookup(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, user, found.User.Name)
		require.Equal(t, user+"@example.com", found.User.Email)
		require.Equal(t, 200, s.ask(t, "GET /me", token).status)
	}
}

func testLogout(t *testing.T, s *served) {
	token := s.issue(t, "ada", "profile", time.Hour)
	other := s.issue(t, "ada", "profile", time.Hour)
	require.Equal(t, 204, s.ask(t, "POST /logout", token).status)
	require.Equal(t, 401, s.ask(t, "GET /me", token).status)
	require.Equal(t, "revoked", s.lastReason())
	require.Equal(t, 401, s.ask(t, "POST /logout", token).status)
	require.Equal(t, 200, s.ask(t, "GET /me", other).status)
}

// Lookup finds revoked and expired tokens: it is the protector that refuses
// them.
func testRevoke(t *testing.T, s *served) {
	token := s.issue(t, "ada", "profile", time.Hour)
	found, err := s.tokens.Lookup(t.Context(), token)
	require.NoError(t, err)
	require.False(t, found.Revoked())
	require.NoError(t, s.tokens.Revoke(t.Context(), found))
	require.NoError(t, s.tokens.Revoke(t.Context(), found))
	found, err = s.tokens.Lookup(t.Context(), token)
	require.NoError(t, err)
	require.True(t, found.Revoked())
}

// More requests than connections wait their turn.
func testCrowd(t *testing.T, s *served) {
	token := s.issue(t, "ada", "user", time.Hour)
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() {
			found, err := s.tokens.Lookup(t.Context(), token)
			if err != nil || found.User.Name != "ada" {
				t.Error("look-up in a crowd", err)
			}
		})
	}
	group.Wait()
}

func requireUnavailable(t *testing.T, got answer) {
	t.Helper()
	require.Equal(t, 503, got.status)
	require.NotEmpty(t, got.retryAfter)
	require.Empty(t, got.challenge)
	require.Contains(t, got.body, "temporarily_unavailable")
	for _, inside := range []string{"store:", "SQL", "sql", "locked", "connect"} {
		require.NotContains(t, got.body, inside)
	}
}

// requireStrangersStillRefused: what is not a token of ours is answered without
// the database, and so also where there is none.
func requireStrangersStillRefused(t *testing.T, s *served) {
	t.Helper()
	for _, token := range []string{"not-ours", strings.Repeat("A", 1_000_000)} {
		require.Equal(t, 401, s.ask(t, "GET /me", token).status)
	}
	require.Equal(t, 401, s.ask(t, "GET /me", "").status)
}

func testLocked(t *testing.T, s *served) {
	token := s.issue(t, "ada", "profile email", time.Hour)
	release, err := s.tokens.TakeAway(t.Context())
	require.NoError(t, err)
	requireUnavailable(t, s.ask(t, "GET /user", token))
	require.Equal(t, "unavailable", s.lastReason())
	requireUnavailable(t, s.ask(t, "GET /user", "tt_"+strings.Repeat("A", 43))) // nobody knows
	requireStrangersStillRefused(t, s)
	require.NoError(t, release())
	require.Equal(t, 200, s.ask(t, "GET /user", token).status)
}

func testOpenedAgain(t *testing.T, db database, s *served) {
	token := s.issue(t, "ada", "user", time.Hour)
	again := serveAPI(t, db)
	require.Equal(t, 200, again.ask(t, "GET /user", token).status)
}

func testKilled(t *testing.T, db database, s *served) {
	token := s.issue(t, "ada", "user", time.Hour)
	require.Equal(t, 200, s.ask(t, "GET /user", token).status)

	db.kill(t)
	for range 20 { // every connection of the pool finds out, and then there are none
		requireUnavailable(t, s.ask(t, "GET /user", token))
	}
	requireStrangersStillRefused(t, s)

	db.revive(t)
	require.Equal(t, 200, s.ask(t, "GET /user", token).status)
	require.Equal(t, 401, s.ask(t, "GET /user", "tt_"+strings.Repeat("A", 43)).status)
}

// testClosed comes last.
func testClosed(t *testing.T, s *served) {
	token := s.issue(t, "ada", "user", time.Hour)
	require.NoError(t, s.tokens.Close())
	requireUnavailable(t, s.ask(t, "GET /user", token))
	requireStrangersStillRefused(t, s)
}

// A client that leaves is not an outage of the database.
func TestClientLeaves(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db database) {
		s := serveAPI(t, db)
		token := s.issue(t, "ada", "user", time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.tokens.Lookup(ctx, token)
		require.True(t, errors.Is(err, context.Canceled), err)
	})
}
