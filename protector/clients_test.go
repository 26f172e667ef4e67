package protector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// app is a token that names its client.
type app struct {
	token
	client string
}

func (a *app) ClientID() string { return a.client }

// apps has tokens that are called as the client they were issued to.
func apps() protector.Validator {
	clients := map[string]string{
		"web": "web", "ios": "ios", "two": "web ios", "WEB": "WEB", "none": "", "batch": "https://batch.example/",
		"longer": "webx", "shorter": "we",
	}
	return protector.Bearer(func(_ context.Context, s string) (*app, error) {
		client, ok := clients[s]
		if !ok {
			return nil, nil
		}
		return &app{token{user: s, scope: "read"}, client}, nil
	})
}

// checklist 209
func TestPolicyClients(t *testing.T) {
	var log bytes.Buffer
	var reason string
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{apps()},
		Logger:     slog.New(slog.NewJSONHandler(&log, nil)),
		OnDecision: func(_ context.Context, d protector.Decision) { reason = d.Reason }})
	for _, tt := range []struct {
		name   string
		policy protector.Policy
		token  string
		status int
		reason string
	}{
		{"the one", protector.Policy{Clients: []string{"web"}}, "web", 200, ""},
		{"one of two", protector.Policy{Clients: []string{"ios", "web"}}, "web", 200, ""},
		{"a URL", protector.Policy{Clients: []string{"https://batch.example/"}}, "batch", 200, ""},
		{"another", protector.Policy{Clients: []string{"ios"}}, "web", 403, "insufficient_client"},
		{"letter case", protector.Policy{Clients: []string{"web"}}, "WEB", 403, "insufficient_client"},
		{"longer", protector.Policy{Clients: []string{"web"}}, "longer", 403, "insufficient_client"},
		{"shorter", protector.Policy{Clients: []string{"web"}}, "shorter", 403, "insufficient_client"},
		{"slash", protector.Policy{Clients: []string{"https://batch.example"}}, "batch", 403, "insufficient_client"},
		{"spaces do not separate", protector.Policy{Clients: []string{"web ios"}}, "web", 403, "insufficient_client"},
		{"nor in the token", protector.Policy{Clients: []string{"web", "ios"}}, "two", 403, "insufficient_client"},
		{"a name with a space", protector.Policy{Clients: []string{"web ios"}}, "two", 200, ""},
		{"names none", protector.Policy{Clients: []string{"web"}}, "none", 403, "insufficient_client"},
		{"before the scope", protector.Policy{Clients: []string{"ios"}, Scopes: []string{"write"}}, "web", 403,
			"insufficient_client"},
		{"and the scope", protector.Policy{Clients: []string{"web"}, Scopes: []string{"write"}}, "web", 403,
			"insufficient_scope"},
		{"before the sign-in", protector.Policy{Clients: []string{"ios"}, ACR: []string{"mfa"}}, "web", 403,
			"insufficient_client"},
		{"anonymous", protector.Policy{Clients: []string{"web"}, Optional: true}, "", 200, ""},
		{"optional, another", protector.Policy{Clients: []string{"ios"}, Optional: true}, "web", 403,
			"insufficient_client"},
		{"not asked", protector.Policy{}, "none", 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log.Reset()
			header := "X: y"
			if tt.token != "" {
				header = "Authorization: Bearer " + tt.token
			}
			a := get(t, serve(t, guard.RequirePolicy(tt.policy)(hello)), "/", header)
			require.Equal(t, tt.status, a.status)
			require.Equal(t, tt.reason, reason)
			if tt.reason != "insufficient_client" {
				return
			}
			_, params := parseChallenge(t, a.challenges()[0])
			require.Equal(t, "insufficient_scope", params["error"])
			require.NotContains(t, params, "scope", "another scope does not help")
			for _, client := range tt.policy.Clients {
				require.NotContains(t, a.body+a.challenges()[0], client, "who may is nobody's business")
			}
			var record struct{ Error string }
			require.NoError(t, json.Unmarshal(log.Bytes(), &record))
			require.Contains(t, record.Error, "Policy.Clients")
			require.Equal(t, tt.token == "none", strings.Contains(record.Error, "names no client"))
		})
	}
}

func TestFaultyClients(t *testing.T) {
	for name, tt := range map[string]struct {
		clients []string
		says    string
	}{
		"empty":       {[]string{}, "the list of clients is empty"},
		"blank":       {[]string{"web", " "}, "client 2 is blank"},
		"nothing":     {[]string{""}, "client 1 is blank"},
		"space ahead": {[]string{" web"}, "white space"},
		"newline":     {[]string{"web\n"}, "white space"},
		"control":     {[]string{"we\x00b"}, "control"},
		"not UTF-8":   {[]string{"we\xffb"}, "UTF-8"},
		"twice":       {[]string{"web", "ios", "web"}, "client 3"},
	} {
		require.ErrorContains(t, protector.Policy{Clients: tt.clients}.Validate(), tt.says, name)
	}
	require.ErrorContains(t, protector.Policy{Clients: []string{}, Scopes: []string{""}, ACR: []string{""}}.Validate(),
		"clients is empty")
}

// A policy that nobody can meet is a mistake, where it shows; the tokens that a
// function returns as an interface show when they come.
//
// checklist 209
func TestClientsOfTokensThatNameNone(t *testing.T) {
	policy := protector.Policy{Clients: []string{"web"}}
	_, err := newGuard(t, protector.Config{}).NewRule(policy)
	require.ErrorContains(t, err, "protector: NewRule: clients: no token has the method ClientID() string")
	lookup := newTable().lookup
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(ctx context.Context, s string) (protector.Token, error) {
			if row, err := lookup(ctx, s); row != nil {
				return row, err
			}
			return &app{token{user: s}, s}, nil
		}),
	}})
	server := serve(t, guard.RequirePolicy(policy)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	require.Equal(t, 403, get(t, server, "/", "Authorization: Bearer alice").status)
	require.Equal(t, 403, get(t, server, "/", "Authorization: Bearer ios").status)
	require.Equal(t, 200, get(t, server, "/", "Authorization: Bearer web").status)
}
