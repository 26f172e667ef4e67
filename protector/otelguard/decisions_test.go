package otelguard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/otelguard"
)

// checklist 222
func TestDecisionsByOutcomeReasonSchemeAndRoute(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	validator, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer,
	})
	require.NoError(t, err)
	o := observe(t, otelguard.Config{})
	guard := guardOf(t, o, func(ctx context.Context, token string) (*jwt.Token, error) {
		if token == "outage" {
			return nil, errors.New("database is down")
		}
		return validator.Validate(ctx, token)
	})
	mux := http.NewServeMux()
	mux.Handle("GET api.example/articles/{id}", guard.Require("articles")(nothing))
	mux.Handle("/open", guard.Optional()(nothing))
	send := func(method, path, token string) {
		mux.ServeHTTP(httptest.NewRecorder(), request(t, method, "http://api.example"+path, token))
	}
	for range 2 {
		send("GET", "/articles/7", issuer.Token(jwttest.Scope("articles")))
	}
	send("GET", "/articles/8", issuer.Token(jwttest.Scope("profile")))
	send("GET", "/articles/9", issuer.Token(jwttest.ExpiresIn(-time.Hour)))
	send("GET", "/articles/9", "outage")
	send("GET", "/articles/9", "")
	send("POST", "/open", "")
	send("BREW", "/open", "")

	article := " http.request.method=GET http.route=/articles/{id} outcome="
	require.Equal(t, map[string]float64{
		article[1:] + "granted scheme=Bearer":                               2,
		"error.type=insufficient_scope" + article + "refused scheme=Bearer": 1,
		"error.type=expired" + article + "refused scheme=Bearer":            1,
		"error.type=unavailable" + article + "unavailable scheme=Bearer":    1,
		"error.type=no_credentials" + article + "refused":                   1,
		"http.request.method=POST http.route=/open outcome=anonymous":       1,
		"http.request.method=_OTHER http.route=/open outcome=anonymous":     1,
	}, o.series(t, "resourceserver.decision.duration"))
}

// Whatever strangers send and programs mistake, the labels are words that are known.
//
// checklist 222
func TestLabelsAreBounded(t *testing.T) {
	o := observe(t, otelguard.Config{Reasons: []string{"tenant_closed"}})
	guard := guardOf(t, o, func(_ context.Context, token string) (*jwt.Token, error) {
		return nil, refusal(strings.TrimSuffix(token, "="))
	})
	protected := guard.Require()(nothing)
	send := func(method, path, pattern, token string) {
		r := request(t, method, "http://api.example"+path, token)
		r.Pattern = pattern
		protected.ServeHTTP(httptest.NewRecorder(), r)
	}
	for i := range 3000 {
		n := fmt.Sprint(i)
		send("M"+n, "/users/"+n, "", "subject-"+n)
	}
	send("GET", "/", "", "tenant_closed")
	require.Equal(t, map[string]float64{
		"error.type=_OTHER http.request.method=_OTHER outcome=refused scheme=Bearer":     3000,
		"error.type=tenant_closed http.request.method=GET outcome=refused scheme=Bearer": 1,
	}, o.series(t, "resourceserver.decision.duration"))

	send("GET", "/", "/"+strings.Repeat("long/", 100), "tenant_closed")
	for i := range 3000 { // a middleware of somebody's takes paths for patterns
		send("GET", "/", fmt.Sprintf("/users/%d", i), "tenant_closed")
	}
	series := o.series(t, "resourceserver.decision.duration")
	require.Len(t, series, 2+1000+1)
	require.EqualValues(t, 2001, series["error.type=tenant_closed http.request.method=GET http.route=_OTHER "+
		"outcome=refused scheme=Bearer"])
}

// Combinations of labels that are known may be more than are prepared.
func TestMoreCombinationsThanArePrepared(t *testing.T) {
	o := observe(t, otelguard.Config{})
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
	for range 2 {
		for i := range 600 {
			for _, method := range methods {
				o.OnDecision(t.Context(), protector.Decision{
					Method: method, Pattern: fmt.Sprintf("/%d", i), Outcome: protector.OutcomeGranted,
				})
			}
		}
	}
	total := 0.0
	for _, n := range o.series(t, "resourceserver.decision.duration") { // the SDK has a limit of its own
		total += n
	}
	require.EqualValues(t, 2*600*len(methods), total)
}

// checklist 222
func TestNothingOfTheTokenIsMeasured(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	validator, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer,
	})
	require.NoError(t, err)
	o := observe(t, otelguard.Config{})
	guard := guardOf(t, o, validator.Validate)
	token := issuer.Token(jwttest.Subject("alice"), jwttest.Scope("purple"), jwttest.ClientID("shop"))
	for _, scope := range []string{"purple", "green"} {
		guard.Require(scope)(nothing).ServeHTTP(httptest.NewRecorder(), request(t, "GET", "http://api.example/secret", token))
	}
	series := o.series(t, "resourceserver.decision.duration")
	require.Len(t, series, 2)
	for labels := range series {
		for _, word := range []string{"alice", "purple", "green", "shop", "secret", issuer.URL(), token} {
			require.NotContains(t, labels, word)
		}
	}
}

// A request that went on in shadow is not counted among those that were refused.
//
// checklist 222
func TestShadowIsNoRefusal(t *testing.T) {
	o := observe(t, otelguard.Config{})
	refused := protector.Decision{Method: "GET", Outcome: protector.OutcomeRefused, Reason: "no_credentials"}
	o.OnDecision(t.Context(), refused)
	refused.Shadow = true
	o.OnDecision(t.Context(), refused)
	const both = "error.type=no_credentials http.request.method=GET outcome=refused"
	require.Equal(t, map[string]float64{both: 1, both + " shadow=true": 1},
		o.series(t, "resourceserver.decision.duration"))
}
