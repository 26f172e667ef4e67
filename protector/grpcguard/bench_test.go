package grpcguard_test

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/grpcguard"
	"example.com/resourceserver/protector/internal/refusals"
)

const (
	guarded = "/a.Service/Guarded"
	open    = "/a.Service/Open"
)

// incoming is a context as grpc-go makes it for a call.
func incoming(field string) context.Context {
	md := metadata.Pairs(":authority", "api.example:443", "content-type", "application/grpc",
		"user-agent", "grpc-go/1.85.0", "grpc-accept-encoding", "gzip")
	if field != "" {
		md.Set("authorization", field)
	}
	address := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 50000}
	return peer.NewContext(metadata.NewIncomingContext(context.Background(), md), &peer.Peer{Addr: address})
}

func benchmarked(tb testing.TB) (interceptors *grpcguard.Interceptors, ctx context.Context, floor func() bool) {
	guard, field, floor := refusals.Bench(tb)
	interceptors = newInterceptors(tb, guard, grpcguard.Config{
		Policies: map[string]protector.Policy{guarded: {Scopes: []string{"profile email", "user"}}}, Open: []string{open},
	})
	return interceptors, incoming(field), floor
}

func answer(context.Context, any) (any, error) { return nil, nil }

// What the guard costs is the first row: the validation costs nothing here. The last
// two are what it is measured by, and what of it is grpc's copy of the metadata.
func BenchmarkUnary(b *testing.B) {
	interceptors, known, floor := benchmarked(b)
	for _, bb := range []struct {
		name, method string
		ctx          context.Context
	}{
		{"guarded", guarded, known}, {"guarded/refused", guarded, incoming("")}, {"open", open, known},
	} {
		b.Run("method="+bb.name, func(b *testing.B) {
			info := &grpc.UnaryServerInfo{FullMethod: bb.method}
			b.ReportAllocs()
			for b.Loop() {
				interceptors.Unary(bb.ctx, nil, info, answer)
			}
		})
	}
	b.Run("metadata", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			metadata.FromIncomingContext(known)
		}
	})
	b.Run("floor=RS256", func(b *testing.B) {
		for b.Loop() {
			require.True(b, floor())
		}
	})
}

// The six are those of this package and of protector, beside grpc's copy of the
// metadata.
func TestAllocations(t *testing.T) {
	interceptors, ctx, _ := benchmarked(t)
	measure := func(method string) float64 {
		info := &grpc.UnaryServerInfo{FullMethod: method}
		return refusals.Allocations(func() { interceptors.Unary(ctx, nil, info, answer) })
	}
	copied := refusals.Allocations(func() { metadata.FromIncomingContext(ctx) })
	require.LessOrEqual(t, measure(guarded)-copied, 6.0)
	require.Zero(t, measure(open))
}
