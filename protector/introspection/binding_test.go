package introspection_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

const publicOrigin = "https://api.example.com"

// answeringByToken answers for each token with members of its own, and counts.
func answeringByToken(answers map[string]map[string]any, asked *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		answer := map[string]any{"active": false}
		if members := answers[r.PostFormValue("token")]; members != nil {
			answer = map[string]any{"active": true, "aud": audience, "scope": "user", "token_type": "DPoP"}
			maps.Copy(answer, members)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// The server says whom a token is bound to, and the client has to prove that it is
// the one. What is remembered of an answer proves nobody else.
//
// checklist 120, 134, 135, 136, 144
func TestBoundTokens(t *testing.T) {
	alice, bob := jwttest.NewClient(t), jwttest.NewClient(t)
	asked := &atomic.Int64{}
	as := serve(t, answeringByToken(map[string]map[string]any{
		"of-alice": {"cnf": alice.Confirmation()},
		"of-bob":   {"cnf": bob.Confirmation()},
		"free":     {"token_type": "Bearer"},
	}, asked))
	c := config(as.URL)
	c.Confirmations = []string{"jkt"}
	tokens := newClient(t, c)
	proofs, err := dpop.NewVerifier(dpop.Config{PublicOrigins: []string{publicOrigin}})
	require.NoError(t, err)
	var reason string
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{
			protector.DPoP(tokens.Introspect, proofs), protector.Bearer(tokens.Introspect),
		},
		OnDecision: func(_ context.Context, d protector.Decision) { reason = d.Reason },
	})
	require.NoError(t, err)
	server := httptest.NewTLSServer(guard.Require("user")(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	t.Cleanup(server.Close)

	for _, tt := range []struct {
		name   string
		client *jwttest.Client
		send   string
		opts   []jwttest.TokenOption
		reason string
		asked  int64 // in all, by then
	}{
		{"proved", alice, "DPoP of-alice", nil, "", 1},
		{"another key, answer remembered", bob, "DPoP of-alice", nil, "proof_binding", 1},
		{"another key, answer fresh", alice, "DPoP of-bob", nil, "proof_binding", 2},
		{"proved by the other", bob, "DPoP of-bob", nil, "", 2},
		{"proved again", alice, "DPoP of-alice", nil, "", 2},
		{"proof for the other's token", alice, "DPoP of-alice",
			[]jwttest.TokenOption{claimOf(t, bob.Proof("GET", publicOrigin, "of-bob"), "ath")}, "proof_token", 2},
		{"as a bearer token", alice, "Bearer of-alice", nil, "confirmation", 2},
		{"bound to nothing", alice, "DPoP free", nil, "proof_binding", 3},
		{"unknown", alice, "DPoP unknown", nil, "inactive", 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, publicOrigin+"/user", nil)
			require.NoError(t, err)
			r.Header.Set("Authorization", tt.send)
			response, err := tt.client.Transport(server.Client().Transport, tt.opts...).RoundTrip(r)
			require.NoError(t, err)
			defer response.Body.Close()
			_, err = io.Copy(io.Discard, response.Body)
			require.NoError(t, err)
			require.Equal(t, tt.reason, reason)
			require.Equal(t, map[bool]int{true: 200, false: 401}[tt.reason == ""], response.StatusCode)
			require.Equal(t, tt.asked, asked.Load())
		})
	}
}

// claimOf puts a claim of one proof into another.
func claimOf(t *testing.T, proof, name string) jwttest.TokenOption {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(proof, ".")[1])
	require.NoError(t, err)
	claims := map[string]any{}
	require.NoError(t, json.Unmarshal(payload, &claims))
	return jwttest.Claim(name, claims[name])
}
