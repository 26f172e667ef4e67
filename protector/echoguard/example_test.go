package echoguard_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/labstack/echo/v5"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/echoguard"
)

// exampleGuard returns an issuer that stands for a real one, and a guard for its
// tokens.
func exampleGuard(config protector.Config) (*jwttest.Issuer, *protector.Protector) {
	issuer, err := jwttest.StartIssuer()
	if err != nil {
		panic(err)
	}
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL()})
	if err != nil {
		panic(err)
	}
	tokens, err := jwt.NewValidator(jwt.Config{Audiences: []string{issuer.Audience()}, Keys: keys})
	if err != nil {
		panic(err)
	}
	config.Validators = []protector.Validator{protector.Bearer(tokens.Validate)}
	guard, err := protector.New(config)
	if err != nil {
		panic(err)
	}
	return issuer, guard
}

func try(handler http.Handler, path, token string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
}

func Example() {
	issuer, guard := exampleGuard(protector.Config{})
	defer issuer.Close()

	e := echo.New()
	e.GET("/user/:id", func(c *echo.Context) error {
		token, _ := echoguard.CurrentToken[*jwt.Token](c) // always there behind Require
		return c.String(http.StatusOK, "hello "+token.Subject())
	}, echoguard.Require(guard, "profile email", "user"))
	staff := e.Group("/staff", echoguard.RequirePolicy(guard, protector.Policy{Groups: []string{"staff"}}))
	staff.GET("/plan", func(c *echo.Context) error { return c.String(http.StatusOK, "the plan") })

	alice := issuer.Token(jwttest.Subject("alice"), jwttest.Scope("user"))
	try(e, "/user/7", alice)
	try(e, "/user/7", "")
	try(e, "/staff/plan", alice)
	// Output:
	// 200 hello alice
	// 401 {"error":"unauthorized","error_description":"An access token is required."}
	//
	// 403 {"error":"insufficient_scope","error_description":"The access token does not permit this request."}
}

// Refusals in the form of the application's other errors: the HTTPErrorHandler gets
// them, with their status.
func ExampleErrorHandler() {
	issuer, guard := exampleGuard(protector.Config{
		ErrorHandler: echoguard.ErrorHandler(func(_ *echo.Context, e *protector.Error) error { return e }),
	})
	defer issuer.Close()

	e := echo.New()
	e.HTTPErrorHandler = func(c *echo.Context, err error) {
		status := echo.StatusCode(err)
		c.JSON(status, map[string]string{"title": http.StatusText(status)})
	}
	e.GET("/user", func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) }, echoguard.Require(guard))
	try(e, "/user", "")
	// Output:
	// 401 {"title":"Unauthorized"}
}
