package fiberguard_test

import (
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"example.com/resourceserver/protector/fiberguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// newRequest returns what fasthttp has of a request with the fields of an ordinary
// client.
func newRequest(path, field string) *fasthttp.RequestCtx {
	var request fasthttp.Request
	request.Header.SetMethod("GET")
	request.SetRequestURI(path)
	request.Header.SetHost("api.example")
	request.Header.SetUserAgent("client/1.0")
	request.Header.Set("Accept", "*/*")
	request.Header.Set("Accept-Encoding", "gzip")
	if field != "" {
		request.Header.Set("Authorization", field)
	}
	ctx := new(fasthttp.RequestCtx)
	ctx.Init(&request, nil, nil)
	return ctx
}

// What the guard adds is the difference between the first two rows, less the
// validation, which costs nothing here. The last row is what it is measured by.
func BenchmarkRequire(b *testing.B) {
	guard, field, floor := refusals.Bench(b)
	for _, bb := range []struct{ name, field string }{
		{"guard=none", field}, {"guard=require", field}, {"guard=require/refused", ""},
	} {
		b.Run(bb.name, func(b *testing.B) {
			app := fiber.New()
			if bb.name != "guard=none" {
				app.Use(fiberguard.Require(guard, "profile email", "user"))
			}
			app.Get("/user/:id", func(fiber.Ctx) error { return nil })
			handler, ctx := app.Handler(), newRequest("/user/7", bb.field)
			b.ReportAllocs()
			for b.Loop() {
				ctx.ResetUserValues()
				handler(ctx)
			}
		})
	}
	b.Run("floor=RS256", func(b *testing.B) {
		for b.Loop() {
			require.True(b, floor())
		}
	})
}

// A request of net/http's kind with the bridge, its fields, the texts, the token, and
// what net/http's middleware allocates.
func TestAllocations(t *testing.T) {
	guard, field, _ := refusals.Bench(t)
	app := fiber.New()
	app.Get("/open/:id", func(fiber.Ctx) error { return nil })
	app.Get("/user/:id", fiberguard.Require(guard), func(fiber.Ctx) error { return nil })
	handler := app.Handler()
	allocations := func(path string) float64 {
		ctx := newRequest(path, field)
		return refusals.Allocations(func() {
			ctx.ResetUserValues()
			handler(ctx)
		})
	}
	require.LessOrEqual(t, allocations("/user/7")-allocations("/open/7"), 7.0)
}
