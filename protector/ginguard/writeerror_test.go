package ginguard_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/ginguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// What a handler refuses is answered as what the guard refuses, wherever the token was.
func TestWriteError(t *testing.T) {
	guard := newGuard(t, protector.Config{AmbientCookie: "session", ErrorHandler: ginguard.ErrorHandler(
		func(c *gin.Context, e *protector.Error) { c.JSON(e.Status, gin.H{"title": e.Description}) },
	)})
	ran := false
	engine := newEngine()
	engine.GET("/user", ginguard.Require(guard), func(c *gin.Context) {
		if _, err := guard.Acquire(c.Request, "email"); err != nil {
			guard.WriteError(c.Writer, c.Request, err)
		}
	}, func(*gin.Context) { ran = true })
	addr := serve(t, engine)
	for _, field := range []string{"Authorization: Bearer bob", "Cookie: session=bob"} {
		status, header, body := refusals.Send(t, addr, "GET", "/user", field)
		require.Equal(t, http.StatusForbidden, status, field)
		require.Contains(t, body, `"title"`, field)
		require.Contains(t, header.Get("Www-Authenticate"), `scope="email"`)
		require.Equal(t, "no-store", header.Get("Cache-Control"))
		require.False(t, ran, field)
	}
}
