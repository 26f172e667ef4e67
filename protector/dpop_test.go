package protector_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// dpopClient makes proofs of RFC 9449.
type dpopClient struct {
	*jwttest.Client
	thumbprint string
	now        func() time.Time
}

func newDPoPClient(t testing.TB) *dpopClient {
	client := jwttest.NewClient(t)
	return &dpopClient{client, client.Confirmation()["jkt"], time.Now}
}

// proof returns a header field, of a proof for GET and the path of apiOrigin.
func (c *dpopClient) proof(path, token, nonce string) string {
	return "DPoP: " + c.Proof("GET", apiOrigin+path, token, jwttest.Claim("nonce", nonce), jwttest.IssuedAt(c.now()))
}

const apiOrigin = "https://api.example"

func newProofs(t testing.TB, config dpop.Config) *dpop.Verifier {
	config.PublicOrigins = []string{apiOrigin}
	proofs, err := dpop.NewVerifier(config)
	require.NoError(t, err)
	return proofs
}

// checklist 120, 128, 133, 134, 135, 136, 137, 138, 139, 140, 144
func TestDPoP(t *testing.T) {
	alice := newDPoPClient(t)
	rows := map[string]*bound{
		"alice": {token{user: "alice", scope: "profile"}, map[string]string{"jkt": alice.thumbprint}},
		"free":  {token: token{user: "bob", scope: "profile"}},
		"both":  {token{user: "alice"}, map[string]string{"jkt": alice.thumbprint, "x5t#S256": "x"}},
	}
	lookup := func(_ context.Context, s string) (*bound, error) { return rows[s], nil }
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{OnDecision: record(&seen), Validators: []protector.Validator{
		protector.DPoP(lookup, newProofs(t, dpop.Config{})), protector.Bearer(lookup),
	}})
	server := serve(t, guard.Require("profile")(says("in")))
	used := alice.proof("/user", "alice", "")
	for _, tt := range []struct {
		name    string
		headers []string
		status  int
		scheme  string
		error   string
		reason  string
	}{
		{"good", []string{"Authorization: DPoP alice", used}, 200, "", "", ""},
		{"scheme in capitals", []string{"Authorization: DPOP alice", alice.proof("/user", "alice", "")}, 200, "", "", ""},
		{"used", []string{"Authorization: DPoP alice", used}, 401, "DPoP", "invalid_dpop_proof", "proof_replay"},
		{"no proof", []string{"Authorization: DPoP alice"}, 401, "DPoP", "invalid_dpop_proof", "proof_missing"},
		{"empty proof", []string{"Authorization: DPoP alice", "DPoP: "}, 401, "DPoP", "invalid_dpop_proof", "proof_missing"},
		{"two proofs",
			[]string{"Authorization: DPoP alice", alice.proof("/user", "alice", ""), alice.proof("/user", "alice", "")},
			401, "DPoP", "invalid_dpop_proof", "proof_repeated"},
		{"another path", []string{"Authorization: DPoP alice", alice.proof("/other", "alice", "")},
			401, "DPoP", "invalid_dpop_proof", "proof_target"},
		{"another token", []string{"Authorization: DPoP alice", alice.proof("/user", "free", "")},
			401, "DPoP", "invalid_dpop_proof", "proof_token"},
		{"another key", []string{"Authorization: DPoP alice", newDPoPClient(t).proof("/user", "alice", "")},
			401, "DPoP", "invalid_token", "proof_binding"},
		{"not bound", []string{"Authorization: DPoP free", alice.proof("/user", "free", "")},
			401, "DPoP", "invalid_token", "proof_binding"},
		{"bound twice, proved once", []string{"Authorization: DPoP both", alice.proof("/user", "both", "")},
			401, "DPoP", "invalid_token", "confirmation"},
		{"as a bearer token", []string{"Authorization: Bearer alice", alice.proof("/user", "alice", "")},
			401, "Bearer", "invalid_token", "confirmation"},
		{"a bearer token", []string{"Authorization: Bearer free"}, 200, "", "", ""},
		{"proof in another field", []string{"Authorization: DPoP alice", "Proxy-" + alice.proof("/user", "alice", "")},
			401, "DPoP", "invalid_dpop_proof", "proof_missing"},
		{"nothing", nil, 401, "DPoP", "", "no_credentials"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen = nil
			a := get(t, server, "/user?id=7", tt.headers...)
			require.Equal(t, tt.status, a.status, a.body)
			require.Equal(t, tt.reason, seen[0].Reason)
			if tt.status == 200 {
				return
			}
			require.Len(t, a.challenges(), 2, "both schemes are offered")
			for _, field := range a.challenges() {
				scheme, params := parseChallenge(t, field)
				if scheme == "DPoP" {
					require.Equal(t, "ES256 Ed25519 EdDSA", params["algs"])
				}
				if scheme == tt.scheme {
					require.Equal(t, tt.error, params["error"])
				} else {
					require.NotContains(t, params, "error")
				}
			}
		})
	}
}

// What the token grants is nobody's business who has not proved that it is theirs.
//
// checklist 147c
func TestDPoPBeforeTheScope(t *testing.T) {
	alice := newDPoPClient(t)
	row := &bound{token{user: "alice", scope: "profile"}, map[string]string{"jkt": alice.thumbprint}}
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.DPoP(
		func(context.Context, string) (*bound, error) { return row, nil }, newProofs(t, dpop.Config{}),
	)}})
	server := serve(t, guard.Require("admin")(says("in")))
	a := get(t, server, "/", "Authorization: DPoP alice", newDPoPClient(t).proof("/", "alice", ""))
	require.Equal(t, 401, a.status)
	a = get(t, server, "/", "Authorization: DPoP alice", alice.proof("/", "alice", ""))
	require.Equal(t, 403, a.status)
	scheme, params := parseChallenge(t, a.challenges()[0])
	require.Equal(t, "DPoP", scheme)
	require.Equal(t, "insufficient_scope", params["error"])
	require.Equal(t, "admin", params["scope"])
}

// checklist 131, 141, 143, 146
func TestDPoPNonce(t *testing.T) {
	alice := newDPoPClient(t)
	row := &bound{token{user: "alice"}, map[string]string{"jkt": alice.thumbprint}}
	now := time.Now()
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.DPoP(
		func(context.Context, string) (*bound, error) { return row, nil },
		newProofs(t, dpop.Config{NonceKeys: [][]byte{make([]byte, 32)}, Now: func() time.Time { return now }}),
	)}})
	server := serve(t, guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
	})))
	short := serve(t, guard.Require("admin")(says("in")))
	a := get(t, server, "/", "Authorization: DPoP alice", alice.proof("/", "alice", ""))
	require.Equal(t, 401, a.status)
	_, params := parseChallenge(t, a.challenges()[0])
	require.Equal(t, "use_dpop_nonce", params["error"])
	nonces := a.header.Values("DPoP-Nonce")
	require.Len(t, nonces, 1)
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	require.Contains(t, strings.Join(a.header.Values("Access-Control-Expose-Headers"), ", "), "DPoP-Nonce")
	require.Contains(t, strings.Join(a.header.Values("Access-Control-Expose-Headers"), ", "), "WWW-Authenticate")

	a = get(t, server, "/", "Authorization: DPoP alice", alice.proof("/", "alice", nonces[0]))
	require.Equal(t, 200, a.status)
	require.Empty(t, a.header.Values("DPoP-Nonce"))
	require.Equal(t, "max-age=60", a.header.Get("Cache-Control"))

	// A nonce that is about to end brings the next one along.
	now, alice.now = now.Add(5*time.Minute), func() time.Time { return now }
	a = get(t, server, "/", "Authorization: DPoP alice", alice.proof("/", "alice", nonces[0]))
	require.Equal(t, 200, a.status)
	require.Len(t, a.header.Values("DPoP-Nonce"), 1)
	require.NotEqual(t, nonces, a.header.Values("DPoP-Nonce"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"), "whatever the handler says")
	a = get(t, short, "/", "Authorization: DPoP alice", alice.proof("/", "alice", nonces[0]))
	require.Equal(t, 403, a.status)
	require.Len(t, a.header.Values("DPoP-Nonce"), 1, "a short scope is no reason to keep the nonce back")
	a = get(t, server, "/", "Authorization: DPoP alice", alice.proof("/", "alice", nonces[0]))
	require.Contains(t, strings.Join(a.header.Values("Access-Control-Expose-Headers"), ", "), "DPoP-Nonce")
}

// checklist 145
func TestDPoPStoreOutOfReach(t *testing.T) {
	alice := newDPoPClient(t)
	row := &bound{token{user: "alice"}, map[string]string{"jkt": alice.thumbprint}}
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.DPoP(
		func(context.Context, string) (*bound, error) { return row, nil },
		newProofs(t, dpop.Config{Replay: brokenStore{}}),
	)}})
	server := serve(t, guard.Require()(says("in")))
	a := get(t, server, "/", "Authorization: DPoP alice", alice.proof("/", "alice", ""))
	require.Equal(t, 503, a.status)
	require.Empty(t, a.challenges())
}

type brokenStore struct{}

func (brokenStore) Spend(context.Context, [32]byte, time.Time) (bool, error) {
	return false, errors.New("connection refused")
}

// A store that does not answer is given up with the request, and nobody is let in.
//
// checklist 145
func TestDPoPStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alice := newDPoPClient(t)
		row := &bound{token{user: "alice"}, map[string]string{"jkt": alice.thumbprint}}
		guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.DPoP(
			func(context.Context, string) (*bound, error) { return row, nil },
			newProofs(t, dpop.Config{Replay: hangingStore{}}),
		)}})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // of a fake clock
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "DPoP alice")
		r.Header.Set("DPoP", strings.TrimPrefix(alice.proof("/", "alice", ""), "DPoP: "))
		w := httptest.NewRecorder()
		guard.Require()(says("in")).ServeHTTP(w, r)
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded, "it was waited for as long as the request has")
	})
}

// hangingStore answers as soon as nobody asks any more.
type hangingStore struct{}

func (hangingStore) Spend(ctx context.Context, _ [32]byte, _ time.Time) (bool, error) {
	<-ctx.Done()
	return true, ctx.Err()
}

// A memory that is full is an outage, of the client that fills it, and the record says
// what to do about it.
//
// checklist 144, 145
func TestDPoPMemoryIsFull(t *testing.T) {
	alice, bob := newDPoPClient(t), newDPoPClient(t)
	for partOf(alice) == partOf(bob) {
		bob = newDPoPClient(t)
	}
	rows := map[string]*bound{
		"alice": {token{user: "alice"}, map[string]string{"jkt": alice.thumbprint}},
		"bob":   {token{user: "bob"}, map[string]string{"jkt": bob.thumbprint}},
	}
	memory, err := dpop.NewMemory(dpop.MemoryConfig{MaxBytes: 40 * 20})
	require.NoError(t, err)
	var log bytes.Buffer
	guard := newGuard(t, protector.Config{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Validators: []protector.Validator{protector.DPoP(
			func(_ context.Context, s string) (*bound, error) { return rows[s], nil },
			newProofs(t, dpop.Config{Replay: memory}),
		)},
	})
	server := serve(t, guard.Require()(says("in")))
	use := func(name string, c *dpopClient) answer {
		return get(t, server, "/", "Authorization: DPoP "+name, c.proof("/", name, ""))
	}
	for range 10 {
		require.Equal(t, 200, use("alice", alice).status)
	}
	require.Empty(t, log.String())
	a := use("alice", alice)
	require.Equal(t, 503, a.status)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.Empty(t, a.challenges())
	require.NotContains(t, a.body, "MaxBytes", "the client is not told")
	require.Contains(t, log.String(), "level=ERROR")
	require.Contains(t, log.String(), "raise MemoryConfig.MaxBytes of the Memory in Config.Replay")
	for range 5 {
		require.Equal(t, 200, use("bob", bob).status, "others go on")
	}
}

// partOf is in which part of a memory the client's proofs are.
func partOf(c *dpopClient) byte {
	sum := sha256.Sum256([]byte(c.thumbprint))
	return sum[0]
}

func TestDPoPFaults(t *testing.T) {
	lookup := func(context.Context, string) (*bound, error) { return nil, nil }
	var none *dpop.Verifier
	for fault, v := range map[string]protector.Validator{
		"nil function":       protector.DPoP[*bound](nil, newProofs(t, dpop.Config{})),
		"nil DPoPVerifier":   protector.DPoP(lookup, nil),
		"nil DPoPVerifier: ": protector.DPoP(lookup, none),
	} {
		_, err := protector.New(protector.Config{Validators: []protector.Validator{v}})
		require.ErrorContains(t, err, fault)
	}
}
