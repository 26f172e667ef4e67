package fuzz_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
)

// Some rules are written twice, because the rooms that need them do not import each other. These tests send the same
// inputs through both doors: what one says of a token, an address or a number, the other says too.

// An accessToken is what the tokens of both rooms can say.
type accessToken interface {
	Confirmation() map[string]string
	Decode(any) error
}

// throughJWT validates a token with these claims, of which a later one replaces an earlier one of its name.
func throughJWT(t *testing.T, claims string, confirmations ...string) (accessToken, error) {
	validator, err := jwt.NewValidator(jwt.Config{
		Issuer: fuzzIssuer, Audiences: []string{fuzzAudience}, Keys: must(jwks.ParseStatic([]byte(fuzzJWKS))),
		Confirmations: confirmations, Now: func() time.Time { return fuzzNow },
	})
	require.NoError(t, err)
	token := fuzzToken("EdDSA", `{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`, claims)
	return orNil(validator.Validate(t.Context(), token))
}

// throughIntrospection asks an endpoint that answers with the same claims.
func throughIntrospection(t *testing.T, claims string, confirmations ...string) (accessToken, error) {
	answer := `{"active":true,"token_type":"Bearer",` + strings.TrimPrefix(claims, "{")
	client, err := introspection.New(introspection.Config{
		Endpoint: fuzzIssuer + "/introspect", Credentials: introspection.ClientSecretBasic("id", "secret"),
		Issuer: fuzzIssuer, Audiences: []string{fuzzAudience}, RequiredMembers: []string{"aud", "exp"},
		Confirmations: confirmations, Now: func() time.Time { return fuzzNow },
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			return respond(r, http.StatusOK, "application/json", []byte(answer)), nil
		})},
	})
	require.NoError(t, err)
	return orNil(client.Introspect(t.Context(), "opaque"))
}

func orNil[T accessToken](token T, err error) (accessToken, error) {
	if err != nil {
		return nil, err
	}
	return token, nil
}

// through sends claims through both doors and requires the same refusal, or the same binding.
func through(t *testing.T, claims string, confirmations ...string) {
	t.Helper()
	first, err1 := throughJWT(t, claims, confirmations...)
	second, err2 := throughIntrospection(t, claims, confirmations...)
	require.Equal(t, refusalReason(err1), refusalReason(err2), "jwt: %v; introspection: %v", err1, err2)
	if err1 == nil {
		require.Equal(t, first.Confirmation(), second.Confirmation())
	}
}

// refusalReason is why a token was refused: the metric's word and nothing else may be the same in both.
func refusalReason(err error) string {
	var refusal interface{ InvalidTokenReason() string }
	if errors.As(err, &refusal) {
		return refusal.InvalidTokenReason()
	}
	if err != nil {
		return "unavailable: " + err.Error()
	}
	return ""
}

// checklist 153, 177, 194
func TestConfirmationIsTheSameThroughBothDoors(t *testing.T) {
	for _, methods := range []string{
		`{"jkt":"J"}`, `{"x5t#S256":"X"}`, `{"jkt":"J","x5t#S256":"X"}`, `{"jkt":"J","x5t":"x"}`, `{"x5t":"x"}`,
		`{"jkt":"J","jwk":{"kty":"OKP"}}`, `{"jwk":{"kty":"OKP"}}`, `{"jkt":"J","jwe":"x"}`, `{"jwe":"x"}`,
		`{"jkt":"J","jku":"https://x"}`, `{"jku":"https://x","kid":"k"}`, `{"jkt":"J","kid":"k"}`, `{"kid":"k"}`,
		`{"jkt":"J","kid":null}`, `{"jkt":"J","x5t":{}}`, `{"jkt":null}`, `{"jkt":""}`, `{"jkt":1}`, `{"jkt":{}}`,
		`{"jkt":["J"]}`,
		`{"jkt":"J","note":"x"}`, `{"jkt":"J","note":{"a":[1]}}`, `{"jkt":"J","note":null}`, `{"note":"x"}`, `{"note":1}`,
		`{"jkt":"J","x5t#S256":""}`, `{"jkt":"J","x5t#S256":1}`, `{"JKT":"J"}`, `{"jkt ":"J"}`, `{"":"J"}`,
		`{"\u006akt":"J"}`,
		`{}`, `[]`, `[{"jkt":"J"}]`, `"J"`, `1`, `true`, `null`,
	} {
		for _, named := range [][]string{
			nil, {"jkt"}, {"x5t#S256"}, {"jkt", "x5t#S256"}, {"jkt", "kid"}, {"note"}, {"jwk"},
		} {
			t.Run(fmt.Sprint(methods, named), func(t *testing.T) { through(t, with(`"cnf":`+methods), named...) })
		}
	}
}

// checklist 111, 195
func TestDecodeIsTheSameThroughBothDoors(t *testing.T) {
	claims := with(`"x":[9007199254740993,1.10,-0,1e400,18446744073709551616,` +
		`{"n":123456789012345678901234567890},"canary-53551"]`)
	var texts []string
	for _, token := range []accessToken{
		must(throughJWT(t, claims)), must(throughIntrospection(t, claims)),
	} {
		var all map[string]any
		require.NoError(t, token.Decode(&all))
		text := string(must(json.Marshal(all["x"])))
		for _, number := range []string{
			"9007199254740993", "1.10", "1e400", "18446744073709551616", "123456789012345678901234567890",
		} {
			require.Contains(t, text, number)
		}
		texts = append(texts, text)

		var wrong struct {
			X []int64 `json:"x"`
		}
		err := token.Decode(&wrong)
		require.ErrorContains(t, err, "/x/1")
		require.NotContains(t, err.Error(), "1.10")
		checkCanary(t, err)
	}
	require.Equal(t, texts[0], texts[1])
}

// checklist 3, 4
func TestTokenSyntaxIsTheSameThroughBothDoors(t *testing.T) {
	client := must(introspection.New(introspection.Config{
		Endpoint: fuzzIssuer, Credentials: introspection.ClientSecretBasic("id", "secret"), AnyAudience: true,
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			return respond(r, http.StatusOK, "application/json", []byte(`{"active":true,"token_type":"Bearer"}`)), nil
		})},
	}))
	var passed string
	guard := must(protector.New(protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(_ context.Context, token string) (*introspection.Token, error) {
			passed = token
			return nil, nil
		}),
	}}))
	handler := guard.Require()(http.NotFoundHandler())
	check := func(token string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		passed = ""
		handler.ServeHTTP(httptest.NewRecorder(), r)
		_, err := client.Introspect(t.Context(), token)
		require.Equal(t, passed == token && token != "", err == nil, "%q: %v", token, err)
	}
	for c := range 256 {
		one := string([]byte{byte(c)})
		for _, token := range []string{one, "a" + one + "b", "aaaaaaaa" + one, "=" + one} {
			check(token)
		}
	}
	for _, token := range []string{
		"", "=", "==", "a=", "a==", "a=b", "a=b=", "é", "\u212a", strings.Repeat("a", 100) + "=",
	} {
		check(token)
	}
}

// checklist 96, 115, 171
func TestAddressesAreJudgedTheSameThroughBothDoors(t *testing.T) {
	for _, address := range []string{
		"", " ", "https", "https:", "https:/", "https://", "https:///x", "https://:443/x", "https:x",
		"https:issuer.example/x",
		"https://issuer.example", "https://issuer.example/", "https://issuer.example/x?tenant=1", "HTTPS://issuer.example/x",
		"https://issuer.example:443/x", "https://issuer.example:x/", "https://issuer.example:99999/",
		"https://[::1]/x", "https://[::1/x",
		"http://issuer.example/x", "http://localhost/x", "http://LOCALHOST:80/x", "http://localhost.evil.example/x",
		"http://localhost./x",
		"http://127.0.0.1/x", "http://127.8.9.1:8080/x", "http://127.0.0.1.evil.example/x", "http://127.1/x",
		"http://[::1]:80/x",
		"http://[::ffff:127.0.0.1]/x", "http://[::1%25lo]/x", "http://0.0.0.0/x", "http://[::]/x", "http://10.0.0.1/x",
		"ftp://issuer.example/x", "file:///x", "javascript:alert(1)", "//issuer.example/x", "/x", "issuer.example/x",
		"https://u@issuer.example/x", "https://u:p@issuer.example/x", "https://:@issuer.example/x",
		"https://@issuer.example/x",
		"https://issuer.example/x#", "https://issuer.example/x#f", "https://issuer.example#f", "https://issuer.example/%23",
		"https://issuer.example/\n", "https://issuer .example/", "https://issuer.example/ x", "https://issuer.example/%zz",
	} {
		for _, plainHTTP := range []bool{false, true} {
			_, errKeys := jwks.NewRemote(jwks.Config{URL: address, InsecureAllowPlainHTTP: plainHTTP})
			_, errEndpoint := introspection.New(introspection.Config{
				Endpoint: address, InsecureAllowPlainHTTP: plainHTTP,
				Credentials: introspection.ClientSecretBasic("id", "secret"), AnyAudience: true,
			})
			require.Equal(t, errKeys == nil, errEndpoint == nil,
				"%q: jwks: %v; introspection: %v", address, errKeys, errEndpoint)
		}
	}
}

// Where this service is stands in two settings, of rooms that do not know each other. What differs is left out: the
// identifier of a resource may have a query, and has one spelling, whereas origins are normalized.
//
// checklist 130, 161
func TestPublicAddressesAreJudgedTheSameThroughBothDoors(t *testing.T) {
	validators := []protector.Validator{protector.Bearer(
		func(context.Context, string) (protector.Token, error) { return nil, nil })}
	good := 0
	for _, address := range []string{
		" ", "https", "https:", "https:/", "https://", "https:///x", "https://:443/x", "https:x", "https:api.example/x",
		"https://api.example", "https://api.example/", "https://api.example/x", "https://api.example/x/",
		"https://api.example:8443/x", "https://api.example:08443/x", "https://api.example:x/", "https://api.example:99999/",
		"https://[::1]/x", "https://[::1/x", "http://api.example/x", "http://localhost/x", "http://localhost:8080/x",
		"http://localhost.evil.example/x", "http://localhost./x", "http://127.0.0.1/x", "http://127.8.9.1:8080/x",
		"http://127.0.0.1.evil.example/x", "http://127.1/x", "http://[::1]:8080/x", "http://[::ffff:127.0.0.1]/x",
		"http://[::1%25lo]/x", "http://0.0.0.0/x", "http://[::]/x", "http://10.0.0.1/x", "ftp://api.example/x", "file:///x",
		"//api.example/x", "/x", "api.example/x", "https://u@api.example/x", "https://u:p@api.example/x",
		"https://:@api.example/x", "https://@api.example/x", "https://api.example/x#", "https://api.example/x#f",
		"https://api.example#f", "https://api.example/%23", "https://api.example/x?", "https://api.example/\n",
		"https://api .example/", "https://api.example/ x", "https://api.example/%zz", "https://api.example/a/../b",
		"https://api.example/a/./b", "https://api.example/%2e%2e/b", `https://api.example/a\b`, "https://büchér.example/x",
		"https://api.example/é", "https://api.example/a%2Fb", "https://api%2eexample/x", "https://api.example./x",
	} {
		_, errOrigin := dpop.NewVerifier(dpop.Config{PublicOrigins: []string{address}})
		_, errResource := protector.New(protector.Config{Resource: address, Validators: validators})
		require.Equal(t, errOrigin == nil, errResource == nil, "%q: dpop: %v; protector: %v", address, errOrigin, errResource)
		if errOrigin == nil {
			good++
		}
	}
	require.Equal(t, 15, good)
}
