package protector_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// fieldGuard takes tokens from the field, of a table of its own.
func fieldGuard(t testing.TB, name string, config protector.Config, rows *table) *protector.Protector {
	config.Validators = append(config.Validators, protector.Field(name, rows.lookup))
	return newGuard(t, config)
}

// checklist 206, 203
func TestFieldTokens(t *testing.T) {
	const field = "Cf-Access-Jwt-Assertion"
	alone := serve(t, fieldGuard(t, field, protector.Config{}, newTable()).Require("profile")(hello))
	for _, tt := range []struct {
		name, method string
		headers      []string
		status       int
		error        string
	}{
		{"token", "GET", []string{field + ": alice"}, 200, ""},
		{"other case", "GET", []string{strings.ToLower(field) + ": alice"}, 200, ""},
		{"beside somebody else's credentials", "GET", []string{field + ": alice", "Authorization: Bearer bob"}, 200, ""},
		{"none", "GET", nil, 401, ""},
		{"in the Authorization field", "GET", []string{"Authorization: Bearer alice"}, 401, ""},
		{"its name as a scheme", "GET", []string{"Authorization: " + field + " alice"}, 401, ""},
		{"bad", "GET", []string{field + ": mallory"}, 401, "invalid_token"},
		{"expired", "GET", []string{field + ": expired"}, 401, "invalid_token"},
		{"short", "GET", []string{field + ": bob"}, 403, "insufficient_scope"},
		{"too long", "GET", []string{field + ": " + strings.Repeat("a", 20000)}, 401, "invalid_token"},
		{"empty", "GET", []string{field + ": "}, 400, "invalid_request"},
		{"twice", "GET", []string{field + ": alice", field + ": alice"}, 400, "invalid_request"},
		{"twice, one empty", "GET", []string{field + ": alice", field + ": "}, 400, "invalid_request"},
		{"a list", "GET", []string{field + ": alice, alice"}, 400, "invalid_request"},
		{"a comma", "GET", []string{field + ": alice,"}, 400, "invalid_request"},
		{"with a scheme", "GET", []string{field + ": Bearer alice"}, 400, "invalid_request"},
		{"quoted", "GET", []string{field + `: "alice"`}, 400, "invalid_request"},
		{"a parameter", "GET", []string{field + ": alice;a=b"}, 400, "invalid_request"},
		{"GET from another site", "GET", []string{field + ": alice", "Sec-Fetch-Site: cross-site"}, 200, ""},
		{"POST from another site", "POST", []string{field + ": alice", "Sec-Fetch-Site: cross-site"}, 403, "access_denied"},
		{"POST from another origin", "POST", []string{field + ": alice", "Origin: https://evil.example"}, 403,
			"access_denied"},
		{"WebSocket from another origin", "GET", handshake(field+": alice", "Origin: https://evil.example"), 403,
			"access_denied"},
		{"POST from no browser", "POST", []string{field + ": alice"}, 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(t, alone, tt.method, "/", "", tt.headers...)
			require.Equal(t, tt.status, a.status, a.body)
			if tt.status == 200 {
				require.Equal(t, "private", a.header.Get("Cache-Control"))
				return
			}
			require.Len(t, a.challenges(), 1)
			scheme, params := parseChallenge(t, a.challenges()[0])
			require.Equal(t, []string{field, "api", tt.error}, []string{scheme, params["realm"], params["error"]})
		})
	}
}

// A Bearer token beside the field is another's, who may be somebody else.
//
// checklist 206, 5
func TestFieldBesideOtherPlaces(t *testing.T) {
	bearer := protector.Bearer(newTable().lookup)
	guard := fieldGuard(t, "Txn-Token", protector.Config{AmbientCookie: "c", WebSocketProtocol: "t",
		InsecureQueryTokens: true, Validators: []protector.Validator{bearer}}, newTable())
	server := serve(t, guard.Optional()(hello))
	for places := range 32 {
		path, headers, n := "/", handshake(), 0
		for i, field := range []string{"Txn-Token: alice", "Authorization: Bearer alice", "Cookie: c=alice",
			offering + "chat, t.alice"} {
			if places&(1<<i) != 0 {
				headers, n = append(headers, field), n+1
			}
		}
		if places&16 != 0 {
			path, n = "/?access_token=alice", n+1
		}
		t.Run(fmt.Sprintf("places=%05b", places), func(t *testing.T) {
			a := get(t, server, path, headers...)
			require.Equal(t, n > 1, a.status == 400, a.body)
			require.Equal(t, n < 2, a.status == 200, a.body)
			require.Equal(t, n == 1, a.body == "hello alice", a.body)
			if n < 2 {
				require.Equal(t, "Authorization, Cookie, Sec-WebSocket-Protocol, Txn-Token", a.header.Get("Vary"))
			}
		})
	}
	t.Run("every kind is challenged for", func(t *testing.T) {
		a := get(t, serve(t, guard.Require()(hello)), "/", "Txn-Token: mallory")
		require.Equal(t, 401, a.status)
		require.Equal(t, `Bearer realm="api"`, a.challenges()[0])
		require.Contains(t, a.challenges()[1], `Txn-Token realm="api", error="invalid_token"`)
	})
}

// Two protectors are for two tokens of one request, and the handler finds both.
//
// checklist 206
func TestTwoTokensOfOneRequest(t *testing.T) {
	users := newGuard(t, protector.Config{})
	rows := &table{rows: map[string]*token{"pay": {user: "alice", scope: "pay"}, "bobs": {user: "bob", scope: "pay"}}}
	transactions := fieldGuard(t, "Txn-Token", protector.Config{}, rows)
	both := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, ok := protector.TokenOf[*token](r.Context(), users)
		require.True(t, ok)
		transaction, ok := protector.TokenOf[*token](r.Context(), transactions)
		require.True(t, ok)
		fmt.Fprint(w, user.user, " ", transaction.scope)
	})
	ofTheUser := func(ctx context.Context, tok protector.Token) error {
		if user, ok := protector.TokenOf[*token](ctx, users); !ok || user.user != tok.(*token).user {
			return errors.New("another user's transaction")
		}
		return nil
	}
	policy := protector.Policy{Scopes: []string{"pay"}, Check: ofTheUser}
	for name, handler := range map[string]http.Handler{
		"user outside":        users.Require("profile")(transactions.RequirePolicy(policy)(both)),
		"transaction outside": transactions.Require("pay")(users.Require("profile")(both)),
		"alternating": users.Require()(transactions.Require("pay")(users.Require("profile")(
			transactions.Require()(both)))),
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, handler)
			for _, tt := range []struct {
				user, transaction string
				status            int
				scheme            string
			}{
				{"Authorization: Bearer alice", "Txn-Token: pay", 200, ""},
				{"X: y", "Txn-Token: pay", 401, "Bearer"},
				{"Authorization: Bearer alice", "X: y", 401, "Txn-Token"},
				{"Authorization: Bearer mallory", "Txn-Token: pay", 401, "Bearer"},
				{"Authorization: Bearer alice", "Txn-Token: alice", 401, "Txn-Token"},
				{"Authorization: Bearer pay", "Txn-Token: alice", 401, ""},
				{"Authorization: Bearer bob", "Txn-Token: pay", 403, "Bearer"},
			} {
				a := get(t, server, "/", tt.user, tt.transaction)
				if tt.status == 403 && name == "user outside" {
					continue // bob has no scope "profile"
				}
				require.Equal(t, tt.status, a.status, "%s %s", tt.user, tt.transaction)
				if tt.status == 200 {
					require.Equal(t, "alice pay", a.body)
				} else if tt.scheme != "" {
					require.True(t, strings.HasPrefix(a.challenges()[0], tt.scheme+" "), a.challenges())
				}
			}
		})
	}
	t.Run("compared", func(t *testing.T) {
		server := serve(t, users.Require()(transactions.RequirePolicy(policy)(both)))
		require.Equal(t, 200, get(t, server, "/", "Authorization: Bearer alice", "Txn-Token: pay").status)
		require.Equal(t, 403, get(t, server, "/", "Authorization: Bearer alice", "Txn-Token: bobs").status)
	})
}

// checklist 206
func TestTokenOf(t *testing.T) {
	users, others := newGuard(t, protector.Config{}), newGuard(t, protector.Config{})
	transactions := fieldGuard(t, "Txn-Token", protector.Config{}, newTable())
	var found []bool
	look := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		found = nil
		for _, guard := range []*protector.Protector{users, transactions, others, nil, {}} {
			_, ok := protector.TokenOf[*token](r.Context(), guard)
			found = append(found, ok)
		}
		_, ok := protector.TokenOf[*identified](r.Context(), users)
		require.False(t, ok, "a token of another type")
	})
	refusing := newGuard(t, protector.Config{ErrorHandler: func(w http.ResponseWriter, r *http.Request,
		e *protector.Error) {
		look(w, r)
		w.WriteHeader(e.Status)
	}})
	for _, tt := range []struct {
		name    string
		handler http.Handler
		want    []bool
	}{
		{"nobody", look, []bool{false, false, false, false, false}},
		{"one", users.Require()(look), []bool{true, false, false, false, false}},
		{"both", users.Require()(transactions.Require()(look)), []bool{true, true, false, false, false}},
		{"one anonymous", users.Require()(others.Optional()(look)), []bool{true, false, true, false, false}},
		{"after a refusal", users.Require()(refusing.Require("nothing")(look)), []bool{false, false, false, false, false}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			get(t, serve(t, tt.handler), "/", "Authorization: Bearer alice", "Txn-Token: bob")
			require.Equal(t, tt.want, found)
		})
	}
	_, ok := protector.TokenOf[*token](context.Background(), users)
	require.False(t, ok)
}

// Whoever looks at a field of its own overlooks the Authorization field, and says so.
func TestReasonWithoutAField(t *testing.T) {
	var seen []protector.Decision
	guard := fieldGuard(t, "Txn-Token", protector.Config{OnDecision: record(&seen)}, newTable())
	server := serve(t, guard.Optional()(guard.Require()(hello)))
	a := get(t, server, "/", "Authorization: Bearer alice")
	require.Equal(t, 401, a.status)
	require.Equal(t, "no_credentials", seen[len(seen)-1].Reason)
	require.Equal(t, "Txn-Token", a.header.Get("Vary"), "the answer does not depend on the Authorization field")
	get(t, server, "/", "Txn-Token: alice")
	require.Equal(t, "Txn-Token", seen[len(seen)-1].Scheme)
}

// Several kinds of token may come in one field, and fields have any number.
func TestSeveralFields(t *testing.T) {
	staff, robots := newTable(), newTable()
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Field("X-Assertion", staff.lookup).When(func(token string) bool { return token == "alice" }),
		protector.Field("x-assertion", robots.lookup),
		protector.Field("X-Other", robots.lookup),
	}})
	server := serve(t, guard.Require()(hello))
	require.Equal(t, "hello alice", get(t, server, "/", "X-Assertion: alice").body)
	require.EqualValues(t, 1, staff.asked.Load())
	require.Equal(t, "hello bob", get(t, server, "/", "X-Assertion: bob").body)
	require.Equal(t, "hello bob", get(t, server, "/", "X-Other: bob").body)
	require.EqualValues(t, 1, staff.asked.Load())
	require.Equal(t, 400, get(t, server, "/", "X-Other: bob", "X-Assertion: bob").status)
	require.Len(t, get(t, server, "/").challenges(), 2)
}

func TestFieldFaults(t *testing.T) {
	rows := newTable()
	for name, v := range map[string]protector.Validator{
		`Field "X" was given a nil function`:                        protector.Field[*token]("X", nil),
		`the field name "a b" is not an HTTP token`:                 protector.Field("a b", rows.lookup),
		`the field name "" is not an HTTP token`:                    protector.Field("", rows.lookup),
		`Field "authorization" has a meaning of its own`:            protector.Field("authorization", rows.lookup),
		`Field "COOKIE" has a meaning of its own`:                   protector.Field("COOKIE", rows.lookup),
		`Field "Host" has a meaning of its own`:                     protector.Field("Host", rows.lookup),
		`Field "DPoP" has a meaning of its own`:                     protector.Field("DPoP", rows.lookup),
		`Field "Bearer" has a meaning of its own`:                   protector.Field("Bearer", rows.lookup),
		`Field "Sec-WebSocket-Protocol" has a meaning of its own`:   protector.Field("Sec-WebSocket-Protocol", rows.lookup),
		`a Field and a Scheme have the same name`:                   protector.Field("txn-token", rows.lookup),
		`a validator for the scheme X-Taken already takes every to`: protector.Field("x-taken", rows.lookup),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := protector.New(protector.Config{Validators: []protector.Validator{
				protector.Scheme("Txn-Token", func(*http.Request, string) (*token, error) { return nil, nil }),
				protector.Field("X-Taken", rows.lookup),
				v,
			}})
			require.ErrorContains(t, err, "protector: Config.Validators[2] is not usable: "+name)
		})
	}
}

// checklist 206
func TestFieldAllocations(t *testing.T) {
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Field("Txn-Token", instant)}})
	handler := guard.Require()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r, w := newRequest(""), &sink{header: http.Header{}}
	r.Header["Txn-Token"] = []string{"alice"}
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { handler.ServeHTTP(w, r) }), 5.0)
	require.Zero(t, w.status)
}
