package jwt_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// checklist 37, 44, 46
func TestTypedAccess(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, at(someTime), func(c *jwt.Config) { c.Confirmations = []string{"jkt"} })
	token := accept(t, v, issuer.Token(
		jwttest.Subject("alice"), jwttest.ClientID("shop"), jwttest.Audience("https://other.example", issuer.Audience()),
		jwttest.Claim("jti", "id-1"),
		jwttest.IssuedAt(someTime), jwttest.NotBefore(someTime.Add(time.Second)),
		jwttest.Claim("exp", someTime.Add(time.Minute)),
		jwttest.Scope("profile email"), jwttest.Claim("groups", []string{"staff"}),
		jwttest.Claim("roles", []string{"admin"}), jwttest.Claim("entitlements", []string{"beta"}),
		jwttest.Claim("auth_time", someTime.Add(-time.Hour)), jwttest.Claim("acr", "urn:mace:incommon:iap:silver"),
		jwttest.Claim("amr", []string{"pwd", "otp"}),
		jwttest.Claim("cnf", map[string]string{"jkt": "thumbprint"}),
	))
	require.Equal(t, issuer.URL(), token.Issuer())
	require.Equal(t, "alice", token.Subject())
	require.Equal(t, "shop", token.ClientID())
	require.Equal(t, []string{"https://other.example", issuer.Audience()}, token.Audience())
	require.Equal(t, "id-1", token.ID())
	require.True(t, someTime.Equal(token.IssuedAt()))
	require.True(t, someTime.Add(time.Second).Equal(token.NotBefore()))
	require.True(t, someTime.Add(time.Minute).Equal(token.ExpiresAt()))
	require.Equal(t, "profile email", token.Scopes().String())
	require.Equal(t, "staff", token.Groups().String())
	require.Equal(t, "admin", token.Roles().String())
	require.Equal(t, "beta", token.Entitlements().String())
	require.True(t, someTime.Add(-time.Hour).Equal(token.AuthTime()))
	require.Equal(t, "urn:mace:incommon:iap:silver", token.ACR())
	require.Equal(t, []string{"pwd", "otp"}, token.AMR())
	require.Equal(t, map[string]string{"jkt": "thumbprint"}, token.Confirmation())
}

// Each of them may be there without the others.
// checklist 46
func TestWhatIsSaidOfTheAuthentication(t *testing.T) {
	issuer, v := strict(t)
	token := accept(t, v, issuer.Token(jwttest.Claim("acr", "gold")))
	require.Equal(t, "gold", token.ACR())
	require.True(t, token.AuthTime().IsZero())
	require.Empty(t, token.AMR())
	token = accept(t, v, issuer.Token(jwttest.Claim("amr", []string{"pwd", "otp"})))
	require.Equal(t, []string{"pwd", "otp"}, token.AMR())
	require.Empty(t, token.ACR())
	token = accept(t, v, issuer.Token(jwttest.Claim("auth_time", someTime)))
	require.True(t, token.AuthTime().Equal(someTime))
	require.Empty(t, token.ACR())
}

// Issuers put what they like into acr and amr. What is not of the RFC's form says
// nothing, and refuses the token only where the claim is asked for.
// checklist 46
func TestOtherFormsOfTheAuthentication(t *testing.T) {
	issuer, v := strict(t)
	for _, value := range []string{
		`[{"method":"password","timestamp":1767225600}]`, `["pwd",{"method":"otp"}]`, `["pwd",null]`, `[["pwd"]]`, `"pwd"`,
		`{"values":["pwd"]}`, `7`, `true`,
	} {
		token := accept(t, v, issuer.Token(jwttest.Claim("amr", raw(value)), jwttest.Claim("acr", "gold")))
		require.Nil(t, token.AMR(), value)
		require.Equal(t, "gold", token.ACR())
	}
	for _, value := range []string{`{"values":["gold"]}`, `["gold"]`, `1`, `false`, `[]`, `{}`} {
		token := accept(t, v, issuer.Token(jwttest.Claim("acr", raw(value)), jwttest.Claim("amr", []string{"pwd"})))
		require.Empty(t, token.ACR(), value)
		require.Equal(t, []string{"pwd"}, token.AMR())
	}
	for _, value := range []string{`"1767225600"`, `[1767225600]`, `{}`, `true`, `-1`} {
		require.Equal(t, "auth_time",
			refuse(t, v, issuer.Token(jwttest.Claim("auth_time", raw(value))), jwt.ReasonClaimType).Name)
	}
}

// What no validator returned says nothing, and does not panic.
func TestTheZeroToken(t *testing.T) {
	var token jwt.Token
	require.Empty(t, token.Issuer()+token.Subject()+token.ClientID()+token.ID()+token.ACR())
	require.Empty(t, slices.Concat(token.Audience(), token.AMR()))
	for _, at := range []time.Time{token.ExpiresAt(), token.IssuedAt(), token.NotBefore(), token.AuthTime()} {
		require.True(t, at.IsZero())
	}
	require.Zero(t, token.Scopes().Len()+token.Groups().Len()+token.Roles().Len()+token.Entitlements().Len())
	require.Empty(t, token.Confirmation())
	require.False(t, token.ValidAt(someTime))
	require.Error(t, token.Decode(new(any)))
}

// checklist 102, 108
func TestAbsentClaims(t *testing.T) {
	issuer, v := strict(t)
	for name, token := range map[string]*jwt.Token{"not in the token": accept(t, v, issuer.Token()),
		"the zero token": new(jwt.Token)} {
		t.Run(name, func(t *testing.T) {
			require.Zero(t, token.NotBefore())
			require.Zero(t, token.AuthTime())
			require.Empty(t, token.ACR())
			require.Empty(t, token.AMR())
			require.Empty(t, token.Confirmation())
			for _, set := range []interface{ Len() int }{token.Scopes(), token.Groups(), token.Roles(), token.Entitlements()} {
				require.Zero(t, set.Len())
			}
		})
	}
}

// Groups, roles and entitlements as RFC 9068 §2.2.3.1 has them: lists of names,
// or of SCIM objects; and one name, as issuers with one role for each user send it.
// What is neither names nothing.
// checklist 43
func TestNames(t *testing.T) {
	issuer, v := strict(t)
	for value, want := range map[string][]string{
		`["a","b"]`: {"a", "b"}, `[ "a" , "a" ]`: {"a"}, `["a b","\u0063"]`: {"a b", "c"}, `[]`: nil, `[""]`: nil,
		`null`: nil,
		`[{"value":"a"},{"value":"b","display":"B","$ref":"x","primary":true}]`: {"a", "b"}, `[{"value":""}]`: nil,
		`[{}]`: nil, `[{"Value":"a"}]`: nil, `[{"display":"a"}]`: nil,
		`[{"value":7}]`: nil, `["a",{"value":"b"}]`: nil, `["a",7]`: nil, `[7]`: nil, `[null]`: nil, `[["a"]]`: nil,
		`"a"`: {"a"}, `"a b"`: {"a b"}, `"\u0061"`: {"a"}, `""`: nil, `7`: nil, `true`: nil, `{}`: nil, `{"value":"a"}`: nil,
		`{"a":true}`: nil,
	} {
		for claim, get := range map[string]func(*jwt.Token) []string{
			"groups":       func(token *jwt.Token) []string { return slices.Collect(token.Groups().All()) },
			"roles":        func(token *jwt.Token) []string { return slices.Collect(token.Roles().All()) },
			"entitlements": func(token *jwt.Token) []string { return slices.Collect(token.Entitlements().All()) },
		} {
			require.Equal(t, want, get(accept(t, v, issuer.Token(jwttest.Claim(claim, raw(value))))), "%s: %s", claim, value)
		}
	}
}

// checklist 43
func TestNamesAtAPath(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer,
		withProfile(jwt.Profile{Roles: []jwt.ClaimPath{{"resource_access", "orders", "roles"}, {"realm_access", "roles"}}}))
	roles := func(opts ...jwttest.TokenOption) string { return accept(t, v, issuer.Token(opts...)).Roles().String() }
	orders := jwttest.Claim("resource_access", raw(`{"orders":{"roles":["buyer"]},"other":{"roles":["admin"]}}`))
	realm := jwttest.Claim("realm_access", raw(`{"roles":["user"]}`))
	require.Equal(t, "buyer", roles(orders))
	require.Equal(t, "user", roles(realm))
	require.Equal(t, "buyer", roles(realm, orders), "the first that is present counts")
	require.Empty(t, roles(jwttest.Claim("roles", []string{"admin"})), "the default is replaced")
	for _, other := range []string{`{"orders":{}}`, `{"orders":{"roles":null}}`, `{"orders":null}`,
		`{"orders":["roles"]}`, `{"orders":"roles"}`, `["orders"]`, `7`, `{"Orders":{"roles":["admin"]}}`} {
		require.Equal(t, "user", roles(jwttest.Claim("resource_access", raw(other)), realm), other)
	}
	require.Empty(t, roles(jwttest.Claim("resource_access", raw(`{"orders":{"roles":[]}}`)), realm),
		"an empty list is present")
}

// checklist 102
func TestDecode(t *testing.T) {
	issuer, v := strict(t)
	token := accept(t, v, issuer.Token(
		jwttest.Claim("email", "a@b.example"), jwttest.Claim("Email", "wrong@b.example"),
		jwttest.Claim("org", map[string]any{"id": 7, "tags": []string{"x"}}), jwttest.Claim("verified", true)))
	var claims struct {
		Subject  string `json:"sub"`
		Email    string `json:"email"`
		Upper    string `json:"EMAIL"`
		Verified bool   `json:"verified"`
		Org      struct {
			ID   int      `json:"id"`
			Tags []string `json:"tags"`
		} `json:"org"`
		SUB     string
		Missing *string `json:"missing"`
	}
	require.NoError(t, token.Decode(&claims))
	require.Equal(t, "user-1", claims.Subject)
	require.Equal(t, "a@b.example", claims.Email)
	require.Empty(t, claims.Upper)
	require.Empty(t, claims.SUB)
	require.True(t, claims.Verified)
	require.Equal(t, 7, claims.Org.ID)
	require.Equal(t, []string{"x"}, claims.Org.Tags)
	require.Nil(t, claims.Missing)
}

// checklist 111
func TestDecodeKeepsDigits(t *testing.T) {
	issuer, v := strict(t)
	token := accept(t, v, issuer.Token(
		jwttest.Claim("n", raw("9007199254740993")), jwttest.Claim("max", raw("18446744073709551615")),
		jwttest.Claim("huge", raw("123456789012345678901234567890.5e10")),
		jwttest.Claim("deep", raw(`{"list":[9007199254740993,{"n":9007199254740995}]}`)),
		jwttest.Claim("text", "9007199254740993")))

	var typed struct {
		N    int64       `json:"n"`
		Max  uint64      `json:"max"`
		Huge json.Number `json:"huge"`
		Text json.Number `json:"text"`
	}
	require.NoError(t, token.Decode(&typed))
	require.Equal(t, int64(9007199254740993), typed.N)
	require.Equal(t, uint64(18446744073709551615), typed.Max)
	require.Equal(t, json.Number("123456789012345678901234567890.5e10"), typed.Huge)
	require.Equal(t, json.Number("9007199254740993"), typed.Text)

	var untyped map[string]any
	require.NoError(t, token.Decode(&untyped))
	require.Equal(t, json.Number("9007199254740993"), untyped["n"])
	require.Equal(t, json.Number("18446744073709551615"), untyped["max"])
	require.Equal(t, map[string]any{"list": []any{json.Number("9007199254740993"),
		map[string]any{"n": json.Number("9007199254740995")}}}, untyped["deep"])
	require.Equal(t, "9007199254740993", untyped["text"])

	var whole any
	require.NoError(t, token.Decode(&whole))
	require.Equal(t, untyped, whole)

	var fields struct {
		N    any             `json:"n"`
		Deep map[string]any  `json:"deep"`
		Raw  json.RawMessage `json:"max"`
	}
	require.NoError(t, token.Decode(&fields))
	require.Equal(t, json.Number("9007199254740993"), fields.N)
	require.Equal(t, json.Number("9007199254740993"), fields.Deep["list"].([]any)[0])
	require.Equal(t, "18446744073709551615", string(fields.Raw))
}

// checklist 27, 111
func TestDecodeFaults(t *testing.T) {
	issuer, v := strict(t)
	token := accept(t, v,
		issuer.Token(jwttest.Claim("n", raw("9007199254740993")), jwttest.Claim("s", canary),
			jwttest.Claim("list", []string{canary})))
	for _, target := range []any{
		new(struct {
			N int32 `json:"n"`
		}), new(struct {
			S int `json:"s"`
		}), new(struct {
			S bool `json:"s"`
		}), new(struct {
			L []int `json:"list"`
		}), new(struct {
			L string `json:"list"`
		}),
		new(struct {
			S time.Time `json:"n"`
		}), new(struct {
			S json.Number `json:"list"`
		}),
		new(struct {
			S time.Time `json:"s"`
		}), new(struct {
			S netip.Addr `json:"s"`
		}), new([]string), new(string), struct{}{}, nil, (*struct{})(nil),
	} {
		err := token.Decode(target)
		require.ErrorContains(t, err, "jwt: decoding the claims: ", "%T", target)
		require.NotContains(t, err.Error(), canary)
		require.NotContains(t, err.Error(), "9007199254740993")
		var invalid *jwt.Error
		require.NotErrorAs(t, err, &invalid, "the token is good all the same")
	}
	require.Error(t, new(jwt.Token).Decode(new(any)), "the zero token has no claims")
}

func TestATokenIsImmutable(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, func(c *jwt.Config) { c.Confirmations = []string{"jkt"} })
	for _, audience := range [][]string{{issuer.Audience()}, {issuer.Audience(), "b"}} {
		token := accept(t, v,
			issuer.Token(jwttest.Audience(audience...), jwttest.Claim("amr", []string{"pwd"}),
				jwttest.Claim("cnf", map[string]string{"jkt": "k"})))
		token.Audience()[0] = "changed"
		token.AMR()[0] = "changed"
		token.Confirmation()["jkt"] = "changed"
		var document json.RawMessage
		require.NoError(t, token.Decode(&document))
		clear(document)

		require.Equal(t, audience, token.Audience())
		require.Equal(t, []string{"pwd"}, token.AMR())
		require.Equal(t, map[string]string{"jkt": "k"}, token.Confirmation())
		var claims struct {
			Sub string `json:"sub"`
		}
		require.NoError(t, token.Decode(&claims))
		require.Equal(t, "user-1", claims.Sub)
	}
}

// The race detector is the judge.
func TestTokensAndValidatorsAreShared(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, func(c *jwt.Config) { c.Confirmations = []string{"jkt"} })
	text := issuer.Token(jwttest.Scope("a b"), jwttest.Claim("groups", []string{"g"}),
		jwttest.Claim("amr", []string{"pwd"}), jwttest.Claim("cnf", map[string]string{"jkt": "k"}))
	shared := accept(t, v, text)
	want := fmt.Sprint(everything(t, shared))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				own, err := v.Validate(t.Context(), text)
				if err != nil || fmt.Sprint(everything(t, own)) != want || fmt.Sprint(everything(t, shared)) != want {
					t.Errorf("%v, or another answer", err)
				}
			}
		})
	}
	group.Wait()
}

func everything(t *testing.T, token *jwt.Token) []any {
	var claims map[string]any
	if err := token.Decode(&claims); err != nil {
		t.Error(err)
	}
	return []any{
		token.Issuer(), token.Subject(), token.Audience(), token.ClientID(), token.ID(), token.IssuedAt(), token.ExpiresAt(),
		token.NotBefore(), token.Scopes().String(),
		token.Groups().String(), token.Roles().String(), token.Entitlements().String(), token.AuthTime(), token.ACR(),
		token.AMR(), token.Confirmation(), token.ValidAt(time.Unix(0, 0)), claims,
	}
}
