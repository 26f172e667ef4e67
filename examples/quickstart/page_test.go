package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

// log is what was logged, for many goroutines.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// openPage starts a page, for an issuer of ours or, with flags, for somebody else's.
func openPage(t *testing.T, flags ...string) (*page, *log) {
	t.Helper()
	issuer, embedded := jwttest.NewIssuer(t, jwttest.FirstKey("ES256")), (*jwttest.Issuer)(nil)
	parsed, err := parseSettings(flags, noEnvironment, io.Discard)
	require.NoError(t, err)
	if parsed.issuer == "" {
		parsed.issuer, parsed.audience, embedded = issuer.URL(), issuer.Audience(), issuer
	}
	logged := &log{}
	service, err := startService(t.Context(), parsed, logged)
	require.NoError(t, err)
	t.Cleanup(service.stop)
	service.logLevel.Set(-8)
	page, err := startPage(t.Context(), parsed, service, embedded)
	require.NoError(t, err)
	t.Cleanup(page.close)
	return page, logged
}

type reply struct {
	status int
	header http.Header
	body   string
}

// send makes a request with header fields that are given as "Name: value".
func send(t *testing.T, method, url, body string, fields ...string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		if name == "Host" {
			request.Host = value
		}
		request.Header.Set(name, value)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return reply{response.StatusCode, response.Header, string(content)}
}

// Every answer, the bad ones too, forbids what the page does not need.
//
// checklist 221
func TestPageHeaders(t *testing.T) {
	p, _ := openPage(t)
	for request, status := range map[string]int{
		"GET /": 200, "GET /page.js": 200, "GET /chart.js": 200, "GET /page.css": 200, "GET /icon.svg": 200,
		"POST /tokens/good": 200, "POST /explain": 200, "POST /issuer/rotate": 200,
		"GET /page/": 404, "GET /index.html": 404, "GET /..%2fpage.go": 404, "POST /tokens/other": 404,
		"POST /issuer/other": 404, "GET /explain": 405, "GET /issuer/rotate": 405, "GET /tokens/good": 405,
		"GET /tour": 405, "POST /": 405,
	} {
		method, target, _ := strings.Cut(request, " ")
		got := send(t, method, strings.TrimSuffix(p.url, "/")+target, "")
		require.Equal(t, status, got.status, request)
		require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"), request)
		require.Equal(t, "no-store", got.header.Get("Cache-Control"), request)
		require.Equal(t, "no-referrer", got.header.Get("Referrer-Policy"), request)
		require.Equal(t, "same-origin", got.header.Get("Cross-Origin-Resource-Policy"), request)
		require.Empty(t, got.header.Get("Access-Control-Allow-Origin"), request)
		policy := got.header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';",
			"frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
			require.Contains(t, policy, part, request)
		}
		require.NotContains(t, policy, "unsafe", request)
	}
}

// The files keep to that policy, and name nothing on any other site.
func TestPageFiles(t *testing.T) {
	entries, err := pageFiles.ReadDir("page")
	require.NoError(t, err)
	require.Len(t, entries, 5)
	for _, entry := range entries {
		content, err := pageFiles.ReadFile(path.Join("page", entry.Name()))
		require.NoError(t, err)
		text := strings.ReplaceAll(string(content), "http://www.w3.org/2000/svg", "")
		require.NotRegexp(t, regexp.MustCompile(`(?i)//\w|@import|url\(|javascript:`), text, entry.Name())
		if entry.Name() == "index.html" {
			require.NotRegexp(t, regexp.MustCompile(`(?i)\s(style|on\w+)=|<style|<script(>|[^>]*>[^<])`), text)
		}
		require.NotRegexp(t, regexp.MustCompile(`(?i)innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(`+
			`|DOMParser|srcdoc|localStorage|sessionStorage`), text, entry.Name())
	}
}

// Another site's script can have a browser call the page by a name of that site, or from that site.
func TestPageIsForItselfOnly(t *testing.T) {
	p, _ := openPage(t)
	host := strings.Trim(strings.TrimPrefix(p.url, "http:"), "/")
	_, port, _ := strings.Cut(host, ":")
	cross, same := "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-origin"
	for _, tt := range []struct {
		name, request string
		fields        []string
		status        int
	}{
		{"itself", "POST /tokens/good", []string{same, "Origin: http://" + host}, 200},
		{"no browser", "POST /tokens/good", nil, 200},
		{"localhost", "POST /tokens/good", []string{"Host: localhost:" + port, "Origin: http://localhost:" + port}, 200},
		{"rebound", "POST /tokens/good", []string{"Host: evil.example:" + port, same}, 421},
		{"rebound without port", "GET /", []string{"Host: evil.example", same}, 421},
		{"rebound, to the stream", "GET /events", []string{"Host: evil.example:" + port, same}, 421},
		{"another loopback name", "GET /", []string{"Host: 127.0.0.2:" + port}, 421},
		{"another port", "GET /", []string{"Host: 127.0.0.1:1"}, 421},
		{"a name that begins so", "GET /", []string{"Host: 127.0.0.1.evil.example:" + port}, 421},
		{"from another site", "POST /tokens/good", []string{cross}, 403},
		{"from another port", "POST /tokens/good", []string{"Sec-Fetch-Site: same-site"}, 403},
		{"from another origin", "POST /issuer/stop", []string{"Origin: https://evil.example"}, 403},
		{"from no origin", "POST /issuer/stop", []string{"Origin: null"}, 403},
		{"another site's stream", "GET /events", []string{cross, "Sec-Fetch-Mode: no-cors"}, 403},
		{"another site's script", "GET /page.js", []string{cross, "Sec-Fetch-Mode: no-cors"}, 403},
		{"a link", "GET /", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 200},
		{"a link to the stream", "GET /events", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 403},
		{"a frame", "GET /", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, 403},
		{"a form", "POST /tour", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			method, target, _ := strings.Cut(tt.request, " ")
			require.Equal(t, tt.status, send(t, method, "http://"+host+target, "", tt.fields...).status)
		})
	}
	fault, _ := p.issuer.state()
	require.Equal(t, "works", fault, "no refused request did anything")
}

// explanationOf has the page explain a token.
func explanationOf(t *testing.T, p *page, token string) (verdict, reason, body string) {
	t.Helper()
	got := send(t, "POST", p.url+"explain", token)
	require.Equal(t, 200, got.status, got.body)
	var e struct{ Verdict, Reason string }
	require.NoError(t, json.Unmarshal([]byte(got.body), &e))
	return e.Verdict, e.Reason, got.body
}

// checklist 221
func TestPageExplains(t *testing.T) {
	p, logged := openPage(t)
	want := map[string]string{"good": "", "expired": "expired", "early": "not_yet_valid", "audience": "audience",
		"issuer": "issuer", "tampered": "signature", "stranger": "unknown_key", "none": "algorithm", "id": "type",
		"subject": "missing_claim", "faults": "type", "markup": "type"}
	require.Len(t, samples, len(want))
	for name, reason := range want {
		got := send(t, "POST", p.url+"tokens/"+name, "")
		require.Equal(t, 200, got.status)
		verdict, why, body := explanationOf(t, p, " "+got.body+"\n")
		require.Equal(t, reason, why, name)
		require.Equal(t, reason == "", verdict == "accepted", name)
		for segment := range strings.SplitSeq(got.body, ".") {
			if segment != "" {
				require.NotContains(t, body, segment, name)
				require.NotContains(t, logged.String(), segment, name)
			}
		}
		require.NotContains(t, body, "<", "HTML in claims does not even leave the program as such")
	}
}

func TestPageExplainsWithinBounds(t *testing.T) {
	p, _ := openPage(t)
	_, reason, _ := explanationOf(t, p, strings.Repeat("a", maxPosted))
	require.Equal(t, "too_large", reason)
	require.Equal(t, 413, send(t, "POST", p.url+"explain", strings.Repeat("a", maxPosted+1)).status)
	for range maxExplaining {
		p.explaining <- struct{}{}
	}
	got := send(t, "POST", p.url+"explain", "a.b.c")
	require.Equal(t, 503, got.status)
	require.NotEmpty(t, got.header.Get("Retry-After"))
	<-p.explaining
	require.Equal(t, 200, send(t, "POST", p.url+"explain", "a.b.c").status)
	require.Len(t, p.explaining, maxExplaining-1)
}

// Tokens of a real issuer are for the API, unless somebody says otherwise.
func TestPageOfARealIssuer(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	flags := []string{"-issuer", issuer.URL(), "-audience", issuer.Audience()}
	off, _ := openPage(t, flags...)
	on, _ := openPage(t, append(flags, "-explain-real-tokens")...)
	for _, target := range []string{"explain", "tokens/good", "issuer/stop", "tour"} {
		require.Equal(t, 404, send(t, "POST", off.url+target, "a.b.c").status, target)
		if target != "explain" {
			require.Equal(t, 404, send(t, "POST", on.url+target, "").status, target)
		}
	}
	require.False(t, off.about().Explains)
	require.False(t, on.about().Embedded)
	require.Empty(t, on.about().Tokens)
	verdict, _, _ := explanationOf(t, on, issuer.Token())
	require.Equal(t, "accepted", verdict)
}

func TestPageHasAnAddressInUse(t *testing.T) {
	p, _ := openPage(t)
	err := run(context.Background(), []string{"-page", strings.Trim(strings.TrimPrefix(p.url, "http:"), "/")},
		noEnvironment, io.Discard, io.Discard)
	require.ErrorContains(t, err, "address already in use")
}
