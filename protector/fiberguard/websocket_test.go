package fiberguard_test

import (
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/fiberguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// A library for WebSockets finds no token among the protocols that it can choose from, and a guard further in does.
//
// checklist 205
func TestWebSocketTokenIsWithheld(t *testing.T) {
	guard := newGuard(t, protector.Config{WebSocketProtocol: "access_token"})
	offers := func(c fiber.Ctx) error {
		user, _ := fiberguard.CurrentToken[*row](c)
		var offered []string
		for name, value := range c.Request().Header.All() {
			if strings.EqualFold(string(name), "Sec-WebSocket-Protocol") {
				offered = append(offered, string(value))
			}
		}
		return c.SendString(user.user + " " + strings.Join(offered, "|"))
	}
	app := newApp()
	app.Get("/once", fiberguard.Require(guard), offers)
	app.Get("/nested", fiberguard.Require(guard), fiberguard.Require(guard, "profile"), offers)
	addr := serve(t, app)
	for _, path := range []string{"/once", "/nested"} {
		for _, tt := range []struct {
			fields []string
			want   string
		}{
			{[]string{"Sec-WebSocket-Protocol: chat, access_token.alice"}, "chat"},
			{[]string{"sec-websocket-protocol: access_token.alice", "SEC-WEBSOCKET-PROTOCOL: a,\tb "}, "a, b"},
			{[]string{"Sec-WebSocket-Protocol: a,b", "Authorization: Bearer alice"}, "a,b"},
		} {
			fields := append([]string{"Upgrade: websocket", "Connection: Upgrade",
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}, tt.fields...)
			status, _, body := refusals.Send(t, addr, "GET", path, fields...)
			require.Equal(t, 200, status, tt.fields)
			require.Equal(t, "alice "+tt.want, body, tt.fields)
		}
	}
}
