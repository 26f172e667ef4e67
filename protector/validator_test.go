package protector_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

func TestNewReportsEveryFault(t *testing.T) {
	good := protector.Bearer(newTable().lookup)
	byRequest := func(r *http.Request, s string) (*token, error) { return nil, nil }
	never := func(string) bool { return false }
	for _, tt := range []struct {
		name   string
		config protector.Config
		says   []string
	}{
		{"nothing", protector.Config{}, []string{"protector: Config.Validators is empty"}},
		{"zero validator", protector.Config{Validators: []protector.Validator{{}}},
			[]string{"Validators[0]", "zero Validator"}},
		{"nil function", protector.Config{Validators: []protector.Validator{protector.Bearer[*token](nil)}},
			[]string{"Validators[0]", "nil function"}},
		{"nil function for a scheme",
			protector.Config{Validators: []protector.Validator{protector.Scheme[*token]("a b", nil)}},
			[]string{`"a b"`, "nil function"}},
		{"nil condition", protector.Config{Validators: []protector.Validator{good.When(nil)}}, []string{"When"}},
		{"twice", protector.Config{Validators: []protector.Validator{good, good}},
			[]string{"Validators[1]", "already takes every token", "jwt.ByIssuer", "When"}},
		{"twice, in another case",
			protector.Config{Validators: []protector.Validator{good, protector.Scheme("BEARER", byRequest)}},
			[]string{"Validators[1]", "already"}},
		{"after the last", protector.Config{Validators: []protector.Validator{good, good.When(never)}},
			[]string{"Validators[1]", "already"}},
		{"empty scheme", protector.Config{Validators: []protector.Validator{protector.Scheme("", byRequest)}},
			[]string{"scheme name"}},
		{"scheme with a line break",
			protector.Config{Validators: []protector.Validator{protector.Scheme("a\r\nb", byRequest)}}, []string{"scheme name"}},
		{"realm with a line break", protector.Config{Validators: []protector.Validator{good}, Realm: "a\r\nSet-Cookie: b"},
			[]string{"Realm", "0x0d"}},
		{"realm with a TAB", protector.Config{Validators: []protector.Validator{good}, Realm: "a\tb"}, []string{"Realm"}},
		{"realm not of ASCII", protector.Config{Validators: []protector.Validator{good}, Realm: "caf\u00e9"},
			[]string{"Realm"}},
		{"negative lengths", protector.Config{Validators: []protector.Validator{good}, MaxTokenBytes: -1, MaxFormBytes: -1},
			[]string{"MaxTokenBytes", "MaxFormBytes"}},
		{"cookie name", protector.Config{Validators: []protector.Validator{good}, AmbientCookie: "a b"},
			[]string{"AmbientCookie"}},
		{"nil handler for preflights",
			protector.Config{Validators: []protector.Validator{good}, Preflight: http.HandlerFunc(nil)},
			[]string{"Config.Preflight is a nil handler"}},
		{"origins without cookie", protector.Config{Validators: []protector.Validator{good},
			CrossOrigin: http.NewCrossOriginProtection()}, []string{"CrossOrigin", "AmbientCookie"}},
		{"length without form", protector.Config{Validators: []protector.Validator{good}, MaxFormBytes: 1},
			[]string{"BufferedFormTokens"}},
		{"query without bearer", protector.Config{Validators: []protector.Validator{protector.Scheme("Token", byRequest)},
			InsecureQueryTokens: true}, []string{"Bearer"}},
		{
			"everything at once",
			protector.Config{Realm: "\n", MaxTokenBytes: -1, AmbientCookie: "=", MaxFormBytes: -1,
				Validators: []protector.Validator{{}, good, good}},
			[]string{"Realm", "Validators[0]", "Validators[2]", "AmbientCookie", "MaxFormBytes", "MaxTokenBytes"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			guard, err := protector.New(tt.config)
			require.Nil(t, guard)
			require.Error(t, err)
			for _, s := range tt.says {
				require.ErrorContains(t, err, s)
			}
		})
	}
}

// The configuration is copied in.
func TestConfigIsCopied(t *testing.T) {
	validators := []protector.Validator{protector.Bearer(newTable().lookup)}
	guard, err := protector.New(protector.Config{Validators: validators})
	require.NoError(t, err)
	validators[0] = protector.Validator{}
	w := newRecorder()
	guard.Require()(hello).ServeHTTP(w, newRequest("alice"))
	require.Equal(t, 200, w.Code)
}

// Several kinds of token share a scheme: one validator is asked, the others are
// not.
func TestWhen(t *testing.T) {
	var asked []string
	kind := func(name string) protector.Validator {
		return protector.Bearer(func(_ context.Context, s string) (*token, error) {
			asked = append(asked, name)
			return &token{user: name}, nil
		})
	}
	prefix := func(p string) func(string) bool { return func(s string) bool { return strings.HasPrefix(s, p) } }
	open := newGuard(t, protector.Config{Validators: []protector.Validator{
		kind("pat").When(prefix("pat_")),
		kind("old pat").When(prefix("pat_")).When(prefix("pat_old_")),
		kind("jwt").When(func(s string) bool { return strings.Count(s, ".") == 2 }),
		kind("rest"),
	}})
	closed := newGuard(t, protector.Config{Validators: []protector.Validator{
		kind("both").When(prefix("pat_")).When(func(s string) bool { return strings.HasSuffix(s, "a") }),
	}})
	for _, tt := range []struct {
		name  string
		guard *protector.Protector
		token string
		want  string
	}{
		{"first that matches", open, "pat_1", "pat"},
		{"only one is asked", open, "pat_old_1", "pat"},
		{"another", open, "a.b.c", "jwt"},
		{"the rest", open, "opaque", "rest"},
		{"both conditions", closed, "pat_a", "both"},
		{"first condition", closed, "pat_b", ""},
		{"second condition", closed, "a", ""},
		{"none", closed, "opaque", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked = nil
			a := get(t, serve(t, tt.guard.Require()(hello)), "/", "Authorization: Bearer "+tt.token)
			if tt.want == "" {
				require.Equal(t, 401, a.status)
				require.Empty(t, asked)
				return
			}
			require.Equal(t, "hello "+tt.want, a.body)
			require.Equal(t, []string{tt.want}, asked)
		})
	}
}

// A scheme of one's own may look at the whole request.
func TestSchemeSeesTheRequest(t *testing.T) {
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Scheme("Token", func(r *http.Request, s string) (*token, error) {
			if r.Header.Get("X-Tenant") != "acme" {
				return nil, invalid{"tenant"}
			}
			return &token{user: s}, nil
		}),
	}})
	server := serve(t, guard.Require()(hello))
	require.Equal(t, "hello alice", get(t, server, "/", "Authorization: Token alice", "X-Tenant: acme").body)
	a := get(t, server, "/", "Authorization: Token alice")
	require.Equal(t, 401, a.status)
	scheme, _ := parseChallenge(t, a.challenges()[0])
	require.Equal(t, "Token", scheme)
	require.Equal(t, 401, get(t, server, "/", "Authorization: Bearer alice", "X-Tenant: acme").status)
}

// checklist 23
func TestBearerIsSpelledAsInTheRFC(t *testing.T) {
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Scheme("bEARER", func(*http.Request, string) (*token, error) { return nil, nil }),
	}})
	require.Equal(t, []string{`Bearer realm="api"`}, get(t, serve(t, guard.Require()(hello)), "/").challenges())
}

// full is a token that can say everything.
type full struct {
	token
	valid   bool
	revoked bool
	bound   map[string]string
}

func (f *full) ValidAt(time.Time) bool          { return f.valid }
func (f *full) Revoked() bool                   { return f.revoked }
func (f *full) Confirmation() map[string]string { return f.bound }

// What no kind of token must get wrong is checked here, for every kind.
//
// checklist 15, 136, 153
func TestTokenIsChecked(t *testing.T) {
	now := time.Date(2031, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		tok    protector.Token
		reason string // "": let through
	}{
		{"no expiry", &token{user: "alice"}, ""},
		{"expires later", &token{expires: now.Add(time.Nanosecond)}, ""},
		{"expires now", &token{expires: now}, "expired"},
		{"expired", &token{expires: now.Add(-time.Hour)}, "expired"},
		{"says valid", &full{valid: true}, ""},
		{"says valid, for its leeway", &full{valid: true, token: token{expires: now.Add(-time.Second)}}, ""},
		{"says not valid", &full{token: token{user: "alice"}}, "not_yet_valid"},
		{"says not valid, and has expired", &full{token: token{expires: now}}, "expired"},
		{"revoked", &full{valid: true, revoked: true}, "revoked"},
		{"bound to a key", &full{valid: true, bound: map[string]string{"jkt": "x"}}, "confirmation"},
		{"bound in an unknown way", &full{valid: true, bound: map[string]string{"new": ""}}, "confirmation"},
		{"bound to nothing", &full{valid: true, bound: map[string]string{}}, ""},
		{"nil interface", nil, "unknown_token"},
		{"nil pointer", (*token)(nil), "unknown_token"},
		{"blank value", value{}, "unknown_token"},
		{"blank behind a pointer", &token{}, "unknown_token"},
		{"empty slice", list{}, "unknown_token"},
		{"value in an interface", value{user: "x"}, ""},
		{"nil slice", list(nil), "unknown_token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen []protector.Decision
			guard := newGuard(t, protector.Config{
				Now:        func() time.Time { return now },
				OnDecision: record(&seen),
				Validators: []protector.Validator{
					protector.Bearer(func(context.Context, string) (protector.Token, error) { return tt.tok, nil }),
					protector.Scheme("Token", func(*http.Request, string) (protector.Token, error) { return tt.tok, nil }),
				},
			})
			for _, scheme := range []string{"Bearer", "Token"} {
				a := get(t, serve(t, guard.Optional()(hello)), "/", "Authorization: "+scheme+" x")
				d := seen[len(seen)-1]
				require.Equal(t, tt.reason, d.Reason)
				require.Equal(t, tt.reason == "", a.status == 200)
				require.Equal(t, tt.reason != "", a.status == 401)
			}
		})
	}
}

type value struct{ user string }

func (value) Scopes() scopes.Set   { return scopes.Set{} }
func (value) ExpiresAt() time.Time { return time.Time{} }

type list []string

func (list) Scopes() scopes.Set   { return scopes.Set{} }
func (list) ExpiresAt() time.Time { return time.Time{} }

// A token beside an error is no token.
func TestErrorWins(t *testing.T) {
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (*token, error) { return &token{scope: "profile"}, errDown }),
	}})
	require.Equal(t, 503, get(t, serve(t, guard.Require("profile")(hello)), "/", "Authorization: Bearer x").status)
}

// A panic in authenticate stays one: net/http ends the connection, the handler
// is not reached, and the stack is in the log.
func TestPanicIsNotRecovered(t *testing.T) {
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (*token, error) { panic("a bug") }),
	}})
	reached := false
	handler := guard.Optional()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	require.PanicsWithValue(t, "a bug", func() { handler.ServeHTTP(newRecorder(), newRequest("x")) })
	require.False(t, reached)

	var log bytes.Buffer
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(&log, nil), slog.LevelError)
	server.Start()
	r, err := http.NewRequest(http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer x")
	_, err = server.Client().Do(r)
	require.Error(t, err)
	server.Close()
	require.Contains(t, log.String(), "a bug")
}
