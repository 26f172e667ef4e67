package fiberguard_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/fiberguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// However fiber makes its answer, one to a token that caches cannot see is private.
func TestPrivateAnswers(t *testing.T) {
	const kept = "private, max-age=60"
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
	late := func(c fiber.Ctx) { c.Set("Cache-Control", "public, max-age=60") }
	for name, tt := range map[string]struct {
		answer  fiber.Handler
		status  int
		caching string
	}{
		"nothing":    {func(fiber.Ctx) error { return nil }, 200, "private"},
		"a status":   {func(c fiber.Ctx) error { late(c); return c.SendStatus(404) }, 404, kept},
		"an error":   {func(c fiber.Ctx) error { late(c); return fiber.ErrNotFound }, 404, kept},
		"text":       {func(c fiber.Ctx) error { late(c); return c.Status(201).SendString("a") }, 201, kept},
		"redirected": {func(c fiber.Ctx) error { late(c); return c.Redirect().Status(308).To("/") }, 308, kept},
		"spelled": {func(c fiber.Ctx) error {
			c.Response().Header.Add("cache-control", "public")
			c.Response().Header.Add("CACHE-CONTROL", "max-age=60")
			return nil
		}, 200, kept},
		"streamed": {func(c fiber.Ctx) error {
			late(c)
			return c.SendStreamWriter(func(w *bufio.Writer) { w.WriteString("a") })
		}, 200, kept},
		"no-store": {func(c fiber.Ctx) error { c.Set("Cache-Control", "no-store"); return nil }, 200, "no-store"},
	} {
		for _, config := range []fiber.Config{{}, {DisableHeaderNormalizing: true}} {
			t.Run(name, func(t *testing.T) {
				app := newApp(config)
				app.Get("/user", fiberguard.Require(guard), tt.answer)
				addr := serve(t, app)
				status, header, _ := refusals.Send(t, addr, "GET", "/user?access_token=alice")
				require.Equal(t, tt.status, status)
				require.Equal(t, []string{tt.caching}, header["Cache-Control"])
				status, header, _ = refusals.Send(t, addr, "GET", "/user", "Authorization: Bearer alice")
				require.Equal(t, tt.status, status)
				require.NotContains(t, header.Get("Cache-Control"), "private")
			})
		}
	}
}

// The application's error handler runs when the guard has returned: it finds what the
// guard has said, and can take it back.
func TestPrivateErrors(t *testing.T) {
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
	for caching, set := range map[string]string{"private": "", "public": "public"} {
		app := newApp(fiber.Config{ErrorHandler: func(c fiber.Ctx, _ error) error {
			if set != "" {
				c.Set("Cache-Control", set)
			}
			return c.SendStatus(404)
		}})
		app.Get("/user", fiberguard.Require(guard), func(fiber.Ctx) error { return fiber.ErrNotFound })
		status, header, _ := refusals.Send(t, serve(t, app), "GET", "/user?access_token=alice")
		require.Equal(t, 404, status)
		require.Equal(t, []string{caching}, header["Cache-Control"], "public: mend the README, which warns of that")
	}
}

// What others have set stays, and what would describe another answer goes.
func TestFieldsOfOthers(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	app := newApp()
	app.Use(func(c fiber.Ctx) error {
		c.Vary("Accept")
		c.Set("X-A", "b")
		c.Set("ETag", `"old"`)
		c.Cookie(&fiber.Cookie{Name: "a", Value: "b"})
		if err := c.SendString("written before"); err != nil {
			return err
		}
		return c.Next()
	})
	app.Get("/user", fiberguard.Optional(guard, "email"), func(c fiber.Ctx) error {
		c.Vary("Accept-Language")
		return whoami(c)
	})
	addr := serve(t, app)
	status, header, body := refusals.Send(t, addr, "GET", "/user", "Authorization: Bearer alice")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "alice", body)
	require.ElementsMatch(t, []string{"Accept", "Authorization", "Accept-Language"},
		strings.Split(strings.Join(header["Vary"], ", "), ", "))
	require.Equal(t, "b", header.Get("X-A"))
	require.Equal(t, `"old"`, header.Get("Etag"))
	status, header, body = refusals.Send(t, addr, "GET", "/user", "Authorization: Bearer bob")
	require.Equal(t, http.StatusForbidden, status)
	require.NotContains(t, body, "written before")
	require.Equal(t, "b", header.Get("X-A"))
	require.Contains(t, header.Get("Set-Cookie"), "a=b")
	require.Empty(t, header.Get("Etag"))
}
