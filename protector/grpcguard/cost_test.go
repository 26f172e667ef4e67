package grpcguard_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/grpcguard"
)

// nativeStream has the methods of a stream of grpc's own servers.
type nativeStream struct{ grpc.ServerTransportStream }

func (nativeStream) SetTrailer(metadata.MD) error     { return nil }
func (nativeStream) WriteStatus(*status.Status) error { return nil }

// openStreams has so many handlers wait at once, and returns what they take: memory,
// stacks included, and goroutines.
func openStreams(t *testing.T, n int, policy protector.Policy) (memory, goroutines int) {
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(
		func(context.Context, string) (*row, error) {
			return &row{user: "alice", expiry: time.Now().Add(time.Hour)}, nil
		})}})
	interceptors := newInterceptors(t, guard, grpcguard.Config{Policies: map[string]protector.Policy{live: policy}})
	md, release := metadata.Pairs(bearer("alice")...), make(chan struct{})
	var waiting, served sync.WaitGroup
	memoryBefore, goroutinesBefore := usage()
	for range n {
		ctx, end := context.WithCancel(metadata.NewIncomingContext(context.Background(), md))
		ctx = grpc.NewContextWithServerTransportStream(ctx, nativeStream{})
		ctx.Done() // as the transport waits for it
		waiting.Add(1)
		served.Go(func() {
			defer end()
			interceptors.Stream(nil, &foreignStream{ctx: ctx}, &grpc.StreamServerInfo{FullMethod: live},
				func(any, grpc.ServerStream) error { waiting.Done(); <-release; return nil })
		})
	}
	waiting.Wait()
	memory, goroutines = usage()
	close(release)
	served.Wait()
	return memory - memoryBefore, goroutines - goroutinesBefore
}

func usage() (memory, goroutines int) {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc + stats.StackInuse), runtime.NumGoroutine()
}

// Streams that end with their token take no goroutine more than if they did not, and
// few bytes: half for the protector's timer, and half for what wakes the transport.
func TestOpenStreams(t *testing.T) {
	const n = 2000
	openStreams(t, n, protector.Policy{}) // fills the pools
	memory, goroutines := openStreams(t, n, protector.Policy{})
	limitedMemory, limitedGoroutines := openStreams(t, n, protector.Policy{UntilExpiry: true})
	require.Equal(t, goroutines, limitedGoroutines)
	t.Logf("a stream takes %d bytes, and %d more with UntilExpiry", memory/n, (limitedMemory-memory)/n)
	require.Less(t, (limitedMemory-memory)/n, 1700)
}
