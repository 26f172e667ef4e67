package fiberguard_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/recover"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/fiberguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// newApp returns an application that recovers from panics, and takes tokens of 16
// KiB: fiber's own limit is 4 KiB for all fields together.
func newApp(configs ...fiber.Config) *fiber.App {
	config := fiber.Config{}
	if len(configs) > 0 {
		config = configs[0]
	}
	config.ReadBufferSize = 64 << 10
	app := fiber.New(config)
	app.Use(recover.New())
	return app
}

// serve returns the address of an application that ends with the test.
func serve(t testing.TB, app *fiber.App) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		require.NoError(t, app.Shutdown())
		require.NoError(t, <-done)
	})
	return listener.Addr().String()
}

// checklist 6, 10, 14, 15, 16, 17
func TestRefusals(t *testing.T) {
	for name, config := range map[string]fiber.Config{
		"plain": {}, "immutable": {Immutable: true}, "streaming": {StreamRequestBody: true},
		"names as sent": {DisableHeaderNormalizing: true},
	} {
		t.Run(name, func(t *testing.T) {
			service := refusals.New(t)
			app := newApp(config)
			for _, route := range service.Routes {
				var guards []any
				for _, policy := range route.Policies {
					guards = append(guards, fiberguard.RequirePolicy(route.Guard, policy))
				}
				handlers := append(guards, func(c fiber.Ctx) error {
					c.Set("Cache-Control", refusals.CacheControl)
					return c.Status(http.StatusOK).SendString(service.Greet(c.Context(), c.Body()))
				})
				app.All(route.Path, handlers[0], handlers[1:]...)
			}
			service.Try(t, serve(t, app))
		})
	}
}
