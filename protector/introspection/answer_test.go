package introspection_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
	"example.com/resourceserver/scopes"
)

// checklist 172, 178
func TestAnswerThatSaysNothing(t *testing.T) {
	for name, body := range map[string]string{
		"active a string":        `{"active":"true","token_type":"Bearer"}`,
		"active a false string":  `{"active":"false"}`,
		"active a number":        `{"active":1,"token_type":"Bearer"}`,
		"active null":            `{"active":null}`,
		"active an array":        `{"active":[true]}`,
		"active an object":       `{"active":{"active":true}}`,
		"active missing":         `{"token_type":"Bearer"}`,
		"active in capitals":     `{"Active":true,"token_type":"Bearer"}`,
		"active twice":           `{"active":true,"active":true,"token_type":"Bearer"}`,
		"active both":            `{"active":false,"active":true,"token_type":"Bearer"}`,
		"duplicate elsewhere":    `{"active":true,"token_type":"Bearer","x":{"a":1,"a":2}}`,
		"duplicate, escaped":     `{"active":true,"\u0061ctive":true,"token_type":"Bearer"}`,
		"invalid UTF-8":          "{\"active\":true,\"token_type\":\"Bearer\",\"sub\":\"\xff\"}",
		"lone surrogate":         `{"active":true,"token_type":"Bearer","sub":"\ud800"}`,
		"trailing data":          activeAnswer + `{}`,
		"trailing brace":         activeAnswer + `}`,
		"cut short":              `{"active":true,"token_type":"Bea`,
		"byte order mark":        "\ufeff" + activeAnswer,
		"comment":                `{"active":true,/**/"token_type":"Bearer"}`,
		"NaN":                    `{"active":true,"token_type":"Bearer","exp":NaN}`,
		"an array":               `[` + activeAnswer + `]`,
		"a string":               `"active"`,
		"true":                   `true`,
		"null":                   `null`,
		"nothing":                ``,
		"HTML":                   `<html>{"active":true}</html>`,
		"deep":                   active(`"x":` + strings.Repeat("[", 17) + strings.Repeat("]", 17)),
		"very deep":              `{"active":true,"token_type":"Bearer","x":` + strings.Repeat(`[`, 30_000),
		"inactive but malformed": `{"active":false,"active":false}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := introspect(t, body)
			u := requireUnavailable(t, err, introspection.FailureAnswer)
			require.Equal(t, http.StatusOK, u.Status)
			require.Nil(t, got)
		})
	}
}

// checklist 173
func TestInactive(t *testing.T) {
	for name, body := range map[string]string{
		"alone":            `{"active":false}`,
		"with white space": " {\n\t\"active\" : false }\n",
		"with much else":   `{"active":false,"exp":99999999999,"token_type":"Bearer","scope":"admin"}`,
		"with nonsense":    `{"active":false,"exp":"never","cnf":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := introspect(t, body)
			requireRejected(t, err, introspection.ReasonInactive)
			require.Nil(t, got)
		})
	}
}

// active is an answer that is good but for what is added.
func active(members string) string {
	return `{"active":true,"token_type":"Bearer",` + members + `}`
}

// An operator has to see both sides of a comparison, and the text of the error shows neither.
//
// checklist 222
func TestMismatchTellsWhatWasCompared(t *testing.T) {
	long := "https://other.example/" + strings.Repeat("a", 4000)
	ours := []string{"https://api.example"}
	for name, tt := range map[string]struct {
		members            string
		expected, received []string
	}{
		"audience": {`"aud":"https://other.example"`, ours, []string{"https://other.example"}},
		"several":  {`"aud":["a","b","c","d","e"]`, ours, []string{"a", "b", "c", "d"}},
		"long":     {`"aud":"` + long + `"`, ours, []string{long[:200] + "…"}},
		"none":     {`"aud":[]`, ours, []string{}},
		"issuer":   {`"iss":"https://other.example"`, []string{"https://issuer.example"}, []string{"https://other.example"}},
		"expired":  {fmt.Sprintf(`"exp":%d`, seconds(-time.Hour)), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := &endpoint{answer: always(active(tt.members))}
			client := e.client(t, func(c *settings) { c.Issuer, c.Audiences = "https://issuer.example", ours })
			for range 2 { // the second time remembered, and not spoilt
				_, err := client.Introspect(t.Context(), token)
				var refused *introspection.Error
				require.ErrorAs(t, err, &refused)
				expected, received := refused.Mismatch()
				require.Equal(t, tt.expected, expected)
				require.Equal(t, tt.received, received)
				require.NotContains(t, fmt.Sprintf("%v %+v %#v", refused, refused, refused), "other.example")
				for i := range expected {
					expected[i] = "spoilt"
				}
				for i := range received {
					received[i] = "spoilt"
				}
			}
			require.Equal(t, 1, e.calls())
		})
	}
}

func seconds(fromNow time.Duration) int64 { return time.Now().Add(fromNow).Unix() }

// checklist 176, 177
func TestActiveButRejected(t *testing.T) {
	for name, tc := range map[string]struct {
		body   string
		reason introspection.Reason
	}{
		"expired":        {active(fmt.Sprintf(`"exp":%d`, seconds(-time.Minute))), introspection.ReasonExpired},
		"exp zero":       {active(`"exp":0`), introspection.ReasonExpired},
		"not yet":        {active(fmt.Sprintf(`"nbf":%d`, seconds(time.Minute))), introspection.ReasonNotYetValid},
		"other audience": {active(`"aud":"https://other.example"`), introspection.ReasonAudience},
		"other audiences": {
			active(`"aud":["https://other.example","https://api.example/"]`),
			introspection.ReasonAudience,
		},
		"audience of no name":  {active(`"aud":""`), introspection.ReasonAudience},
		"audiences of no name": {active(`"aud":[""]`), introspection.ReasonAudience},
		"audience of nobody":   {active(`"aud":[]`), introspection.ReasonAudience},
		"audience in capitals": {active(`"aud":"https://API.example"`), introspection.ReasonAudience},
		"other issuer":         {active(`"iss":"https://evil.example"`), introspection.ReasonIssuer},
		"issuer with slash":    {active(`"iss":"https://issuer.example/"`), introspection.ReasonIssuer},
		"issuer empty":         {active(`"iss":""`), introspection.ReasonIssuer},

		"exp a string":        {active(`"exp":"99999999999"`), introspection.ReasonClaimType},
		"exp negative":        {active(`"exp":-1`), introspection.ReasonClaimType},
		"exp minus zero":      {active(`"exp":-0`), introspection.ReasonClaimType},
		"exp past year 9999":  {active(`"exp":253402300800`), introspection.ReasonClaimType},
		"exp overflowing":     {active(`"exp":1e999`), introspection.ReasonClaimType},
		"exp an object":       {active(`"exp":{}`), introspection.ReasonClaimType},
		"nbf a boolean":       {active(`"nbf":true`), introspection.ReasonClaimType},
		"iat a string":        {active(`"iat":"now"`), introspection.ReasonClaimType},
		"auth_time a string":  {active(`"auth_time":"now"`), introspection.ReasonClaimType},
		"aud a number":        {active(`"aud":1`), introspection.ReasonClaimType},
		"aud mixed":           {active(`"aud":["https://api.example",1]`), introspection.ReasonClaimType},
		"aud with null":       {active(`"aud":["https://api.example",null]`), introspection.ReasonClaimType},
		"aud nested":          {active(`"aud":[["https://api.example"]]`), introspection.ReasonClaimType},
		"iss an array":        {active(`"iss":["https://issuer.example"]`), introspection.ReasonClaimType},
		"sub a number":        {active(`"sub":42`), introspection.ReasonClaimType},
		"client_id an object": {active(`"client_id":{}`), introspection.ReasonClaimType},
		"username a boolean":  {active(`"username":true`), introspection.ReasonClaimType},
		"jti a number":        {active(`"jti":1`), introspection.ReasonClaimType},
		"scope a number":      {active(`"scope":1`), introspection.ReasonClaimType},
		"scope an object":     {active(`"scope":{"admin":true}`), introspection.ReasonClaimType},
		"scope mixed":         {active(`"scope":["profile",1]`), introspection.ReasonClaimType},
		"token_type a number": {`{"active":true,"token_type":1}`, introspection.ReasonClaimType},

		"no token_type":         {`{"active":true}`, introspection.ReasonMissingClaim},
		"token_type null":       {`{"active":true,"token_type":null}`, introspection.ReasonMissingClaim},
		"token_type empty":      {`{"active":true,"token_type":""}`, introspection.ReasonMissingClaim},
		"a refresh token":       {`{"active":true,"token_type":"refresh_token"}`, introspection.ReasonTokenType},
		"no token of OAuth's":   {`{"active":true,"token_type":"N_A"}`, introspection.ReasonTokenType},
		"DPoP bound to nothing": {`{"active":true,"token_type":"DPoP"}`, introspection.ReasonTokenType},
		"Keycloak refresh":      {active(`"typ":"Refresh"`), introspection.ReasonTokenType},
		"Keycloak offline":      {active(`"typ":"Offline"`), introspection.ReasonTokenType},
		"Keycloak ID token":     {active(`"typ":"ID"`), introspection.ReasonTokenType},
		"Hydra refresh":         {active(`"token_use":"refresh_token"`), introspection.ReasonTokenType},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := introspect(t, tc.body, func(c *settings) { c.Issuer = "https://issuer.example" })
			requireRejected(t, err, tc.reason)
			require.Nil(t, got)
		})
	}
}

// Every text says what an operator can do or look at, and nothing of the answer.
func TestErrorText(t *testing.T) {
	for body, text := range map[string]string{
		active(`"cnf":{"jkt":7}`): "confirmation (cnf): bound to a key: name jkt in Config.Confirmations, " +
			"and have protector.DPoP check the proofs",

		active(`"cnf":{"hush":7}`):                    "confirmation (cnf): holds no method that Config.Confirmations names",
		active(`"cnf":"hush"`):                        "confirmation (cnf): not an object",
		active(`"aud":["a",{"hush":1}]`):              "claim_type (aud)",
		active(`"aud":"hush"`):                        "audience (aud): names none of Config.Audiences",
		`{"active":false}`:                            "inactive: the server says so, or this client may not introspect it",
		`{"active":true,"token_type":"refresh_hush"}`: "token_type (token_type): not an access token",
		`{"active":true}`: "missing_claim (token_type): the answer does not say what kind of token it is; " +
			"if this server never does, set Config.AllowMissingTokenType",
	} {
		_, err := introspect(t, body)
		require.EqualError(t, err, "introspection: token rejected: "+text)
	}
	client := newClient(t, config("https://issuer.example/introspect"))
	_, err := client.Introspect(t.Context(), strings.Repeat("a", 16<<10+1))
	require.EqualError(t, err, "introspection: token rejected: too_large: longer than Config.MaxTokenBytes")
}

// What binds a token is named, or refuses it; what is no method at all is ignored.
//
// checklist 153, 177, 194
func TestConfirmation(t *testing.T) {
	for name, tc := range map[string]struct {
		cnf   string
		named []string
		want  map[string]string // nil: refused
	}{
		"closed by default":      {`{"jkt":"J"}`, nil, nil},
		"certificate by default": {`{"x5t#S256":"X"}`, nil, nil},
		"named":                  {`{"jkt":"J"}`, []string{"jkt"}, map[string]string{"jkt": "J"}},
		"both named": {
			`{"jkt":"J","x5t#S256":"X"}`,
			[]string{"jkt", "x5t#S256"},
			map[string]string{"jkt": "J", "x5t#S256": "X"},
		},
		"one of two named":      {`{"jkt":"J","x5t#S256":"X"}`, []string{"jkt"}, nil},
		"another named":         {`{"jkt":"J"}`, []string{"x5t#S256"}, nil},
		"jwk":                   {`{"jkt":"J","jwk":{"kty":"OKP"}}`, []string{"jkt"}, nil},
		"jwe":                   {`{"jkt":"J","jwe":"x"}`, []string{"jkt"}, nil},
		"jku":                   {`{"jkt":"J","jku":"https://x"}`, []string{"jkt"}, nil},
		"kid":                   {`{"jkt":"J","kid":"k"}`, []string{"jkt"}, nil},
		"x5t":                   {`{"jkt":"J","x5t":"x"}`, []string{"jkt"}, nil},
		"known and null":        {`{"jkt":"J","kid":null}`, []string{"jkt"}, nil},
		"no method, a string":   {`{"jkt":"J","note":"x"}`, []string{"jkt"}, map[string]string{"jkt": "J"}},
		"no method, an object":  {`{"jkt":"J","note":{"a":[1]}}`, []string{"jkt"}, map[string]string{"jkt": "J"}},
		"no method alone":       {`{"note":"x"}`, []string{"jkt"}, nil},
		"no method, by default": {`{"note":"x"}`, nil, nil},
		"an own method":         {`{"note":"x"}`, []string{"note"}, map[string]string{"note": "x"}},
		"in capitals":           {`{"JKT":"J"}`, []string{"jkt"}, nil},
		"a number":              {`{"jkt":1}`, []string{"jkt"}, nil},
		"an object":             {`{"jkt":{}}`, []string{"jkt"}, nil},
		"null":                  {`{"jkt":null}`, []string{"jkt"}, nil},
		"empty":                 {`{"jkt":""}`, []string{"jkt"}, nil},
		"twice":                 {`{"jkt":"J","x5t#S256":""}`, []string{"jkt", "x5t#S256"}, nil},
		"nothing":               {`{}`, []string{"jkt"}, nil},
		"cnf a string":          {`"J"`, []string{"jkt"}, nil},
		"cnf an array":          {`[{"jkt":"J"}]`, []string{"jkt"}, nil},
		"cnf a number":          {`1`, []string{"jkt"}, nil},
		"cnf false":             {`false`, []string{"jkt"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := introspect(t, active(`"cnf":`+tc.cnf), func(c *settings) { c.Confirmations = tc.named })
			if tc.want == nil {
				requireRejected(t, err, introspection.ReasonConfirmation)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, got.Confirmation())
		})
	}
}

// checklist 172, 176, 177, 180
func TestActive(t *testing.T) {
	iat := seconds(-time.Hour)
	got, err := introspect(t, fmt.Sprintf(`{"active":true,"token_type":"bearer",
		"scope":"profile email","client_id":"app","username":"ada",
		"sub":"u1","iss":"https://issuer.example","jti":"j1","aud":["https://other.example","https://api.example"],
		"exp":%d.5,"nbf":%d,"iat":%d,"auth_time":%d,"acr":"gold","cnf":{"jkt":"J","x5t#S256":"X"},
		"groups":["a b","c"],"roles":"admin","entitlements":[],"typ":"Bearer","token_use":"access_token",
		"tenant":{"id":9007199254740993}}`,
		seconds(time.Hour), iat, iat, iat), func(c *settings) {
		c.Issuer, c.Confirmations = "https://issuer.example", []string{"jkt", "x5t#S256"}
	})
	require.NoError(t, err)

	require.Equal(t, "profile email", got.Scopes().String())
	require.Equal(t, "app", got.ClientID())
	require.Equal(t, "ada", got.Username())
	require.Equal(t, "u1", got.Subject())
	require.Equal(t, "https://issuer.example", got.Issuer())
	require.Equal(t, "j1", got.ID())
	require.Equal(t, "bearer", got.TokenType())
	require.Equal(t, []string{"https://other.example", "https://api.example"}, got.Audience())
	require.Equal(t, 500_000_000, got.ExpiresAt().Nanosecond())
	require.Equal(t, iat, got.NotBefore().Unix())
	require.Equal(t, iat, got.IssuedAt().Unix())
	require.Equal(t, iat, got.AuthTime().Unix())
	require.Equal(t, "gold", got.ACR())
	require.Equal(t, map[string]string{"jkt": "J", "x5t#S256": "X"}, got.Confirmation())
	require.True(t, got.Groups().Has("a b"))
	require.Equal(t, 2, got.Groups().Len())
	require.True(t, got.Roles().Has("admin"))
	require.Zero(t, got.Entitlements().Len())

	var rest struct {
		Tenant struct {
			ID int64 `json:"id"`
		} `json:"tenant"`
	}
	require.NoError(t, got.Decode(&rest))
	require.Equal(t, int64(9007199254740993), rest.Tenant.ID)
}

// checklist 176
func TestBareAnswer(t *testing.T) {
	for name, body := range map[string]string{
		"minimal": activeAnswer,
		"all null": active(`"scope":null,"exp":null,"nbf":null,"iat":null,"aud":null,"iss":null,"sub":null,"cnf":null,` +
			`"jti":null,"groups":null,"username":null,"client_id":null`),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := introspect(t, body, func(c *settings) { c.Issuer = "https://issuer.example" })
			require.NoError(t, err)
			require.Zero(t, got.Scopes().Len())
			require.True(t, got.ExpiresAt().IsZero())
			require.True(t, got.NotBefore().IsZero())
			require.True(t, got.IssuedAt().IsZero())
			require.Empty(t, got.Audience())
			require.Empty(t, got.Issuer())
			require.Nil(t, got.Confirmation())
			require.True(t, got.ValidAt(time.Unix(0, 0)))
			require.True(t, got.ValidAt(time.Unix(math.MaxInt32, 0)))
		})
	}
}

// checklist 180
func TestScope(t *testing.T) {
	for name, tc := range map[string]struct {
		member string
		want   []string
	}{
		"string":       {`"profile email"`, []string{"profile", "email"}},
		"spaces":       {`"  profile   email "`, []string{"profile", "email"}},
		"array":        {`["profile","email"]`, []string{"profile", "email"}},
		"empty string": {`""`, nil},
		"empty array":  {`[]`, nil},
		"never split":  {`["profile","read write"]`, []string{"profile"}},
		"one in array": {`["profile"]`, []string{"profile"}},
		"letter case":  {`"Profile"`, []string{"Profile"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := introspect(t, active(`"scope":`+tc.member))
			require.NoError(t, err)
			for _, name := range tc.want {
				require.True(t, got.Scopes().Has(name), name)
			}
			for _, name := range []string{"read", "write", "profile email"} {
				require.False(t, got.Scopes().Has(name), name)
			}
		})
	}
}

// checklist 196
func TestAttributes(t *testing.T) {
	for name, tc := range map[string]struct {
		value string
		want  []string
	}{
		"a string":          {`"a b"`, []string{"a b"}},
		"strings":           {`["a","b c"]`, []string{"a", "b c"}},
		"objects":           {`[{"value":"a","display":"A"},{"value":"b"}]`, []string{"a", "b"}},
		"an empty string":   {`""`, nil},
		"no strings":        {`[]`, nil},
		"null":              {`null`, nil},
		"a number":          {`7`, nil},
		"an object":         {`{"value":"a"}`, nil},
		"mixed":             {`["a",{"value":"b"}]`, nil},
		"a null among":      {`["a",null]`, nil},
		"a number among":    {`["a",1]`, nil},
		"nested":            {`[["a"]]`, nil},
		"value a number":    {`[{"value":1}]`, nil},
		"value in capitals": {`[{"Value":"a"}]`, nil},
		"escaped":           {`["\u0061"]`, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := introspect(t, active(`"groups":`+tc.value+`,"roles":`+tc.value+`,"entitlements":`+tc.value))
			require.NoError(t, err)
			for _, set := range []scopes.Set{got.Groups(), got.Roles(), got.Entitlements()} {
				require.Equal(t, tc.want, slices.Collect(set.All()))
			}
		})
	}
}

func TestACR(t *testing.T) {
	for value, want := range map[string]string{`"gold"`: "gold", `["gold"]`: "", `2`: "", `null`: "", `{}`: ""} {
		got, err := introspect(t, active(`"acr":`+value))
		require.NoError(t, err)
		require.Equal(t, want, got.ACR())
	}
}

// checklist 195
func TestDecode(t *testing.T) {
	got, err := introspect(t, active(`"id":9007199254740993,"tenant":"hush",`+
		`"nested":{"list":[1.10,{"n":18446744073709551616}]}`))
	require.NoError(t, err)
	var all map[string]any
	require.NoError(t, got.Decode(&all))
	require.Equal(t, json.Number("9007199254740993"), all["id"])
	require.Equal(t, map[string]any{
		"list": []any{json.Number("1.10"), map[string]any{"n": json.Number("18446744073709551616")}},
	}, all["nested"])
	var numbers struct {
		ID json.Number `json:"id"`
	}
	require.NoError(t, got.Decode(&numbers))
	require.Equal(t, json.Number("9007199254740993"), numbers.ID)

	for _, into := range []any{
		&struct {
			Tenant int `json:"tenant"`
		}{},
		&struct {
			Tenant shy `json:"tenant"`
		}{},
		&struct {
			Tenant int8 `json:"id"`
		}{},
	} {
		err = got.Decode(into)
		require.ErrorContains(t, err, `"/`)
		require.NotContains(t, err.Error(), "9007199254740993")
		require.NotContains(t, err.Error(), "hush")
		require.NotContains(t, fmt.Sprint(errors.Unwrap(err)), "hush")
	}
	require.Error(t, got.Decode(nil))
}

// shy quotes what it cannot read.
type shy struct{}

func (*shy) UnmarshalText(text []byte) error { return errors.New("not shy: " + string(text)) }

// No answer is behind a zero Token.
func TestZeroToken(t *testing.T) {
	for _, zero := range []*introspection.Token{nil, {}} {
		require.False(t, zero.ValidAt(time.Now()))
	}
	require.Error(t, new(introspection.Token).Decode(new(any)))
}

func TestTokenIsSharedAndReadOnly(t *testing.T) {
	got, err := introspect(t, active(`"aud":["https://api.example"],"cnf":{"jkt":"J"}`),
		func(c *settings) { c.Confirmations = []string{"jkt"} })
	require.NoError(t, err)
	got.Audience()[0] = "changed"
	got.Confirmation()["jkt"] = "changed"
	require.Equal(t, []string{"https://api.example"}, got.Audience())
	require.Equal(t, map[string]string{"jkt": "J"}, got.Confirmation())
}

func TestRequiredMembers(t *testing.T) {
	require3 := func(c *settings) { c.RequiredMembers = []string{"aud", "exp", "tenant"} }
	all := fmt.Sprintf(`"aud":"https://api.example","exp":%d,"tenant":0`, seconds(time.Hour))
	_, err := introspect(t, active(all), require3)
	require.NoError(t, err)
	for _, nothing := range []string{`""`, `[]`, `[ ]`, `null`} {
		_, err := introspect(t, active(strings.Replace(all, `"https://api.example"`, nothing, 1)), require3)
		require.Error(t, err, nothing)
	}
	for _, name := range []string{"aud", "exp", "tenant"} {
		_, err := introspect(t, active(strings.Replace(all, `"`+name+`":`, `"`+name+`":null,"x":`, 1)), require3)
		requireRejected(t, err, introspection.ReasonMissingClaim)
		require.ErrorContains(t, err, "("+name+")")
		_, err = introspect(t, active(strings.Replace(all, `"`+name+`":`, `"no-`+name+`":`, 1)), require3)
		requireRejected(t, err, introspection.ReasonMissingClaim)
	}
}

func TestRelaxations(t *testing.T) {
	missing := func(c *settings) { c.AllowMissingTokenType = true }
	any := func(c *settings) { c.Audiences, c.AnyAudience = nil, true }
	bound := func(c *settings) { c.Confirmations = []string{"jkt"} }
	_, err := introspect(t, `{"active":true}`, missing)
	require.NoError(t, err)
	_, err = introspect(t, `{"active":true,"token_type":"refresh_token"}`, missing)
	requireRejected(t, err, introspection.ReasonTokenType)
	_, err = introspect(t, active(`"aud":"https://other.example"`), any)
	require.NoError(t, err)
	_, err = introspect(t, active(`"aud":[]`), any)
	require.NoError(t, err)
	_, err = introspect(t, `{"active":true,"token_type":"DPoP","cnf":{"jkt":"J"}}`, bound)
	require.NoError(t, err)
}

// checklist 176
func TestLeeway(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for name, tc := range map[string]struct {
		member string
		offset time.Duration
		leeway time.Duration
		ok     bool
	}{
		"exp within default": {"exp", -29 * time.Second, 0, true},
		"exp at default":     {"exp", -30 * time.Second, 0, false},
		"exp at none":        {"exp", 0, introspection.NoLeeway, false},
		"exp after none":     {"exp", time.Second, introspection.NoLeeway, true},
		"exp within given":   {"exp", -59 * time.Second, time.Minute, true},
		"nbf within default": {"nbf", 30 * time.Second, 0, true},
		"nbf beyond default": {"nbf", 31 * time.Second, 0, false},
		"nbf at none":        {"nbf", 0, introspection.NoLeeway, true},
		"nbf beyond none":    {"nbf", time.Second, introspection.NoLeeway, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := introspect(t, active(fmt.Sprintf(`%q:%d`, tc.member, now.Add(tc.offset).Unix())), func(c *settings) {
				c.Leeway, c.Now = tc.leeway, func() time.Time { return now }
			})
			if !tc.ok {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.True(t, got.ValidAt(now))
		})
	}
}

func TestValidAt(t *testing.T) {
	nbf, exp := time.Now().Add(-time.Hour).Truncate(time.Second), time.Now().Add(time.Hour).Truncate(time.Second)
	got, err := introspect(t, active(fmt.Sprintf(`"nbf":%d,"exp":%d`, nbf.Unix(), exp.Unix())))
	require.NoError(t, err)
	require.False(t, got.ValidAt(nbf.Add(-31*time.Second)))
	require.True(t, got.ValidAt(nbf.Add(-30*time.Second)))
	require.True(t, got.ValidAt(exp.Add(29*time.Second)))
	require.False(t, got.ValidAt(exp.Add(30*time.Second)))
}
