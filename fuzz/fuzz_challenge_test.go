package fuzz_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// FuzzChallenge lets the fuzzer choose everything that goes into a challenge, and reads what comes out with a parser
// of RFC 9110 that knows nothing of how it was written. What was put in comes back, or is left out where its grammar
// forbids it.
func FuzzChallenge(f *testing.F) {
	// checklist 10, 11, 18, 19, 20, 22, 23, 24
	f.Fuzz(func(t *testing.T, realm, code, description, scope string, status uint16, scheme string) {
		refusal := &protector.Error{Status: int(status), Code: code, Description: description, Scope: scope}
		guard, err := protector.New(protector.Config{Realm: realm, Validators: []protector.Validator{
			protector.Bearer(func(context.Context, string) (*fakeToken, error) { return nil, refusal }),
			protector.Scheme(scheme, func(*http.Request, string) (*fakeToken, error) { return nil, nil }).
				When(func(string) bool { return true }),
		}})
		if wellFormed := quotable.MatchString(realm) && tokenForm.MatchString(scheme) &&
			!strings.EqualFold(scheme, "bearer"); err != nil {
			if wellFormed {
				t.Fatalf("realm %q, scheme %q: %v", realm, scheme, err)
			}
			return
		} else if !quotable.MatchString(realm) || !tokenForm.MatchString(scheme) {
			t.Fatalf("realm %q, scheme %q: no error", realm, scheme)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer "+canary)
		answer := httptest.NewRecorder()
		guard.Require()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			t.Error("the handler ran")
		})).ServeHTTP(answer, r)
		checkAnswer(t, answer, scheme, realm, refusal)
	})
}

var (
	quotable  = regexp.MustCompile(`\A[\x20-\x7E]*\z`)
	tokenForm = regexp.MustCompile("\\A[A-Za-z0-9!#$%&'*+.^_`|~-]+\\z")
	plainForm = regexp.MustCompile(`\A[\x20\x21\x23-\x5B\x5D-\x7E]+\z`) // RFC 6750 §3
)

func checkAnswer(t *testing.T, answer *httptest.ResponseRecorder, scheme, realm string, put *protector.Error) {
	if answer.Code < 400 || answer.Code > 599 || put.Status >= 400 && put.Status <= 599 && answer.Code != put.Status {
		t.Fatalf("status %d for %d", answer.Code, put.Status)
	}
	var body map[string]string
	if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil ||
		answer.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("body %q: %v", answer.Body, err)
	}
	challenges := make(map[string]map[string]string)
	for _, field := range answer.Header()["Www-Authenticate"] {
		parsed, err := parseChallenges(field)
		if err != nil {
			t.Fatalf("%v in %q", err, field)
		}
		for _, c := range parsed {
			if challenges[strings.ToLower(c.scheme)] != nil {
				t.Fatalf("two challenges for %s", c.scheme)
			}
			challenges[strings.ToLower(c.scheme)] = c.params
			if c.params["realm"] != orAPI(realm) {
				t.Fatalf("realm %q became %q", realm, c.params["realm"])
			}
		}
	}
	switch answer.Code {
	case http.StatusUnauthorized:
		if len(challenges) != 2 || len(challenges[strings.ToLower(scheme)]) != 1 {
			t.Fatalf("401 with %v", challenges)
		}
	case http.StatusBadRequest, http.StatusForbidden:
		if len(challenges) != 1 || challenges["bearer"] == nil {
			t.Fatalf("%d with %v", answer.Code, challenges)
		}
	default:
		if len(challenges) != 0 {
			t.Fatalf("%d with %v", answer.Code, challenges)
		}
		return
	}
	checkParams(t, challenges["bearer"], body, put)
}

// checkParams compares what came back with what was put in.
func checkParams(t *testing.T, params, body map[string]string, put *protector.Error) {
	for name, value := range map[string]string{"error": put.Code, "error_description": put.Description,
		"scope": put.Scope} {
		got, there := params[name]
		switch {
		case there && !plainForm.MatchString(got):
			t.Fatalf("%s has characters that it may not have: %q", name, got)
		case there && value != "" && got != value:
			t.Fatalf("%s was %q and became %q", name, value, got)
		case name == "scope" && strings.Contains(got, canary):
			t.Fatalf("%s repeats the token: %q", name, got)
		case !there && plainForm.MatchString(value) && params["error"] != "" && !strings.Contains(value, canary):
			t.Fatalf("%s=%q is missing", name, value)
		case there && value == "" && name == "scope":
			t.Fatalf("a scope that nobody asked for: %q", got)
		}
	}
	for name := range params {
		if name != "realm" && name != "error" && name != "error_description" && name != "scope" {
			t.Fatalf("a parameter that nobody asked for: %s", name)
		}
	}
	if plainForm.MatchString(put.Code) && body["error"] != put.Code {
		t.Fatalf("error %q in the body for %q", body["error"], put.Code)
	}
}

func orAPI(realm string) string {
	if realm == "" {
		return "api"
	}
	return realm
}

type fakeToken struct{ names string }

func (t *fakeToken) Scopes() scopes.Set   { return scopes.Parse(t.names) }
func (t *fakeToken) ExpiresAt() time.Time { return time.Time{} }

type challenge struct {
	scheme string
	params map[string]string
}

// parseChallenges reads a WWW-Authenticate field by the grammar of RFC 9110 §11.2 and §11.6.1, with the white space
// that a recipient has to put up with and no other tolerance.
func parseChallenges(field string) (list []challenge, err error) {
	p := &fieldParser{rest: field}
	for {
		p.listSeparators()
		if p.rest == "" {
			return list, nil
		}
		scheme := p.take(tokenForm)
		if scheme == "" {
			return nil, errors.New("no scheme")
		}
		c := challenge{scheme, map[string]string{}}
		if p.spaces() > 0 {
			if err := p.params(c.params); err != nil {
				return nil, err
			}
		}
		list = append(list, c)
	}
}

type fieldParser struct{ rest string }

// take reads as many characters as a class allows.
func (p *fieldParser) take(class *regexp.Regexp) string {
	n := 0
	for n < len(p.rest) && class.MatchString(p.rest[n:n+1]) {
		n++
	}
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	return taken
}

func (p *fieldParser) spaces() int {
	trimmed := strings.TrimLeft(p.rest, " \t")
	n := len(p.rest) - len(trimmed)
	p.rest = trimmed
	return n
}

func (p *fieldParser) listSeparators() {
	for p.spaces(); strings.HasPrefix(p.rest, ","); p.spaces() {
		p.rest = p.rest[1:]
	}
}

// params reads parameters up to the end or to what can only be the next scheme.
func (p *fieldParser) params(into map[string]string) error {
	for {
		before := p.rest
		name := strings.ToLower(p.take(tokenForm))
		p.spaces()
		if name == "" || !strings.HasPrefix(p.rest, "=") {
			p.rest = before
			return nil
		}
		p.rest = p.rest[1:]
		p.spaces()
		value, err := p.value()
		if err != nil {
			return err
		}
		if _, twice := into[name]; twice {
			return fmt.Errorf("%s twice", name)
		}
		into[name] = value
		p.spaces()
		if p.rest != "" && p.rest[0] != ',' {
			return fmt.Errorf("%q behind a parameter", p.rest)
		}
		p.listSeparators()
		if p.rest == "" {
			return nil
		}
	}
}

// value reads a token or a quoted-string (RFC 9110 §5.6.4).
func (p *fieldParser) value() (string, error) {
	if !strings.HasPrefix(p.rest, `"`) {
		value := p.take(tokenForm)
		if value == "" {
			return "", errors.New("a parameter without value")
		}
		return value, nil
	}
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		c := p.rest[i]
		switch {
		case c == '"':
			p.rest = p.rest[i+1:]
			return b.String(), nil
		case c == '\\' && i+1 < len(p.rest):
			i++
			c = p.rest[i]
		}
		if c != '\t' && c < ' ' || c == 0x7f {
			return "", fmt.Errorf("the character %#x in a quoted-string", c)
		}
		b.WriteByte(c)
	}
	return "", errors.New("a quoted-string without end")
}

func TestParseChallenges(t *testing.T) {
	for field, want := range map[string]string{
		`Bearer realm="a", Basic realm=b,charset="UTF-8"`: "[{Bearer map[realm:a]} {Basic map[charset:UTF-8 realm:b]}]",
		`Bearer realm="a \"b\" \\, c=\"d\""`:              `[{Bearer map[realm:a "b" \, c="d"]}]`,
		`Negotiate, , Bearer`:                             "[{Negotiate map[]} {Bearer map[]}]",
		`Bearer realm = "a" , error="b"`:                  "[{Bearer map[error:b realm:a]}]",
	} {
		if list, err := parseChallenges(field); err != nil || fmt.Sprint(list) != want {
			t.Errorf("%s: %v, %v", field, list, err)
		}
	}
	for _, field := range []string{`Bearer realm="a`, `Bearer realm="a" error="b"`, `Bearer a="b", a="c"`,
		"Bearer a=\"\x01\"", `Bearer a=`, `"x"`} {
		if list, err := parseChallenges(field); err == nil {
			t.Errorf("%s was read as %v", field, list)
		}
	}
}

func challengeSeeds() (seeds []seed) {
	add := func(name, realm, code, description, scope string, status int, scheme string) {
		seeds = append(seeds, seed{name, []any{realm, code, description, scope, uint16(status), scheme}})
	}
	add("401", "api", "invalid_token", "The token is no good.", "", 401, "Token")
	add("403", "api", "insufficient_scope", "", "profile email", 403, "Token")
	add("400", "api", "invalid_request", "", "", 400, "DPoP")
	add("503", "api", "", "", "", 503, "Token")
	add("500", "api", "", "", "", 500, "Token")
	add("451", "api", "x", "y", "z", 451, "Token")
	add("no status", "", "", "", "", 0, "Token")
	add("no status but a code", "", "invalid_token", "", "", 200, "Token")
	add("no status, temporarily_unavailable", "", "temporarily_unavailable", "", "", 0, "Token")
	add("no code", "", "", "", "", 401, "Token")
	add("quotes", `a "b" \c\`, `a"b`, `a\b`, `"`, 401, "Token")
	add("line break in realm", "a\r\nSet-Cookie: x=y", "", "", "", 401, "Token")
	add("line break in code", "a", "a\r\nSet-Cookie: x=y", "a\nb", "a\rb", 403, "Token")
	add("not ASCII", "é", "é", "é", "é", 403, "Token")
	add("not ASCII but the realm", "e", "é", "é", "é", 403, "Token")
	add("description not allowed", "e", "x", "é", "é", 403, "Token")
	add("separators", `", error="x`, "a, b=c", ", error=x", "a  b", 401, "Token")
	add("control", "a\x00", "a\x7f", "a\x01", "a\x1f", 401, "Token")
	add("bearer twice", "a", "b", "c", "d", 401, "bEARER")
	add("scheme is none", "a", "b", "c", "d", 401, "To ken")
	add("scheme is empty", "a", "b", "c", "d", 401, "")
	return numbered(seeds)
}
