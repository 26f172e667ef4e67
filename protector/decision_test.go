package protector_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// record appends to seen. Tests send one request at a time.
func record(seen *[]protector.Decision) func(context.Context, protector.Decision) {
	var mu sync.Mutex
	return func(_ context.Context, d protector.Decision) {
		mu.Lock()
		defer mu.Unlock()
		*seen = append(*seen, d)
	}
}

// identified is a token that says whose it is.
type identified struct{ token }

func (*identified) Issuer() string   { return "https://issuer.example" }
func (*identified) ClientID() string { return "app" }
func (t *identified) Subject() string {
	return t.user
}

func TestOnDecision(t *testing.T) {
	authenticate := func(_ context.Context, s string) (*identified, error) {
		switch s {
		case "alice":
			return &identified{token{user: "alice", scope: "profile"}}, nil
		case "late":
			return &identified{token{user: "alice", expires: time.Unix(1, 0)}}, nil
		case "bad":
			return nil, invalid{"signature"}
		case "odd":
			return nil, invalid{"reasons must be short and of few characters"}
		}
		return nil, errDown
	}
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{OnDecision: record(&seen),
		Validators: []protector.Validator{protector.Bearer(authenticate)}})
	mux := http.NewServeMux()
	mux.Handle("GET /user/{id}", guard.Require("profile")(hello))
	mux.Handle("GET /admin", guard.Require("admin")(hello))
	mux.Handle("GET /open", guard.Optional()(hello))
	mux.Handle("/any", guard.Require()(hello))
	server := serve(t, mux)

	known := protector.Decision{Scheme: "Bearer", Issuer: "https://issuer.example", ClientID: "app", Subject: "alice"}
	for _, tt := range []struct {
		name, method, path, token string
		want                      protector.Decision
		identified                bool
	}{
		{"granted", "GET", "/user/7", "alice", protector.Decision{Pattern: "GET /user/{id}",
			Outcome: protector.OutcomeGranted}, true},
		{"anonymous", "GET", "/open", "", protector.Decision{Pattern: "GET /open", Outcome: protector.OutcomeAnonymous},
			false},
		{"no credentials", "GET", "/user/7", "", protector.Decision{Pattern: "GET /user/{id}",
			Outcome: protector.OutcomeRefused, Reason: "no_credentials", Status: 401}, false},
		{"validator's reason", "GET", "/user/7", "bad", protector.Decision{Pattern: "GET /user/{id}",
			Outcome: protector.OutcomeRefused, Reason: "signature", Status: 401, Scheme: "Bearer"}, false},
		{"unfit reason", "GET", "/user/7", "odd", protector.Decision{Pattern: "GET /user/{id}",
			Outcome: protector.OutcomeRefused, Reason: "invalid_token", Status: 401, Scheme: "Bearer"}, false},
		{"expired", "GET", "/user/7", "late", protector.Decision{Pattern: "GET /user/{id}",
			Outcome: protector.OutcomeRefused, Reason: "expired", Status: 401}, true},
		{"scope", "GET", "/admin", "alice", protector.Decision{Pattern: "GET /admin", Outcome: protector.OutcomeRefused,
			Reason: "insufficient_scope", Status: 403}, true},
		{"malformed", "GET", "/admin", "a,b", protector.Decision{Pattern: "GET /admin", Outcome: protector.OutcomeRefused,
			Reason: "malformed", Status: 400, Scheme: "Bearer"}, false},
		{"outage", "GET", "/admin", "x", protector.Decision{Pattern: "GET /admin", Outcome: protector.OutcomeUnavailable,
			Reason: "unavailable", Status: 503, Scheme: "Bearer"}, false},
		{"method made up", "XYZZY", "/any", "alice", protector.Decision{Method: "other", Pattern: "/any",
			Outcome: protector.OutcomeGranted}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen = nil
			header := "X: y"
			if tt.token != "" {
				header = "Authorization: Bearer " + tt.token
			}
			ask(t, server, tt.method, tt.path, "", header)
			require.Len(t, seen, 1)
			got, want := seen[0], tt.want
			if want.Method == "" {
				want.Method = tt.method
			}
			if tt.identified {
				want.Scheme, want.Issuer, want.ClientID, want.Subject = known.Scheme, known.Issuer, known.ClientID, known.Subject
			}
			require.Positive(t, got.Duration)
			require.Equal(t, want.Status >= 400, got.Err != nil)
			got.Duration, got.Err = 0, nil
			require.Equal(t, want, got)
		})
	}
}

// The hook gets the context that the handler gets.
func TestOnDecisionContext(t *testing.T) {
	var users []string
	guard := newGuard(t, protector.Config{OnDecision: func(ctx context.Context, d protector.Decision) {
		if tok, ok := protector.CurrentToken[*token](ctx); ok {
			users = append(users, tok.user)
		} else {
			users = append(users, "nobody")
		}
	}})
	server := serve(t, guard.Require("profile")(hello))
	get(t, server, "/", "Authorization: Bearer alice")
	get(t, server, "/", "Authorization: Bearer bob")
	require.Equal(t, []string{"alice", "nobody"}, users)
}

// Whoever goes away before the answer is known is not an outage.
func TestClientGoesAway(t *testing.T) {
	var log bytes.Buffer
	var seen []protector.Decision
	leave := make(chan context.CancelFunc, 1)
	guard := newGuard(t, protector.Config{
		OnDecision: record(&seen),
		Logger:     slog.New(slog.NewTextHandler(&log, nil)),
		Validators: []protector.Validator{protector.Bearer(func(ctx context.Context, _ string) (*token, error) {
			(<-leave)()
			return nil, ctx.Err()
		})},
	})
	r, w := newRequest("alice"), newRecorder()
	ctx, cancel := context.WithCancel(r.Context())
	leave <- cancel
	guard.Require()(hello).ServeHTTP(w, r.WithContext(ctx))
	require.Equal(t, "canceled", seen[0].Reason)
	require.Equal(t, 503, seen[0].Status)
	require.Empty(t, log.String())
}

func TestLogLevels(t *testing.T) {
	for _, tt := range []struct{ name, token, level, reason string }{
		{"granted", "alice", "DEBUG", ""},
		{"no credentials", "", "DEBUG", "no_credentials"},
		{"word missing", "-", "INFO", "other_scheme"},
		{"refused", "mallory", "INFO", "unknown_token"},
		{"scope", "bob", "INFO", "insufficient_scope"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			guard := newGuard(t,
				protector.Config{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
			r := newRequest(tt.token)
			if tt.token == "-" {
				r.Header.Set("Authorization", "alice")
			}
			guard.Require("profile")(hello).ServeHTTP(newRecorder(), r)
			require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
			require.Contains(t, log.String(), "level="+tt.level)
			if tt.reason != "" {
				require.Contains(t, log.String(), "reason="+tt.reason)
			}
			require.Equal(t, tt.reason == "insufficient_scope", strings.Contains(log.String(), "scope=profile"))
		})
	}
}

// An outage meets every request: one record a second is enough.
func TestOutageLogIsThinnedOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log bytes.Buffer
		guard := newGuard(t, protector.Config{
			Logger:     slog.New(slog.NewTextHandler(&log, nil)),
			Validators: []protector.Validator{protector.Bearer(fails(errDown))},
		})
		handler := guard.Require()(hello)
		for range 50 {
			handler.ServeHTTP(newRecorder(), newRequest("alice"))
		}
		require.Equal(t, 1, strings.Count(log.String(), "level=ERROR"))
		require.Contains(t, log.String(), `error="connection refused"`)
		require.NotContains(t, log.String(), "left_out")

		time.Sleep(time.Second) // the bubble's clock
		handler.ServeHTTP(newRecorder(), newRequest("alice"))
		require.Equal(t, 2, strings.Count(log.String(), "level=ERROR"))
		require.Contains(t, log.String(), "left_out=49")
	})
}

// The token is looked for in everything that comes out, with an authenticate
// function that does its worst.
//
// checklist 24, 27
func TestTokenStaysSecret(t *testing.T) {
	const canary = "canary-7f3a.91+c/d0="
	const escaped = "canary-7f3a.91%2Bc%2Fd0%3D"
	for _, tt := range []struct {
		name string
		err  error
		tok  *token
	}{
		{"granted", nil, &token{scope: "profile"}},
		{"short of scope", nil, &token{}},
		{"expired", nil, &token{expires: time.Unix(1, 0)}},
		{"unknown", nil, nil},
		{"quoted in an outage", fmt.Errorf("SELECT … WHERE token = %q: connection lost", canary), nil},
		{"escaped in an outage", errors.New("Get https://as.example/?token=" + escaped + ": EOF"), nil},
		{"quoted in a refusal", fmt.Errorf("token %s: %w", canary, invalid{"signature"}), nil},
		{"given as the reason", invalid{canary}, nil},
		{"given as the reason of an answer", &protector.Error{Status: 401, Reason: canary}, nil},
		{"given as the scope", &protector.Error{Status: 403, Scope: "a " + canary}, nil},
		{"quoted in an answer", &protector.Error{Status: 401, Err: errors.New("bad: " + canary)}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			guard := newGuard(t, protector.Config{
				Logger:              slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
				InsecureQueryTokens: true,
				OnDecision: func(ctx context.Context, d protector.Decision) {
					fmt.Fprintf(&out, "%v %+v %#v %v %+v", d, d, d, d.Err, ctx)
				},
				ErrorHandler: func(w http.ResponseWriter, r *http.Request, e *protector.Error) {
					fmt.Fprintf(&out, "%v %+v", e, *e)
					w.WriteHeader(e.Status)
				},
				Validators: []protector.Validator{protector.Bearer(func(context.Context, string) (*token, error) {
					return tt.tok,
						tt.err
				})},
			})
			server := serve(t, guard.Require("profile")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, err := guard.Acquire(r, "admin")
				fmt.Fprintf(&out, "%v %+v", err, r.Context())
				guard.WriteError(w, r, err)
			})))
			for _, a := range []answer{
				get(t, server, "/", "Authorization: Bearer "+canary),
				get(t, server, "/?access_token="+escaped),
			} {
				fmt.Fprint(&out, a.header, a.body)
			}
			require.NotEmpty(t, out.String())
			require.NotContains(t, out.String(), "canary", "something let the token out")
		})
	}
}

// A reason that looks like one, and is the token. A short token is let be: a
// stranger who sends the word would blot out a reason for his own refusals.
//
// checklist 27
func TestTokenIsNoReason(t *testing.T) {
	for _, tt := range []struct{ token, reason, want string }{
		{"canary-canary-1a", "not:canary-canary-1a", "invalid_token"},
		{"canary-canary-1a", "not.canary-canary-1a", "invalid_token"},
		{"signature", "signature", "signature"},
	} {
		var seen []protector.Decision
		validator := protector.Bearer(fails(invalid{tt.reason}))
		guard := newGuard(t, protector.Config{OnDecision: record(&seen), Validators: []protector.Validator{validator}})
		guard.Require()(hello).ServeHTTP(newRecorder(), newRequest(tt.token))
		require.Equal(t, tt.want, seen[0].Reason)
	}
}
