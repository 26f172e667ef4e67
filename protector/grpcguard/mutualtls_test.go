package grpcguard_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/grpcguard"
)

func newCertificate(t *testing.T) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"api.example"}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A token that is bound to a certificate is good over the connection of whoever holds
// its key, and over no other: not for what a header field says either.
func TestMutualTLS(t *testing.T) {
	own, other, servers := newCertificate(t), newCertificate(t), newCertificate(t)
	sum := sha256.Sum256(own.Certificate[0])
	bound := &row{user: "alice", thumbprint: base64.RawURLEncoding.EncodeToString(sum[:])}
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (*row, error) { return bound, nil }).
			Proving(protector.MutualTLS(protector.MutualTLSConfig{})),
	}})
	methods := []method{
		{name: "/a.Service/Unary", say: whoami}, {name: "/a.Service/Stream", client: true, server: true, say: whoami},
	}
	interceptors := newInterceptors(t, guard, grpcguard.Config{Policies: map[string]protector.Policy{"/a.Service/*": {}}})
	start := func(options ...grpc.ServerOption) string {
		server := grpc.NewServer(append(options, interceptors.ServerOptions()...)...)
		register(server, methods...)
		return serve(t, server)
	}
	secure := start(grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{servers}, ClientAuth: tls.RequestClientCert,
	})))
	over := func(certificates ...tls.Certificate) *grpc.ClientConn {
		return dial(t, secure, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
			Certificates: certificates, InsecureSkipVerify: true, // what is tested is the other direction
		})))
	}
	claimed := ":" + base64.StdEncoding.EncodeToString(own.Certificate[0]) + ":"
	for name, tt := range map[string]struct {
		conn *grpc.ClientConn
		want codes.Code
	}{
		"its own": {over(own), codes.OK}, "another's": {over(other), codes.Unauthenticated},
		"none": {over(), codes.Unauthenticated}, "without TLS": {dial(t, start()), codes.Unauthenticated},
	} {
		for _, m := range methods {
			o := call(t, tt.conn, m, append(bearer("a"), "client-cert", claimed)...)
			require.Equal(t, tt.want, status.Code(o.err), name)
			require.Equal(t, tt.want == codes.OK, o.text == "alice", name)
		}
	}
}
