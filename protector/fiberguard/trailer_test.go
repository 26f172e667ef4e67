package fiberguard_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/fiberguard"
)

// sendChunks sends a body in chunks, with fields behind it, and returns the status.
func sendChunks(t *testing.T, addr, fields, trailer string) int {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n%s\r\n1\r\na\r\n0\r\n%s\r\n",
		fields, trailer)
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// What comes behind a body is no field of the header: a proxy that removes those which
// clients are not to set may not look there.
func TestTrailers(t *testing.T) {
	for _, stream := range []bool{false, true} {
		guard, err := protector.New(protector.Config{Validators: []protector.Validator{
			protector.Field("X-Token", func(_ context.Context, token string) (*row, error) { return &row{user: token}, nil }),
		}})
		require.NoError(t, err)
		app := newApp(fiber.Config{StreamRequestBody: stream})
		app.Use(func(c fiber.Ctx) error {
			if c.Get("X-Changed") != "" {
				c.Request().Header.Set("X-Token", c.Get("X-Changed"))
			}
			c.Body() // with what is behind it
			return c.Next()
		})
		app.Post("/", fiberguard.Require(guard), whoami)
		addr := serve(t, app)
		for _, tt := range []struct {
			fields, trailer string
			status          int
		}{
			{"X-Token: alice\r\n", "", 200},
			{"X-Token: alice\r\n", "X-Other: bob\r\n", 200},
			{"", "X-Token: alice\r\n", 401},
			{"Trailer: X-Token\r\n", "X-Token: alice\r\n", 401},
			{"x-token: alice\r\n", "X-Token: bob\r\n", 200},
			{"X-Token: alice\r\nX-Token: bob\r\n", "", 400},
			{"X-Token: alice\r\nX-Changed: bob\r\n", "", 200},
		} {
			require.Equal(t, tt.status, sendChunks(t, addr, tt.fields, tt.trailer), "%v %q %q", stream, tt.fields, tt.trailer)
		}
	}
}
