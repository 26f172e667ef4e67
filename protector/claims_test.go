package protector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
)

// document is a row of a table that keeps the claims it was made from.
type document struct {
	token
	members map[string]any
}

func (d *document) Claim(path ...string) (any, bool) {
	var value any = d.members
	for _, name := range path {
		members, _ := value.(map[string]any)
		value = members[name]
	}
	return value, value != nil
}

// claimants are kinds of tokens that can be asked for claims: each makes a validator,
// and a token with the members of a JSON object.
func claimants(t *testing.T) map[string]func(claims string) (protector.Validator, string) {
	issuer := jwttest.NewIssuer(t)
	tokens := newTokens(t, issuer)
	return map[string]func(string) (protector.Validator, string){
		"JWT": func(claims string) (protector.Validator, string) {
			var members map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(claims), &members))
			var options []jwttest.TokenOption
			for name, value := range members {
				options = append(options, jwttest.Claim(name, value))
			}
			return protector.Bearer(tokens.Validate), issuer.Token(options...)
		},
		"introspection": func(claims string) (protector.Validator, string) {
			return protector.Bearer(answering(t, claims).Introspect), "opaque"
		},
		"own, exact numbers": func(claims string) (protector.Validator, string) {
			d := json.NewDecoder(strings.NewReader(claims))
			d.UseNumber()
			row := &document{token: token{user: "a"}}
			require.NoError(t, d.Decode(&row.members))
			return protector.Bearer(func(context.Context, string) (*document, error) { return row, nil }), "opaque"
		},
	}
}

// answering is a client of a server that answers with the claims.
func answering(t *testing.T, claims string) *introspection.Client {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		rest := strings.TrimPrefix(strings.TrimSpace(claims), "{")
		if strings.TrimSpace(rest) != "}" {
			rest = "," + rest
		}
		fmt.Fprint(w, `{"active": true, "token_type": "Bearer"`+rest)
	}))
	t.Cleanup(server.Close)
	client, err := introspection.New(introspection.Config{Endpoint: server.URL, AnyAudience: true,
		Credentials: introspection.ClientSecretBasic("api", "a secret of the api")})
	require.NoError(t, err)
	return client
}

func rule(path string, anyOf ...any) protector.ClaimRule {
	return protector.ClaimRule{Path: strings.Split(path, "/"), AnyOf: anyOf}
}

// checklist 209
func TestPolicyClaims(t *testing.T) {
	const big = "9007199254740993" // 2^53 + 1
	cases := []struct {
		name   string
		claims string
		rules  []protector.ClaimRule
		passes bool
	}{
		{"string", `{"plan":"team"}`, []protector.ClaimRule{rule("plan", "team")}, true},
		{"one of several", `{"plan":"team"}`, []protector.ClaimRule{rule("plan", "free", "team")}, true},
		{"another", `{"plan":"free"}`, []protector.ClaimRule{rule("plan", "team")}, false},
		{"letter case", `{"plan":"Team"}`, []protector.ClaimRule{rule("plan", "team")}, false},
		{"prefix", `{"plan":"teams"}`, []protector.ClaimRule{rule("plan", "team")}, false},
		{"space", `{"plan":"team free"}`, []protector.ClaimRule{rule("plan", "team", "free")}, false},
		{"escaped", `{"pl\u0061n":"te\u0061m\/\"\n😀"}`, []protector.ClaimRule{rule("plan", "team/\"\n😀")}, true},
		{"empty", `{"plan":""}`, []protector.ClaimRule{rule("plan", "")}, true},
		{"absent", `{}`, []protector.ClaimRule{rule("plan", "")}, false},
		{"null", `{"plan":null}`, []protector.ClaimRule{rule("plan", "", "null", false, 0)}, false},
		{"true", `{"ok":true}`, []protector.ClaimRule{rule("ok", true)}, true},
		{"false", `{"ok":false}`, []protector.ClaimRule{rule("ok", true)}, false},
		{"false, wanted", `{"ok":false}`, []protector.ClaimRule{rule("ok", false)}, true},
		{"true is no string", `{"ok":"true"}`, []protector.ClaimRule{rule("ok", true)}, false},
		{"nor is a string true", `{"ok":true}`, []protector.ClaimRule{rule("ok", "true")}, false},
		{"nor a number", `{"ok":1}`, []protector.ClaimRule{rule("ok", true)}, false},
		{"integer", `{"n":3}`, []protector.ClaimRule{rule("n", 3)}, true},
		{"negative", `{"n":-3}`, []protector.ClaimRule{rule("n", -3)}, true},
		{"sign", `{"n":-3}`, []protector.ClaimRule{rule("n", 3)}, false},
		{"no number", `{"n":"3"}`, []protector.ClaimRule{rule("n", 3)}, false},
		{"no string", `{"n":3}`, []protector.ClaimRule{rule("n", "3")}, false},
		{"fraction of nothing", `{"n":3.000}`, []protector.ClaimRule{rule("n", uint8(3))}, true},
		{"exponent", `{"n":3e2}`, []protector.ClaimRule{rule("n", int64(300))}, true},
		{"another exponent", `{"n":3e2}`, []protector.ClaimRule{rule("n", 3, 30, 3000)}, false},
		{"negative exponent", `{"n":150E-2}`, []protector.ClaimRule{rule("n", 1.5)}, true},
		{"positive exponent", `{"n":0.15e+1}`, []protector.ClaimRule{rule("n", json.Number("1.50"))}, true},
		{"float", `{"n":0.1}`, []protector.ClaimRule{rule("n", 0.1)}, true},
		{"float of 32 bits", `{"n":0.1}`, []protector.ClaimRule{rule("n", float32(0.1))}, true},
		{"zero", `{"n":-0.0e7}`, []protector.ClaimRule{rule("n", 0)}, true},
		{"no zero", `{"n":1e-400}`, []protector.ClaimRule{rule("n", 0)}, false},
		{"large", `{"n":` + big + `}`, []protector.ClaimRule{rule("n", int64(9007199254740993))}, true},
		{"large, its neighbour", `{"n":` + big + `}`, []protector.ClaimRule{rule("n", int64(9007199254740992))}, false},
		{"large, as a float", `{"n":` + big + `}`, []protector.ClaimRule{rule("n", 9007199254740992.0)}, false},
		{"huge", `{"n":1e400}`, []protector.ClaimRule{rule("n", json.Number("10e399"))}, true},
		{"beyond", `{"n":1e99999999999999999999}`, []protector.ClaimRule{rule("n", 1)}, false},
		{"far beyond", `{"n":1e9000000000}`, []protector.ClaimRule{rule("n", 1)}, false},
		{"member of an array", `{"p":["a","b"]}`, []protector.ClaimRule{rule("p", "b", "c")}, true},
		{"not a member", `{"p":["a","b"]}`, []protector.ClaimRule{rule("p", "c")}, false},
		{"member of a mixed array", `{"p":[null,{"b":1},["x"],7,true]}`, []protector.ClaimRule{rule("p", 7)}, true},
		{"not within a member", `{"p":[{"x":"b"},["b"]]}`, []protector.ClaimRule{rule("p", "b", "x")}, false},
		{"empty array", `{"p":[]}`, []protector.ClaimRule{rule("p", "")}, false},
		{"object", `{"p":{"a":"b"}}`, []protector.ClaimRule{rule("p", "a", "b")}, false},
		{"inside", `{"org":{"plan":{"name":"team"}}}`, []protector.ClaimRule{rule("org/plan/name", "team")}, true},
		{"inside, absent", `{"org":{"plan":{}}}`, []protector.ClaimRule{rule("org/plan/name", "team")}, false},
		{"inside a string", `{"org":"plan"}`, []protector.ClaimRule{rule("org/plan", "plan")}, false},
		{"inside an array", `{"org":[{"plan":"team"}]}`, []protector.ClaimRule{rule("org/plan", "team")}, false},
		{"by index", `{"org":["team"]}`, []protector.ClaimRule{rule("org/0", "team")}, false},
		{"dots", `{"https://a.example/plan.name":"team"}`,
			[]protector.ClaimRule{{Path: []string{"https://a.example/plan.name"}, AnyOf: []any{"team"}}}, true},
		{"dots are no path", `{"org":{"plan":"team"}}`, []protector.ClaimRule{rule("org.plan", "team")}, false},
		{"a name's letter case", `{"Plan":"team"}`, []protector.ClaimRule{rule("plan", "team")}, false},
		{"all rules", `{"plan":"team","ok":true}`, []protector.ClaimRule{rule("plan", "team"), rule("ok", true)}, true},
		{"all but the first", `{"plan":"free","ok":true}`, []protector.ClaimRule{rule("plan", "team"), rule("ok", true)},
			false},
		{"all but the last", `{"plan":"team","ok":false}`, []protector.ClaimRule{rule("plan", "team"), rule("ok", true)},
			false},
	}
	for kind, with := range claimants(t) {
		t.Run(kind, func(t *testing.T) {
			for _, tt := range cases {
				t.Run(tt.name, func(t *testing.T) {
					validator, credential := with(tt.claims)
					var reason string
					guard := newGuard(t, protector.Config{Validators: []protector.Validator{validator},
						OnDecision: func(_ context.Context, d protector.Decision) { reason = d.Reason }})
					handler := guard.RequirePolicy(protector.Policy{Claims: tt.rules})(hello)
					a := get(t, serve(t, handler), "/", "Authorization: Bearer "+credential)
					if tt.passes {
						require.Equal(t, 200, a.status, reason)
						return
					}
					require.Equal(t, 403, a.status)
					require.Equal(t, "insufficient_claims", reason)
					_, params := parseChallenge(t, a.challenges()[0])
					require.Equal(t, "insufficient_scope", params["error"])
					require.NotContains(t, params, "scope")
				})
			}
		})
	}
}

// The client learns nothing of it; the operator, which rule failed and not what the
// token says.
func TestClaimsStayInside(t *testing.T) {
	var log bytes.Buffer
	validator, credential := claimants(t)["JWT"](`{"org":{"plan":"value-of-the-token"}}`)
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{validator},
		Logger: slog.New(slog.NewTextHandler(&log, nil))})
	policy := protector.Policy{Claims: []protector.ClaimRule{rule("org/plan", "value-of-the-policy")}}
	a := get(t, serve(t, guard.RequirePolicy(policy)(hello)), "/", "Authorization: Bearer "+credential)
	require.Equal(t, 403, a.status)
	told := a.body + strings.Join(a.challenges(), "")
	for _, word := range []string{"org", "plan", "value-of"} {
		require.NotContains(t, told, word)
	}
	require.Contains(t, log.String(), "insufficient_claims")
	require.Contains(t, log.String(), `[\"org\" \"plan\"]`)
	require.NotContains(t, log.String(), "value-of-the-token")
}

// Whether a claim lacks or holds something else is for two people to mend.
func TestTheLogTellsAMissingClaimFromAnotherValue(t *testing.T) {
	for name, tt := range map[string]struct{ claims, says string }{
		"missing": {`{"org":{}}`, `the token has no claim at [\"org\" \"plan\"]`},
		"other":   {`{"org":{"plan":"secret"}}`, `the claim at [\"org\" \"plan\"] is none of the values`},
		"null":    {`{"org":{"plan":null}}`, `the token has no claim at [\"org\" \"plan\"]`},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			validator, credential := claimants(t)["JWT"](tt.claims)
			guard := newGuard(t, protector.Config{Validators: []protector.Validator{validator},
				Logger: slog.New(slog.NewTextHandler(&log, nil))})
			policy := protector.Policy{Claims: []protector.ClaimRule{rule("org/plan", "team")}}
			a := get(t, serve(t, guard.RequirePolicy(policy)(hello)), "/", "Authorization: Bearer "+credential)
			require.Equal(t, 403, a.status)
			require.Contains(t, log.String(), tt.says)
			require.NotContains(t, log.String(), "secret")
		})
	}
}

// What a policy is made of may change afterwards; the policy does not.
func TestPolicyIsACopy(t *testing.T) {
	policy := protector.Policy{Clients: []string{"web"}, Claims: []protector.ClaimRule{rule("plan", "team")}}
	validator, credential := claimants(t)["JWT"](`{"plan":"team","client_id":"web"}`)
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{validator}})
	routes := guard.Routes()
	routes.Handle("GET /", policy, hello)
	server := serve(t, routes)
	change := func(policy protector.Policy) {
		policy.Clients[0], policy.Claims[0].AnyOf[0], policy.Claims[0].Path[0] = "ios", "free", "other"
		policy.Claims[0] = rule("x", "y")
	}
	change(policy)
	change(routes.All()[0].Policy)
	require.Equal(t, 200, get(t, server, "/", "Authorization: Bearer "+credential).status)
	listed := routes.All()[0].Policy
	require.Equal(t, []string{"web"}, listed.Clients)
	require.Equal(t, []protector.ClaimRule{rule("plan", "team")}, listed.Claims)
}

// What is listed is what is asked, whatever list of it somebody writes to.
func TestListedPoliciesAreCopies(t *testing.T) {
	lists := func(p *protector.Policy) []*[]string {
		return []*[]string{&p.Scopes, &p.Groups, &p.Roles, &p.Entitlements, &p.Clients, &p.ACR}
	}
	validator, _ := claimants(t)["JWT"](`{}`)
	routes := newGuard(t, protector.Config{Validators: []protector.Validator{validator}}).Routes()
	var policy protector.Policy
	for _, list := range lists(&policy) {
		*list = []string{"stated"}
	}
	routes.Handle("GET /", policy, hello)
	spoil := func(p protector.Policy) {
		for _, list := range lists(&p) {
			(*list)[0] = "spoilt"
		}
	}
	spoil(policy)
	spoil(routes.All()[0].Policy)
	listed := routes.All()[0].Policy
	for i, list := range lists(&listed) {
		require.Equal(t, []string{"stated"}, *list, i)
	}
}

// plans are lists of a program's own types.
type plan string

// What a program's own tokens return need not be what encoding/json makes.
func TestClaimsOfGoTypes(t *testing.T) {
	members := map[string]any{
		"plan": plan("team"), "plans": []plan{"free", "team"}, "array": [2]string{"free", "team"}, "ints": []int{1, 2},
		"texts": []string{"free", "team"}, "any": []any{nil, plan("team")}, "nobody": (*plan)(nil), "nan": math.NaN(),
		"float32": float32(0.5), "bytes": []byte{2}, "raw": json.RawMessage(`2`), "func": func() {}, "uint": uint64(1 << 63),
		"bad": json.Number("2x"),
	}
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (*document, error) {
			return &document{token: token{user: "a"}, members: members}, nil
		}),
	}})
	for name, passes := range map[string]bool{
		"plan": true, "plans": true, "array": true, "ints": true, "texts": true, "any": true, "float32": true, "uint": true,
		"nobody": false, "nan": false, "bytes": false, "raw": false, "func": false, "bad": false,
	} {
		policy := protector.Policy{Claims: []protector.ClaimRule{rule(name, plan("team"), 2, 0.5, uint64(1<<63))}}
		a := get(t, serve(t, guard.RequirePolicy(policy)(hello)), "/", "Authorization: Bearer x")
		require.Equal(t, passes, a.status == 200, name)
	}
	require.Len(t, members, 14)
}

func TestFaultyClaims(t *testing.T) {
	deep := make([]string, 33)
	for i := range deep {
		deep[i] = "a"
	}
	for name, tt := range map[string]struct {
		rules []protector.ClaimRule
		says  string
	}{
		"empty":              {[]protector.ClaimRule{}, "the list of claims is empty"},
		"blank rule":         {[]protector.ClaimRule{{}}, "rule 1: the path is empty"},
		"no values":          {[]protector.ClaimRule{{Path: []string{"a"}}}, "rule 1: AnyOf is empty"},
		"empty name":         {[]protector.ClaimRule{rule("a", 1), rule("a/", 1)}, "rule 2: name 2"},
		"name not UTF-8":     {[]protector.ClaimRule{rule("a\xff", 1)}, "not UTF-8"},
		"deep":               {[]protector.ClaimRule{{Path: deep, AnyOf: []any{1}}}, "33 names"},
		"nil":                {[]protector.ClaimRule{rule("a", nil)}, "value 1 of AnyOf is a <nil>"},
		"NaN":                {[]protector.ClaimRule{rule("a", 1, math.NaN())}, "value 2 of AnyOf is a float64"},
		"infinite":           {[]protector.ClaimRule{rule("a", math.Inf(-1))}, "float64"},
		"infinite, 32 bits":  {[]protector.ClaimRule{rule("a", float32(math.Inf(1)))}, "float32"},
		"list":               {[]protector.ClaimRule{rule("a", []string{"b"})}, "[]string"},
		"object":             {[]protector.ClaimRule{rule("a", map[string]any{})}, "map"},
		"complex":            {[]protector.ClaimRule{rule("a", complex(1, 0))}, "complex128"},
		"pointer":            {[]protector.ClaimRule{rule("a", new("b"))}, "*string"},
		"no number":          {[]protector.ClaimRule{rule("a", json.Number("1_000"))}, "json.Number"},
		"leading zero":       {[]protector.ClaimRule{rule("a", json.Number("01"))}, "json.Number"},
		"plus":               {[]protector.ClaimRule{rule("a", json.Number("+1"))}, "json.Number"},
		"no fraction":        {[]protector.ClaimRule{rule("a", json.Number("1."))}, "json.Number"},
		"no whole":           {[]protector.ClaimRule{rule("a", json.Number(".5"))}, "json.Number"},
		"no exponent":        {[]protector.ClaimRule{rule("a", json.Number("1e"))}, "json.Number"},
		"two signs":          {[]protector.ClaimRule{rule("a", json.Number("1e+-2"))}, "json.Number"},
		"far exponent":       {[]protector.ClaimRule{rule("a", json.Number("1e9999999999"))}, "json.Number"},
		"hexadecimal":        {[]protector.ClaimRule{rule("a", json.Number("0x1"))}, "json.Number"},
		"empty number":       {[]protector.ClaimRule{rule("a", json.Number(""))}, "json.Number"},
		"string not UTF-8":   {[]protector.ClaimRule{rule("a", "\xff")}, "not UTF-8"},
		"twice":              {[]protector.ClaimRule{rule("a", "b", "c", "b")}, "value 3 of AnyOf"},
		"twice, as a number": {[]protector.ClaimRule{rule("a", 1, json.Number("1.0"))}, "value 2 of AnyOf"},
	} {
		err := protector.Policy{Claims: tt.rules, Scopes: []string{" "}}.Validate()
		require.ErrorContains(t, err, tt.says, name)
		require.ErrorContains(t, err, "scopes", name)
	}
}

// checklist 209
func TestClaimsOfTokensThatHaveNone(t *testing.T) {
	policy := protector.Policy{Claims: []protector.ClaimRule{rule("plan", "team")}, NoDelegation: true}
	plain := newGuard(t, protector.Config{})
	_, err := plain.NewRule(policy)
	require.ErrorContains(t, err, "protector: NewRule: claims: no token has the method Claim(")
	require.ErrorContains(t, err, "protector: NewRule: no delegation: no token has the method Claim(")
	require.Panics(t, func() { plain.RequirePolicy(policy) })
	row := func(context.Context, string) (protector.Token, error) { return &token{user: "a"}, nil }
	for reason, policy := range map[string]protector.Policy{
		"insufficient_claims": {Claims: policy.Claims}, "delegation": {NoDelegation: true},
	} {
		var seen protector.Decision
		guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(row)},
			OnDecision: func(_ context.Context, d protector.Decision) { seen = d }})
		a := get(t, serve(t, guard.RequirePolicy(policy)(hello)), "/", "Authorization: Bearer x")
		require.Equal(t, 403, a.status)
		require.Equal(t, reason, seen.Reason)
		require.ErrorContains(t, seen.Err, "no method Claim")
	}
}

// nearly has a method that looks as if it would be asked.
type nearly struct{ token }

func (*nearly) Claim(name string) any { return name }

// checklist 201
func TestClaimOfAnotherShape(t *testing.T) {
	_, err := protector.New(protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (*nearly, error) { return nil, nil }),
	}})
	require.ErrorContains(t, err, "has a method Claim that is func(string) interface {}")
}

// Both kinds of token say the same of the same claims, whatever is asked for.
func TestClaimIsTheSameBehindBothDoors(t *testing.T) {
	const claims = `{"a":"x","b":[1,1.0,"y",null,{"c":true}],"o":{"":"empty","p":{"q":[]},"n":null},"n":12e3,
		"t":true,"f":false,"nil":null,"é\n":"\u00e9\n"}`
	kinds := claimants(t)
	var answers []map[string]any
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		token := tokenWith(t, kinds[kind], claims).(protector.ClaimToken)
		answer := make(map[string]any)
		for _, path := range [][]string{
			{}, {""}, {"a"}, {"b"}, {"o"}, {"o", ""}, {"o", "p"}, {"o", "p", "q"}, {"o", "n"}, {"n"}, {"t"}, {"f"}, {"nil"},
			{"é\n"}, {"a", "x"}, {"b", "0"}, {"b", "c"}, {"t", "t"}, {"n", "n"}, {"o", "p", "q", "r"}, {"A"}, {"o.p"},
			{"nil", "x"},
		} {
			if value, ok := token.Claim(path...); ok && len(path) > 0 {
				answer[fmt.Sprintf("%q", path)] = value
			}
		}
		answers = append(answers, answer)
	}
	require.Len(t, answers[0], 10)
	require.Equal(t, answers[0], answers[1])
	require.Equal(t, answers[1], answers[2])
}
