package fiberguard_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/fiberguard"
)

// FuzzRequest compares what the guard sees of any bytes with what net/http reads in
// them: where both read a request, they see the same credentials for the same target.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
		"GET /a?b HTTP/1.1\nHost: a\nAuthorization : Bearer a\n\n",
		"GET http://b/ HTTP/1.0\r\nHost: a\r\nCookie: a=b\r\nCookie: c=\"d\"\r\nDPoP: a\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\ncontent-type: c/d\r\nContent-Length: 1\r\n\r\na",
		"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer\r\n a\r\nX: \xff\r\n\r\n",
		"\r\nGET / HTTP/1.1\r\nHost: a\r\nAuthorization:\tBearer a \t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST * HTTP/0.0\nContent-TYpe:\r\n\r\n0",
	} {
		f.Add([]byte(seed))
	}
	guard, last := seen(f, protector.Config{})
	app := fiber.New()
	app.All("/*", fiberguard.Optional(guard), func(fiber.Ctx) error { return nil })
	server := &fasthttp.Server{Handler: app.Handler(), Logger: quiet{}, ReadTimeout: time.Second}
	f.Fuzz(func(t *testing.T, raw []byte) {
		_ = server.ServeConn(&conn{Reader: bytes.NewReader(raw)}) // what it cannot read is no request
		got := last()
		want, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if got == nil || err != nil {
			return
		}
		require.Equal(t, want.Method, got.Method)
		require.Equal(t, want.RequestURI, got.RequestURI)
		require.Equal(t, want.URL, got.URL)
		for _, name := range []string{"Authorization", "Dpop", "Origin", "Content-Type"} {
			if fields := want.Header[name]; len(fields) != 1 || fields[0] != "" || got.Header[name] != nil {
				require.Equal(t, fields, got.Header[name], name)
			} // fasthttp leaves an empty one out, which says as little
		}
	})
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}

// conn is a connection on which everything was sent, and nothing will be read.
type conn struct{ io.Reader }

func (*conn) Write(p []byte) (int, error)      { return len(p), nil }
func (*conn) Close() error                     { return nil }
func (*conn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*conn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*conn) SetDeadline(time.Time) error      { return nil }
func (*conn) SetReadDeadline(time.Time) error  { return nil }
func (*conn) SetWriteDeadline(time.Time) error { return nil }
