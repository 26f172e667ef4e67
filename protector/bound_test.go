package protector_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// A table of an application's own says by Confirmation whom a token is bound to.
// Each binding has to be proved, and a row that is bound to nothing proves nobody.
//
// checklist 120, 134, 135, 136, 149, 150, 152, 153
func TestBoundRowsOfATable(t *testing.T) {
	alice, bob := jwttest.NewClient(t), jwttest.NewClient(t, jwttest.ClientKey("Ed25519"))
	row := func(confirmation map[string]string) *bound { return &bound{token{user: "alice"}, confirmation} }
	twoOwners := map[string]string{
		"jkt": alice.Confirmation()["jkt"], "x5t#S256": bob.Confirmation("x5t#S256")["x5t#S256"],
	}
	rows := map[string]*bound{
		"key": row(alice.Confirmation()), "certificate": row(alice.Confirmation("x5t#S256")),
		"both": row(alice.Confirmation("jkt", "x5t#S256")), "two-owners": row(twoOwners),
		"free": row(nil), "empty": row(map[string]string{}), "blank": row(map[string]string{"jkt": ""}),
		"unknown": row(map[string]string{"jkt": alice.Confirmation()["jkt"], "kid": "k"}),
	}
	lookup := func(_ context.Context, s string) (*bound, error) { return rows[s], nil }
	proofs, err := dpop.NewVerifier(dpop.Config{PublicOrigins: []string{"https://api.example.com"}})
	require.NoError(t, err)
	certificates := protector.MutualTLS(protector.MutualTLSConfig{})
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{OnDecision: record(&seen), Validators: []protector.Validator{
		protector.DPoP(lookup, proofs).Proving(certificates), protector.Bearer(lookup).Proving(certificates),
	}})
	server := httptest.NewUnstartedServer(guard.Require()(says("in")))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)

	for _, tt := range []struct {
		name, scheme, token string
		client              *jwttest.Client
		reason              string
	}{
		{"key proved", "DPoP", "key", alice, ""},
		{"key of another", "DPoP", "key", bob, "proof_binding"},
		{"key not proved", "Bearer", "key", alice, "confirmation"},
		{"certificate shown", "Bearer", "certificate", alice, ""},
		{"certificate of another", "Bearer", "certificate", bob, "certificate_binding"},
		{"certificate where a key is to be proved", "DPoP", "certificate", alice, "proof_binding"},
		{"both", "DPoP", "both", alice, ""},
		{"both of another", "DPoP", "both", bob, "proof_binding"},
		{"both, one shown", "Bearer", "both", alice, "confirmation"},
		{"two owners, the one", "DPoP", "two-owners", alice, "certificate_binding"},
		{"two owners, the other", "DPoP", "two-owners", bob, "proof_binding"},
		{"bound to nothing", "DPoP", "free", alice, "proof_binding"},
		{"bound to nothing, a bearer token", "Bearer", "free", alice, ""},
		{"no member", "DPoP", "empty", alice, "proof_binding"},
		{"a blank member", "DPoP", "blank", alice, "proof_binding"},
		{"a member that nobody proves", "DPoP", "unknown", alice, "confirmation"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen = nil
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/user", nil)
			require.NoError(t, err)
			r.Header.Set("Authorization", tt.scheme+" "+tt.token)
			response, err := tt.client.Transport(server.Client().Transport).RoundTrip(r)
			require.NoError(t, err)
			defer response.Body.Close()
			_, err = io.Copy(io.Discard, response.Body)
			require.NoError(t, err)
			require.Len(t, seen, 1)
			require.Equal(t, tt.reason, seen[0].Reason)
			require.Equal(t, map[bool]int{true: 200, false: 401}[tt.reason == ""], response.StatusCode)
		})
	}
}
