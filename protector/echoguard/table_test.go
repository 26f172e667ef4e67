package echoguard_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"example.com/resourceserver/protector/echoguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// newEcho returns an echo that recovers from panics.
func newEcho() *echo.Echo {
	e := echo.New()
	e.Logger = slog.New(slog.DiscardHandler)
	e.Use(middleware.Recover())
	return e
}

// checklist 6, 10, 14, 15, 16, 17
func TestRefusals(t *testing.T) {
	service := refusals.New(t)
	e := newEcho()
	for _, route := range service.Routes {
		var guards []echo.MiddlewareFunc
		for _, policy := range route.Policies {
			guards = append(guards, echoguard.RequirePolicy(route.Guard, policy))
		}
		e.Any(route.Path, func(c *echo.Context) error {
			body, err := io.ReadAll(c.Request().Body)
			if err != nil {
				return err
			}
			c.Response().Header().Set("Cache-Control", refusals.CacheControl)
			return c.String(http.StatusOK, service.Greet(c.Request().Context(), body))
		}, guards...)
	}
	service.Try(t, serve(t, e))
}

// serve returns the address of a handler.
func serve(t testing.TB, handler http.Handler) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}
