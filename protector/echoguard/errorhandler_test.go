package echoguard_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/echoguard"
	"example.com/resourceserver/protector/internal/refusals"
)

var errGone = errors.New("gone")

// The answers of a guard are echo's where that is asked for: by a handler that
// answers, and by one that leaves it to the application's HTTPErrorHandler.
func TestErrorHandler(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(*echo.Context, *protector.Error) error
		status int
		body   string
	}{
		"answers": {func(c *echo.Context, e *protector.Error) error {
			_, ok := echoguard.CurrentToken[*row](c)
			return c.JSON(e.Status, map[string]any{"title": e.Description, "token": ok})
		}, 403, `"token":false`},
		"returns it":    {func(_ *echo.Context, e *protector.Error) error { return e }, 403, "central: true"},
		"wraps it":      {func(_ *echo.Context, e *protector.Error) error { return errors.Join(e) }, 403, "central"},
		"says nothing":  {func(*echo.Context, *protector.Error) error { return nil }, 403, ""},
		"an echo error": {func(*echo.Context, *protector.Error) error { return echo.ErrNotFound }, 404, "central"},
		"another status, wrapped": {func(_ *echo.Context, e *protector.Error) error {
			return echo.NewHTTPError(404, "hidden").Wrap(e)
		}, 404, "central: true"},
		"another error":  {func(*echo.Context, *protector.Error) error { return errGone }, 500, "central: false"},
		"another status": {func(c *echo.Context, _ *protector.Error) error { return c.NoContent(418) }, 418, ""},
		"breaks":         {func(*echo.Context, *protector.Error) error { panic(errGone) }, 500, "central"},
		"answers, errs":  {func(c *echo.Context, _ *protector.Error) error { c.String(403, "a"); return errGone }, 403, "a"},
		"a wrapped answer": {func(c *echo.Context, _ *protector.Error) error {
			c.SetResponse(echo.NewResponse(c.Response(), c.Logger()))
			return c.NoContent(418)
		}, 418, ""},
	} {
		t.Run(name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{ErrorHandler: echoguard.ErrorHandler(tt.answer)})
			e := newEcho()
			var logged strings.Builder
			e.Logger = slog.New(slog.NewTextHandler(&logged, nil))
			e.HTTPErrorHandler = func(c *echo.Context, err error) {
				if response, _ := echo.UnwrapResponse(c.Response()); response.Committed {
					return
				}
				_, refused := errors.AsType[*protector.Error](err)
				_, status := echo.ResolveResponseStatus(c.Response(), err)
				c.String(status, fmt.Sprintf("central: %v", refused))
			}
			ran := false
			e.GET("/user", func(*echo.Context) error { ran = true; return nil },
				echoguard.Optional(guard), echoguard.Require(guard, "email"))
			status, header, body := refusals.Send(t, serve(t, e), "GET", "/user", "Authorization: Bearer bob")
			require.Equal(t, tt.status, status)
			require.Contains(t, body, tt.body)
			require.Contains(t, header.Get("Www-Authenticate"), `scope="email"`)
			require.Equal(t, "no-store", header.Get("Cache-Control"))
			require.False(t, ran)
			require.Empty(t, logged.String(), "nothing is written twice")
		})
	}
}

// The default handler of echo knows the status, and tells the client no reason.
func TestEchosOwnErrorHandler(t *testing.T) {
	guard := newGuard(t, protector.Config{ErrorHandler: echoguard.ErrorHandler(
		func(_ *echo.Context, e *protector.Error) error { return e },
	)})
	e := newEcho()
	e.GET("/user", whoami, echoguard.Require(guard))
	status, header, body := refusals.Send(t, serve(t, e), "GET", "/user")
	require.Equal(t, http.StatusUnauthorized, status)
	require.True(t, strings.HasPrefix(header.Get("Www-Authenticate"), "Bearer "))
	require.JSONEq(t, `{"message":"Unauthorized"}`, body)
}

// The guard of an echo is good for other handlers too.
func TestErrorHandlerOutsideEcho(t *testing.T) {
	guard := newGuard(t, protector.Config{ErrorHandler: echoguard.ErrorHandler(
		func(*echo.Context, *protector.Error) error { panic("there is no echo here") },
	)})
	handler := guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "in") }))
	status, header, body := refusals.Send(t, serve(t, handler), "GET", "/")
	require.Equal(t, http.StatusUnauthorized, status)
	require.True(t, strings.HasPrefix(header.Get("Www-Authenticate"), "Bearer "))
	require.Empty(t, body)
}
