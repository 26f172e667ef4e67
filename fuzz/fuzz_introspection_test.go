package fuzz_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/resourceserver/protector/introspection"
)

// FuzzIntrospection answers a question about a token with whatever the fuzzer likes. A token that is accepted was
// called active by one JSON object that bears it out in every member, and no error says anything of the token or of
// the answer.
func FuzzIntrospection(f *testing.F) {
	// checklist 172, 173, 176, 177, 178, 180
	f.Fuzz(func(t *testing.T, body []byte, contentType string, status uint16, required bool) {
		got, err := introspect(body, contentType, int(status), required, introspection.NoCache)
		cached, errCached := introspect(body, contentType, int(status), required, 0)
		if (err == nil) != (errCached == nil) || err != nil && err.Error() != errCached.Error() {
			t.Fatalf("without cache: %v, with: %v", err, errCached)
		}
		if err != nil {
			checkIntrospectionError(t, err, body, contentType, int(status))
			return
		}
		answer, errModel := introspectionModel(body, int(status))
		if errModel != nil || !strings.Contains(strings.ToLower(contentType), "application/json") {
			t.Fatalf("accepted from %q %d: %v: %s", contentType, status, errModel, body)
		}
		missing := func(name string) bool { return saysNothing(answer[name]) || answer[name] == nil }
		if required && (missing("sub") || missing("x")) {
			t.Fatalf("accepted without a required member: %s", body)
		}
		checkMembers(t, got, answer)
		if !got.ValidAt(fuzzNow) || !cached.ValidAt(fuzzNow) {
			t.Fatalf("accepted out of its time: %s", body)
		}
		answer["active"] = false
		var refused *introspection.Error
		_, err = introspect(must(json.Marshal(answer)), contentType, 200, required, introspection.NoCache)
		if !errors.As(err, &refused) || refused.Reason != introspection.ReasonInactive {
			t.Fatalf("inactive: %v", err)
		}
	})
}

// introspect asks twice if there is a cache, so that the answer is the remembered one.
func introspect(
	body []byte, contentType string, status int, required bool, ttl time.Duration,
) (*introspection.Token, error) {
	var members []string
	if required {
		members = []string{"sub", "x"}
	}
	client := must(introspection.New(introspection.Config{
		RequiredMembers: members, Confirmations: []string{"jkt", "x5t#S256"},
		Endpoint: fuzzIssuer + "/introspect", Credentials: introspection.ClientSecretBasic("id", "secret"),
		Audiences: []string{fuzzAudience}, Issuer: fuzzIssuer, Now: func() time.Time { return fuzzNow },
		PositiveTTL: ttl, NegativeTTL: ttl, CacheSize: 2,
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			return respond(r, status, contentType, body), nil
		})},
	}))
	token, err := client.Introspect(context.Background(), canary)
	var unavailable *introspection.UnavailableError
	if ttl == introspection.NoCache || errors.As(err, &unavailable) {
		return token, err
	}
	return client.Introspect(context.Background(), canary)
}

func checkIntrospectionError(t *testing.T, err error, body []byte, contentType string, status int) {
	checkCanary(t, err)
	var invalid *introspection.Error
	var unavailable *introspection.UnavailableError
	answer, errJSON := oracleObject(body)
	_, decided := answer["active"].(bool)
	readable := errJSON == nil && decided && status == http.StatusOK
	switch {
	case errors.As(err, &invalid):
		if !invalid.InvalidToken() || !readable {
			t.Fatalf("%v from what decides nothing: %d %s", err, status, body)
		}
	case !errors.As(err, &unavailable) || unavailable.RetryAfter() < time.Second:
		t.Fatalf("neither refused nor unavailable: %v", err)
	case readable && contentType == "application/json" && len(body) < 60<<10 &&
		bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) < 9:
		t.Fatalf("%v from an answer that can be read: %s", err, body)
	}
}

// introspectionModel returns the answer without null members if it supports the token.
func introspectionModel(body []byte, status int) (map[string]any, error) {
	answer, err := oracleObject(body)
	if err != nil || status != http.StatusOK || answer["active"] != true {
		return nil, errors.New("active")
	}
	for name, value := range answer {
		if value == nil {
			delete(answer, name)
		}
	}
	if iss, there := answer["iss"]; there && iss != fuzzIssuer {
		return nil, errors.New("iss")
	}
	if answer["aud"] != nil && !slices.Contains(listOf(answer["aud"]), fuzzAudience) {
		return nil, errors.New("aud")
	}
	bound, err := introspectionBinding(answer)
	if err != nil {
		return nil, err
	}
	tokenType, _ := answer["token_type"].(string)
	kind := strings.ToLower(tokenType)
	if kind != "bearer" && kind != "access_token" && !(kind == "dpop" && bound["jkt"] != nil) {
		return nil, errors.New("token_type")
	}
	return answer, introspectionTimes(answer)
}

// introspectionBinding returns the methods of cnf, of which jkt and x5t#S256 are understood here.
func introspectionBinding(answer map[string]any) (map[string]any, error) {
	cnf, bound := answer["cnf"]
	if !bound {
		return nil, nil
	}
	methods := make(map[string]any)
	members, _ := cnf.(map[string]any)
	for name, value := range members {
		switch name {
		case "jkt", "x5t#S256":
			if !isString(value) || value == "" {
				return nil, errors.New("cnf")
			}
			methods[name] = value
		case "x5t", "jwk", "jwe", "jku", "kid":
			return nil, errors.New("cnf")
		}
	}
	if len(methods) == 0 {
		return nil, errors.New("cnf")
	}
	return methods, nil
}

func introspectionTimes(answer map[string]any) error {
	now, leeway := big.NewRat(fuzzNow.Unix(), 1), big.NewRat(30, 1)
	for _, name := range []string{"exp", "nbf", "iat"} {
		value, there := answer[name]
		if !there {
			continue
		}
		number, ok := value.(json.Number)
		if !ok {
			return errors.New(name)
		}
		at := oracleDate(number)
		if at == nil ||
			name == "exp" && now.Cmp(new(big.Rat).Add(at, leeway)) >= 0 ||
			name == "nbf" && at.Cmp(new(big.Rat).Add(now, leeway)) > 0 {
			return errors.New(name)
		}
	}
	return nil
}

func checkMembers(t *testing.T, got *introspection.Token, answer map[string]any) {
	for name, have := range map[string]string{
		"sub": got.Subject(), "client_id": got.ClientID(), "username": got.Username(), "jti": got.ID(), "iss": got.Issuer(),
	} {
		if want := orEmpty(answer[name]); want != have {
			t.Fatalf("%s is %q, the answer says %v", name, have, want)
		}
	}
	names := make(map[string]bool)
	if text, ok := answer["scope"].(string); ok {
		names = between(text)
	} else {
		for _, name := range listOf(answer["scope"]) {
			names[name] = true
		}
	}
	sameNames(t, got.Scopes(), keep(names))
	if want, _ := answer["acr"].(string); want != got.ACR() {
		t.Fatalf("acr is %q, the answer says %v", got.ACR(), answer["acr"])
	}
	bound, _ := introspectionBinding(answer)
	for name, value := range got.Confirmation() {
		if bound[name] != value {
			t.Fatalf("cnf %s is %q", name, value)
		}
	}
	if len(bound) != len(got.Confirmation()) {
		t.Fatalf("cnf %v became %v", bound, got.Confirmation())
	}
}

// listOf returns a string or an array of strings as a list, with what is no string as text that nothing equals.
func listOf(value any) (list []string) {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			text, ok := one.(string)
			if !ok {
				text = "not a string"
			}
			list = append(list, text)
		}
	}
	return list
}

func introspectionSeeds() (seeds []seed) {
	const good = `{"active":true,"token_type":"Bearer","scope":"read write","client_id":"c","username":"u",` +
		`"exp":1800000300,"iat":1799999900,` +
		`"nbf":1799999900,"sub":"canary-53551","aud":"https://api.example","iss":"https://issuer.example","jti":"j"}`
	add := func(name, body, contentType string, status int) {
		required := strings.Contains(name, "required")
		seeds = append(seeds, seed{name, []any{[]byte(body), contentType, uint16(status), required}})
	}
	change := func(old, with string) string { return strings.Replace(good, old, with, 1) }
	more := func(member string) string { return strings.TrimSuffix(good, "}") + "," + member + "}" }
	for _, s := range []shape{
		{"good", good}, {"least", `{"active":true,"token_type":"access_token"}`}, {"inactive", `{"active":false}`},
		{"no active", `{}`},
		{"active string", change("true", `"true"`)}, {"active one", change("true", "1")},
		{"active null", change("true", "null")},
		{"active twice", change("{", `{"active":false,`)}, {"active case", change(`"active"`, `"Active"`)},
		{"type missing", change(`"token_type":"Bearer",`, "")}, {"type case", change("Bearer", "BEARER")},
		{"type other", change("Bearer", "refresh_token")},
		{"type number", change(`"Bearer"`, "1")}, {"type DPoP", change("Bearer", "DPoP")},
		{"type DPoP bound", `{"active":true,"token_type":"DPoP","cnf":{"jkt":"canary-53551"}}`},
		{"token_use refresh", more(`"token_use":"refresh_token"`)}, {"token_use access", more(`"token_use":"access"`)},
		{"typ Refresh", more(`"typ":"Refresh"`)}, {"typ Bearer", more(`"typ":"Bearer"`)}, {"typ object", more(`"typ":{}`)},
		{"aud other", change("https://api.example", "https://canary-53551.example")},
		{"aud array", change(`"https://api.example"`, `["a","https://api.example"]`)},
		{"aud empty", change(`"https://api.example"`, `[]`)}, {"aud blank", change(`"https://api.example"`, `""`)},
		{"aud null inside", change(`"https://api.example"`, `["https://api.example",null]`)},
		{"aud number", change(`"https://api.example"`, `1`)},
		{"iss other", change("issuer.example", "canary-53551.example")},
		{"iss null", change(`"https://issuer.example"`, "null")}, {"iss number", change(`"https://issuer.example"`, "1")},
		{"exp past", change("1800000300", "1799999970")}, {"exp leeway", change("1800000300", "1799999971")},
		{"exp string", change("1800000300", `"1800000300"`)},
		{"exp fraction", change("1800000300", "1800000300.5")}, {"exp huge", change("1800000300", "1e999")},
		{"exp negative", change("1800000300", "-1")}, {"exp zero", change("1800000300", "0")},
		{"exp minus zero", change("1800000300", "-0")},
		{"nbf future", change(`"nbf":1799999900`, `"nbf":1800000031`)},
		{"iat string", change(`"iat":1799999900`, `"iat":"x"`)},
		{"scope array", change(`"read write"`, `["read","write all"]`)}, {"scope number", change(`"read write"`, `1`)},
		{"scope mixed", change(`"read write"`, `["read",1]`)}, {"scope null", change(`"read write"`, `null`)},
		{"cnf", more(`"cnf":{"x5t#S256":"canary-53551"}`)}, {"cnf unknown", more(`"cnf":{"jwk":{}}`)},
		{"cnf no method beside", more(`"cnf":{"jkt":"a","canary-53551":{"x":1}}`)},
		{"cnf known beside", more(`"cnf":{"jkt":"a","kid":null}`)}, {"cnf other", more(`"cnf":{"canary-53551":"x"}`)},
		{"cnf empty", more(`"cnf":{}`)}, {"cnf null", more(`"cnf":null`)}, {"cnf string", more(`"cnf":"x"`)},
		{"cnf blank", more(`"cnf":{"jkt":""}`)},
		{"sub number", change(`"canary-53551"`, "1")}, {"sub null", change(`"canary-53551"`, "null")},
		{"more", more(`"auth_time":1,"acr":"2","groups":["a"],"roles":"b","entitlements":[]`)},
		{"acr number", more(`"acr":2`)},
		{"objects", more(`"groups":[{"value":"a"}],"roles":[{"value":1}],"entitlements":{}`)},
		{"groups mixed", more(`"groups":["a",1]`)},
		{"trailing", good + "{}"}, {"array", "[" + good + "]"}, {"nothing", ""}, {"HTML", "<html>canary-53551</html>"},
		{"not UTF-8", change("canary", "\xff")}, {"half surrogate", change("canary", `\ud800`)},
		{"deep", more(`"x":` + strings.Repeat("[", 20) + strings.Repeat("]", 20))},
		{"unknown", more(`"x":{"y":[1,{"z":null}]}`)},
		{"error", `{"error":"invalid_client"}`},
		{"required", more(`"x":1`)}, {"required missing", good}, {"required null", more(`"x":null`)},
		{"required blank", more(`"x":""`)},
		{"required empty", more(`"x":[ ]`)}, {"required hollow", more(`"x":{ }`)},
	} {
		add(s.name, s.text, "application/json", 200)
	}
	for _, status := range []int{0, 201, 204, 301, 400, 401, 403, 404, 429, 500, 502, 503} {
		add("status", good, "application/json", status)
		add("status and error", `{"error":"unauthorized_client"}`, "application/json", status)
	}
	for _, contentType := range []string{
		"", "text/html", "application/json; charset=utf-8", "application/token-introspection+jwt", "Application/JSON", ";",
	} {
		add("type", good, contentType, 200)
	}
	return numbered(seeds)
}
