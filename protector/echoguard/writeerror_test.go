package echoguard_test

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/echoguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// What a handler refuses by WriteError is refused, wherever the token was. The answer
// is not echo's: the handler has returned nothing that echo could answer.
func TestWriteError(t *testing.T) {
	for name, answer := range map[string]func(*echo.Context, *protector.Error) error{
		"returns": func(_ *echo.Context, e *protector.Error) error { return e },
		"answers": func(c *echo.Context, e *protector.Error) error { return c.String(e.Status, e.Description) },
		"nothing": func(*echo.Context, *protector.Error) error { return nil },
	} {
		guard := newGuard(t, protector.Config{AmbientCookie: "session", ErrorHandler: echoguard.ErrorHandler(answer)})
		e := newEcho()
		e.GET("/user", func(c *echo.Context) error {
			if _, err := guard.Acquire(c.Request(), "email"); err != nil {
				guard.WriteError(c.Response(), c.Request(), err)
			}
			return nil
		}, echoguard.Require(guard))
		addr := serve(t, e)
		for _, field := range []string{"Authorization: Bearer bob", "Cookie: session=bob"} {
			status, header, body := refusals.Send(t, addr, "GET", "/user", field)
			require.Equal(t, http.StatusForbidden, status, "%s %s", name, field)
			require.Empty(t, body, "%s %s", name, field)
			require.Contains(t, header.Get("Www-Authenticate"), `scope="email"`)
			require.Equal(t, "no-store", header.Get("Cache-Control"))
		}
	}
}
