package fiberguard_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/gofiber/fiber/v3"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/fiberguard"
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

func try(app *fiber.App, path, token string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := app.Test(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	fmt.Println(response.StatusCode, string(body), err)
}

func Example() {
	issuer, guard := exampleGuard(protector.Config{})
	defer issuer.Close()

	app := fiber.New(fiber.Config{ReadBufferSize: 20 << 10}) // tokens of up to 16 KiB, and other fields
	app.Get("/user/:id", fiberguard.Require(guard, "profile email", "user"), func(c fiber.Ctx) error {
		token, _ := fiberguard.CurrentToken[*jwt.Token](c) // always there behind Require
		return c.SendString("hello " + token.Subject())
	})
	staff := app.Group("/staff", fiberguard.RequirePolicy(guard, protector.Policy{Groups: []string{"staff"}}))
	staff.Get("/plan", func(c fiber.Ctx) error { return c.SendString("the plan") })

	alice := issuer.Token(jwttest.Subject("alice"), jwttest.Scope("user"))
	try(app, "/user/7", alice)
	try(app, "/user/7", "")
	try(app, "/staff/plan", alice)
	// Output:
	// 200 hello alice <nil>
	// 401 {"error":"unauthorized","error_description":"An access token is required."}
	//  <nil>
	// 403 {"error":"insufficient_scope","error_description":"The access token does not permit this request."}
	//  <nil>
}

// Refusals in the form of the application's other errors: its ErrorHandler gets
// them, with their status.
func ExampleErrorHandler() {
	issuer, guard := exampleGuard(protector.Config{
		ErrorHandler: fiberguard.ErrorHandler(func(_ fiber.Ctx, e *protector.Error) error { return e }),
	})
	defer issuer.Close()

	app := fiber.New(fiber.Config{ErrorHandler: func(c fiber.Ctx, err error) error {
		return c.JSON(map[string]string{"title": err.Error()})
	}})
	app.Get("/user", fiberguard.Require(guard), func(c fiber.Ctx) error { return c.SendStatus(http.StatusNoContent) })
	try(app, "/user", "")
	// Output:
	// 401 {"title":"An access token is required."} <nil>
}
