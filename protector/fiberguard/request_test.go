package fiberguard_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/fiberguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// seen returns a guard that lets all in, and what tells the first request that it
// was asked about since it was last told.
func seen(t testing.TB, config protector.Config) (*protector.Protector, func() *http.Request) {
	var mu sync.Mutex
	var first *http.Request
	config.RequestCheck = func(r *http.Request) error {
		mu.Lock()
		defer mu.Unlock()
		if first == nil {
			first = r
		}
		return nil
	}
	return newGuard(t, config), func() *http.Request {
		mu.Lock()
		defer mu.Unlock()
		r := first
		first = nil
		return r
	}
}

// What the guard sees is what net/http would have shown it, byte by byte.
func TestRequests(t *testing.T) {
	guard, last := seen(t, protector.Config{})
	app := newApp()
	app.All("/*", fiberguard.Optional(guard), whoami)
	plain, lastPlain := seen(t, protector.Config{})
	server := httptest.NewServer(plain.Optional()(http.NotFoundHandler()))
	defer server.Close()
	addr, plainAddr := serve(t, app), strings.TrimPrefix(server.URL, "http://")
	for name, tt := range map[string]struct {
		method, target string
		fields         []string
	}{
		"plain":             {"GET", "/", nil},
		"query":             {"GET", "/a?b=c&d=%20", nil},
		"escapes":           {"GET", "/a%2Fb%2fc/%7e~;x=y", nil},
		"dots":              {"GET", "/a/../b/./c//d/", nil},
		"two slashes":       {"GET", "//a//b", nil},
		"unreserved":        {"GET", "/AZaz09-._~", nil},
		"reserved":          {"GET", "/:@!$&'()*+,;=", nil},
		"no slash":          {"GET", "az", nil},
		"star":              {"GET", "*", nil},
		"long":              {"GET", "/" + strings.Repeat("a", 300), []string{"X-A: " + strings.Repeat("b", 300), "X-B: c"}},
		"many":              {"GET", "/", strings.Split(strings.Repeat("X-A: b\nX-B: c\n", 10)+"X-C: d", "\n")},
		"absolute":          {"GET", "http://other.example/a?b", nil},
		"no path":           {"GET", "http://other.example", nil},
		"bytes":             {"GET", "/\xff\xc3\xa9", nil},
		"bad escape":        {"GET", "/%zz", nil},
		"relative":          {"GET", "a/b", nil},
		"fragment":          {"GET", "/a#b", nil},
		"two of a name":     {"POST", "/", []string{"X-A: b", "x-a:  c ", "X-B:"}},
		"two scopes":        {"GET", "/", []string{"Authorization: Basic a", "authorization: Basic b"}},
		"two cookies":       {"GET", "/", []string{"Cookie: a=b", "Cookie: c=d"}},
		"two types":         {"POST", "/", []string{"Content-Type: text/a", "content-type: text/b"}},
		"two hosts":         {"GET", "/", []string{"Host: b"}},
		"space before :":    {"GET", "/", []string{"Authorization : Bearer alice"}},
		"space in name":     {"GET", "/", []string{"Authori zation: Bearer alice"}},
		"folded":            {"GET", "/", []string{"X-A: b\r\n c"}},
		"control character": {"GET", "/", []string{"X-A: b\x01c"}},
		"delete":            {"DELETE", "/", []string{"Upgrade: websocket", "Origin: null"}},
		"high bytes":        {"GET", "/", []string{"X-A: \xff\xfe"}},
		"empty":             {"GET", "/", []string{"Authorization:"}},
		"unusual name":      {"GET", "/", []string{"x-a_b!: c", "DPOP: a"}},
	} {
		t.Run(name, func(t *testing.T) {
			refusals.Send(t, plainAddr, tt.method, tt.target, tt.fields...)
			status, _, _ := refusals.Send(t, addr, tt.method, tt.target, tt.fields...)
			got, want := last(), lastPlain()
			if want == nil || got == nil { // refusing more than net/http is fine, and less is not
				require.Nil(t, got)
				require.Equal(t, http.StatusBadRequest, status)
				return
			}
			require.Equal(t, want.Method, got.Method)
			require.Equal(t, want.RequestURI, got.RequestURI)
			require.Equal(t, want.URL, got.URL)
			require.Equal(t, want.Host, got.Host)
			for _, name := range []string{"Connection", "Content-Length"} { // fasthttp makes up a length of 0
				delete(got.Header, name)
				delete(want.Header, name)
			}
			if cookies := want.Header["Cookie"]; len(cookies) > 1 { // fasthttp joins them, as HTTP/2 has it
				want.Header["Cookie"] = []string{strings.Join(cookies, "; ")}
			}
			require.Equal(t, want.Header, got.Header)
			require.Regexp(t, `^127\.0\.0\.1:\d+$`, got.RemoteAddr)
			require.Nil(t, got.TLS)
		})
	}
}

// The address is the one that net/http writes, of every kind of connection.
func TestRemoteAddr(t *testing.T) {
	guard, last := seen(t, protector.Config{})
	app := newApp()
	app.Get("/", fiberguard.Optional(guard), whoami)
	for _, addr := range []net.Addr{
		&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1},
		&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1).To4(), Port: 65535},
		&net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 443},
		&net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0", Port: 443},
		&net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: strings.Repeat("z", 300), Port: 443},
		&net.TCPAddr{IP: net.IP{1, 2, 3}, Port: 443},
		&net.TCPAddr{Port: 443},
		&net.UnixAddr{Name: "/run/api.sock", Net: "unix"},
	} {
		var ctx fasthttp.RequestCtx
		ctx.Init(new(fasthttp.Request), addr, nil)
		app.Handler()(&ctx)
		require.Equal(t, addr.String(), last().RemoteAddr)
	}
}

// What fiber's own adaptor makes of two fields is why this package has its own.
func TestTheAdaptorKeepsOneOfTwoFields(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	app := newApp()
	app.Get("/adaptor", adaptor.HTTPMiddleware(guard.Require()), whoami)
	app.Get("/guard", fiberguard.Require(guard), whoami)
	addr := serve(t, app)
	fields := []string{"Authorization: Bearer mallory", "Authorization: Bearer alice"}
	status, _, body := refusals.Send(t, addr, "GET", "/adaptor", fields...)
	require.Equal(t, http.StatusOK, status, "the adaptor was mended: say so in the documentation")
	require.Equal(t, "nobody", body)
	status, _, _ = refusals.Send(t, addr, "GET", "/guard", fields...)
	require.Equal(t, http.StatusBadRequest, status)
}

// What a middleware in front changes is what counts, as in net/http.
func TestChangedRequests(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	app := newApp()
	app.Use("/without", func(c fiber.Ctx) error { c.Request().Header.Del("Authorization"); return c.Next() })
	app.Use("/with", func(c fiber.Ctx) error {
		c.Request().Header.Set("Authorization", "Bearer "+c.Get("X-Token"))
		return c.Next()
	})
	app.Get("/without", fiberguard.Optional(guard), whoami)
	app.Get("/with", fiberguard.Optional(guard), whoami)
	addr := serve(t, app)
	_, _, body := refusals.Send(t, addr, "GET", "/without", "Authorization: Bearer alice")
	require.Equal(t, "nobody", body)
	_, _, body = refusals.Send(t, addr, "GET", "/with", "Authorization: Bearer bob", "X-Token: alice")
	require.Equal(t, "alice", body)
}

// fasthttp writes the next request of a connection over the last one. What was kept
// of that, as a cache of tokens keeps them, must not change.
func TestTextsAreCopies(t *testing.T) {
	var mu sync.Mutex
	var tokens []string
	var contexts []context.Context
	var requests []*http.Request
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(func(_ context.Context, token string) (*row, error) {
			mu.Lock()
			defer mu.Unlock()
			tokens = append(tokens, token)
			return &row{user: token}, nil
		})},
		RequestCheck: func(r *http.Request) error {
			mu.Lock()
			defer mu.Unlock()
			requests = append(requests, r)
			return nil
		},
	})
	require.NoError(t, err)
	app := newApp()
	app.Get("/user/:id", fiberguard.Require(guard), func(c fiber.Ctx) error {
		mu.Lock()
		defer mu.Unlock()
		contexts = append(contexts, c.Context())
		return nil
	})
	conn, err := net.Dial("tcp", serve(t, app))
	require.NoError(t, err)
	defer conn.Close()
	names := []string{"alice", "bobby", "carol", "david"}
	for _, name := range names { // long texts are copied otherwise
		names = append(names, strings.Repeat(name, 40))
	}
	for _, name := range names {
		_, err = fmt.Fprintf(conn, "GET /user/%[1]s HTTP/1.1\r\nHost: %[1]s\r\nX-A: %[1]s\r\n"+
			"Authorization: Bearer %[1]s\r\n\r\n", name)
		require.NoError(t, err)
		buffer := make([]byte, 4096)
		_, err = conn.Read(buffer)
		require.NoError(t, err)
	}
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, names, tokens)
	for i, name := range names {
		token, ok := protector.CurrentToken[*row](contexts[i])
		require.True(t, ok)
		require.Equal(t, name, token.user)
		require.Equal(t, "/user/"+name, requests[i].RequestURI+requests[i].URL.RawQuery)
		require.Equal(t, name+name, requests[i].Host+requests[i].Header.Get("X-A"))
		require.Equal(t, "/user/:id", requests[i].Pattern)
	}
}

// A certificate of the client is where mutual TLS looks for it.
func TestTLS(t *testing.T) {
	guard, last := seen(t, protector.Config{})
	app := newApp()
	app.Get("/", fiberguard.Optional(guard), whoami)
	issued := httptest.NewUnstartedServer(nil) // for its certificate
	issued.StartTLS()
	defer issued.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: issued.TLS.Certificates, ClientAuth: tls.RequestClientCert,
	})
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	defer func() {
		require.NoError(t, app.Shutdown())
		require.NoError(t, <-done)
	}()
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, Certificates: issued.TLS.Certificates,
	}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get("https://" + listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	r := last()
	require.NotNil(t, r.TLS)
	require.Equal(t, [][]byte{r.TLS.PeerCertificates[0].Raw}, issued.TLS.Certificates[0].Certificate[:1])
}

// A form that the guard has read is there for fiber's own readers, streamed or not.
func TestForm(t *testing.T) {
	for _, stream := range []bool{false, true} {
		guard := newGuard(t, protector.Config{BufferedFormTokens: true})
		app := newApp(fiber.Config{StreamRequestBody: stream})
		app.Post("/form", fiberguard.Require(guard), func(c fiber.Ctx) error {
			return c.SendString(c.FormValue("a") + fmt.Sprint(len(c.Body())))
		})
		form := url.Values{"access_token": {"alice"}, "a": {strings.Repeat("b", 40<<10)}}
		response, err := http.PostForm("http://"+serve(t, app)+"/form", form)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, form.Get("a")+fmt.Sprint(len(form.Encode())), string(body))
		require.Equal(t, "private", response.Header.Get("Cache-Control"))
	}
}

// fiber's limit is below that of a token, and answers before any handler.
func TestHeaderLimit(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	app := fiber.New()
	app.Get("/", fiberguard.Require(guard), whoami)
	status, _, _ := refusals.Send(t, serve(t, app), "GET", "/", "Authorization: Bearer "+strings.Repeat("a", 5<<10))
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, status)
}
