package ginguard_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"example.com/resourceserver/protector/ginguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// serve returns the address of an engine.
func serve(t testing.TB, engine *gin.Engine) string {
	return serveHandler(t, engine)
}

// newEngine returns an engine that recovers from panics and goes on with the next
// handler: the worst that a middleware further out can do.
func newEngine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, _ any) {
		c.Status(http.StatusInternalServerError)
	}))
	return engine
}

// checklist 6, 10, 14, 15, 16, 17
func TestRefusals(t *testing.T) {
	service := refusals.New(t)
	engine := newEngine()
	for _, route := range service.Routes {
		group := engine.Group("")
		for _, policy := range route.Policies {
			group.Use(ginguard.RequirePolicy(route.Guard, policy))
		}
		group.Any(route.Path, func(c *gin.Context) {
			body, _ := c.GetRawData()
			c.Header("Cache-Control", refusals.CacheControl)
			c.String(http.StatusOK, service.Greet(c.Request.Context(), body))
		})
	}
	service.Try(t, serve(t, engine))
}

func serveHandler(t testing.TB, handler http.Handler) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}
