package grpcguard_test

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/grpcguard"
)

// service stands for yours.
type service struct {
	testpb.UnimplementedTestServiceServer
}

func (service) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	token, _ := protector.CurrentToken[*jwt.Token](ctx) // always there behind a policy
	return &testpb.SimpleResponse{Username: token.Subject()}, nil
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

	interceptors, err := grpcguard.New(guard, grpcguard.Config{
		Policies: map[string]protector.Policy{
			testpb.TestService_UnaryCall_FullMethodName:      {Scopes: []string{"profile email", "user"}},
			testpb.TestService_FullDuplexCall_FullMethodName: {Scopes: []string{"user"}, UntilExpiry: true},
			"/grpc.testing.TestService/*":                    {Groups: []string{"staff"}},
		},
		Open: []string{"/grpc.health.v1.Health/*"},
	})
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer(interceptors.ServerOptions()...)
	testpb.RegisterTestServiceServer(server, service{})
	healthpb.RegisterHealthServer(server, health.NewServer())
	if err := interceptors.Verify(server); err != nil { // the table and the server agree
		panic(err)
	}

	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		panic(err)
	}
	go server.Serve(listener)
	defer server.Stop()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	defer conn.Close()

	client := testpb.NewTestServiceClient(conn)
	alice := metadata.AppendToOutgoingContext(context.Background(),
		"authorization", "Bearer "+issuer.Token(jwttest.Subject("alice"), jwttest.Scope("user")))
	answer, err := client.UnaryCall(alice, &testpb.SimpleRequest{})
	fmt.Println(status.Code(err), answer.GetUsername())

	var trailer metadata.MD
	_, err = client.UnaryCall(context.Background(), &testpb.SimpleRequest{}, grpc.Trailer(&trailer))
	if status.Code(err) == codes.Unauthenticated {
		fmt.Println(err)
		fmt.Println(trailer["www-authenticate"])
	}
	_, err = client.EmptyCall(alice, &testpb.Empty{})
	fmt.Println(err)
	// Output:
	// OK alice
	// rpc error: code = Unauthenticated desc = An access token is required.
	// [Bearer realm="api"]
	// rpc error: code = PermissionDenied desc = The access token does not permit this request.
}
