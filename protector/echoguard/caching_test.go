package echoguard_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/echoguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// However echo sends the header, an answer to a token that caches cannot see is
// private.
func TestPrivateAnswers(t *testing.T) {
	const kept = "private, max-age=60"
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
	late := func(c *echo.Context) { c.Response().Header().Set("Cache-Control", "public, max-age=60") }
	for name, tt := range map[string]struct {
		answer  echo.HandlerFunc
		status  int
		caching string
	}{
		"nothing":  {func(*echo.Context) error { return nil }, 200, "private"},
		"a status": {func(c *echo.Context) error { late(c); return c.NoContent(404) }, 404, kept},
		"an error": {func(c *echo.Context) error { late(c); return echo.ErrNotFound }, 404, kept},
		"text":     {func(c *echo.Context) error { late(c); return c.String(201, "a") }, 201, kept},
		"JSON":     {func(c *echo.Context) error { late(c); return c.JSON(202, "a") }, 202, kept},
		"no JSON":  {func(c *echo.Context) error { late(c); return c.JSON(202, func() {}) }, 500, kept},
		"written":  {func(c *echo.Context) error { late(c); io.WriteString(c.Response(), "a"); return nil }, 200, kept},
		"flushed":  {func(c *echo.Context) error { late(c); c.Response().(http.Flusher).Flush(); return nil }, 200, kept},
		"controlled": {func(c *echo.Context) error {
			late(c)
			return http.NewResponseController(c.Response()).Flush()
		}, 200, kept},
		"streamed": {func(c *echo.Context) error {
			late(c)
			return c.Stream(200, "a/b", strings.NewReader("a"))
		}, 200, kept},
		"redirected": {func(c *echo.Context) error { late(c); return c.Redirect(308, "/") }, 308, kept},
		"no-store": {func(c *echo.Context) error {
			c.Response().Header().Set("Cache-Control", "no-store")
			return c.NoContent(204)
		}, 204, "no-store"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEcho()
			e.Use(middleware.Gzip(), middleware.BodyLimit(1<<20))
			e.GET("/user", tt.answer, echoguard.Require(guard))
			status, header, _ := refusals.Send(t, serve(t, e), "GET", "/user?access_token=alice")
			require.Equal(t, tt.status, status)
			require.Equal(t, []string{tt.caching}, header["Cache-Control"])
			status, header, _ = refusals.Send(t, serve(t, e), "GET", "/user", "Authorization: Bearer alice")
			require.Equal(t, tt.status, status)
			require.NotContains(t, header.Get("Cache-Control"), "private")
		})
	}
}

// The application's error handler answers when the guard has returned, and is no
// exception.
func TestPrivateErrors(t *testing.T) {
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
	e := newEcho()
	e.HTTPErrorHandler = func(c *echo.Context, _ error) {
		c.Response().Header().Set("Cache-Control", "public, max-age=60")
		c.String(404, "gone")
	}
	e.GET("/user", func(*echo.Context) error { return echo.ErrNotFound }, echoguard.Require(guard))
	status, header, body := refusals.Send(t, serve(t, e), "GET", "/user?access_token=alice")
	require.Equal(t, 404, status)
	require.Equal(t, "gone", body)
	require.Equal(t, []string{"private, max-age=60"}, header["Cache-Control"])
}

// A connection can be taken over, and its answer is nobody else's.
func TestHijack(t *testing.T) {
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
	e := newEcho()
	e.GET("/socket", func(c *echo.Context) error {
		conn, buffered, err := c.Response().(http.Hijacker).Hijack()
		if err != nil {
			return err
		}
		defer conn.Close()
		buffered.WriteString("HTTP/1.1 101 Switching Protocols\r\nX-User: alice\r\n\r\n")
		return buffered.Flush()
	}, echoguard.Require(guard))
	conn, err := net.Dial("tcp", serve(t, e))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET /socket?access_token=alice HTTP/1.1\r\nHost: a\r\n\r\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(bufio.NewReader(conn))
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(answer), "X-User: alice\r\n\r\n"), string(answer))
}
