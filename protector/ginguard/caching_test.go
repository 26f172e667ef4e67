package ginguard_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/ginguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// However gin sends the header, an answer to a token that caches cannot see is
// private.
func TestPrivateAnswers(t *testing.T) {
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
	const kept = "private, max-age=60"
	late := func(c *gin.Context) { c.Header("Cache-Control", "public, max-age=60") }
	for name, tt := range map[string]struct {
		answer  gin.HandlerFunc
		status  int
		caching string
	}{
		"nothing":     {func(*gin.Context) {}, 200, "private"},
		"a status":    {func(c *gin.Context) { late(c); c.Status(404) }, 404, kept},
		"status last": {func(c *gin.Context) { c.Status(404); late(c) }, 404, kept},
		"now":         {func(c *gin.Context) { c.Status(404); late(c); c.Writer.WriteHeaderNow() }, 404, kept},
		"now, twice": {func(c *gin.Context) {
			late(c)
			c.Writer.WriteHeaderNow()
			c.Writer.WriteHeaderNow()
		}, 200, kept},
		"text":       {func(c *gin.Context) { late(c); c.String(201, "a") }, 201, kept},
		"written":    {func(c *gin.Context) { late(c); c.Writer.WriteString("a") }, 200, kept},
		"flushed":    {func(c *gin.Context) { late(c); c.Writer.Flush(); c.Writer.WriteString("a") }, 200, kept},
		"controlled": {func(c *gin.Context) { late(c); http.NewResponseController(c.Writer).Flush() }, 200, kept},
		"streamed":   {func(c *gin.Context) { late(c); c.Stream(func(io.Writer) bool { return false }) }, 200, kept},
		"redirected": {func(c *gin.Context) { late(c); c.Redirect(308, "/") }, 308, kept},
		"no-store":   {func(c *gin.Context) { c.Header("Cache-Control", "no-store") }, 200, "no-store"},
		"aborted":    {func(c *gin.Context) { late(c); c.AbortWithStatus(410) }, 410, kept},
	} {
		t.Run(name, func(t *testing.T) {
			engine := newEngine()
			engine.GET("/user", ginguard.Require(guard), tt.answer)
			status, header, _ := refusals.Send(t, serve(t, engine), "GET", "/user?access_token=alice")
			require.Equal(t, tt.status, status)
			require.Equal(t, []string{tt.caching}, header["Cache-Control"])
			status, header, _ = refusals.Send(t, serve(t, engine), "GET", "/user", "Authorization: Bearer alice")
			require.Equal(t, tt.status, status)
			require.NotContains(t, header.Get("Cache-Control"), "private")
		})
	}
}

// A middleware that answers the errors of all handlers does so when the guard has
// returned, and is no exception.
func TestPrivateErrors(t *testing.T) {
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
	engine := newEngine()
	engine.Use(func(c *gin.Context) {
		c.Next()
		c.Header("Cache-Control", "public, max-age=60")
		c.String(404, "gone")
	})
	engine.GET("/user", ginguard.Require(guard), func(c *gin.Context) { c.Error(io.EOF) })
	status, header, body := refusals.Send(t, serve(t, engine), "GET", "/user?access_token=alice")
	require.Equal(t, 404, status)
	require.Equal(t, "gone", body)
	require.Equal(t, []string{"private, max-age=60"}, header["Cache-Control"])
}

// A connection can be taken over, and its answer is nobody else's.
func TestHijack(t *testing.T) {
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
	engine := newEngine()
	engine.GET("/socket", ginguard.Require(guard), func(c *gin.Context) {
		conn, buffered, err := c.Writer.Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		buffered.WriteString("HTTP/1.1 101 Switching Protocols\r\nX-User: alice\r\n\r\n")
		buffered.Flush()
	})
	conn, err := net.Dial("tcp", serve(t, engine))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET /socket?access_token=alice HTTP/1.1\r\nHost: a\r\n\r\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(bufio.NewReader(conn))
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(answer), "X-User: alice\r\n\r\n"), string(answer))
}
