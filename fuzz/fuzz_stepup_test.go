package fuzz_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// A signIn is a token that says how and when its user has signed in.
type signIn struct {
	fakeToken
	acr  string
	time time.Time
}

func (s *signIn) ACR() string         { return s.acr }
func (s *signIn) AuthTime() time.Time { return s.time }

var (
	acrForm = regexp.MustCompile(`\A[\x21\x23-\x5B\x5D-\x7E]+\z`) // in a list parted by spaces (RFC 9470 §3), in quotes
	// commaName is an alternative with a comma in a name, which is not in the query of one.
	commaName = regexp.MustCompile(`(\A| )[^? ]*,`)
	// plainResource is what has to be taken for an identifier, and more is.
	plainResource = regexp.MustCompile(`\Ahttps://[a-z0-9]+(\.[a-z0-9]+)*(/[A-Za-z0-9_~-]+)*/?\z`)
)

// FuzzStepUp lets the fuzzer choose what a route asks for, of which resource, and what a token has. The answer is what
// RFC 9470 makes of the numbers, and the challenge says what was asked for, letter by letter; the document of RFC 9728
// is where the challenge says.
func FuzzStepUp(f *testing.F) {
	// checklist 155, 156, 157, 158, 160, 162, 165, 166
	f.Fuzz(func(t *testing.T, acr, resource, scope string, maxAge int64, has, grants string, ago int64) {
		policy := protector.Policy{ACR: listed(acr), Scopes: listed(scope), MaxAge: time.Duration(maxAge)}
		fault := policy.Validate()
		if fault == nil != isStepUp(policy) {
			t.Fatalf("%q: %v", policy.ACR, fault)
		}
		token := &signIn{fakeToken{grants}, has, fuzzNow.Add(-time.Duration(ago))}
		guard, err := protector.New(protector.Config{
			Resource: resource, Now: func() time.Time { return fuzzNow },
			Validators: []protector.Validator{
				protector.Bearer(func(context.Context, string) (*signIn, error) { return token, nil }),
			},
		})
		if err != nil && plainResource.MatchString(resource) {
			t.Fatalf("%q: %v", resource, err)
		}
		if err != nil || fault != nil {
			return
		}
		answer := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "https://evil.example/", nil)
		r.Header.Set("Authorization", "Bearer "+canary)
		guard.RequirePolicy(policy)(http.NotFoundHandler()).ServeHTTP(answer, r)
		if want := stepUpStatus(policy, token); answer.Code != want {
			t.Fatalf("%d and not %d for %q, %v; %q, %v", answer.Code, want, policy.ACR, policy.MaxAge, has, ago)
		}
		if answer.Code == http.StatusNotFound { // the handler's
			return
		}
		list, err := parseChallenges(answer.Header().Get("WWW-Authenticate"))
		if err != nil || len(list) != 1 {
			t.Fatalf("%v: %v", list, err)
		}
		checkStepUp(t, policy, token, resource, list[0].params, answer.Code)
		if resource != "" {
			checkDocument(t, guard, resource, list[0].params["resource_metadata"])
		}
	})
}

// listed is one item a line, and nil for nothing.
func listed(lines string) []string {
	if lines == "" {
		return nil
	}
	return strings.Split(lines, "\n")
}

// isStepUp says whether a policy can be asked for.
func isStepUp(policy protector.Policy) bool {
	for i, value := range policy.ACR {
		if !acrForm.MatchString(value) || slices.Contains(policy.ACR[:i], value) {
			return false
		}
	}
	seconds := policy.MaxAge.Seconds()
	whole := policy.MaxAge == time.Duration(int64(seconds))*time.Second
	_, err := scopes.AnyOf(policy.Scopes...)
	if slices.ContainsFunc(policy.Scopes, commaName.MatchString) {
		return false
	}
	return whole && seconds >= 0 && seconds <= 365*24*60*60 && (policy.Scopes == nil || err == nil)
}

func falls(policy protector.Policy, token *signIn) bool {
	age := fuzzNow.Sub(token.time)
	return policy.ACR != nil && !slices.Contains(policy.ACR, token.acr) ||
		policy.MaxAge != 0 && (token.time.IsZero() || age < 0 || age > policy.MaxAge)
}

func lacksScope(policy protector.Policy, token *signIn) bool {
	return policy.Scopes != nil && !must(scopes.AnyOf(policy.Scopes...)).SatisfiedBy(token.Scopes())
}

func stepUpStatus(policy protector.Policy, token *signIn) int {
	switch {
	case falls(policy, token):
		return http.StatusUnauthorized
	case lacksScope(policy, token):
		return http.StatusForbidden
	}
	return http.StatusNotFound
}

// checkStepUp compares the challenge with all that it has to say, and nothing else.
func checkStepUp(t *testing.T, policy protector.Policy, token *signIn, resource string, params map[string]string,
	status int) {
	want := map[string]string{"realm": "api", "error": "insufficient_scope"}
	if status == http.StatusUnauthorized {
		want["error"] = "insufficient_user_authentication"
		want["acr_values"] = strings.Join(policy.ACR, " ")
		if policy.MaxAge != 0 {
			want["max_age"] = fmt.Sprintf("%.0f", policy.MaxAge.Seconds())
		}
	}
	if lacksScope(policy, token) {
		want["scope"] = must(scopes.AnyOf(policy.Scopes...)).Nearest(token.Scopes())
	}
	if resource != "" {
		want["resource_metadata"] = documentOf(t, resource)
	}
	for name, value := range want {
		if params[name] != value {
			t.Fatalf("%s is %q and not %q", name, params[name], value)
		}
	}
	for name := range params {
		if want[name] == "" && name != "error_description" {
			t.Fatalf("a parameter that nobody asked for: %s=%q", name, params[name])
		}
	}
}

// documentOf puts the well-known part between the host and the rest (RFC 9728 §3.1), by net/url.
func documentOf(t *testing.T, resource string) string {
	u, err := url.Parse(resource)
	if err != nil || u.Fragment != "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		t.Fatalf("%q was taken for the identifier of a resource: %v", resource, err)
	}
	path := u.EscapedPath()
	if path == "/" {
		path = ""
	}
	document := u.Scheme + "://" + u.Host + "/.well-known/oauth-protected-resource" + path
	if u.RawQuery != "" {
		document += "?" + u.RawQuery
	}
	return document
}

// checkDocument asks for the document as a client does.
func checkDocument(t *testing.T, guard *protector.Protector, resource, document string) {
	mux := http.NewServeMux()
	mux.Handle(guard.ResourceMetadata())
	answer := httptest.NewRecorder()
	u := must(url.Parse(document))
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, u.RequestURI(), nil))
	var all struct {
		Resource string   `json:"resource"`
		Scopes   []string `json:"scopes_supported"`
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &all); err != nil || answer.Code != 200 || all.Resource != resource ||
		!slices.IsSorted(all.Scopes) {
		t.Fatalf("%d %s for %q: %v", answer.Code, answer.Body, document, err)
	}
}

func stepUpSeeds() (seeds []seed) {
	add := func(name, acr, resource, scope string, maxAge time.Duration, has, grants string, ago time.Duration) {
		seeds = append(seeds, seed{name, []any{acr, resource, scope, int64(maxAge), has, grants, int64(ago)}})
	}
	const api = "https://api.example/v1"
	add("nothing asked", "", "", "", 0, "", "", 0)
	add("first", "phr\nmfa", api, "a b\nc", time.Minute, "phr", "c", 0)
	add("second", "phr\nmfa", api, "a b\nc", time.Minute, "mfa", "a b", time.Minute)
	add("other acr", "phr\nmfa", api, "a b\nc", time.Minute, "pwd", "a", 0)
	add("whole list", "phr\nmfa", "", "", 0, "phr mfa", "", 0)
	add("too old", "", api, "a", time.Minute, "", "a", time.Minute+1)
	add("in the future", "", api, "a", time.Minute, "", "a", -1)
	add("scope alone", "phr", api, "a", time.Minute, "phr", "b", 0)
	add("a year", "", "", "", 365*24*time.Hour, "", "", 0)
	add("more than a year", "", "", "", 365*24*time.Hour+time.Second, "", "", 0)
	add("not whole", "", "", "", 1500*time.Millisecond, "", "", 0)
	add("negative", "", "", "", -time.Second, "", "", 0)
	add("blank acr", "a\n\nb", "", "", 0, "", "", 0)
	add("acr with a space", "a b", "", "", 0, "a b", "", 0)
	add("acr with quotes", "a\", error=\"x", "", "", 0, "", "", 0)
	add("acr with a line break", "a\r\nSet-Cookie: b=c", "", "", 0, "", "", 0)
	add("acr twice", "a\nb\na", "", "", 0, "", "", 0)
	for _, resource := range []string{
		"https://api.example", "https://api.example/", "https://api.example/a/", "https://api.example?a=b",
		"https://api.example/?a=b", "https://api.example/%7Bid%7D/%7B$%7D", "https://api.example/a%2Fb",
		"https://api.example/{id}", "https://api.example/a/../b", "https://api.example//", "https://api.example#",
		"https://api.example/\"", "HTTPS://api.example", "https://api.example:443", "http://127.0.0.1:1/a",
		"http://api.example", "https://u:p@api.example", "https://[::1]/a", "https://[::1%25a]/", "https://api.example/é",
	} {
		add("resource", "phr", resource, "", 0, "", "", 0)
	}
	return numbered(seeds)
}
