package protector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// shaded is a guard with a clock that is set by hand, and what it logs and decides.
type shaded struct {
	*protector.Protector
	now  time.Time
	log  bytes.Buffer
	seen []protector.Decision
}

var dawn = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func newShaded(t *testing.T, config protector.Config) *shaded {
	s := &shaded{now: dawn}
	config.Logger = slog.New(slog.NewTextHandler(&s.log, nil))
	config.OnDecision = record(&s.seen)
	config.Now = func() time.Time { return s.now }
	s.Protector = newGuard(t, config)
	return s
}

func (s *shaded) warnings(text string) int {
	return strings.Count(s.log.String(), "level=WARN msg=\"protector: "+text)
}

// until is a policy that is in shadow for an hour.
func until(policy protector.Policy) protector.Policy {
	policy.InsecureShadowUntil = dawn.Add(time.Hour)
	return policy
}

// echoes answers with all that it sees of the request.
var echoes = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	tok, _ := protector.CurrentToken[*token](r.Context())
	body, err := io.ReadAll(r.Body)
	w.Header().Set("Seen", fmt.Sprint(tok, len(r.Header), r.Header["Sec-Websocket-Protocol"], r.URL, r.Context().Err()))
	w.WriteHeader(http.StatusTeapot)
	fmt.Fprint(w, len(body), err)
})

// lookup is a table that is down for some.
func downFor(name string) protector.Validator {
	rows := newTable()
	return protector.Bearer(func(ctx context.Context, s string) (*client, error) {
		if s == name {
			return nil, errDown
		}
		row, err := rows.lookup(ctx, s)
		if row == nil {
			return nil, err
		}
		return &client{*row}, err
	})
}

// client is a token that says whose it is.
type client struct{ token }

func (c *client) ClientID() string   { return "client of " + c.user }
func (c *client) Subject() string    { return c.user }
func (c *client) Scopes() scopes.Set { return scopes.Parse(c.scope) }
func (c *client) Issuer() string     { return "https://issuer.example" }

// checklist 223
func TestShadowChangesNothingInTheAnswer(t *testing.T) {
	guard := newShaded(t, protector.Config{
		Validators: []protector.Validator{downFor("away")}, Preflight: cors, Resource: "https://api.example",
		AmbientCookie: "session", WebSocketProtocol: "access_token", BufferedFormTokens: true, MaxFormBytes: 30,
		InsecureQueryTokens: true, ErrorHandler: func(http.ResponseWriter, *http.Request, *protector.Error) { panic("no") },
	})
	policy := until(protector.Policy{Name: "orders", Scopes: []string{"profile"}, UntilExpiry: true})
	plain, shadowed := serve(t, echoes), serve(t, guard.RequirePolicy(policy)(echoes))
	bearer := "Authorization: Bearer "
	form := "Content-Type: application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, method, path, body string
		headers                  []string
		outcome                  protector.Outcome
		status                   int
		reason, client           string
	}{
		{"nobody", "GET", "/", "", nil, "refused", 401, "no_credentials", ""},
		{"good", "GET", "/", "", []string{bearer + "alice"}, "granted", 0, "", "client of alice"},
		{"too little", "GET", "/", "", []string{bearer + "bob"}, "refused", 403, "insufficient_scope", "client of bob"},
		{"expired", "GET", "/", "", []string{bearer + "expired"}, "refused", 401, "expired", "client of dave"},
		{"unknown", "GET", "/", "", []string{bearer + "mallory"}, "refused", 401, "unknown_token", ""},
		{"malformed", "GET", "/", "", []string{"Authorization: Bearer"}, "refused", 400, "malformed", ""},
		{"two", "GET", "/?access_token=bob", "", []string{bearer + "alice"}, "refused", 400, "several_credentials", ""},
		{"outage", "GET", "/", "", []string{bearer + "away"}, "unavailable", 503, "unavailable", ""},
		{"cookie", "GET", "/", "", []string{"Cookie: session=alice"}, "granted", 0, "", "client of alice"},
		{"query", "GET", "/?access_token=alice", "", nil, "granted", 0, "", "client of alice"},
		{"form", "POST", "/", "access_token=alice&a=b", []string{form}, "granted", 0, "", "client of alice"},
		{"long form", "POST", "/", strings.Repeat("a", 100), []string{form}, "refused", 400, "unreadable_form", ""},
		{"preflight", "OPTIONS", "/", "", preflight, "anonymous", 0, "", ""},
		{"websocket", "GET", "/", "", []string{
			"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
			"Sec-WebSocket-Protocol: chat, access_token.alice",
		}, "granted", 0, "", "client of alice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			guard.seen = nil
			guard.log.Reset()
			want := ask(t, plain, tt.method, tt.path, tt.body, tt.headers...)
			got := ask(t, shadowed, tt.method, tt.path, tt.body, tt.headers...)
			want.header.Del("Date")
			got.header.Del("Date")
			require.Equal(t, want, got)
			require.Equal(t, 418, got.status)
			require.Len(t, guard.seen, 1)
			d := guard.seen[0]
			require.True(t, d.Shadow)
			require.Equal(t, []any{tt.outcome, tt.status, tt.reason, tt.client, "orders"},
				[]any{d.Outcome, d.Status, d.Reason, d.ClientID, d.Policy})
			require.Equal(t, tt.status != 0, d.Err != nil)
			if tt.status != 0 {
				require.Contains(t, guard.log.String(), fmt.Sprintf("status=%d", tt.status))
				require.Contains(t, guard.log.String(), "shadow=true")
				require.Contains(t, guard.log.String(), "if it were not for the shadow mode")
			}
		})
	}
}

// sees reports what a handler is told.
func sees(told *string) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		tok, ok := protector.CurrentToken[*token](r.Context())
		*told = fmt.Sprint(protector.Shadowed(r.Context()), ok)
		if ok {
			*told += " " + tok.user
		}
	})
}

// Nothing is verified in shadow, good token or not, and what is enforced stays so.
//
// checklist 223
func TestShadowAmongOthers(t *testing.T) {
	guard := newShaded(t, protector.Config{})
	profile, shadowed := guard.Require("profile"), guard.RequirePolicy(until(needs("email", "user")))
	var told string
	inner := sees(&told)
	acquires := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := guard.Acquire(r, "profile"); err != nil {
			guard.WriteError(w, r, err)
			return
		}
		inner.ServeHTTP(w, r)
	})
	for _, tt := range []struct {
		name    string
		handler http.Handler
		token   string
		status  int
		told    string
	}{
		{"no shadow", profile(inner), "alice", 200, "false true alice"},
		{"alone, nobody", shadowed(inner), "", 200, "true false"},
		{"alone, good", shadowed(inner), "alice", 200, "true false"},
		{"alone, too little", shadowed(inner), "carol", 200, "true false"},
		{"a real one further in, nobody", shadowed(profile(inner)), "", 401, ""},
		{"a real one further in, too little", shadowed(profile(inner)), "bob", 403, ""},
		{"a real one further in, good", shadowed(profile(inner)), "alice", 200, "true true alice"},
		{"Acquire further in, nobody", shadowed(acquires), "", 401, ""},
		{"Acquire further in, too little", shadowed(acquires), "bob", 403, ""},
		{"Acquire further in, good", shadowed(acquires), "alice", 200, "true false"},
		{"a real one further out, nobody", profile(shadowed(inner)), "", 401, ""},
		{"a real one further out, good", profile(shadowed(inner)), "alice", 200, "true true alice"},
		{"twice", shadowed(shadowed(inner)), "carol", 200, "true false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told = ""
			w := newRecorder()
			tt.handler.ServeHTTP(w, newRequest(tt.token))
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, tt.told, told)
		})
	}
}

// counted is a proof that counts once, and how often it did.
type counted struct {
	mu    sync.Mutex
	spent int
}

func (*counted) Confirms() string                         { return "jkt" }
func (*counted) Params() []protector.Param                { return nil }
func (*counted) Evidence(r *http.Request) (string, error) { return r.Header.Get("Proof"), nil }
func (c *counted) Check(_ context.Context, p protector.Possession) (protector.Proved, error) {
	if p.Evidence != p.Confirmation {
		return protector.Proved{}, invalid{"bad_proof"}
	}
	return protector.Proved{Header: http.Header{"Dpop-Nonce": {"n"}}, Commit: func(ctx context.Context) error {
		if _, ok := protector.CurrentToken[protector.Token](ctx); ok {
			panic("a proof sees a current token")
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.spent++; c.spent > 1 {
			return invalid{"replayed"}
		}
		return nil
	}}, nil
}

// checklist 223
func TestShadowSpendsNoProof(t *testing.T) {
	proof := &counted{}
	guard := newShaded(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (*bound, error) {
			return &bound{token{user: "alice"}, map[string]string{"jkt": "key"}}, nil
		}).Proving(proof),
	}})
	ok := says("ok")
	send := func(handler http.Handler) int {
		r, w := newRequest("alice"), newRecorder()
		r.Header.Set("Proof", "key")
		handler.ServeHTTP(w, r)
		if w.Code == 200 && w.Header().Get("Dpop-Nonce") != "" {
			return 201
		}
		return w.Code
	}
	shadowed := guard.RequirePolicy(until(protector.Policy{}))
	require.Equal(t, 200, send(shadowed(ok)), "and no field of the proof")
	require.Equal(t, 200, send(shadowed(ok)))
	require.Zero(t, proof.spent)
	require.Equal(t, protector.OutcomeGranted, guard.seen[1].Outcome)
	require.Equal(t, 201, send(shadowed(guard.Require()(guard.Require()(ok)))), "spent once")
	require.Equal(t, 1, proof.spent)
	require.Equal(t, 401, send(shadowed(guard.Require()(ok))))
}

// A shadow ends, is announced, and cannot be put off for ever.
//
// checklist 223
func TestShadowEnds(t *testing.T) {
	guard := newShaded(t, protector.Config{})
	policy := until(protector.Policy{Name: "orders", Scopes: []string{"profile"}})
	handler := guard.RequirePolicy(policy)(hello)
	require.Equal(t, 1, guard.warnings("a policy is in shadow: requests that it would refuse go on"))
	for _, text := range []string{"policy=orders", "scopes=[profile]", "until=2026-01-01T01:00", "by=RequirePolicy"} {
		require.Contains(t, guard.log.String(), text)
	}
	send := func(token string) int {
		w := newRecorder()
		handler.ServeHTTP(w, newRequest(token))
		return w.Code
	}
	require.Equal(t, 200, send(""))
	guard.now = dawn.Add(time.Hour - 1)
	require.Equal(t, 200, send("bob"))
	require.Zero(t, guard.warnings("a shadow has ended"))
	guard.now = dawn.Add(time.Hour)
	require.Equal(t, 401, send(""))
	require.Equal(t, 403, send("bob"))
	require.Equal(t, 200, send("alice"))
	require.Equal(t, 1, guard.warnings("a shadow has ended: the policy is enforced from now on"))
	require.False(t, guard.seen[len(guard.seen)-1].Shadow)
	guard.now = dawn
	require.Equal(t, 401, send(""), "a clock that is set back opens nothing")

	guard.now = dawn.Add(2 * time.Hour)
	handler = guard.RequirePolicy(policy)(hello)
	require.Equal(t, 1, guard.warnings("a shadow has ended: the policy is enforced, and InsecureShadowUntil can be"))
	require.Equal(t, 401, send(""))
	require.Equal(t, 1, guard.warnings("a shadow has ended: the policy is enforced from now on"), "said already")
}

// checklist 223
func TestShadowFaults(t *testing.T) {
	guard := newShaded(t, protector.Config{})
	silent := newGuard(t, protector.Config{Now: func() time.Time { return dawn }})
	at := func(after time.Duration) protector.Policy {
		return protector.Policy{InsecureShadowUntil: dawn.Add(after)}
	}
	optional := at(time.Hour)
	optional.Optional = true
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name   string
		guard  *protector.Protector
		policy protector.Policy
		says   string
	}{
		{"no logger", silent, at(time.Hour), "InsecureShadowUntil is set, and Config.Logger is not"},
		{"no logger, and over", silent, at(-time.Hour), "Config.Logger is not"},
		{"too far", guard.Protector, at(90*day + 1), "InsecureShadowUntil is 2026-04-01T00:00:00Z, which is more"},
		{"for ever", guard.Protector, at(1 << 62), "more than 90 days ahead: set an earlier date"},
		{"far beyond", guard.Protector, protector.Policy{InsecureShadowUntil: time.Unix(1<<60, 0)}, "more than 90 days"},
		{"optional", guard.Protector, optional, "InsecureShadowUntil is set, and so is Optional"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.guard.NewRule(tt.policy)
			require.ErrorContains(t, err, "protector: NewRule: InsecureShadowUntil")
			require.ErrorContains(t, err, tt.says)
		})
	}
	require.NotPanics(t, func() { guard.RequirePolicy(at(90 * day)) })
	require.Error(t, optional.Validate())
	wrap := guard.RequirePolicy(at(time.Hour))
	require.Panics(t, func() { wrap(protector.For(func(http.ResponseWriter, *http.Request, *token) {})) })
	require.Panics(t, func() { wrap(protector.ForOptional(func(http.ResponseWriter, *http.Request, *token, bool) {})) })
}

// A request that began before the day is over is what it was when it passed. Where it meets the rule again, it is what
// it is by then.
//
// checklist 223
func TestShadowEndsInTheMiddleOfARequest(t *testing.T) {
	guard := newShaded(t, protector.Config{InsecureQueryTokens: true})
	rule := newRule(t, guard.Protector, until(needs("profile")))
	early, err := guard.Check(httptest.NewRequest("GET", "/?access_token=alice", nil), rule)
	require.NoError(t, err)
	guard.now = dawn.Add(time.Hour)
	require.Empty(t, rule.AnswerHeader(early))
	late, err := guard.Check(early, rule)
	require.NoError(t, err)
	require.Equal(t, http.Header{"Cache-Control": {"private"}}, rule.AnswerHeader(late))
	require.Empty(t, rule.AnswerHeader(early))
}

// Whoever has a request explained learns that it is not turned away, and until when.
//
// checklist 221, 223
func TestExplainARuleInShadow(t *testing.T) {
	guard := newShaded(t, protector.Config{})
	rule := newRule(t, guard.Protector, until(needs("admin")))
	const day = "2026-01-01T01:00:00Z"
	for _, user := range []string{"bob", ""} {
		e := guard.Explain(newRequest(user), rule)
		require.Contains(t, e.String(), "It goes on whatever is said here, and without a current token by this policy, "+
			"which is in shadow until "+day+"\n")
		require.Contains(t, e.String(), "\nFrom then on the answer is 40")
		document, err := json.Marshal(e)
		require.NoError(t, err)
		require.Contains(t, string(document), `"outcome":"refused","shadow_until":"`+day+`"`)
		require.Contains(t, e.LogValue().String(), "shadow_until=2026-01-01")
		require.NotEmpty(t, e.Reason())
	}
	guard.now = dawn.Add(time.Hour)
	e := guard.Explain(newRequest("bob"), rule)
	require.Contains(t, e.String(), "\nThe answer is 403")
	require.NotContains(t, e.String(), "shadow")
	document, err := json.Marshal(e)
	require.NoError(t, err)
	require.NotContains(t, string(document), "shadow")
	require.Zero(t, guard.warnings("a shadow has ended"), "Explain writes nothing")
}

// checklist 223
func TestShadowAtEveryDoor(t *testing.T) {
	guard := newShaded(t, protector.Config{})
	policy := until(needs("profile"))
	var told string
	mux := http.NewServeMux()
	mux.Handle("GET /user", sees(&told))
	routes := guard.Routes()
	routes.Handle("GET /user", policy, sees(&told))
	routes.Handle("/files/", policy, says("files"))
	routes.Handle("/files/secret/", needs("secret"), says("secret"))
	for name, door := range map[string]http.Handler{
		"RequirePolicy": guard.RequirePolicy(policy)(sees(&told)),
		"Methods":       guard.Methods(protector.Methods{"GET": {Policy: policy, Handler: sees(&told)}}),
		"Subtree":       guard.Subtree(mux, policy),
		"Routes":        routes,
	} {
		t.Run(name, func(t *testing.T) {
			guard.seen, told = nil, ""
			w := newRecorder()
			door.ServeHTTP(w, newRequest("bob"))
			require.Equal(t, 200, w.Code)
			require.Empty(t, w.Header())
			require.Equal(t, "true false", told)
			require.Equal(t, 403, guard.seen[0].Status)
		})
	}
	t.Run("Check", func(t *testing.T) {
		rule := newRule(t, guard.Protector, policy)
		real := newRule(t, guard.Protector, protector.Policy{Optional: true})
		r, err := guard.Check(newRequest("bob"), real)
		require.NoError(t, err)
		r, err = guard.Check(r, rule)
		require.NoError(t, err)
		require.True(t, protector.Shadowed(r.Context()))
		require.Empty(t, rule.AnswerHeader(r))
		require.NotEmpty(t, real.AnswerHeader(r))
		guard.now = dawn.Add(time.Hour)
		defer func() { guard.now = dawn }()
		_, err = guard.Check(newRequest("bob"), rule)
		require.Error(t, err)
	})
	// A path that can be read in several ways is no way round what is enforced beside it.
	server := serve(t, routes)
	for path, status := range map[string]int{
		"/files/a": 200, "/files/secret/a": 401, "/files/secret%2Fa": 401, "/files/a;b": 401,
		"/files/%2e%2e/files/secret/a": 401,
		"/nothing":                     401,
	} {
		require.Equal(t, status, get(t, server, path).status, path)
	}
}
