package ginguard_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/ginguard"
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
func whoami(c *gin.Context) {
	token, ok := ginguard.CurrentToken[*row](c)
	same, _ := protector.CurrentToken[*row](c.Request.Context())
	if ok && token == same {
		c.String(http.StatusOK, token.user)
		return
	}
	c.String(http.StatusOK, "nobody")
}

func TestCurrentToken(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	engine := newEngine()
	engine.GET("/user", ginguard.Require(guard, "profile"), whoami)
	engine.GET("/greeting", ginguard.Optional(guard), whoami)
	engine.GET("/open", whoami)
	engine.GET("/trap", ginguard.Require(guard), func(c *gin.Context) {
		_, ok := protector.CurrentToken[*row](c)
		c.String(http.StatusOK, "%v", ok)
	})
	addr := serve(t, engine)
	for _, tt := range []struct{ path, field, body string }{
		{"/user", "Authorization: Bearer alice", "alice"},
		{"/greeting", "Authorization: Bearer alice", "alice"},
		{"/greeting", "Accept: */*", "nobody"},
		{"/open", "Authorization: Bearer alice", "nobody"},
		{"/trap", "Authorization: Bearer alice", "false"},
	} {
		status, _, body := refusals.Send(t, addr, "GET", tt.path, tt.field)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, tt.body, body, tt.path)
	}
	engine.ContextWithFallback = true
	_, _, body := refusals.Send(t, addr, "GET", "/trap", "Authorization: Bearer alice")
	require.Equal(t, "true", body)
}

// Middleware further out is told whether the request was turned away.
func TestAborted(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	engine := newEngine()
	var aborted []bool
	engine.Use(func(c *gin.Context) {
		c.Next()
		aborted = append(aborted, c.IsAborted())
	})
	engine.GET("/user", ginguard.Require(guard), ginguard.Require(guard, "email"), whoami)
	addr := serve(t, engine)
	for _, token := range []string{"alice", "bob", "mallory"} {
		refusals.Send(t, addr, "GET", "/user", "Authorization: Bearer "+token)
	}
	require.Equal(t, []bool{false, true, true}, aborted)
}

// The pattern is gin's, whatever gin is mounted under; where gin has none, nobody
// makes one up.
func TestPattern(t *testing.T) {
	var seen []string
	guard := newGuard(t, protector.Config{OnDecision: func(_ context.Context, d protector.Decision) {
		seen = append(seen, d.Pattern)
	}})
	engine := newEngine()
	engine.Use(ginguard.Require(guard))
	engine.GET("/user/:id", ginguard.Require(guard, "profile"), whoami)
	engine.GET("/files/*path", whoami)
	addr := serve(t, engine)
	for _, target := range []string{"/user/7", "/files/a/b?c=d", "/nowhere"} {
		refusals.Send(t, addr, "GET", target, "Authorization: Bearer alice")
	}
	require.Equal(t, []string{"/user/:id", "/user/:id", "/files/*path", ""}, seen)
}

func TestPaths(t *testing.T) {
	for _, set := range []func(*gin.Engine){
		func(*gin.Engine) {},
		func(e *gin.Engine) { e.RedirectFixedPath, e.HandleMethodNotAllowed = true, true },
		func(e *gin.Engine) { e.RemoveExtraSlash, e.RedirectTrailingSlash = true, false },
		func(e *gin.Engine) { e.UseRawPath, e.UnescapePathValues = true, false },
		func(e *gin.Engine) { e.UseEscapedPath = true },
	} {
		service := refusals.New(t)
		engine := newEngine()
		set(engine)
		admin := engine.Group("/admin", ginguard.Require(service.Routes[0].Guard))
		admin.Any("/secret", func(c *gin.Context) {
			c.String(http.StatusOK, service.Greet(c.Request.Context(), nil))
		})
		engine.Any(refusals.OpenPath+"*path", func(c *gin.Context) { c.String(http.StatusOK, "open") })
		service.TryPaths(t, serve(t, engine))
	}
}

// A route is guarded by what was there when it was registered, which is gin's rule
// and not ours; and unknown paths are guarded by Engine.Use alone.
func TestUse(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	engine := newEngine()
	engine.GET("/before", whoami)
	engine.Use(ginguard.Require(guard))
	engine.GET("/after", whoami)
	addr := serve(t, engine)
	for target, want := range map[string]int{"/before": 200, "/after": 401, "/nowhere": 401} {
		status, _, _ := refusals.Send(t, addr, "GET", target)
		require.Equal(t, want, status, target)
	}
	status, _, _ := refusals.Send(t, addr, "GET", "/nowhere", "Authorization: Bearer alice")
	require.Equal(t, http.StatusNotFound, status)
}

// What a handler rewrites and sends round again is another request.
func TestHandleContext(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	engine := newEngine()
	engine.GET("/forward", ginguard.Optional(guard), func(c *gin.Context) {
		c.Request.URL.Path = "/user"
		engine.HandleContext(c)
	})
	engine.GET("/user", ginguard.Require(guard, "email"), whoami)
	addr := serve(t, engine)
	for field, want := range map[string]int{
		"Accept: */*": 401, "Authorization: Bearer bob": 403, "Authorization: Bearer alice": 200,
	} {
		status, _, body := refusals.Send(t, addr, "GET", "/forward", field)
		require.Equal(t, want, status)
		require.Equal(t, want == 200, body == "alice", body)
	}
}

// A form that the guard has read is there for gin's own readers.
func TestForm(t *testing.T) {
	guard := newGuard(t, protector.Config{BufferedFormTokens: true})
	engine := newEngine()
	engine.POST("/form", ginguard.Require(guard), func(c *gin.Context) { c.String(http.StatusOK, c.PostForm("a")) })
	response, err := http.PostForm("http://"+serve(t, engine)+"/form", url.Values{"access_token": {"alice"}, "a": {"b"}})
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
	engine, further := newEngine(), errGone
	engine.Use(func(c *gin.Context) { c.Next(); further = c.Request.Context().Err() })
	engine.GET("/stream", ginguard.RequirePolicy(guard, policy), func(c *gin.Context) {
		_, limited = c.Request.Context().Deadline()
	})
	status, _, _ := refusals.Send(t, serve(t, engine), "GET", "/stream", "Authorization: Bearer a")
	require.Equal(t, http.StatusOK, status)
	require.True(t, limited)
	require.NoError(t, further, "middleware further out still has work to do")
}

func TestWiring(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for name, wire := range map[string]func(){
		"nil guard":       func() { ginguard.Require(nil) },
		"zero guard":      func() { ginguard.Optional(new(protector.Protector)) },
		"blank scope":     func() { ginguard.Require(guard, "profile", " ") },
		"empty list":      func() { ginguard.Optional(guard, []string{}...) },
		"malformed":       func() { ginguard.RequirePolicy(guard, protector.Policy{Scopes: []string{`"`}}) },
		"no handler":      func() { ginguard.ErrorHandler(nil) },
		"malformed group": func() { ginguard.RequirePolicy(guard, protector.Policy{Groups: []string{""}}) },
	} {
		require.Panics(t, wire, name)
	}
}

var errGone = errors.New("gone")

// The answers of a guard are gin's where that is asked for: by a handler that
// answers, and by one that leaves it to a middleware further out.
func TestErrorHandler(t *testing.T) {
	problem := func(c *gin.Context, e *protector.Error) {
		_, ok := ginguard.CurrentToken[*row](c)
		c.JSON(e.Status, gin.H{"title": e.Description, "token": ok, "aborted": c.IsAborted()})
	}
	for name, tt := range map[string]struct {
		answer func(*gin.Context, *protector.Error)
		status int
		body   string
	}{
		"answers":             {problem, 403, `"token":false`},
		"records":             {func(c *gin.Context, e *protector.Error) { c.Error(e) }, 403, "recorded"},
		"says nothing":        {func(*gin.Context, *protector.Error) {}, 403, ""},
		"goes on":             {func(c *gin.Context, _ *protector.Error) { c.Next() }, 403, ""},
		"another status":      {func(c *gin.Context, _ *protector.Error) { c.Status(http.StatusTeapot) }, 418, ""},
		"aborts":              {func(c *gin.Context, e *protector.Error) { c.AbortWithStatus(e.Status) }, 403, ""},
		"breaks":              {func(*gin.Context, *protector.Error) { panic(errGone) }, 500, ""},
		"takes the challenge": {func(c *gin.Context, _ *protector.Error) { c.Header("X-A", "b") }, 403, ""},
	} {
		t.Run(name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{ErrorHandler: ginguard.ErrorHandler(tt.answer)})
			engine := newEngine()
			engine.Use(func(c *gin.Context) {
				c.Next()
				if len(c.Errors) > 0 {
					c.String(-1, "recorded")
				}
			})
			ran := false
			engine.GET("/user", ginguard.Optional(guard), ginguard.Require(guard, "email"), func(*gin.Context) { ran = true })
			status, header, body := refusals.Send(t, serve(t, engine), "GET", "/user", "Authorization: Bearer bob")
			require.Equal(t, tt.status, status)
			require.Contains(t, body, tt.body)
			require.Contains(t, header.Get("Www-Authenticate"), `scope="email"`)
			require.Equal(t, "no-store", header.Get("Cache-Control"))
			require.False(t, ran)
		})
	}
}

// The guard of an engine is good for other handlers too.
func TestErrorHandlerOutsideGin(t *testing.T) {
	guard := newGuard(t, protector.Config{ErrorHandler: ginguard.ErrorHandler(
		func(*gin.Context, *protector.Error) { panic("there is no gin here") },
	)})
	handler := guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "in") }))
	status, header, body := refusals.Send(t, serveHandler(t, handler), "GET", "/")
	require.Equal(t, http.StatusUnauthorized, status)
	require.True(t, strings.HasPrefix(header.Get("Www-Authenticate"), "Bearer "))
	require.Empty(t, body)
}
