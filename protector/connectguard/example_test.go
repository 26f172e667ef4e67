package connectguard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/connectguard"
)

// What generated code has.
var greetv1connect = struct{ GreetServiceGreetProcedure, GreetServiceWatchProcedure string }{
	"/greet.v1.GreetService/Greet", "/greet.v1.GreetService/Watch",
}

func greet(ctx context.Context, _ *connect.Request[emptypb.Empty]) (*connect.Response[wrapperspb.StringValue], error) {
	token, _ := protector.CurrentToken[*jwt.Token](ctx) // always there behind a policy
	return connect.NewResponse(wrapperspb.String("hello " + token.Subject())), nil
}

// newGreetServiceHandler stands for the generated function of that name.
func newGreetServiceHandler(options ...connect.HandlerOption) (string, http.Handler) {
	return "/greet.v1.GreetService/",
		connect.NewUnaryHandler(greetv1connect.GreetServiceGreetProcedure, greet, options...)
}

// exampleGuard returns an issuer that stands for a real one, and a guard for its
// tokens.
func exampleGuard() (*jwttest.Issuer, *protector.Protector) {
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
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(tokens.Validate)},
	})
	if err != nil {
		panic(err)
	}
	return issuer, guard
}

func Example() {
	issuer, guard := exampleGuard()
	defer issuer.Close()

	middleware, err := connectguard.New(guard, connectguard.Config{
		Policies: map[string]protector.Policy{
			greetv1connect.GreetServiceGreetProcedure: {Scopes: []string{"profile email", "user"}},
			greetv1connect.GreetServiceWatchProcedure: {Scopes: []string{"user"}, UntilExpiry: true},
			"/greet.v1.AdminService/*":                {Groups: []string{"staff"}},
		},
		Open: []string{"/grpc.health.v1.Health/*"},
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle(newGreetServiceHandler(connect.WithInterceptors(middleware.Interceptor())))
	server := httptest.NewServer(middleware.Wrap(mux))
	defer server.Close()

	client := connect.NewClient[emptypb.Empty, wrapperspb.StringValue](http.DefaultClient,
		server.URL+greetv1connect.GreetServiceGreetProcedure)
	call := func(token string) {
		r := connect.NewRequest(&emptypb.Empty{})
		if token != "" {
			r.Header().Set("Authorization", "Bearer "+token)
		}
		answer, err := client.CallUnary(context.Background(), r)
		if err != nil {
			fmt.Println(err)
			var e *connect.Error
			if errors.As(err, &e) && e.Code() == connect.CodeUnauthenticated {
				fmt.Println(e.Meta().Values("WWW-Authenticate"))
			}
			return
		}
		fmt.Println(answer.Msg.GetValue())
	}
	call(issuer.Token(jwttest.Subject("alice"), jwttest.Scope("user")))
	call("")
	call(issuer.Token(jwttest.Subject("alice"), jwttest.Scope("other")))
	// Output:
	// hello alice
	// unauthenticated: An access token is required.
	// [Bearer realm="api"]
	// permission_denied: The access token does not permit this request.
}
