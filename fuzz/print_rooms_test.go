package fuzz_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
)

// otherRooms has the specimens of the other packages, or the reason why a type needs none. What exists only while a
// request is under way is shown here already.
func otherRooms(t *testing.T) map[string]any {
	known := map[string]any{
		"scopes.Requirement": "names", "scopes.Set": "names", "scopes.Hierarchy": "names",
		"jwk.Key":     "a public key",
		"jwks.Static": "public keys", "jwks.KeyStatus": "names", "jwks.SkippedKey": "names", "jwks.Counts": "numbers",
		"jwks.State": "a constant", "jwks.Encoding": "a constant",
		"protector.Outcome": "a constant", "protector.Policy": "names", "protector.ClaimRule": "names",
		"protector.Inventory": "names", "protector.RuleEntry": "names", "protector.ClaimRuleEntry": "names",
		"protector.Actor": "names", "protector.Method": "a policy and a handler",
		"protector.Methods": "policies and handlers", "protector.ResourceMetadata": "what everybody may read",
		"introspection.Failure": "a constant", "introspection.Reason": "a constant",
		"jwttest.Issuer": "made up for a test", "jwttest.IssuerOption": "a function", "jwttest.TokenOption": "a function",
		"jwttest.Requests": "numbers", "jwttest.Endpoint": "a number",
		"protector.CertificateEncoding": "a constant", "protector.MutualTLSConfig": "addresses and names",
		"jwttest.Client": "made up for a test", "jwttest.ClientOption": "a function",
		"protector.Param": "what the challenge says", "protector.Proved": "a function and fields of the answer",
		"protector.Possession": protector.Possession{Token: hush, Evidence: hush},
		"dpop.Reason":          "a constant", "dpop.Memory": "hashes of proofs", "dpop.MemoryConfig": "numbers",
		"dpop.Request": "an alias for the arguments of one call, which can have no method",
	}
	showKeys(t, known)
	showProtector(t, known)
	showIntrospection(t, known)
	showProofs(t, known)
	return known
}

// showKeys has a secret in the query of the URL.
func showKeys(t *testing.T, known map[string]any) {
	config := jwks.Config{
		URL: "https://a.example/keys?key=" + strings.ReplaceAll(hush, ", ", "-"),
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("cannot reach %s", r.URL)
		})},
	}
	remote := must(jwks.NewRemote(config))
	showsNothing(t, "an error of jwks", remote.Refresh(t.Context()))
	known["jwks.Config"], known["jwks.Remote"], known["jwks.Status"] = config, remote, remote.Status()

	single := jwks.KeyEndpointConfig{
		URL: strings.Replace(config.URL, "keys", "{kid}", 1), HTTPClient: config.HTTPClient,
	}
	endpoint := must(jwks.NewKeyEndpoint(single))
	_, err := endpoint.VerificationKeys(t.Context(), "a", "ES256")
	require.Error(t, err)
	showsNothing(t, "an error of a key endpoint", err)
	showsNothing(t, "its status", endpoint.Status())
	known["jwks.KeyEndpointConfig"], known["jwks.KeyEndpoint"] = single, endpoint
}

// showProtector has a token that is refused, one about which nothing can be told, and a good one.
func showProtector(t *testing.T, known map[string]any) {
	bearer := strings.ReplaceAll(hush, ", ", "-")
	validator := protector.Bearer(func(_ context.Context, token string) (*introspection.Token, error) {
		switch token {
		case bearer + "1":
			return nil, notGood{"no such token: " + token}
		case bearer + "2":
			return nil, fmt.Errorf("database: select %s", token)
		}
		return known["introspection.Token"].(*introspection.Token), nil
	})
	known["introspection.Token"] = must(introspect([]byte(activeAnswer), "application/json", 200, false, 0))
	config := protector.Config{
		Validators: []protector.Validator{validator},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, e *protector.Error) {
			showsNothing(t, "protector.Error", e)
			showsNothing(t, "what protector.Error wraps", errors.Unwrap(e))
			showsNothing(t, "the context of a refusal", r.Context())
			known["protector.Error"] = e
			w.WriteHeader(e.Status)
		},
		OnDecision: func(ctx context.Context, d protector.Decision) {
			showsNothing(t, "the context of a decision", ctx)
			showsNothing(t, "protector.Decision", d)
			known["protector.Decision"] = d
		},
	}
	guard := must(protector.New(config))
	var statuses []int
	for _, token := range []string{bearer + "1", bearer + "2", bearer + "3"} {
		r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		r.Header.Set("Authorization", "Bearer "+token)
		guard.Require()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			showsNothing(t, "the context of a request", r.Context())
		})).ServeHTTP(w, r)
		statuses = append(statuses, w.Code)
	}
	require.Equal(t, []int{401, 503, 200}, statuses)
	known["protector.Routes"], known["protector.Route"] = guard.Routes(), "a pattern and a policy"
	known["protector.Rule"] = must(guard.NewRule(protector.Policy{Scopes: []string{"a"}}))
	explained := httptest.NewRequest(http.MethodGet, "/?q="+bearer, nil)
	explained.Header.Set("Authorization", "Bearer "+bearer+"1")
	e := guard.Explain(explained, known["protector.Rule"].(*protector.Rule))
	known["protector.Explanation"], known["protector.Finding"] = e, e.Findings[0]
	known["protector.Config"], known["protector.Validator"], known["protector.Protector"] = config, validator, guard
}

// notGood is an application's own refusal, which says too much.
type notGood struct{ text string }

func (e notGood) Error() string    { return e.text }
func (notGood) InvalidToken() bool { return true }

const activeAnswer = `{"active":true,"token_type":"Bearer","iss":"` + fuzzIssuer + `","sub":"alice"}`

// showIntrospection has a token for which there is an answer, one that is not active, and one that cannot be asked
// about.
func showIntrospection(t *testing.T, known map[string]any) {
	bearer := strings.ReplaceAll(hush, ", ", "-")
	var client *introspection.Client
	answers := []string{activeAnswer, `{"active":false}`}
	config := introspection.Config{
		Endpoint:    "https://a.example/i?key=" + bearer,
		Credentials: introspection.ClientSecretPost("a", hush), AnyAudience: true,
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			showsNothingAtWork(t, "introspection.Client", client)
			showsNothingAtWork(t, "the context of a call", r.Context())
			must(io.ReadAll(r.Body))
			if len(answers) == 0 {
				return nil, fmt.Errorf("cannot reach %s", r.URL)
			}
			answer := answers[0]
			answers = answers[1:]
			return respond(r, 200, "application/json", []byte(answer)), nil
		})},
	}
	client = must(introspection.New(config))
	_, err := client.Introspect(t.Context(), bearer+"1")
	require.NoError(t, err)
	var refused *introspection.Error
	_, err = client.Introspect(t.Context(), bearer+"2")
	require.ErrorAs(t, err, &refused)
	var unavailable *introspection.UnavailableError
	_, err = client.Introspect(t.Context(), bearer+"3")
	require.ErrorAs(t, err, &unavailable)
	showsNothing(t, "what introspection.UnavailableError wraps", errors.Unwrap(err))
	known["introspection.Error"], known["introspection.UnavailableError"] = refused, unavailable
	known["introspection.Client"], known["introspection.Config"] = client, config
	for _, credentials := range []introspection.Credentials{
		introspection.ClientSecretBasic("a", hush), introspection.ClientSecretPost("a", hush),
		introspection.BearerToken(func(context.Context) (string, error) { return hush, nil }),
		introspection.PrivateKeyJWT("a", hush, hush, fuzzEC),
	} {
		showsNothing(t, "introspection.Credentials", credentials)
		known["introspection.Credentials"] = credentials
	}
}

// showProofs has a proof that is refused, and keys of nonces.
func showProofs(t *testing.T, known map[string]any) {
	config := dpop.Config{PublicOrigins: []string{"https://a.example"}, NonceKeys: [][]byte{[]byte(hush)}}
	verifier := must(dpop.NewVerifier(config))
	bearer := strings.ReplaceAll(hush, ", ", "-")
	_, _, err := verifier.Verify(encode64(hush)+"."+bearer+"."+bearer, dpop.Request{Token: bearer, Thumbprint: bearer})
	var refused *dpop.Error
	require.ErrorAs(t, err, &refused)
	known["dpop.Config"], known["dpop.Verifier"], known["dpop.Error"] = config, verifier, refused
}
