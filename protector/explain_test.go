package protector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// explained returns what a guard says about a GET of the policy, and that this is what Check then does.
func explained(
	t *testing.T, guard *protector.Protector, policy protector.Policy, headers ...string,
) protector.Explanation {
	t.Helper()
	rule, err := guard.NewRule(policy)
	require.NoError(t, err)
	r := requestOf(headers...)
	e := guard.Explain(r, rule)
	_, err = guard.Check(r, rule)
	if err == nil {
		require.NoError(t, e.Err())
	} else {
		var refused, said *protector.Error
		require.ErrorAs(t, err, &refused)
		require.ErrorAs(t, e.Err(), &said)
		require.Equal(t, *refused, *said)
		require.Equal(t, refused.Reason, e.Reason())
	}
	for _, f := range e.Findings {
		require.True(t, f.Outcome != "failed" || f.Remedy != "", "%+v", f)
		require.True(t, f.Outcome != "not_judged" || f.Because != "", "%+v", f)
	}
	return e
}

func requestOf(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, apiOrigin+"/user", nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// outcomes returns the findings that came out so, by their checks.
func outcomes(e protector.Explanation, outcome string) (checks []string) {
	for _, f := range e.Findings {
		if f.Outcome == outcome {
			checks = append(checks, f.Check)
		}
	}
	return checks
}

func findingOf(t *testing.T, e protector.Explanation, check string) protector.Finding {
	t.Helper()
	for _, f := range e.Findings {
		if f.Check == check {
			return f
		}
	}
	require.Failf(t, "no such finding", "%s in %s", check, e)
	return protector.Finding{}
}

// A token that lacks everything is told all of it.
//
// checklist 221
func TestExplainEachPartOfAPolicy(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.FirstKey("EdDSA"))
	tokens := newTokens(t, issuer)
	hierarchy, err := scopes.NewHierarchy(map[string][]string{"write": {"read"}})
	require.NoError(t, err)
	guard := newGuard(t, protector.Config{
		Hierarchy:  hierarchy,
		Validators: []protector.Validator{protector.Explaining(protector.Bearer(tokens.Validate), tokens.Explain)},
	})
	policy := protector.Policy{
		Scopes: []string{"delete", "read admin"}, Groups: []string{"staff"}, Roles: []string{"clerk"},
		Entitlements: []string{"gold"}, Clients: []string{"shop"}, NoDelegation: true, ACR: []string{"mfa"},
		MaxAge: time.Minute, UntilExpiry: true,
		Claims: []protector.ClaimRule{{Path: []string{"org", "plan"}, AnyOf: []any{"team", 700, 0.5, "true", true}}},
		Check:  func(context.Context, protector.Token) error { return errors.New("not the owner") },
	}
	bearer := issuer.Token(jwttest.Scope("write"), jwttest.Claim("act", map[string]any{"sub": "x"}),
		jwttest.Claim("auth_time", time.Now().Add(-time.Hour).Unix()), jwttest.Claim("groups", []string{"c4n4ry"}),
		jwttest.Claim("org", map[string]string{"plan": "c4n4ry"}), jwttest.Claim("email", "c4n4ry"))
	e := explained(t, guard, policy, "Authorization: Bearer "+bearer)
	require.Equal(t, []string{"client", "delegation", "authentication", "scope", "groups", "roles", "entitlements",
		"claim", "check"}, outcomes(e, "failed"))
	require.Equal(t, `"write" and 1 that these imply`, findingOf(t, e, "scope").Found)
	require.Equal(t, `"delete" (without "delete") or "read admin" (without "admin")`, findingOf(t, e, "scope").Expected)
	require.Contains(t, findingOf(t, e, "authentication").Found, "(1h0m")
	require.Equal(t, `"org plan" is "team" or 700 or 0.5 or "true" or true`, findingOf(t, e, "claim").Expected)
	require.Contains(t, e.String(), "The answer is 403")
	require.Contains(t, e.String(), "The token is accepted")
	require.NotContains(t, e.String(), "c4n4ry")

	e = explained(t, guard, protector.Policy{Scopes: []string{"read"}, UntilExpiry: true}, "Authorization: Bearer "+bearer)
	require.NoError(t, e.Err())
	require.Empty(t, outcomes(e, "failed"))
}

// A token that is no good: its own explanation says more, and the policy cannot be judged.
//
// checklist 221
func TestExplainARefusedToken(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.FirstKey("EdDSA"))
	tokens := newTokens(t, issuer)
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Explaining(protector.Bearer(tokens.Validate), tokens.Explain)}})
	bearer := issuer.Token(jwttest.Audience("other"), jwttest.Without("jti"))
	e := explained(t, guard, protector.Policy{Scopes: []string{"read"}}, "Authorization: Bearer "+bearer)
	require.Equal(t, []string{"token"}, outcomes(e, "failed"))
	require.Equal(t, []string{"policy"}, outcomes(e, "not_judged"))
	document, err := json.Marshal(e)
	require.NoError(t, err)
	var said struct {
		Status     int
		Challenges []string
		Token      struct {
			Findings []struct{ Check, Outcome string }
		}
	}
	require.NoError(t, json.Unmarshal(document, &said))
	require.Equal(t, http.StatusUnauthorized, said.Status)
	require.Len(t, said.Challenges, 1)
	require.NotEmpty(t, said.Token.Findings)
	require.Contains(t, e.String(), `without "jti"`)
	require.NotContains(t, string(document)+e.String(), bearer[strings.LastIndexByte(bearer, '.')+1:])
}

// Where the token was looked for, and why it was not found.
//
// checklist 221
func TestExplainCredentials(t *testing.T) {
	guard := newGuard(t, protector.Config{AmbientCookie: "session", InsecureQueryTokens: true, BufferedFormTokens: true,
		RequestCheck: func(r *http.Request) error {
			if r.Header.Get("X-Bad") != "" {
				return errors.New("bad")
			}
			return nil
		}})
	for name, tt := range map[string]struct {
		policy  protector.Policy
		headers []string
		failed  []string
		left    []string
		found   string
	}{
		"none":      {protector.Policy{}, nil, []string{"token"}, []string{"policy"}, "none"},
		"optional":  {protector.Policy{Optional: true}, nil, nil, []string{"policy"}, "none"},
		"no scheme": {protector.Policy{}, []string{"Authorization: alice"}, []string{"token"}, []string{"policy"}, "none"},
		"two": {protector.Policy{}, []string{"Authorization: Bearer alice", "Cookie: session=bob"},
			[]string{"credential"}, []string{"token", "policy"}, "none"},
		"cookie": {protector.Policy{}, []string{"Cookie: session=alice"}, nil, nil, "one of 5 bytes in the cookie session"},
		"header": {protector.Policy{}, []string{"Authorization: Bearer alice"}, nil, nil,
			"one of 5 bytes in the Authorization field, under Bearer"},
		"check": {protector.Policy{Scopes: []string{"x"}}, []string{"Authorization: Bearer alice", "X-Bad: 1"},
			[]string{"request", "scope"}, nil, "one of 5 bytes in the Authorization field, under Bearer"},
		"unknown": {protector.Policy{}, []string{"Authorization: Bearer mallory"}, []string{"token"}, []string{"policy"},
			"one of 7 bytes in the Authorization field, under Bearer"},
		"expired": {protector.Policy{Scopes: []string{"x"}}, []string{"Authorization: Bearer expired"},
			[]string{"lifetime", "scope"}, nil, "one of 7 bytes in the Authorization field, under Bearer"},
	} {
		t.Run(name, func(t *testing.T) {
			e := explained(t, guard, tt.policy, tt.headers...)
			require.Equal(t, tt.failed, outcomes(e, "failed"))
			require.Equal(t, tt.left, outcomes(e, "not_judged"))
			require.Equal(t, tt.found, findingOf(t, e, "credential").Found)
			require.Contains(t, findingOf(t, e, "credential").Expected, "the cookie session, or the form, or the query")
			require.Contains(t, e.String(), map[string]string{
				"none": "-> have the client send its token", "no scheme": "-> have the client write the scheme",
			}[name])
		})
	}
}

// A proof is judged and not spent, and whoever watches hears nothing.
//
// checklist 221
func TestExplainUsesNothingUp(t *testing.T) {
	alice := newDPoPClient(t)
	lookup := func(_ context.Context, s string) (*bound, error) {
		return &bound{token{user: s, scope: "profile"}, map[string]string{"jkt": alice.thumbprint}}, nil
	}
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{OnDecision: record(&seen), Validators: []protector.Validator{
		protector.DPoP(lookup, newProofs(t, dpop.Config{})), protector.Bearer(lookup)}})
	rule, err := guard.NewRule(protector.Policy{Scopes: []string{"profile"}})
	require.NoError(t, err)
	r := requestOf("Authorization: DPoP alice", alice.proof("/user", "alice", ""))
	for range 3 {
		e := guard.Explain(r, rule)
		require.NoError(t, e.Err())
		require.Contains(t, findingOf(t, e, "proof").Because, "not spent")
	}
	require.Empty(t, seen)
	_, err = guard.Check(r, rule)
	require.NoError(t, err)
	require.Len(t, seen, 1)

	e := explained(t, guard, protector.Policy{}, "Authorization: DPoP alice", alice.proof("/other", "alice", ""))
	require.Equal(t, []string{"proof"}, outcomes(e, "failed"))
	require.Contains(t, findingOf(t, e, "proof").Remedy, "PublicOrigins")
	e = explained(t, guard, protector.Policy{Scopes: []string{"x"}}, "Authorization: Bearer alice")
	require.Equal(t, []string{"binding", "scope"}, outcomes(e, "failed"))
	e = explained(t, guard, protector.Policy{}, "Authorization: DPoP alice", "DPoP: a", "DPoP: b")
	require.Equal(t, []string{"evidence"}, outcomes(e, "failed"))
	require.Equal(t, []string{"binding"}, outcomes(e, "not_judged"))
}

// Nobody can tell, and the request could still be told more.
//
// checklist 221
func TestExplainAnOutage(t *testing.T) {
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(
		func(context.Context, string) (*token, error) { return nil, fmt.Errorf("\x1b[31m %w", errDown) })}})
	e := explained(t, guard, protector.Policy{}, "Authorization: Bearer alice")
	require.Equal(t, []string{"token", "policy"}, outcomes(e, "not_judged"))
	require.Contains(t, e.String(), "The request is unavailable: unavailable")
	require.NotContains(t, e.String(), "\x1b")
}

type said struct{ text string }

func (s said) String() string { return s.text }

// What others say of a token is left out if it holds the token, or what a terminal obeys.
//
// checklist 221
func TestExplainingSaysNoToken(t *testing.T) {
	const bearer = "a-token-that-is-long-enough-to-be-known"
	for name, text := range map[string]string{
		"the token": "it is " + bearer, "escapes": "\x1b[31m", "long": strings.Repeat("a", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Explaining(
				protector.Bearer(newTable().lookup), func(context.Context, string) said { return said{text} })}})
			e := explained(t, guard, protector.Policy{}, "Authorization: Bearer "+bearer)
			require.NotContains(t, e.String(), text)
			require.Contains(t, e.String(), "left out")
		})
	}
}

// saidInJSON says one thing to people, and another to programs.
type saidInJSON struct{ text, document string }

func (s saidInJSON) String() string { return s.text }

func (s saidInJSON) MarshalJSON() ([]byte, error) { return json.Marshal(s.document) }

// The JSON of what others say holds no token either, and what is beyond ASCII is escaped in it.
//
// checklist 221
func TestExplainingSaysNoTokenInJSON(t *testing.T) {
	const bearer = "a-token-that-is-long-enough-to-be-known"
	for document, kept := range map[string]bool{"it is " + bearer: false, "caf\u00e9 \u009b31m \U0001f511": true} {
		guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Explaining(
			protector.Bearer(newTable().lookup),
			func(context.Context, string) saidInJSON { return saidInJSON{"nothing much", document} })}})
		e := explained(t, guard, protector.Policy{}, "Authorization: Bearer "+bearer)
		text, err := json.Marshal(e)
		require.NoError(t, err)
		require.NotContains(t, string(text), bearer)
		require.Equal(t, kept, strings.Contains(e.String(), "nothing much"))
		require.Empty(t, strings.Map(func(r rune) rune {
			if r < 0x7f {
				return -1
			}
			return r
		}, string(text)))
		var written struct{ Token string }
		require.NoError(t, json.Unmarshal(text, &written))
		require.Equal(t, kept, written.Token == document)
	}
}

// Mistakes in the program are named.
func TestExplainMistakes(t *testing.T) {
	guard, other := newGuard(t, protector.Config{}), newGuard(t, protector.Config{})
	foreign, err := other.NewRule(protector.Policy{})
	require.NoError(t, err)
	for _, rule := range []*protector.Rule{nil, foreign} {
		e := guard.Explain(requestOf(), rule)
		require.Equal(t, "bad_requirement", e.Reason())
		require.Contains(t, e.String(), "use this one's NewRule")
	}
	var none *protector.Protector
	require.Equal(t, "bad_requirement", none.Explain(requestOf(), foreign).Reason())
	_, err = protector.New(protector.Config{Validators: []protector.Validator{
		protector.Explaining[said](protector.Bearer(newTable().lookup), nil)}})
	require.ErrorContains(t, err, "leave Explaining out")
	require.NoError(t, protector.Explanation{}.Err())
}

// In a log a refusal is short.
//
// checklist 221
func TestExplanationInALog(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	e := explained(t, guard, protector.Policy{Scopes: []string{"admin"}}, "Authorization: Bearer alice")
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("refused", "why", e)
	require.Contains(t, b.String(), "why.outcome=refused why.reason=insufficient_scope why.status=403 why.scope=")
	require.NotContains(t, b.String(), "credential")
}

// The request is judged anew behind a middleware, and nothing that is asked sees a current token.
func TestExplainBehindAMiddleware(t *testing.T) {
	seen := 0
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(
		func(ctx context.Context, s string) (*token, error) {
			if _, ok := protector.CurrentToken[*token](ctx); ok {
				seen++
			}
			return newTable().lookup(ctx, s)
		})}})
	rule, err := guard.NewRule(protector.Policy{Scopes: []string{"admin"}})
	require.NoError(t, err)
	server := serve(t, guard.Require("profile")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := guard.Explain(r, rule)
		_, still := protector.CurrentToken[*token](r.Context())
		fmt.Fprintf(w, "%s %t", e.Reason(), still)
	})))
	require.Equal(t, "insufficient_scope true", get(t, server, "/", "Authorization: Bearer alice").body)
	require.Zero(t, seen)
}

// A token that was withdrawn is told before what else the policy asks for, and that as well.
//
// checklist 221
func TestExplainAWithdrawnToken(t *testing.T) {
	over, end := context.WithCancel(t.Context())
	end()
	guard := newGuard(t, protector.Config{})
	e := explained(t, guard, protector.Policy{
		Scopes: []string{"admin"}, UntilExpiry: true,
		Withdrawn: func(protector.Token) context.Context { return over },
	}, "Authorization: Bearer alice")
	require.Equal(t, "revoked", e.Reason())
	require.Equal(t, []string{"withdrawn", "scope"}, outcomes(e, "failed"))
}

// Functions of the application take the token that they are given for the caller's, so they are not asked about one
// that was stolen, or has ended: Check does not either.
//
// checklist 221
func TestExplainAsksTheApplicationAboutGoodTokensOnly(t *testing.T) {
	lookup := func(_ context.Context, s string) (*bound, error) {
		b := &bound{token{user: s, scope: "profile"}, nil}
		if s == "stolen" {
			b.confirmation = map[string]string{"jkt": "of somebody else"}
		}
		return b, nil
	}
	asked := 0
	policy := protector.Policy{
		Scopes: []string{"profile"}, UntilExpiry: true,
		Check:     func(context.Context, protector.Token) error { asked++; return nil },
		Withdrawn: func(protector.Token) context.Context { asked++; return nil },
	}
	binding := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(lookup)}})
	for bearer, guard := range map[string]*protector.Protector{
		"stolen": binding, "expired": newGuard(t, protector.Config{}),
	} {
		e := explained(t, guard, policy, "Authorization: Bearer "+bearer)
		require.Error(t, e.Err())
		require.Subset(t, outcomes(e, "not_judged"), []string{"withdrawn", "check"})
		require.Zero(t, asked, bearer)
	}
	require.NoError(t, explained(t, binding, policy, "Authorization: Bearer alice").Err())
	require.NotZero(t, asked)
}

// Behind a middleware that has withheld the token of a WebSocket, Explain finds it as Check does.
//
// checklist 205, 222
func TestExplainAWebSocketTokenBehindAMiddleware(t *testing.T) {
	guard := newGuard(t, protector.Config{WebSocketProtocol: "access_token"})
	rule, err := guard.NewRule(protector.Policy{})
	require.NoError(t, err)
	server := serve(t, guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := guard.Explain(r, rule)
		_, refusal := guard.Check(r, rule)
		require.Nil(t, refusal)
		io.WriteString(w, e.String())
	})))
	answer := get(t, server, "/", handshake(offering+"chat, access_token.alice")...)
	require.Equal(t, 200, answer.status)
	require.Contains(t, answer.body, "The request is granted")
}

// Two findings of one check are two in a record as well.
func TestExplainLogsEachFinding(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.FirstKey("EdDSA"))
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(newTokens(t, issuer).Validate),
	}})
	e := explained(t, guard, protector.Policy{Claims: []protector.ClaimRule{
		{Path: []string{"org"}, AnyOf: []any{1}}, {Path: []string{"tier"}, AnyOf: []any{2}},
	}}, "Authorization: Bearer "+issuer.Token())
	var text bytes.Buffer
	slog.New(slog.NewJSONHandler(&text, nil)).Info("", "explained", e)
	var record struct{ Explained map[string]any }
	require.NoError(t, json.Unmarshal(text.Bytes(), &record))
	require.Contains(t, record.Explained["claim"], `"org"`)
	require.Contains(t, record.Explained["claim_2"], `"tier"`)
}
