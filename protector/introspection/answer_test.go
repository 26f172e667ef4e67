package introspection_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
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
		"deep":                   `{"active":true,"token_type":"Bearer","x":` + strings.Repeat("[", 17) + strings.Repeat("]", 17) + `}`,
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

func seconds(fromNow time.Duration) int64 { return time.Now().Add(fromNow).Unix() }

// checklist 176, 177
func TestActiveButRejected(t *testing.T) {
	for name, tc := range map[string]struct {
		body   string
		reason introspection.Reason
	}{
		"expired":              {active(fmt.Sprintf(`"exp":%d`, seconds(-time.Minute))), introspection.ReasonExpired},
		"exp zero":             {active(`"exp":0`), introspection.ReasonExpired},
		"not yet":              {active(fmt.Sprintf(`"nbf":%d`, seconds(time.Minute))), introspection.ReasonNotYetValid},
		"other audience":       {active(`"aud":"https://other.example"`), introspection.ReasonAudience},
		"other audiences":      {active(`"aud":["https://other.example","https://api.example/"]`), introspection.ReasonAudience},
		"audience of no name":  {active(`"aud":""`), introspection.ReasonAudience},
		"audiences of no name": {active(`"aud":[""]`), introspection.ReasonAudience},
		"audience in capitals": {active(`"aud":"https://API.example"`), introspection.ReasonAudience},
		"other issuer":         {active(`"iss":"https://evil.example"`), introspection.ReasonIssuer},
		"issuer with slash":    {active(`"iss":"https://issuer.example/"`), introspection.ReasonIssuer},
		"issuer empty":         {active(`"iss":""`), introspection.ReasonIssuer},

		"exp a string":          {active(`"exp":"99999999999"`), introspection.ReasonClaimType},
		"exp negative":          {active(`"exp":-1`), introspection.ReasonClaimType},
		"exp past year 9999":    {active(`"exp":253402300800`), introspection.ReasonClaimType},
		"exp overflowing":       {active(`"exp":1e999`), introspection.ReasonClaimType},
		"exp an object":         {active(`"exp":{}`), introspection.ReasonClaimType},
		"nbf a boolean":         {active(`"nbf":true`), introspection.ReasonClaimType},
		"iat a string":          {active(`"iat":"now"`), introspection.ReasonClaimType},
		"auth_time a string":    {active(`"auth_time":"now"`), introspection.ReasonClaimType},
		"aud a number":          {active(`"aud":1`), introspection.ReasonClaimType},
		"aud mixed":             {active(`"aud":["https://api.example",1]`), introspection.ReasonClaimType},
		"aud with null":         {active(`"aud":["https://api.example",null]`), introspection.ReasonClaimType},
		"aud nested":            {active(`"aud":[["https://api.example"]]`), introspection.ReasonClaimType},
		"iss an array":          {active(`"iss":["https://issuer.example"]`), introspection.ReasonClaimType},
		"sub a number":          {active(`"sub":42`), introspection.ReasonClaimType},
		"client_id an object":   {active(`"client_id":{}`), introspection.ReasonClaimType},
		"username a boolean":    {active(`"username":true`), introspection.ReasonClaimType},
		"jti a number":          {active(`"jti":1`), introspection.ReasonClaimType},
		"acr an array":          {active(`"acr":["1"]`), introspection.ReasonClaimType},
		"scope a number":        {active(`"scope":1`), introspection.ReasonClaimType},
		"scope an object":       {active(`"scope":{"admin":true}`), introspection.ReasonClaimType},
		"scope mixed":           {active(`"scope":["profile",1]`), introspection.ReasonClaimType},
		"groups an object":      {active(`"groups":{}`), introspection.ReasonClaimType},
		"roles mixed":           {active(`"roles":["a",{}]`), introspection.ReasonClaimType},
		"entitlements a number": {active(`"entitlements":7`), introspection.ReasonClaimType},
		"token_type a number":   {`{"active":true,"token_type":1}`, introspection.ReasonClaimType},

		"cnf a string":            {active(`"cnf":"thumbprint"`), introspection.ReasonConfirmation},
		"cnf an array":            {active(`"cnf":["jkt"]`), introspection.ReasonConfirmation},
		"cnf empty":               {active(`"cnf":{}`), introspection.ReasonConfirmation},
		"cnf unknown":             {active(`"cnf":{"kid":"a"}`), introspection.ReasonConfirmation},
		"cnf one unknown":         {active(`"cnf":{"jkt":"a","jwk":"b"}`), introspection.ReasonConfirmation},
		"cnf in capitals":         {active(`"cnf":{"JKT":"a"}`), introspection.ReasonConfirmation},
		"cnf member not a string": {active(`"cnf":{"jkt":{}}`), introspection.ReasonConfirmation},
		"cnf member null":         {active(`"cnf":{"jkt":null}`), introspection.ReasonConfirmation},
		"cnf member empty":        {active(`"cnf":{"jkt":""}`), introspection.ReasonConfirmation},

		"no token_type":         {`{"active":true}`, introspection.ReasonTokenType},
		"token_type null":       {`{"active":true,"token_type":null}`, introspection.ReasonTokenType},
		"a refresh token":       {`{"active":true,"token_type":"refresh_token"}`, introspection.ReasonTokenType},
		"no token of OAuth's":   {`{"active":true,"token_type":"N_A"}`, introspection.ReasonTokenType},
		"DPoP bound to nothing": {`{"active":true,"token_type":"DPoP"}`, introspection.ReasonTokenType},
		"Keycloak refresh":      {active(`"typ":"Refresh"`), introspection.ReasonTokenType},
		"Keycloak offline":      {active(`"typ":"Offline"`), introspection.ReasonTokenType},
		"Keycloak ID token":     {active(`"typ":"ID"`), introspection.ReasonTokenType},
		"Hydra refresh":         {active(`"token_use":"refresh_token"`), introspection.ReasonTokenType},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := introspect(t, tc.body, func(c *introspection.Config) { c.Issuer = "https://issuer.example" })
			requireRejected(t, err, tc.reason)
			require.Nil(t, got)
		})
	}
}

func TestErrorNamesTheMember(t *testing.T) {
	_, err := introspect(t, active(`"cnf":{"jkt":7}`))
	require.EqualError(t, err, "introspection: token rejected: confirmation (cnf)")
	_, err = introspect(t, active(`"aud":["a",{"secret":1}]`))
	require.EqualError(t, err, "introspection: token rejected: claim_type (aud)")
	_, err = introspect(t, `{"active":false}`)
	require.EqualError(t, err, "introspection: token rejected: inactive")
}

// checklist 172, 176, 177, 180
func TestActive(t *testing.T) {
	iat := seconds(-time.Hour)
	got, err := introspect(t, fmt.Sprintf(`{"active":true,"token_type":"bearer","scope":"profile email","client_id":"app","username":"ada",
		"sub":"u1","iss":"https://issuer.example","jti":"j1","aud":["https://other.example","https://api.example"],
		"exp":%d.5,"nbf":%d,"iat":%d,"auth_time":%d,"acr":"gold","cnf":{"jkt":"J","x5t#S256":"X"},
		"groups":["a b","c"],"roles":"admin","entitlements":[],"typ":"Bearer","token_use":"access_token","tenant":{"id":9007199254740993}}`,
		seconds(time.Hour), iat, iat, iat), func(c *introspection.Config) { c.Issuer = "https://issuer.example" })
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
		"minimal":     activeAnswer,
		"all null":    active(`"scope":null,"exp":null,"nbf":null,"iat":null,"aud":null,"iss":null,"sub":null,"cnf":null,"jti":null,"groups":null,"username":null,"client_id":null`),
		"no audience": active(`"aud":[]`),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := introspect(t, body, func(c *introspection.Config) { c.Issuer = "https://issuer.example" })
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

func TestTokenIsSharedAndReadOnly(t *testing.T) {
	got, err := introspect(t, active(`"aud":["https://api.example"],"cnf":{"jkt":"J"}`))
	require.NoError(t, err)
	got.Audience()[0] = "changed"
	got.Confirmation()["jkt"] = "changed"
	require.Equal(t, []string{"https://api.example"}, got.Audience())
	require.Equal(t, map[string]string{"jkt": "J"}, got.Confirmation())
}

func TestRequiredMembers(t *testing.T) {
	require3 := func(c *introspection.Config) { c.RequiredMembers = []string{"aud", "exp", "tenant"} }
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
	_, err := introspect(t, `{"active":true}`, func(c *introspection.Config) { c.AllowMissingTokenType = true })
	require.NoError(t, err)
	_, err = introspect(t, `{"active":true,"token_type":"refresh_token"}`, func(c *introspection.Config) { c.AllowMissingTokenType = true })
	requireRejected(t, err, introspection.ReasonTokenType)
	_, err = introspect(t, active(`"aud":"https://other.example"`), func(c *introspection.Config) { c.Audiences, c.AnyAudience = nil, true })
	require.NoError(t, err)
	_, err = introspect(t, `{"active":true,"token_type":"DPoP","cnf":{"jkt":"J"}}`)
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
			got, err := introspect(t, active(fmt.Sprintf(`%q:%d`, tc.member, now.Add(tc.offset).Unix())), func(c *introspection.Config) {
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
