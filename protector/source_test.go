package protector_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

const urlencoded = "Content-Type: application/x-www-form-urlencoded"

// checklist 7, 8
func TestQueryTokens(t *testing.T) {
	closed := serve(t, newGuard(t, protector.Config{}).Require()(hello))
	require.Equal(t, 401, get(t, closed, "/?access_token=alice").status)
	require.Equal(t, 200, get(t, closed, "/?access_token=bob", "Authorization: Bearer alice").status)

	server := serve(t, newGuard(t, protector.Config{InsecureQueryTokens: true}).Require("profile")(hello))
	for _, tt := range []struct {
		name, path, header string
		status             int
		error              string
	}{
		{"token", "/?access_token=alice", "X: y", 200, ""},
		{"among others", "/?a=b&access_token=alice&c=%zz", "X: y", 200, ""},
		{"header", "/?a=b", "Authorization: Bearer alice", 200, ""},
		{"none", "/?a=b", "X: y", 401, ""},
		{"other case", "/?Access_Token=alice", "X: y", 401, ""},
		{"bad", "/?access_token=mallory", "X: y", 401, "invalid_token"},
		{"short", "/?access_token=bob", "X: y", 403, "insufficient_scope"},
		{"empty", "/?access_token=", "X: y", 400, "invalid_request"},
		{"twice", "/?access_token=alice&access_token=alice", "X: y", 400, "invalid_request"},
		{"not in the syntax", "/?access_token=al%20ice", "X: y", 400, "invalid_request"},
		{"line break", "/?access_token=al%0d%0aice", "X: y", 400, "invalid_request"},
		{"too long", "/?access_token=" + strings.Repeat("a", 20000), "X: y", 401, "invalid_token"},
		{"beside the header", "/?access_token=alice", "Authorization: Bearer alice", 400, "invalid_request"},
		{"beside another scheme", "/?access_token=alice", "Authorization: Basic YTpi", 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := get(t, server, tt.path, tt.header)
			require.Equal(t, tt.status, a.status, a.body)
			if tt.status != 200 {
				require.Equal(t, "no-store", a.header.Get("Cache-Control"))
				_, params := parseChallenge(t, a.challenges()[0])
				require.Equal(t, tt.error, params["error"])
			}
		})
	}
}

// checklist 8
func TestQueryTokensMakeAnswersPrivate(t *testing.T) {
	for _, tt := range []struct {
		name    string
		handler func(w http.ResponseWriter, r *http.Request)
		want    string
	}{
		{"nothing written", func(http.ResponseWriter, *http.Request) {}, "private"},
		{"written", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") }, "private"},
		{"status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) }, "private"},
		{"early hints first", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(200) },
			"private"},
		{"flushed", func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() }, "private"},
		{"flushed by controller", func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
			"private"},
		{"copied", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("x")) }, "private"},
		{"not found", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, "private"},
		{"early hints, then not found", func(w http.ResponseWriter,
			_ *http.Request) {
			w.WriteHeader(103)
			w.WriteHeader(404)
		}, "private"},
		{"redirect", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(302) }, "private"},
		{"own no-store", caching("no-store"), "no-store"},
		{"own no-store, among others", caching("max-age=0, No-Store"), "max-age=0, No-Store"},
		{"own private", caching("private, max-age=60"), "private, max-age=60"},
		{"own max-age", caching("max-age=60"), "private, max-age=60"},
		{"own public", caching("public, max-age=60"), "private, max-age=60"},
		{"for shared caches", caching("s-maxage=60, max-age=5"), "private, max-age=5"},
		{"private for one field only", caching(`private="set-cookie"`), `private, private="set-cookie"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
			server := serve(t, guard.Require()(http.HandlerFunc(tt.handler)))
			require.Equal(t, tt.want, get(t, server, "/?access_token=alice").header.Get("Cache-Control"))
		})
	}
	t.Run("the header's own answer is left alone", func(t *testing.T) {
		guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
		server := serve(t, guard.Require()(http.HandlerFunc(caching("public"))))
		require.Equal(t, "public", get(t, server, "/", "Authorization: Bearer alice").header.Get("Cache-Control"))
	})
}

// Frameworks answer the error that a handler returns when the middleware is through with
// it, by the writer that the handler was given.
//
// checklist 8
func TestLateAnswersArePrivate(t *testing.T) {
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
	var given http.ResponseWriter
	protected := guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { given = w }))
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protected.ServeHTTP(w, r)
		caching("public, max-age=60")(given, r)
	}))
	require.Equal(t, "private, max-age=60", get(t, server, "/?access_token=alice").header.Get("Cache-Control"))
	require.Equal(t, "public, max-age=60",
		get(t, server, "/", "Authorization: Bearer alice").header.Get("Cache-Control"))
}

func caching(value string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", value)
		fmt.Fprint(w, "x")
	}
}

// WebSocket libraries ask for the old interface.
func TestQueryTokenConnectionCanBeHijacked(t *testing.T) {
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
	server := serve(t, guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(buffered, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhijacked")
		buffered.Flush()
	})))
	require.Equal(t, "hijacked", raw(t, server, "GET /?access_token=alice HTTP/1.1\r\nHost: api.example\r\n\r\n").body)
}

// checklist 5, 9
func TestFormTokens(t *testing.T) {
	closed := serve(t, newGuard(t, protector.Config{}).Require()(hello))
	require.Equal(t, 401, ask(t, closed, "POST", "/", "access_token=alice", urlencoded).status)

	server := serve(t, newGuard(t,
		protector.Config{BufferedFormTokens: true, MaxFormBytes: 100}).Require("profile")(hello))
	for _, tt := range []struct {
		name, method, body string
		headers            []string
		status             int
	}{
		{"POST", "POST", "access_token=alice", []string{urlencoded}, 200},
		{"PUT", "PUT", "access_token=alice", []string{urlencoded}, 200},
		{"PATCH", "PATCH", "access_token=alice", []string{urlencoded}, 200},
		{"charset", "POST", "access_token=alice", []string{urlencoded + "; charset=utf-8"}, 200},
		{"type in capitals", "POST", "access_token=alice", []string{"Content-Type: APPLICATION/X-WWW-FORM-URLENCODED"}, 200},
		{"GET", "GET", "access_token=alice", []string{urlencoded}, 401},
		{"DELETE", "DELETE", "access_token=alice", []string{urlencoded}, 401},
		{"OPTIONS", "OPTIONS", "access_token=alice", []string{urlencoded}, 401},
		{"no type", "POST", "access_token=alice", nil, 401},
		{"JSON", "POST", `{"access_token":"alice"}`, []string{"Content-Type: application/json"}, 401},
		{"two types", "POST", "access_token=alice", []string{urlencoded, "Content-Type: text/plain"}, 400},
		{"two types, ours last", "POST", "access_token=alice", []string{"Content-Type: text/plain", urlencoded}, 400},
		{"broken parameter", "POST", "access_token=alice", []string{urlencoded + "; charset"}, 200},
		{"broken parameter value", "POST", "access_token=alice", []string{urlencoded + "; a=\"b"}, 200},
		{"broken parameter, beside the header", "POST", "access_token=alice",
			[]string{urlencoded + ";a", "Authorization: Bearer alice"}, 400},
		{"malformed type", "POST", "access_token=alice", []string{"Content-Type: ;"}, 401},
		{"multipart", "POST", multipart, []string{"Content-Type: multipart/form-data; boundary=x"}, 401},
		{"in the query", "POST", "", []string{urlencoded}, 401},
		{"empty", "POST", "access_token=", []string{urlencoded}, 400},
		{"twice", "POST", "access_token=alice&access_token=alice", []string{urlencoded}, 400},
		{"beside the header", "POST", "access_token=alice", []string{urlencoded, "Authorization: Bearer alice"}, 400},
		{"bad", "POST", "access_token=mallory", []string{urlencoded}, 401},
		{"longest", "POST", "access_token=alice&a=" + strings.Repeat("a", 79), []string{urlencoded}, 200},
		{"one more", "POST", "access_token=alice&a=" + strings.Repeat("a", 80), []string{urlencoded}, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(t, server, tt.method, "/?access_token=alice", tt.body, tt.headers...)
			require.Equal(t, tt.status, a.status, a.body)
		})
	}
}

const multipart = "--x\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\nalice\r\n--x--\r\n"

// A multipart form that somebody further out has parsed is in r.PostForm too.
//
// checklist 9
func TestParsedMultipartIsNoForm(t *testing.T) {
	inner := newGuard(t, protector.Config{BufferedFormTokens: true}).Require()(hello)
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseMultipartForm(1 << 20)
		inner.ServeHTTP(w, r)
	}))
	a := ask(t, server, "POST", "/", multipart, "Content-Type: multipart/form-data; boundary=x")
	require.Equal(t, 401, a.status)
	a = ask(t, server, "POST", "/", "access_token=alice", urlencoded)
	require.Equal(t, 200, a.status, "a form that was parsed already")
}

// The handler finds the body as if nothing had happened.
//
// checklist 9
func TestFormCanBeReadAgain(t *testing.T) {
	guard := newGuard(t, protector.Config{BufferedFormTokens: true})
	server := serve(t,
		guard.Require("profile")(guard.Require("email")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := guard.Acquire(r); err != nil {
				guard.WriteError(w, r, err)
				return
			}
			if r.URL.Path == "/parse" {
				fmt.Fprint(w, r.FormValue("colour"))
				return
			}
			_, _ = io.Copy(w, r.Body)
		}))))
	const body = "access_token=alice&colour=blue"
	require.Equal(t, body, ask(t, server, "POST", "/read", body, urlencoded).body)
	require.Equal(t, "blue", ask(t, server, "POST", "/parse", body, urlencoded).body)

	parsed := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		guard.Require("profile")(hello).ServeHTTP(w, r)
	}))
	require.Equal(t, "hello alice", ask(t, parsed, "POST", "/", body, urlencoded).body)
}

// A form that breaks off is the client's fault, not the server's.
//
// checklist 4
func TestFormBreaksOff(t *testing.T) {
	guard := newGuard(t, protector.Config{BufferedFormTokens: true})
	r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("access_token=al"), broken{}))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := newRecorder()
	guard.Require()(hello).ServeHTTP(w, r)
	require.Equal(t, 400, w.Code)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestCookieTokens(t *testing.T) {
	closed := serve(t, newGuard(t, protector.Config{}).Require()(hello))
	require.Equal(t, 401, get(t, closed, "/", "Cookie: __Host-token=alice").status)

	origins := http.NewCrossOriginProtection()
	require.NoError(t, origins.AddTrustedOrigin("https://app.example"))
	strict := serve(t, newGuard(t, protector.Config{AmbientCookie: "__Host-token"}).Optional("profile")(hello))
	trusting := serve(t, newGuard(t,
		protector.Config{AmbientCookie: "__Host-token", CrossOrigin: origins}).Optional("profile")(hello))
	const cookie = "Cookie: __Host-token=alice"
	for _, tt := range []struct {
		name    string
		server  *httptest.Server
		method  string
		headers []string
		status  int
		body    string
	}{
		{"GET", strict, "GET", []string{cookie}, 200, "hello alice"},
		{"GET across origins", strict, "GET", []string{cookie, "Sec-Fetch-Site: cross-site"}, 200, "hello alice"},
		{"POST", strict, "POST", []string{cookie}, 200, "hello alice"},
		{"POST, same origin", strict, "POST", []string{cookie, "Sec-Fetch-Site: same-origin"}, 200, "hello alice"},
		{"POST, cross site", strict, "POST", []string{cookie, "Sec-Fetch-Site: cross-site"}, 403, "access_denied"},
		{"POST, same site", strict, "POST", []string{cookie, "Sec-Fetch-Site: same-site"}, 403, "access_denied"},
		{"POST, old browser", strict, "POST", []string{cookie, "Origin: https://evil.example"}, 403, "access_denied"},
		{"DELETE, cross site", strict, "DELETE", []string{cookie, "Sec-Fetch-Site: cross-site"}, 403, "access_denied"},
		{"POST, cross site, by header", strict, "POST", []string{"Authorization: Bearer alice",
			"Sec-Fetch-Site: cross-site"}, 200, "hello alice"},
		{"POST, cross site, without token", strict, "POST", []string{"Sec-Fetch-Site: cross-site"}, 200, "hello anonymous"},
		{"POST, trusted origin", trusting, "POST", []string{cookie, "Sec-Fetch-Site: cross-site",
			"Origin: https://app.example"}, 200, "hello alice"},
		{"POST, other origin", trusting, "POST", []string{cookie, "Sec-Fetch-Site: cross-site",
			"Origin: https://evil.example"}, 403, "access_denied"},
		{"beside the header", strict, "GET", []string{cookie, "Authorization: Bearer alice"}, 400, "invalid_request"},
		{"two cookies", strict, "GET", []string{"Cookie: __Host-token=bob; __Host-token=alice"}, 400, "invalid_request"},
		{"WebSocket", strict, "GET", []string{cookie, "Upgrade: websocket", "Origin: https://evil.example"}, 403,
			"access_denied"},
		{"WebSocket, cross site", strict, "GET", []string{cookie, "Upgrade: websocket", "Sec-Fetch-Site: cross-site"}, 403,
			"access_denied"},
		{"WebSocket, same origin", strict, "GET", []string{cookie, "Upgrade: websocket", "Sec-Fetch-Site: same-origin"}, 200,
			"hello alice"},
		{"WebSocket, trusted origin", trusting, "GET", []string{cookie, "Upgrade: websocket", "Origin: https://app.example"},
			200, "hello alice"},
		{"WebSocket, not a browser", strict, "GET", []string{cookie, "Upgrade: websocket"}, 200, "hello alice"},
		{"another cookie", strict, "GET", []string{"Cookie: token=alice"}, 200, "hello anonymous"},
		{"emptied", strict, "GET", []string{"Cookie: __Host-token="}, 200, "hello anonymous"},
		{"bad", strict, "GET", []string{"Cookie: __Host-token=mallory"}, 401, "invalid_token"},
		{"short", strict, "GET", []string{"Cookie: __Host-token=bob"}, 403, "insufficient_scope"},
		{"not in the syntax", strict, "GET", []string{"Cookie: __Host-token=a|b"}, 400, "invalid_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(t, tt.server, tt.method, "/", "", tt.headers...)
			require.Equal(t, tt.status, a.status, a.body)
			require.Contains(t, a.body, tt.body)
		})
	}
	t.Run("shared caches are told", func(t *testing.T) {
		require.Equal(t, "private", get(t, strict, "/", cookie).header.Get("Cache-Control"))
	})
}

// Every pair of places at once is refused, whatever is in them.
//
// checklist 5
func TestMoreThanOneMethod(t *testing.T) {
	guard := newGuard(t, protector.Config{AmbientCookie: "token", BufferedFormTokens: true, InsecureQueryTokens: true})
	server := serve(t, guard.Optional()(hello))
	for places := range 16 {
		path, body, headers, n := "/", "", []string{urlencoded}, 0
		if places&1 != 0 {
			headers, n = append(headers, "Authorization: Bearer alice"), n+1
		}
		if places&2 != 0 {
			headers, n = append(headers, "Cookie: token=alice"), n+1
		}
		if places&4 != 0 {
			body, n = "access_token=alice", n+1
		}
		if places&8 != 0 {
			path, n = "/?access_token=alice", n+1
		}
		t.Run(fmt.Sprintf("places=%04b", places), func(t *testing.T) {
			a := ask(t, server, "POST", path, body, headers...)
			require.Equal(t, n > 1, a.status == 400, a.body)
			require.Equal(t, n < 2, a.status == 200, a.body)
		})
	}
}
