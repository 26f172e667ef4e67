package grpcguard_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/grpcguard"
)

// nonces is a proof that asks for nothing, and answers with a nonce.
type nonces string

func (nonces) Confirms() string                       { return "nonces" }
func (nonces) Params() []protector.Param              { return nil }
func (nonces) Evidence(*http.Request) (string, error) { return "", nil }
func (n nonces) Check(context.Context, protector.Possession) (protector.Proved, error) {
	return protector.Proved{Header: http.Header{"Dpop-Nonce": {string(n)}}}, nil
}

// One guard behind another, or the same twice, tell the client one nonce: it has no way
// to choose.
func TestNestedNonces(t *testing.T) {
	guardOf := func(nonce nonces) *protector.Protector {
		return newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(lookup).Proving(nonce)}})
	}
	first, second := guardOf("first"), guardOf("second")
	for _, m := range []method{
		{name: "/a.Service/Unary", say: whoami}, {name: "/a.Service/Stream", server: true, say: whoami},
	} {
		for _, guards := range [][]*protector.Protector{{first}, {first, first}, {first, second}} {
			var options []grpc.ServerOption
			for _, guard := range guards {
				config := grpcguard.Config{Policies: map[string]protector.Policy{m.name: {}}}
				options = append(options, newInterceptors(t, guard, config).ServerOptions()...)
			}
			server := grpc.NewServer(options...)
			register(server, m)
			o := call(t, dial(t, serve(t, server)), m, bearer("alice")...)
			require.NoError(t, o.err)
			require.Equal(t, "alice", o.text)
			require.Equal(t, []string{"first"}, o.header["dpop-nonce"])
		}
	}
}
