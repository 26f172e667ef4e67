package protector_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// token is a row of an application's own table.
type token struct {
	user    string
	scope   string
	expires time.Time
}

func (t *token) Scopes() scopes.Set   { return scopes.Parse(t.scope) }
func (t *token) ExpiresAt() time.Time { return t.expires }

// table is the application's own lookup. It counts how often it is asked.
type table struct {
	rows  map[string]*token
	asked atomic.Int64
}

func (t *table) lookup(_ context.Context, s string) (*token, error) {
	t.asked.Add(1)
	return t.rows[s], nil
}

func newTable() *table {
	return &table{rows: map[string]*token{
		"alice":   {user: "alice", scope: "profile email"},
		"bob":     {user: "bob", scope: "user"},
		"carol":   {user: "carol"},
		"expired": {user: "dave", scope: "profile", expires: time.Unix(1, 0)},
	}}
}

// invalid is an error that says that the token is no good.
type invalid struct{ reason string }

func (e invalid) Error() string              { return "no good: " + e.reason }
func (e invalid) InvalidToken() bool         { return true }
func (e invalid) InvalidTokenReason() string { return e.reason }

// away is an error that says when to try again.
type away struct{ after time.Duration }

func (e away) Error() string             { return "the lookup is away" }
func (e away) RetryAfter() time.Duration { return e.after }

var errDown = errors.New("connection refused")

func newGuard(t testing.TB, config protector.Config) *protector.Protector {
	t.Helper()
	if config.Validators == nil {
		config.Validators = []protector.Validator{protector.Bearer(newTable().lookup)}
	}
	guard, err := protector.New(config)
	require.NoError(t, err)
	return guard
}

// hello answers with the current token's user.
var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if tok, ok := protector.CurrentToken[*token](r.Context()); ok {
		fmt.Fprint(w, "hello "+tok.user)
		return
	}
	fmt.Fprint(w, "hello anonymous")
})

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) challenges() []string { return a.header.Values("WWW-Authenticate") }

func serve(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// ask sends a request through a real server. Headers come as "Name: value".
func ask(t testing.TB, server *httptest.Server, method, path, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	client := *server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(r)
	require.NoError(t, err)
	return read(t, response)
}

func get(t testing.TB, server *httptest.Server, path string, headers ...string) answer {
	t.Helper()
	return ask(t, server, http.MethodGet, path, "", headers...)
}

// raw sends bytes that net/http's client would not.
func raw(t testing.TB, server *httptest.Server, request string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	method, _, _ := strings.Cut(request, " ")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	require.NoError(t, err)
	return read(t, response)
}

func read(t testing.TB, response *http.Response) answer {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, string(body)}
}

// parseChallenge reads a challenge as strictly as RFC 9110 §11.6.1 lets it be
// read, and fails the test on anything else: an attribute given twice, a value
// without quotes, a character its grammar does not have.
func parseChallenge(t testing.TB, challenge string) (scheme string, params map[string]string) {
	t.Helper()
	scheme, rest, ok := strings.Cut(challenge, " ")
	require.True(t, ok, "a challenge has at least one auth-param: %q", challenge)
	params = map[string]string{}
	for rest != "" {
		name, value, ok := strings.Cut(rest, `="`)
		require.True(t, ok, challenge)
		require.Regexp(t, `^[a-z_]+$`, name)
		require.NotContains(t, params, name, "given twice: %q", challenge)
		params[name], rest = unquote(t, value)
		if rest != "" {
			require.True(t, strings.HasPrefix(rest, ", "), challenge)
			rest = rest[2:]
		}
	}
	require.NotEmpty(t, params)
	for _, name := range []string{"error", "error_description"} {
		require.Regexp(t, `^[\x20-\x21\x23-\x5B\x5D-\x7E]*$`, params[name])
	}
	require.Regexp(t, `^([\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*)?$`, params["scope"])
	return scheme, params
}

// unquote reads the rest of a quoted-string.
func unquote(t testing.TB, s string) (value, rest string) {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:]
		case '\\':
			i++
			require.Less(t, i, len(s))
		}
		b.WriteByte(s[i])
	}
	require.Fail(t, "a quoted-string does not end", s)
	return "", ""
}
