package fiberguard_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/fiberguard"
	"example.com/resourceserver/protector/internal/refusals"
)

var errGone = errors.New("gone")

// The answers of a guard are fiber's where that is asked for: by a handler that
// answers, and by one that leaves it to the application's ErrorHandler.
func TestErrorHandler(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(fiber.Ctx, *protector.Error) error
		status int
		body   string
	}{
		"answers": {func(c fiber.Ctx, e *protector.Error) error {
			_, ok := fiberguard.CurrentToken[*row](c)
			return c.JSON(map[string]any{"title": e.Description, "token": ok})
		}, 403, `"token":false`},
		"returns it":     {func(_ fiber.Ctx, e *protector.Error) error { return e }, 403, "central: true"},
		"wraps it":       {func(_ fiber.Ctx, e *protector.Error) error { return errors.Join(e) }, 403, "central: true"},
		"says nothing":   {func(fiber.Ctx, *protector.Error) error { return nil }, 403, ""},
		"a fiber error":  {func(fiber.Ctx, *protector.Error) error { return fiber.ErrNotFound }, 404, "central"},
		"another error":  {func(fiber.Ctx, *protector.Error) error { return errGone }, 500, "central: false"},
		"another status": {func(c fiber.Ctx, _ *protector.Error) error { return c.SendStatus(418) }, 418, ""},
		"breaks":         {func(fiber.Ctx, *protector.Error) error { panic(errGone) }, 500, "central"},
	} {
		t.Run(name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{ErrorHandler: fiberguard.ErrorHandler(tt.answer)})
			app := newApp(fiber.Config{ErrorHandler: func(c fiber.Ctx, err error) error {
				status := http.StatusInternalServerError
				if e, ok := errors.AsType[*fiber.Error](err); ok {
					status = e.Code
				}
				_, refused := errors.AsType[*protector.Error](err)
				return c.Status(status).SendString(fmt.Sprintf("central: %v", refused))
			}})
			ran := false
			app.Get("/user", fiberguard.Optional(guard), fiberguard.Require(guard, "email"), func(fiber.Ctx) error {
				ran = true
				return nil
			})
			status, header, body := refusals.Send(t, serve(t, app), "GET", "/user", "Authorization: Bearer bob")
			require.Equal(t, tt.status, status)
			require.Contains(t, body, tt.body)
			require.Contains(t, header.Get("Www-Authenticate"), `scope="email"`)
			require.Equal(t, "no-store", header.Get("Cache-Control"))
			require.False(t, ran)
		})
	}
}

// The default handler of fiber sends the text of the error: it tells the client what
// the protector would have told it, and not the cause.
func TestFibersOwnErrorHandler(t *testing.T) {
	guard := newGuard(t, protector.Config{
		RequestCheck: func(*http.Request) error { return errors.New("an internal reason") },
		ErrorHandler: fiberguard.ErrorHandler(func(_ fiber.Ctx, e *protector.Error) error { return e }),
	})
	app := newApp()
	app.Get("/user", fiberguard.Require(guard), whoami)
	status, header, body := refusals.Send(t, serve(t, app), "GET", "/user")
	require.Equal(t, http.StatusBadRequest, status)
	require.True(t, strings.HasPrefix(header.Get("Www-Authenticate"), "Bearer "))
	require.NotEmpty(t, body)
	require.NotContains(t, body, "internal")
}

// The guard of an application of fiber is good for other handlers too.
func TestErrorHandlerOutsideFiber(t *testing.T) {
	guard := newGuard(t, protector.Config{ErrorHandler: fiberguard.ErrorHandler(
		func(fiber.Ctx, *protector.Error) error { panic("there is no fiber here") },
	)})
	w := httptest.NewRecorder()
	guard.Require()(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, http.StatusUnauthorized, w.Code)
	require.True(t, strings.HasPrefix(w.Header().Get("Www-Authenticate"), "Bearer "))
	require.Empty(t, w.Body.String())
}
