package ginguard_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/ginguard"
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

func try(engine http.Handler, path, token string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	engine.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
}

func Example() {
	issuer, guard := exampleGuard(protector.Config{})
	defer issuer.Close()
	gin.SetMode(gin.ReleaseMode)

	engine := gin.New()
	engine.GET("/user/:id", ginguard.Require(guard, "profile email", "user"), func(c *gin.Context) {
		token, _ := ginguard.CurrentToken[*jwt.Token](c) // always there behind Require
		c.String(http.StatusOK, "hello %s", token.Subject())
	})
	staff := engine.Group("/staff", ginguard.RequirePolicy(guard, protector.Policy{Groups: []string{"staff"}}))
	staff.GET("/plan", func(c *gin.Context) { c.String(http.StatusOK, "the plan") })

	alice := issuer.Token(jwttest.Subject("alice"), jwttest.Scope("user"))
	try(engine, "/user/7", alice)
	try(engine, "/user/7", "")
	try(engine, "/staff/plan", alice)
	// Output:
	// 200 hello alice
	// 401 {"error":"unauthorized","error_description":"An access token is required."}
	//
	// 403 {"error":"insufficient_scope","error_description":"The access token does not permit this request."}
}

// The wrong bridge and the right one. gin.WrapH makes of a middleware of net/http
// a handler like any other: after it has answered 401, gin calls the next one.
func Example_wrongBridge() {
	issuer, guard := exampleGuard(protector.Config{})
	defer issuer.Close()
	gin.SetMode(gin.ReleaseMode)
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	secret := func(c *gin.Context) { c.String(http.StatusOK, "the secret") }

	engine := gin.New()
	engine.GET("/wrong", gin.WrapH(guard.Require("profile")(nothing)), secret)
	engine.GET("/right", ginguard.Require(guard, "profile"), secret)

	try(engine, "/wrong", "")
	try(engine, "/right", "")
	// Output:
	// 401 {"error":"unauthorized","error_description":"An access token is required."}
	// the secret
	// 401 {"error":"unauthorized","error_description":"An access token is required."}
}

// Refusals in the form of the application's own errors.
func ExampleErrorHandler() {
	issuer, guard := exampleGuard(protector.Config{
		ErrorHandler: ginguard.ErrorHandler(func(c *gin.Context, e *protector.Error) {
			c.JSON(e.Status, gin.H{"title": http.StatusText(e.Status)})
		}),
	})
	defer issuer.Close()
	gin.SetMode(gin.ReleaseMode)

	engine := gin.New()
	engine.GET("/user", ginguard.Require(guard), func(c *gin.Context) { c.Status(http.StatusNoContent) })
	try(engine, "/user", "")
	// Output:
	// 401 {"title":"Unauthorized"}
}
