package protector_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

func newTokens(t testing.TB, issuer *jwttest.Issuer) *jwt.Validator {
	t.Helper()
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL()})
	require.NoError(t, err)
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: keys})
	require.NoError(t, err)
	return tokens
}

var whoami = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if tok, ok := protector.CurrentToken[*jwt.Token](r.Context()); ok {
		fmt.Fprint(w, tok.Subject())
	}
})

// The rooms together, over sockets.
//
// checklist 10, 14, 15, 16, 17, 43, 136
func TestWithJWTs(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{
		Validators: []protector.Validator{protector.Bearer(newTokens(t, issuer).Validate)},
		OnDecision: record(&seen),
	})
	mux := http.NewServeMux()
	mux.Handle("GET /profile", guard.Require("profile email", "user")(whoami))
	mux.Handle("GET /staff", guard.RequirePolicy(protector.Policy{Groups: []string{"staff"}})(whoami))
	server := serve(t, mux)

	for _, tt := range []struct {
		name, path string
		opts       []jwttest.TokenOption
		status     int
		reason     string
	}{
		{"granted", "/profile", []jwttest.TokenOption{jwttest.Scope("email profile"), jwttest.Subject("alice")}, 200, ""},
		{"or", "/profile", []jwttest.TokenOption{jwttest.Scope("user")}, 200, ""},
		{"short", "/profile", []jwttest.TokenOption{jwttest.Scope("profile")}, 403, "insufficient_scope"},
		{"no scope", "/profile", []jwttest.TokenOption{jwttest.Without("scope")}, 403, "insufficient_scope"},
		{"expired", "/profile", []jwttest.TokenOption{jwttest.Scope("user"), jwttest.ExpiresIn(-time.Hour)}, 401, "expired"},
		{"within leeway", "/profile", []jwttest.TokenOption{jwttest.Scope("user"), jwttest.ExpiresIn(-5 * time.Second)}, 200,
			""},
		{"tampered", "/profile", []jwttest.TokenOption{jwttest.Scope("user"), jwttest.Tampered()}, 401, ""},
		{"groups", "/staff", []jwttest.TokenOption{jwttest.Claim("groups", []string{"staff"})}, 200, ""},
		{"groups missing", "/staff", []jwttest.TokenOption{jwttest.Claim("groups", []string{"guests"})}, 403,
			"insufficient_groups"},
		{"bound to a key", "/profile", []jwttest.TokenOption{jwttest.Scope("user"),
			jwttest.Claim("cnf", map[string]string{"jkt": "x"})}, 401, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen = nil
			a := get(t, server, tt.path, "Authorization: Bearer "+issuer.Token(tt.opts...))
			require.Equal(t, tt.status, a.status, a.body)
			require.Len(t, seen, 1)
			if tt.reason != "" {
				require.Equal(t, tt.reason, seen[0].Reason)
			}
			if tt.status == 200 {
				require.Equal(t, issuer.URL(), seen[0].Issuer)
				require.NotEmpty(t, seen[0].ClientID)
			}
		})
	}
}

// An issuer that cannot be reached makes nobody's token invalid.
func TestIssuerDown(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	guard := newGuard(t,
		protector.Config{Validators: []protector.Validator{protector.Bearer(newTokens(t, issuer).Validate)}})
	server := serve(t, guard.Require("user")(whoami))
	tok := issuer.Token(jwttest.Scope("user"))

	issuer.Fail(http.StatusInternalServerError)
	a := get(t, server, "/", "Authorization: Bearer "+tok)
	require.Equal(t, 503, a.status)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.Empty(t, a.challenges())
	require.Contains(t, a.body, "temporarily_unavailable")
}

// JWTs of two issuers and tokens of the application's own table, under one
// scheme.
func TestSeveralKindsAtOnce(t *testing.T) {
	one, two := jwttest.NewIssuer(t), jwttest.NewIssuer(t)
	issuers, err := jwt.ByIssuer(newTokens(t, one), newTokens(t, two))
	require.NoError(t, err)
	rows := newTable()
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(issuers.Validate).When(jwt.IsCompact),
		protector.Bearer(rows.lookup),
	}})
	server := serve(t, guard.Require("profile")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch tok, _ := protector.CurrentToken[protector.Token](r.Context()); tok := tok.(type) {
		case *jwt.Token:
			fmt.Fprint(w, "issuer ", tok.Issuer())
		case *token:
			fmt.Fprint(w, "user ", tok.user)
		}
	})))
	granted := jwttest.Scope("profile")
	require.Equal(t, "issuer "+one.URL(), get(t, server, "/", "Authorization: Bearer "+one.Token(granted)).body)
	require.Equal(t, "issuer "+two.URL(), get(t, server, "/", "Authorization: Bearer "+two.Token(granted)).body)
	require.Zero(t, rows.asked.Load())
	require.Equal(t, "user alice", get(t, server, "/", "Authorization: Bearer alice").body)

	forged := one.Token(granted, jwttest.Claim("iss", two.URL()))
	require.Equal(t, 401, get(t, server, "/", "Authorization: Bearer "+forged).status)
	_, err = issuers.Validate(context.Background(), forged)
	require.Error(t, err)
}
