package fuzz_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"example.com/resourceserver/protector"
)

// shortLimit keeps the seeds of tokens that are too long short.
const shortLimit = 100

// FuzzAuthorization sends header fields through net/http's own parser, as a server would get them, and then through the
// middleware. A model in one regular expression says which token the validator should see, or none.
func FuzzAuthorization(f *testing.F) {
	// checklist 1, 2, 3, 4, 6, 12, 13, 14
	var seen []string
	guard := must(protector.New(protector.Config{MaxTokenBytes: shortLimit, Validators: []protector.Validator{
		protector.Bearer(func(_ context.Context, token string) (*fakeToken, error) {
			seen = append(seen, token)
			return &fakeToken{names: "any"}, nil
		}),
		protector.Scheme("Token", func(_ *http.Request, token string) (*fakeToken, error) {
			seen = append(seen, "Token "+token)
			return &fakeToken{names: "any"}, nil
		}),
	}}))
	ran := 0
	handler := guard.Require()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, ok := protector.CurrentToken[*fakeToken](r.Context()); ok {
			ran++
		}
	}))
	f.Fuzz(func(t *testing.T, fields []byte) {
		sent := "GET / HTTP/1.1\r\nHost: a\r\n" + string(fields) + "\r\n\r\n"
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(sent)))
		if err != nil {
			return
		}
		seen, ran = seen[:0], 0
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		token, status := authorizationModel(r.Header.Values("Authorization"))
		if status == 0 {
			if len(seen) != 1 || seen[0] != token || ran != 1 || answer.Code != 200 {
				t.Fatalf("%q: the validator saw %q, want %q; status %d", fields, seen, token, answer.Code)
			}
			return
		}
		if len(seen) != 0 || ran != 0 || answer.Code != status {
			t.Fatalf("%q: the validator saw %q, handlers ran: %d, status %d, want %d", fields, seen, ran, answer.Code, status)
		}
		checkChallenges(t, answer, status, len(r.Header.Values("Authorization")))
	})
}

// The credentials of RFC 6750 §2.1 under the two schemes, and fields that at least name one of these.
var (
	goodCredentials = regexp.MustCompile(`\A(?:([Bb][Ee][Aa][Rr][Ee][Rr])|[Tt][Oo][Kk][Ee][Nn]) +([A-Za-z0-9._~+/-]+=*)\z`)
	longCredentials = regexp.MustCompile(`\A[A-Za-z]+ +([^ ](?s:.*))\z`)
	ourScheme       = regexp.MustCompile("\\A([Bb][Ee][Aa][Rr][Ee][Rr]|[Tt][Oo][Kk][Ee][Nn])" +
		"(\\z|[^A-Za-z0-9!#$%&'*+.^_`|~-])")
)

// authorizationModel returns the token, or the status of a refusal.
func authorizationModel(fields []string) (token string, status int) {
	if len(fields) > 1 {
		return "", http.StatusBadRequest
	}
	if len(fields) == 0 || !ourScheme.MatchString(fields[0]) {
		return "", http.StatusUnauthorized
	}
	match := goodCredentials.FindStringSubmatch(fields[0])
	long := longCredentials.FindStringSubmatch(fields[0])
	switch {
	case long != nil && len(long[1]) > shortLimit:
		return "", http.StatusUnauthorized
	case match == nil:
		return "", http.StatusBadRequest
	case match[1] == "":
		return "Token " + match[2], 0
	}
	return match[2], 0
}

func checkChallenges(t *testing.T, answer *httptest.ResponseRecorder, status, fields int) {
	described := false
	for _, field := range answer.Header()["Www-Authenticate"] {
		list, err := parseChallenges(field)
		if err != nil || len(list) != 1 || list[0].params["realm"] != "api" {
			t.Fatalf("%q: %v", field, err)
		}
		described = described || list[0].params["error"] != ""
	}
	if n := len(answer.Header()["Www-Authenticate"]); status == 401 && n != 2 || status == 400 && (n != 1 || !described) {
		t.Fatalf("%d with %d challenges", status, n)
	}
	if fields == 0 && described {
		t.Fatal("an error in the answer to a request without credentials")
	}
}

func authorizationSeeds() (seeds []seed) {
	for _, s := range []shape{
		{"bearer", "Authorization: Bearer abc"},
		{"case", "authorization: bEARER abc"},
		{"spaces", "Authorization: Bearer   abc  "},
		{"padding", "Authorization: Bearer abc=="},
		{"padding inside", "Authorization: Bearer a=c"},
		{"padding alone", "Authorization: Bearer =="},
		{"all characters", "Authorization: Bearer aZ09-._~+/="},
		{"bare", "Authorization: Bearer"},
		{"bare and space", "Authorization: Bearer "},
		{"tab", "Authorization: Bearer\tabc"},
		{"tab behind", "Authorization: Bearer \tabc"},
		{"comma", "Authorization: Bearer abc, Bearer def"},
		{"comma at once", "Authorization: Bearer,abc"},
		{"two parts", "Authorization: Bearer abc def"},
		{"quoted", `Authorization: Bearer "abc"`},
		{"parameters", `Authorization: Bearer token="abc"`},
		{"two fields", "Authorization: Bearer abc\r\nAuthorization: Bearer def"},
		{"two fields, one empty", "Authorization: Bearer abc\r\nAuthorization:"},
		{"two fields, other case", "Authorization: Basic abc\r\nAUTHORIZATION: Bearer def"},
		{"folded", "Authorization: Bearer\r\n abc"},
		{"empty", "Authorization:"},
		{"none", "X: y"},
		{"basic", "Authorization: Basic YTpi"},
		{"longer scheme", "Authorization: Bearers abc"},
		{"shorter scheme", "Authorization: Beare abc"},
		{"colon", "Authorization: Bearer: abc"},
		{"second scheme", "Authorization: token abc"},
		{"second scheme malformed", "Authorization: token ="},
		{"Kelvin", "Authorization: To\u212aen abc"},
		{"no-break space", "Authorization: Bearer\u00a0abc"},
		{"not ASCII", "Authorization: Bearer é"},
		{"control", "Authorization: Bearer a\x01"},
		{"NUL", "Authorization: Bearer a\x00"},
		{"proxy", "Proxy-Authorization: Bearer abc"},
		{"space before colon", "Authorization : Bearer abc"},
		{"other places", "Cookie: access_token=abc\r\nX-Access-Token: abc"},
		{"long", "Authorization: Bearer " + strings.Repeat("a", shortLimit+1)},
		{"long and malformed", "Authorization: Bearer " + strings.Repeat(" ", 9) + strings.Repeat(",", shortLimit+1)},
		{"as long as may be", "Authorization: Bearer " + strings.Repeat("a", shortLimit)},
	} {
		seeds = append(seeds, seed{s.name, []any{[]byte(s.text)}})
	}
	return numbered(seeds)
}
