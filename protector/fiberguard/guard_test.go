package fiberguard_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/fiberguard"
	"example.com/resourceserver/protector/internal/refusals"
	"example.com/resourceserver/scopes"
)

// row is a row of an application's own table.
type row struct{ user, scope string }

func (r *row) Scopes() scopes.Set { return scopes.Parse(r.scope) }
func (*row) ExpiresAt() time.Time { return time.Time{} }

func lookup(_ context.Context, token string) (*row, error) {
	return map[string]*row{"alice": {"alice", "profile email"}, "bob": {"bob", "profile"}}[token], nil
}

func newGuard(t testing.TB, config protector.Config) *protector.Protector {
	config.Validators = []protector.Validator{protector.Bearer(lookup)}
	guard, err := protector.New(config)
	require.NoError(t, err)
	return guard
}

// whoami answers with the user, found in both ways.
func whoami(c fiber.Ctx) error {
	token, ok := fiberguard.CurrentToken[*row](c)
	same, _ := protector.CurrentToken[*row](c.Context())
	if ok && token == same {
		return c.SendString(token.user)
	}
	return c.SendString("nobody")
}

type key struct{}

// What is in the context before the guard is there behind it, and the token beside.
func TestCurrentToken(t *testing.T) {
	guard := newGuard(t, protector.Config{RequestCheck: func(r *http.Request) error {
		if r.Context().Value(key{}) != "before" {
			panic("the context of the application does not come here")
		}
		return nil
	}})
	app := newApp()
	app.Use(func(c fiber.Ctx) error {
		c.SetContext(context.WithValue(c.Context(), key{}, "before"))
		return c.Next()
	})
	app.Get("/user", fiberguard.Require(guard, "profile"), whoami)
	app.Get("/greeting", fiberguard.Optional(guard), whoami)
	app.Get("/open", whoami)
	app.Get("/context", fiberguard.Require(guard), func(c fiber.Ctx) error {
		return c.SendString(c.Context().Value(key{}).(string))
	})
	app.Get("/trap", fiberguard.Require(guard), func(c fiber.Ctx) error {
		if _, ok := protector.CurrentToken[*row](c); ok {
			return c.SendString("found")
		}
		return c.SendString("not there")
	})
	addr := serve(t, app)
	for _, tt := range []struct{ path, field, body string }{
		{"/user", "Authorization: Bearer alice", "alice"},
		{"/greeting", "Authorization: Bearer alice", "alice"},
		{"/greeting", "Accept: */*", "nobody"},
		{"/open", "Authorization: Bearer alice", "nobody"},
		{"/context", "Authorization: Bearer alice", "before"},
		{"/trap", "Authorization: Bearer alice", "not there"},
	} {
		status, _, body := refusals.Send(t, addr, "GET", tt.path, tt.field)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, tt.body, body, tt.path)
	}
}

// The pattern is that of the route that the guard is part of: behind App.Use, its
// prefix.
func TestPattern(t *testing.T) {
	var seen []string
	guard := newGuard(t, protector.Config{OnDecision: func(_ context.Context, d protector.Decision) {
		seen = append(seen, d.Pattern)
	}})
	app := newApp()
	api := app.Group("/api", fiberguard.Require(guard))
	api.Get("/user/:id", fiberguard.Require(guard, "profile"), whoami)
	addr := serve(t, app)
	for range 2 { // patterns outlive the buffers of a request
		refusals.Send(t, addr, "GET", "/api/user/7", "Authorization: Bearer alice")
		refusals.Send(t, addr, "GET", "/api/nowhere", "Authorization: Bearer alice")
	}
	require.Equal(t, strings.Fields(strings.Repeat("/api /api/user/:id /api ", 2)), seen)
}

func TestPaths(t *testing.T) {
	for name, config := range map[string]fiber.Config{
		"plain": {}, "case": {CaseSensitive: true}, "strict": {StrictRouting: true}, "unescaped": {UnescapePath: true},
		"all": {CaseSensitive: true, StrictRouting: true, UnescapePath: true},
	} {
		for _, place := range []string{"route", "group", "use"} {
			t.Run(name+", "+place, func(t *testing.T) {
				service := refusals.New(t)
				app := newApp(config)
				guard := fiberguard.Require(service.Routes[0].Guard)
				secret := func(c fiber.Ctx) error { return c.SendString(service.Greet(c.Context(), nil)) }
				switch place {
				case "route":
					app.All(refusals.GuardedPath, guard, secret)
				case "group":
					app.Group("/admin", guard).All("/secret", secret)
				case "use":
					app.Use("/admin", guard)
					app.All(refusals.GuardedPath, secret)
				}
				app.All(refusals.OpenPath+"*", func(c fiber.Ctx) error { return c.SendString("open") })
				service.TryPaths(t, serve(t, app))
			})
		}
	}
}

// App.Use guards what is registered after it, which is fiber's rule, and unknown
// paths.
func TestUse(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	app := newApp()
	app.Get("/before", whoami)
	app.Use(fiberguard.Require(guard))
	app.Get("/after", whoami)
	addr := serve(t, app)
	for target, want := range map[string]int{"/before": 200, "/after": 401, "/nowhere": 401} {
		status, _, _ := refusals.Send(t, addr, "GET", target)
		require.Equal(t, want, status, target)
	}
	status, _, _ := refusals.Send(t, addr, "GET", "/nowhere", "Authorization: Bearer alice")
	require.Equal(t, http.StatusNotFound, status)
}

func TestWiring(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for name, wire := range map[string]func(){
		"nil guard":       func() { fiberguard.Require(nil) },
		"zero guard":      func() { fiberguard.Optional(new(protector.Protector)) },
		"blank scope":     func() { fiberguard.Require(guard, "profile", " ") },
		"empty list":      func() { fiberguard.Optional(guard, []string{}...) },
		"malformed":       func() { fiberguard.RequirePolicy(guard, protector.Policy{Scopes: []string{`"`}}) },
		"no handler":      func() { fiberguard.ErrorHandler(nil) },
		"malformed group": func() { fiberguard.RequirePolicy(guard, protector.Policy{Groups: []string{""}}) },
		"until expiry":    func() { fiberguard.RequirePolicy(guard, protector.Policy{UntilExpiry: true}) },
	} {
		require.Panics(t, wire, name)
	}
}
