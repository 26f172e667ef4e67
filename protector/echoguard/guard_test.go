package echoguard_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/echoguard"
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
func whoami(c *echo.Context) error {
	token, ok := echoguard.CurrentToken[*row](c)
	same, _ := protector.CurrentToken[*row](c.Request().Context())
	if ok && token == same {
		return c.String(http.StatusOK, token.user)
	}
	return c.String(http.StatusOK, "nobody")
}

func TestCurrentToken(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	e := newEcho()
	e.GET("/user", whoami, echoguard.Require(guard, "profile"))
	e.GET("/greeting", whoami, echoguard.Optional(guard))
	e.GET("/open", whoami)
	addr := serve(t, e)
	for _, tt := range []struct{ path, field, body string }{
		{"/user", "Authorization: Bearer alice", "alice"},
		{"/greeting", "Authorization: Bearer alice", "alice"},
		{"/greeting", "Accept: */*", "nobody"},
		{"/open", "Authorization: Bearer alice", "nobody"},
	} {
		status, _, body := refusals.Send(t, addr, "GET", tt.path, tt.field)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, tt.body, body, tt.path)
	}
}

// The pattern is echo's; where there is none, nobody makes one up.
func TestPattern(t *testing.T) {
	var seen []string
	guard := newGuard(t, protector.Config{OnDecision: func(_ context.Context, d protector.Decision) {
		seen = append(seen, d.Pattern)
	}})
	e := newEcho()
	e.Use(echoguard.Require(guard))
	e.GET("/user/:id", whoami, echoguard.Require(guard, "profile"))
	e.GET("/files/*", whoami)
	addr := serve(t, e)
	for _, target := range []string{"/user/7", "/files/a/b?c=d", "/nowhere"} {
		refusals.Send(t, addr, "GET", target, "Authorization: Bearer alice")
	}
	require.Equal(t, []string{"/user/:id", "/user/:id", "/files/*", ""}, seen)
}

func TestPaths(t *testing.T) {
	escaped := echo.NewRouter(echo.RouterConfig{UseEscapedPathForMatching: true, UnescapePathParamValues: true})
	for name, newEcho := range map[string]func() *echo.Echo{
		"plain":   newEcho,
		"escaped": func() *echo.Echo { return echo.NewWithConfig(echo.Config{Router: escaped}) },
		"slashes added": func() *echo.Echo {
			e := newEcho()
			e.Pre(middleware.AddTrailingSlash())
			return e
		},
		"slashes removed": func() *echo.Echo {
			e := newEcho()
			e.Pre(middleware.RemoveTrailingSlash())
			return e
		},
	} {
		t.Run(name, func(t *testing.T) {
			service := refusals.New(t)
			e := newEcho()
			secret := func(c *echo.Context) error {
				return c.String(http.StatusOK, service.Greet(c.Request().Context(), nil))
			}
			admin := e.Group("/admin", echoguard.Require(service.Routes[0].Guard))
			admin.Any("/secret", secret)
			if name == "slashes added" {
				admin.Any("/secret/", secret)
			}
			e.Any(refusals.OpenPath+"*", func(c *echo.Context) error { return c.String(http.StatusOK, "open") })
			service.TryPaths(t, serve(t, e))
		})
	}
}

// Echo.Use guards every route, and unknown paths too; Echo.Pre does so before there
// is a route.
func TestUse(t *testing.T) {
	for name, put := range map[string]func(*echo.Echo, ...echo.MiddlewareFunc){
		"Use": (*echo.Echo).Use, "Pre": (*echo.Echo).Pre,
	} {
		guard := newGuard(t, protector.Config{})
		e := newEcho()
		e.GET("/before", whoami)
		put(e, echoguard.Require(guard))
		e.GET("/after", whoami)
		addr := serve(t, e)
		for _, target := range []string{"/before", "/after", "/nowhere"} {
			status, _, _ := refusals.Send(t, addr, "GET", target)
			require.Equal(t, http.StatusUnauthorized, status, name+target)
		}
		_, _, body := refusals.Send(t, addr, "GET", "/after", "Authorization: Bearer alice")
		require.Equal(t, "alice", body)
		status, _, _ := refusals.Send(t, addr, "GET", "/nowhere", "Authorization: Bearer alice")
		require.Equal(t, http.StatusNotFound, status)
	}
}

// A form that the guard has read is there for echo's own readers.
func TestForm(t *testing.T) {
	guard := newGuard(t, protector.Config{BufferedFormTokens: true})
	e := newEcho()
	e.POST("/form", func(c *echo.Context) error { return c.String(http.StatusOK, c.FormValue("a")) },
		echoguard.Require(guard))
	response, err := http.PostForm("http://"+serve(t, e)+"/form", url.Values{"access_token": {"alice"}, "a": {"b"}})
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "b", string(body))
	require.Equal(t, "private", response.Header.Get("Cache-Control"))
}

// lasting is a token that ends.
type lasting struct{ row }

func (*lasting) ExpiresAt() time.Time { return time.Now().Add(time.Hour) }

// A context that ends with the token is the context of the request.
func TestUntilExpiry(t *testing.T) {
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(
		func(context.Context, string) (*lasting, error) { return &lasting{row{user: "alice"}}, nil },
	)}})
	require.NoError(t, err)
	policy, limited := protector.Policy{UntilExpiry: true}, false
	e, further := newEcho(), context.Canceled
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			err := next(c)
			further = c.Request().Context().Err()
			return err
		}
	})
	e.GET("/stream", func(c *echo.Context) error {
		_, limited = c.Request().Context().Deadline()
		return nil
	}, echoguard.RequirePolicy(guard, policy))
	status, _, _ := refusals.Send(t, serve(t, e), "GET", "/stream", "Authorization: Bearer a")
	require.Equal(t, http.StatusOK, status)
	require.True(t, limited)
	require.NoError(t, further, "middleware further out still has work to do")
}

func TestWiring(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for name, wire := range map[string]func(){
		"nil guard":       func() { echoguard.Require(nil) },
		"zero guard":      func() { echoguard.Optional(new(protector.Protector)) },
		"blank scope":     func() { echoguard.Require(guard, "profile", " ") },
		"empty list":      func() { echoguard.Optional(guard, []string{}...) },
		"malformed":       func() { echoguard.RequirePolicy(guard, protector.Policy{Scopes: []string{`"`}}) },
		"no handler":      func() { echoguard.ErrorHandler(nil) },
		"malformed group": func() { echoguard.RequirePolicy(guard, protector.Policy{Groups: []string{""}}) },
	} {
		require.Panics(t, wire, name)
	}
}

// What a handler returns is echo's to answer, as without a guard.
func TestErrorsOfHandlers(t *testing.T) {
	guard := newGuard(t, protector.Config{InsecureQueryTokens: true})
	e := newEcho()
	guards := []echo.MiddlewareFunc{echoguard.Require(guard), echoguard.Require(guard)}
	e.GET("/user", func(*echo.Context) error { return echo.ErrNotFound }, guards...)
	for _, target := range []string{"/user", "/user?access_token=alice"} {
		field := "Authorization: Bearer alice"
		if target != "/user" {
			field = "Accept: */*"
		}
		status, header, body := refusals.Send(t, serve(t, e), "GET", target, field)
		require.Equal(t, http.StatusNotFound, status)
		require.Contains(t, body, "Not Found")
		require.Equal(t, target != "/user", header.Get("Cache-Control") == "private")
	}
}
