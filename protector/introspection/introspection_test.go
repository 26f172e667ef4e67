package introspection_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

const (
	token    = "opaque-token_1.2~3+4/5=="
	audience = "https://api.example"
)

// activeAnswer is the least that a default Config accepts.
const activeAnswer = `{"active":true,"token_type":"Bearer"}`

type settings = introspection.Config

// config is one that New accepts, for an endpoint at this address.
func config(endpoint string) introspection.Config {
	return introspection.Config{
		Endpoint:    endpoint,
		Credentials: introspection.ClientSecretBasic("api", "secret"),
		Audiences:   []string{audience},
	}
}

func newClient(t *testing.T, c introspection.Config) *introspection.Client {
	t.Helper()
	client, err := introspection.New(c)
	require.NoError(t, err)
	return client
}

// serve is a real server that answers every question so.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func answering(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, body)
	}
}

// introspect asks a fresh client about the token, once, at a server with this
// answer.
func introspect(t *testing.T, body string, adjust ...func(*settings)) (*introspection.Token, error) {
	t.Helper()
	c := config(serve(t, answering(body)).URL)
	for _, a := range adjust {
		a(&c)
	}
	return newClient(t, c).Introspect(t.Context(), token)
}

func requireRejected(t *testing.T, err error, reason introspection.Reason) {
	t.Helper()
	var rejected *introspection.Error
	require.ErrorAs(t, err, &rejected)
	require.Equal(t, reason, rejected.Reason)
	require.True(t, rejected.InvalidToken())
	require.Equal(t, string(reason), rejected.InvalidTokenReason())
	require.NotContains(t, err.Error(), token)
}

func requireUnavailable(t *testing.T, err error, failure introspection.Failure) *introspection.UnavailableError {
	t.Helper()
	var unavailable *introspection.UnavailableError
	require.ErrorAs(t, err, &unavailable)
	require.Equal(t, failure, unavailable.Failure, err)
	require.GreaterOrEqual(t, unavailable.RetryAfter(), time.Second)
	require.NotContains(t, err.Error(), token)
	var invalid interface{ InvalidToken() bool }
	require.False(t, errors.As(err, &invalid), "would be answered 401")
	return unavailable
}

// endpoint is one without a socket, for bubbles. It counts the questions and
// answers them by the token asked about. As net/http's transport does, it reports
// the connection that each of them is sent over.
type endpoint struct {
	answer  func(token string) (*http.Response, error)
	connect func(context.Context) error // nil: it can be connected to

	mu    sync.Mutex
	dials int
	asked map[string]int
}

func (e *endpoint) dial(ctx context.Context) error {
	e.mu.Lock()
	e.dials++
	connect := e.connect
	e.mu.Unlock()
	trace := httptrace.ContextClientTrace(ctx)
	trace.GetConn("issuer.example:443")
	trace.ConnectStart("tcp", "192.0.2.1:443")
	if connect != nil {
		if err := connect(ctx); err != nil {
			return err
		}
	}
	trace.GotConn(httptrace.GotConnInfo{})
	return nil
}

func (e *endpoint) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := e.dial(request.Context()); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	if e.asked == nil {
		e.asked = make(map[string]int)
	}
	e.asked[form.Get("token")]++
	answer := e.answer
	e.mu.Unlock()

	type result struct {
		response *http.Response
		err      error
	}
	done := make(chan result, 1)
	go func() {
		response, err := answer(form.Get("token"))
		done <- result{response, err}
	}()
	select {
	case <-request.Context().Done():
		return nil, request.Context().Err()
	case r := <-done:
		return r.response, r.err
	}
}

// connecting changes what becomes of connections from here on.
func (e *endpoint) connecting(connect func(context.Context) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.connect = connect
}

func (e *endpoint) dialled() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.dials
}

// become changes the answers from here on.
func (e *endpoint) become(answer func(string) (*http.Response, error)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = answer
}

func (e *endpoint) calls() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	total := 0
	for _, n := range e.asked {
		total += n
	}
	return total
}

func (e *endpoint) client(t *testing.T, adjust ...func(*settings)) *introspection.Client {
	t.Helper()
	c := config("https://issuer.example/introspect")
	c.HTTPClient = &http.Client{Transport: e}
	for _, a := range adjust {
		a(&c)
	}
	return newClient(t, c)
}

func response(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

func always(body string) func(string) (*http.Response, error) {
	return func(string) (*http.Response, error) { return response(200, body), nil }
}

func newLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
