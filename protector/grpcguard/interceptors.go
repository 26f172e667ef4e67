package grpcguard

import (
	"google.golang.org/grpc"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/internal/procedures"
)

// Config is the table of methods. It is read by [New], and not kept.
type Config struct {
	_ [0]func() // no unkeyed literals, no comparison

	// Policies are what the methods ask for, by the full names that generated code
	// has as constants: "/greet.v1.Greeter/SayHello". The name "/greet.v1.Greeter/*"
	// is for those methods of the service that are not named themselves. The zero
	// Policy asks for any valid token.
	Policies map[string]protector.Policy

	// Open are the methods that everybody reaches, token or not, by the same names.
	// No token is looked at. Default: none, health and reflection included.
	Open []string
}

// Interceptors stand between clients and the methods of a server. Build them with
// [New]. They are safe for concurrent use.
type Interceptors struct {
	guard *protector.Protector
	table *procedures.Table
}

// New compiles the table for a guard. The error joins every fault: of a name, of a
// policy, or of a method that is declared twice.
func New(guard *protector.Protector, config Config) (*Interceptors, error) {
	table, err := procedures.New("grpcguard", guard, config.Policies, config.Open)
	if err != nil {
		return nil, err
	}
	return &Interceptors{guard, table}, nil
}

// ServerOptions are both interceptors, so that neither is forgotten. They join the
// chain behind those of the options before them.
func (i *Interceptors) ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{grpc.ChainUnaryInterceptor(i.Unary), grpc.ChainStreamInterceptor(i.Stream)}
}

// Verify compares the table with what a server has registered. Call it before
// Serve. The error joins every method that is registered and not declared, which
// nobody could call, and every name that stands for no method, which is a slip of
// the pen.
//
// Server is a *grpc.Server as a rule.
func (i *Interceptors) Verify(server interface {
	GetServiceInfo() map[string]grpc.ServiceInfo
}) error {
	var registered []string
	for service, info := range server.GetServiceInfo() {
		for _, method := range info.Methods {
			registered = append(registered, "/"+service+"/"+method.Name)
		}
	}
	return i.table.Compare(registered)
}
