package fuzz_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/resourceserver/protector"
)

// FuzzSources sends header fields as FuzzAuthorization does, to a protector that looks for a token in every one that it
// can. A model counts the tokens: whoever brings one gets in by it, and nobody else does. The handler answers as a
// WebSocket library would that takes the first protocol offered, and finds no token to answer with.
func FuzzSources(f *testing.F) {
	// checklist 5, 203, 205, 206
	var seen []string
	sees := func(place string) func(context.Context, string) (*fakeToken, error) {
		return func(_ context.Context, token string) (*fakeToken, error) {
			seen = append(seen, place+token)
			return &fakeToken{names: "any"}, nil
		}
	}
	guard := must(protector.New(protector.Config{MaxTokenBytes: shortLimit, AmbientCookie: "c", WebSocketProtocol: "t",
		Validators: []protector.Validator{
			protector.Bearer(sees("Bearer ")), protector.Field("Txn-Token", sees("Txn-Token "))}}))
	var left []string
	handler := guard.Require()(guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		left = protocolsOf(r)
		if len(left) > 0 {
			w.Header().Set("Sec-WebSocket-Protocol", left[0])
		}
	})))
	f.Fuzz(func(t *testing.T, fields []byte) {
		sent := "GET / HTTP/1.1\r\nHost: a\r\n" + string(fields) + "\r\n\r\n"
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(sent)))
		if err != nil {
			return
		}
		seen, left = seen[:0], nil
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		found, offered := sourcesModel(r)
		if answer.Code == 200 {
			if len(found) != 1 || !slices.Equal(seen, found) || !slices.Equal(left, offered) {
				t.Fatalf("%q: the validator saw %q, of %q; the handler saw %q, want %q", fields, seen, found, left, offered)
			}
			if private := answer.Header().Get("Cache-Control") == "private"; private != isElsewhere(r) {
				t.Fatalf("%q: private: %v", fields, private)
			}
			return
		}
		if len(seen) != 0 || answer.Code < 400 || answer.Code > 403 {
			t.Fatalf("%q: the validator saw %q, status %d", fields, seen, answer.Code)
		}
		if len(found) == 1 && isFit(found[0]) && isSameOrigin(r) && isWell(r) {
			t.Fatalf("%q: %q is refused, status %d", fields, found, answer.Code)
		}
		if len(found) == 0 && isWell(r) && answer.Code != 401 {
			t.Fatalf("%q: status %d without a token", fields, answer.Code)
		}
	})
}

// sourcesModel returns all the tokens that a request brings, good or not, each with its validator, and the protocols
// that are left.
func sourcesModel(r *http.Request) (found, left []string) {
	for _, field := range r.Header["Authorization"] {
		if rest := bearerField.FindStringSubmatch(field); rest != nil {
			found = append(found, "Bearer "+rest[1])
		}
	}
	for _, cookie := range r.Cookies() {
		if cookie.Name == "c" && cookie.Value != "" {
			found = append(found, "Bearer "+cookie.Value)
		}
	}
	for _, protocol := range protocolsOf(r) {
		token, ok := strings.CutPrefix(protocol, "t.")
		if ok && opensWebSocket(r) {
			found = append(found, "Bearer "+token)
		} else {
			left = append(left, protocol)
		}
	}
	for _, token := range r.Header["Txn-Token"] {
		found = append(found, "Txn-Token "+token)
	}
	return found, left
}

var (
	bearerField = regexp.MustCompile("(?is)\\Abearer(?:\\z|[^A-Za-z0-9!#$%&'*+.^_`|~-] *)(.*)\\z")
	fitToken    = regexp.MustCompile(`\A(?:Bearer|Txn-Token) [A-Za-z0-9._~+/-]+=*\z`)
	element     = regexp.MustCompile(`[^,]+`)
)

func protocolsOf(r *http.Request) (protocols []string) {
	for _, protocol := range element.FindAllString(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), -1) {
		if protocol = strings.Trim(protocol, " \t"); protocol != "" {
			protocols = append(protocols, protocol)
		}
	}
	return protocols
}

func opensWebSocket(r *http.Request) bool {
	has := func(name, word string) bool {
		list := "," + strings.Join(r.Header.Values(name), ",") + ","
		return regexp.MustCompile(`(?i),[ \t]*` + word + `[ \t]*,`).MatchString(list)
	}
	return has("Upgrade", "[wW]ebso[cC][kK]et") && has("Connection", "upgrade") &&
		len(r.Header.Values("Sec-WebSocket-Key")) == 1
}

func isFit(found string) bool {
	_, token, _ := strings.Cut(found, " ")
	return fitToken.MatchString(found) && len(token) <= shortLimit
}

// isElsewhere reports whether the token of a request that has one is not in the Authorization field.
func isElsewhere(r *http.Request) bool {
	return !slices.ContainsFunc(r.Header["Authorization"], bearerField.MatchString)
}

// isSameOrigin judges what is no safe request because it asks for an upgrade.
func isSameOrigin(r *http.Request) bool {
	origin, err := url.Parse(r.Header.Get("Origin"))
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case r.Header["Upgrade"] == nil, site == "same-origin", site == "none":
		return true
	case site != "":
		return false
	}
	return r.Header.Get("Origin") == "" || err == nil && origin.Host == r.Host
}

// isWell reports whether nothing is wrong with the request beside its token: Authorization comes once, a token for a
// protocol is one itself, and leaves another to answer with.
func isWell(r *http.Request) bool {
	if len(r.Header["Authorization"]) > 1 {
		return false
	}
	offered := protocolsOf(r)
	carriers := slices.DeleteFunc(slices.Clone(offered), func(p string) bool { return !strings.HasPrefix(p, "t.") })
	return !opensWebSocket(r) || len(carriers) == 0 ||
		len(carriers) < len(offered) && !strings.ContainsAny(strings.Join(carriers, ""), "/=")
}

func sourcesSeeds() (seeds []seed) {
	const opening = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: k\r\n"
	for _, s := range []shape{
		{"none", "X: y"},
		{"header", "Authorization: Bearer abc"},
		{"cookie", "Cookie: c=abc"},
		{"field", "Txn-Token: abc"},
		{"socket", opening + "Sec-WebSocket-Protocol: chat, t.abc"},
		{"socket in two fields", opening + "Sec-WebSocket-Protocol: t.abc\r\nSec-WebSocket-Protocol: chat"},
		{"socket in two lists", "Upgrade: h2c, WebSocket\r\nConnection: close\r\nConnection: a,\tUPGRADE\r\n" +
			"Sec-WebSocket-Key: k\r\nSec-WebSocket-Protocol: ,chat,,\tt.abc ,"},
		{"socket with nothing else", opening + "Sec-WebSocket-Protocol: t.abc"},
		{"socket with two tokens", opening + "Sec-WebSocket-Protocol: t.abc, chat, t.def"},
		{"socket with no token", opening + "Sec-WebSocket-Protocol: chat, t."},
		{"socket with padding", opening + "Sec-WebSocket-Protocol: chat, t.abc="},
		{"socket of another site", opening + "Sec-Fetch-Site: cross-site\r\nSec-WebSocket-Protocol: chat, t.abc"},
		{"socket of another origin", opening + "Origin: https://b\r\nSec-WebSocket-Protocol: chat, t.abc"},
		{"socket of its origin", opening + "Origin: https://a\r\nSec-WebSocket-Protocol: chat, t.abc"},
		{"socket by the header", opening + "Authorization: Bearer abc\r\nSec-WebSocket-Protocol: chat"},
		{"no socket", "Sec-WebSocket-Protocol: chat, t.abc"},
		{"no socket and a cookie", "Sec-WebSocket-Protocol: chat, t.abc\r\nCookie: c=def"},
		{"two keys", opening + "Sec-WebSocket-Key: l\r\nSec-WebSocket-Protocol: chat, t.abc"},
		{"socket and cookie", opening + "Sec-WebSocket-Protocol: chat, t.abc\r\nCookie: c=abc"},
		{"socket and field", opening + "Sec-WebSocket-Protocol: chat, t.abc\r\nTxn-Token: abc"},
		{"header and field", "Authorization: Bearer abc\r\nTxn-Token: abc"},
		{"another scheme and field", "Authorization: Txn-Token def\r\nTxn-Token: abc"},
		{"field twice", "Txn-Token: abc\r\ntxn-token: abc"},
		{"field empty", "Txn-Token:"},
		{"field with a list", "Txn-Token: abc, abc"},
		{"field with a scheme", "Txn-Token: Bearer abc"},
		{"cookies", "Cookie: c=abc; c=\"abc\"; d=e"},
		{"cookie emptied", "Cookie: c=\r\nTxn-Token: abc"},
		{"two headers", "Authorization: Basic abc\r\nAuthorization: Basic abc\r\nTxn-Token: abc"},
		{"long", opening + "Sec-WebSocket-Protocol: chat, t." + strings.Repeat("a", shortLimit+1)},
		{"long field", "Txn-Token: " + strings.Repeat("a", shortLimit+1)},
	} {
		seeds = append(seeds, seed{s.name, []any{[]byte(s.text)}})
	}
	return numbered(seeds)
}
