package fuzz_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector/introspection"
	"example.com/resourceserver/scopes"
)

// What a JWT claims and what an introspection endpoint answers have the same names (RFC 7662 §2.2, RFC 9068 §2.2),
// and two rooms read them, as neither may import the other. A member that one reads in another way than the other
// lets in, or shuts out, whoever comes by the other door.

// readers are the members that a handler or a policy is given, as text.
type reader interface {
	Groups() scopes.Set
	Roles() scopes.Set
	Entitlements() scopes.Set
	Scopes() scopes.Set
	Audience() []string
	ACR() string
	Subject() string
	Confirmation() map[string]string
	ExpiresAt() time.Time
	AuthTime() time.Time
}

func seenThrough(token reader, err error) string {
	if err != nil {
		return "refused"
	}
	confirmed, _ := json.Marshal(token.Confirmation())
	return fmt.Sprintf("groups=%v roles=%v entitlements=%v scopes=%v aud=%q acr=%q sub=%q cnf=%s exp=%d auth_time=%d",
		token.Groups(), token.Roles(), token.Entitlements(), token.Scopes(), token.Audience(), token.ACR(),
		token.Subject(), confirmed, token.ExpiresAt().Unix(), token.AuthTime().Unix())
}

func raw(value any) json.RawMessage { return must(json.Marshal(value)) }

// door is the one of a JWT. That of an answer is introspect.
var door = must(jwt.NewValidator(jwt.Config{
	Issuer: fuzzIssuer, Audiences: []string{fuzzAudience}, Keys: must(jwks.ParseStatic([]byte(fuzzJWKS))),
	Confirmations: []string{"jkt", "x5t#S256"}, Now: func() time.Time { return fuzzNow },
}))

// both sends the same members through both doors.
func both(members map[string]json.RawMessage) (claimed, answered string) {
	payload := string(must(json.Marshal(members)))
	token := fuzzToken("EdDSA", `{"typ":"at+jwt","alg":"EdDSA","kid":"ed"}`, payload)
	accepted, err := door.Validate(context.Background(), token)
	claimed = seenThrough(accepted, err)

	answer := `{"active":true,"token_type":"Bearer",` + payload[1:]
	found, err := introspect([]byte(answer), "application/json", 200, false, introspection.NoCache)
	answered = seenThrough(found, err)
	var unavailable *introspection.UnavailableError
	if errors.As(err, &unavailable) {
		answered = "unavailable"
	}
	return claimed, answered
}

// stricter are the members that are refused in a JWT alone, on purpose.
var stricter = func() map[string]string {
	table := make(map[string]string)
	for _, member := range []string{"sub", "client_id", "jti"} {
		table[member+` ""`] = "required of a JWT (RFC 9068 §2.2), optional in an answer (RFC 7662 §2.2)"
	}
	for _, member := range []string{"sub", "client_id", "jti", "iss", "aud", "exp", "iat"} {
		table[member+" null"] = "required of a JWT (RFC 9068 §2.2), optional in an answer (RFC 7662 §2.2)"
	}
	for _, ahead := range []string{"1800000060", "1800000060.5", "18000000600e-1", "1800000031"} {
		table["iat "+ahead] = "the endpoint knows when it issued the token; a JWT from the future has a wrong clock behind it"
	}
	table[`sub "a b:c"`] = "a value with a colon is a URI (RFC 7519 §2), of which RFC 7662 says nothing"
	table[`aud ["https://api.example","a b:c"]`] = table[`sub "a b:c"`]
	return table
}()

// TestBothDoorsReadTheSame gives every member every shape that somebody sends.
//
// checklist 45, 105, 153, 177, 194, 196
func TestBothDoorsReadTheSame(t *testing.T) {
	usual := map[string]json.RawMessage{
		"iss": raw(fuzzIssuer), "aud": raw(fuzzAudience), "sub": raw("alice"), "client_id": raw("app"), "jti": raw("1"),
		"iat": raw(fuzzNow.Unix() - 60), "exp": raw(fuzzNow.Unix() + 60),
	}
	lists := []string{
		`"a"`, `"a b"`, `" a"`, `""`, `[]`, `["a","b"]`, `["a","a"]`, `["a",""]`, `[""]`, `["a b"]`, `[{"value":"a"}]`,
		`[{"value":"a","display":"A"},{"value":"b","type":"direct"}]`, `["a",{"value":"b"}]`, `[{"display":"A"}]`,
		`[{"value":7}]`, `[{"Value":"a"}]`, `[{"value":"a"},{}]`, `[{"value":""}]`, `[["a"]]`, `{"value":"a"}`, `{}`, `7`,
		`true`, `null`, `[null]`, `["a",null]`, `["a",7]`,
	}
	cnf := []string{
		`{"jkt":"a"}`, `{"x5t#S256":"a"}`, `{"jkt":"a","x5t#S256":"b"}`, `{"x5t":"a"}`, `{"jwk":{}}`, `{"jwe":"a"}`,
		`{"jku":"https://a"}`, `{"kid":"a"}`, `{"jkt":"a","kid":"b"}`, `{"jkt":"a","x":1}`, `{"x":1}`, `{"x":"a"}`, `{}`,
		`{"jkt":7}`, `{"jkt":null}`, `{"jkt":""}`, `{"JKT":"a"}`, `null`, `"a"`, `[]`, `[{"jkt":"a"}]`, `7`,
		`{"jkt":"a","x5t":null}`,
	}
	names := []string{
		`"a"`, `""`, `null`, `7`, `[]`, `["a"]`, `{}`, `" "`, `"a b"`, `"a:b"`, `"a b:c"`, `"é"`, `"\u0000"`,
	}
	audiences := []string{
		`"https://api.example"`, `["https://api.example"]`, `["a","https://api.example"]`, `["https://api.example",7]`,
		`[]`, `""`,
		`[""]`, `"https://api.example/"`, `"HTTPS://api.example"`, `["https://api.example",""]`, `null`, `{}`, `7`,
		`["https://api.example",null]`, `["https://api.example","a b:c"]`,
	}
	dates := []string{
		`1800000060`, `1800000060.5`, `18000000600e-1`, `"1800000060"`, `0`, `-0`, `-1`, `null`, `[]`, `1e99`, `253402300800`,
		`1799999971`, `1799999970`, `1799999970.5`, `1800000029`, `1800000031`,
	}
	for member, values := range map[string][]string{
		"groups": lists, "roles": lists, "entitlements": lists, "cnf": cnf, "acr": names, "sub": names, "iss": names,
		"amr": append(lists, names...), "scope": append(lists, `"a  b"`, `"a\tb"`, `"a\"b"`, `["a","b c"]`), "aud": audiences,
		"exp": dates, "nbf": dates, "iat": dates, "auth_time": dates, "jti": names, "client_id": names,
	} {
		for _, value := range values {
			t.Run(member+" "+value, func(t *testing.T) {
				members := maps.Clone(usual)
				members[member] = json.RawMessage(value)
				claimed, answered := both(members)
				if reason := stricter[member+" "+value]; reason != "" {
					require.Equal(t, "refused", claimed, reason)
					require.NotEqual(t, "refused", answered, reason)
					return
				}
				require.Equal(t, claimed, answered)
			})
		}
	}
}
