package introspection_test

import (
	"bufio"
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

func withType(contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		io.WriteString(w, activeAnswer)
	}
}

func withStatus(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// checklist 178, 179
func TestHostileServer(t *testing.T) {
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		failure introspection.Failure
	}{
		"500":                {withStatus(500, activeAnswer), introspection.FailureStatus},
		"502":                {withStatus(502, activeAnswer), introspection.FailureStatus},
		"404":                {withStatus(404, activeAnswer), introspection.FailureStatus},
		"201":                {withStatus(201, activeAnswer), introspection.FailureStatus},
		"204":                {withStatus(204, ""), introspection.FailureStatus},
		"400":                {withStatus(400, `{"error":"invalid_request"}`), introspection.FailureStatus},
		"400 and no JSON":    {withStatus(400, `nope`), introspection.FailureStatus},
		"401":                {withStatus(401, `{"active":false}`), introspection.FailureStatus},
		"401 and no JSON":    {withStatus(401, `invalid_client`), introspection.FailureStatus},
		"401 invalid_client": {withStatus(401, `{"error":"invalid_client"}`), introspection.FailureCredentialsRefused},
		"403":                {withStatus(403, ``), introspection.FailureStatus},
		"403 unauthorized_client": {
			withStatus(403, `{"error":"unauthorized_client"}`),
			introspection.FailureCredentialsRefused,
		},
		"500 invalid_client": {withStatus(500, `{"error":"invalid_client"}`), introspection.FailureStatus},
		"400 invalid_token":  {withStatus(400, `{"error":"invalid_token"}`), introspection.FailureStatus},
		"400 invalid_client": {withStatus(400, `{"error":"invalid_client"}`), introspection.FailureCredentialsRefused},
		"400 unauthorized_client": {
			withStatus(400, `{"error":"unauthorized_client"}`),
			introspection.FailureCredentialsRefused,
		},
		"HTML":                     {withType("text/html"), introspection.FailureContentType},
		"no type":                  {withType(""), introspection.FailureContentType},
		"text":                     {withType("text/plain"), introspection.FailureContentType},
		"signed answer":            {withType("application/token-introspection+jwt"), introspection.FailureContentType},
		"type that does not parse": {withType("application/json; ="), introspection.FailureContentType},
		"suffix":                   {withType("application/problem+json"), introspection.FailureContentType},
		"two types": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{"application/json", "text/html"}
			io.WriteString(w, activeAnswer)
		}, introspection.FailureContentType},
		"huge": {
			answering(`{"active":true,"token_type":"Bearer","x":"` + strings.Repeat("x", 64<<10) + `"}`),
			introspection.FailureTooLarge,
		},
		"huge white space": {answering(activeAnswer + strings.Repeat(" ", 64<<10)), introspection.FailureTooLarge},
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(" ", 4096)); err != nil {
					return
				}
			}
		}, introspection.FailureTooLarge},
		"gzip bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			bomb := gzip.NewWriter(w)
			io.Copy(bomb, io.LimitReader(spaces{}, 2<<20))
			bomb.Close()
		}, introspection.FailureTooLarge},
		"cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, activeAnswer)
		}, introspection.FailureUnreachable},
		"hangs up": {
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			introspection.FailureUnreachable,
		},
		"not HTTP": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				io.WriteString(conn, "SSH-2.0-server\r\n\r\n")
				conn.Close()
			}
		}, introspection.FailureUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, config(serve(t, tc.handler).URL))
			got, err := client.Introspect(t.Context(), token)
			requireUnavailable(t, err, tc.failure)
			require.Nil(t, got)
		})
	}
}

// spaces has no end of them.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// checklist 178
func TestSlowServer(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"says nothing": func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // or the server would not notice the leaving
			<-r.Context().Done()
		},
		"stops halfway": func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"active":true,`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
		"keeps a refusal open": func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := config(serve(t, handler).URL)
			c.Timeout = 50 * time.Millisecond
			_, err := newClient(t, c).Introspect(t.Context(), token)
			requireUnavailable(t, err, introspection.FailureTimedOut)
		})
	}
}

// checklist 178
func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the token was sent elsewhere") })
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, status) })
		// The caller's own client would follow.
		follow := func(*http.Request, []*http.Request) error { return nil }
		for _, own := range []*http.Client{nil, {}, {CheckRedirect: follow}} {
			c := config(server.URL)
			c.HTTPClient = own
			_, err := newClient(t, c).Introspect(t.Context(), token)
			require.Equal(t, status, requireUnavailable(t, err, introspection.FailureStatus).Status)
		}
	}
}

// checklist 178
func TestUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	_, err = newClient(t, config("http://"+listener.Addr().String())).Introspect(t.Context(), token)
	requireUnavailable(t, err, introspection.FailureUnreachable)
	require.NotContains(t, err.Error(), "http://")
}

// checklist 171
func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(answering(activeAnswer))
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(server.Close)

	c := config(server.URL)
	c.HTTPClient = server.Client()
	_, err := newClient(t, c).Introspect(t.Context(), token)
	require.NoError(t, err)

	c.HTTPClient = nil // does not know the test server's certificate
	_, err = newClient(t, c).Introspect(t.Context(), token)
	requireUnavailable(t, err, introspection.FailureUnreachable)
	var certificate *tls.CertificateVerificationError
	require.ErrorAs(t, err, &certificate)
}

func TestCredentialsRefusedIsLoud(t *testing.T) {
	var logged strings.Builder
	refusal := withStatus(401, `{"error":"invalid_client","error_description":"`+token+`"}`)
	c := config(serve(t, refusal).URL + "/introspect?key=hush")
	c.Logger = newLogger(&logged)
	_, err := newClient(t, c).Introspect(t.Context(), token)
	u := requireUnavailable(t, err, introspection.FailureCredentialsRefused)
	require.Equal(t, 401, u.Status)
	require.Equal(t, 30*time.Second, u.RetryAfter())
	require.ErrorContains(t, err, "OUR OWN CREDENTIALS")
	require.Contains(t, logged.String(), "level=ERROR")
	require.Contains(t, logged.String(), "refuses our credentials")
	require.NotContains(t, logged.String(), token)
	require.NotContains(t, logged.String(), "secret")
	require.Contains(t, logged.String(), "/introspect")
	require.NotContains(t, logged.String(), "hush")
}

func TestRetryAfter(t *testing.T) {
	now := time.Unix(1_700_000_000, 0).UTC()
	for name, tc := range map[string]struct {
		header string
		want   time.Duration
	}{
		"none":     {"", time.Second},
		"seconds":  {"7", 7 * time.Second},
		"zero":     {"0", time.Second},
		"too long": {"3600", 30 * time.Second},
		"date":     {now.Add(9 * time.Second).Format(http.TimeFormat), 9 * time.Second},
		"past":     {now.Add(-time.Hour).Format(http.TimeFormat), time.Second},
		"far date": {now.AddDate(500, 0, 0).Format(http.TimeFormat), 30 * time.Second},
		"negative": {"-5", time.Second},
		"a day":    {"86400", 30 * time.Second},
		"absurd":   {"99999999999999999999", 30 * time.Second},
		"nonsense": {"soon", time.Second},
	} {
		for _, status := range []int{429, 503} {
			t.Run(fmt.Sprintf("%s %d", name, status), func(t *testing.T) {
				c := config(serve(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", tc.header)
					w.WriteHeader(status)
				}).URL)
				c.Now = func() time.Time { return now }
				_, err := newClient(t, c).Introspect(t.Context(), token)
				require.Equal(t, tc.want, requireUnavailable(t, err, introspection.FailureStatus).RetryAfter())
			})
		}
	}
}

func TestTokensThatAreNeverSent(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	client := newClient(t, config(server.URL))
	for name, token := range map[string]string{
		"empty":         "",
		"only padding":  "==",
		"inner padding": "a=b",
		"space":         "a b",
		"line break":    "a\r\nb",
		"NUL":           "a\x00",
		"ampersand":     "a&active=true",
		"percent":       "a%20",
		"comma":         "a,b",
		"colon":         "a:b",
		"not ASCII":     "tök",
		"invalid UTF-8": "a\xff",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.Introspect(t.Context(), token)
			var rejected *introspection.Error
			require.ErrorAs(t, err, &rejected)
			require.Equal(t, introspection.ReasonMalformed, rejected.Reason)
		})
	}
}

func TestTokenSizeLimit(t *testing.T) {
	client := newClient(t, config(serve(t, answering(activeAnswer)).URL))
	_, err := client.Introspect(t.Context(), strings.Repeat("a", 16<<10))
	require.NoError(t, err)
	for _, token := range []string{
		strings.Repeat("a", 16<<10) + "=", strings.Repeat("a", 1<<20), strings.Repeat("\n", 1<<20),
	} {
		_, err = client.Introspect(t.Context(), token)
		var rejected *introspection.Error
		require.ErrorAs(t, err, &rejected)
		require.Equal(t, introspection.ReasonTooLarge, rejected.Reason)
	}
}

func TestRefusingAMegabyteIsCheap(t *testing.T) {
	client := newClient(t, config("https://issuer.example/introspect"))
	big := strings.Repeat("a", 1<<20)
	// One allocation: the error.
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { client.Introspect(t.Context(), big) }), 1.0)
}

func TestCookiesAreNotSent(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Cookies()) > 0 {
			t.Error("sent", r.Cookies())
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "theirs"})
		answering(`{"active":false}`)(w, r)
	})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	location, err := url.Parse(server.URL)
	require.NoError(t, err)
	jar.SetCookies(location, []*http.Cookie{{Name: "mine", Value: "1"}})
	c := config(server.URL)
	c.HTTPClient = &http.Client{Jar: jar}
	client := newClient(t, c)
	client.Introspect(t.Context(), "one")
	client.Introspect(t.Context(), "two")
	require.Len(t, jar.Cookies(location), 1)
}

// A server may close a kept connection at the moment that it is used again.
// That is no outage: the question is asked once more.
func TestKeptConnectionIsClosed(t *testing.T) {
	client := newClient(t, config("http://"+hangingUp(t, func(*http.Request) {})))
	for i := range 5 {
		_, err := client.Introspect(t.Context(), fmt.Sprint("token", i))
		require.NoError(t, err)
	}
}

// hangingUp is the address of a server that answers one question on each connection,
// reads the next, and hangs up on it.
func hangingUp(t *testing.T, see func(*http.Request)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerOnce(conn, see)
		}
	}()
	return listener.Addr().String()
}

func answerOnce(conn net.Conn, see func(*http.Request)) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for i := range 2 {
		request, err := http.ReadRequest(reader)
		if err != nil || request.ParseForm() != nil {
			return
		}
		see(request)
		if i == 0 {
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
				len(activeAnswer), activeAnswer)
		}
	}
}
