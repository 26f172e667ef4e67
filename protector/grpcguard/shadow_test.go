package grpcguard_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/grpcguard"
)

// A method whose policy is in shadow is called for everybody, with nobody's token, until the day has come.
func TestShadow(t *testing.T) {
	now := time.Now()
	var watch witness
	guard := newGuard(t, protector.Config{
		Logger: slog.New(slog.DiscardHandler), OnDecision: watch.see, Now: func() time.Time { return now },
	})
	interceptors := newInterceptors(t, guard, grpcguard.Config{Policies: map[string]protector.Policy{
		"/a.B/C": {Scopes: []string{"email"}, UntilExpiry: true, InsecureShadowUntil: now.Add(time.Hour)},
	}})
	call := func(token string) (any, error) {
		ctx := t.Context()
		if token != "" {
			ctx = metadata.NewIncomingContext(ctx, metadata.Pairs("authorization", "Bearer "+token))
		}
		return interceptors.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: "/a.B/C"},
			func(ctx context.Context, _ any) (any, error) {
				require.True(t, token == "alice" && whoami(ctx) == "alice" || protector.Shadowed(ctx))
				return whoami(ctx), nil
			})
	}
	for _, token := range []string{"", "alice", "bob", "mallory"} {
		answer, err := call(token)
		require.NoError(t, err)
		require.Equal(t, "nobody", answer)
	}
	var statuses []int
	for _, d := range watch.decisions {
		require.True(t, d.Shadow)
		statuses = append(statuses, d.Status)
	}
	require.Equal(t, []int{401, 0, 403, 401}, statuses)
	now = now.Add(time.Hour)
	_, err := call("bob")
	require.Equal(t, codes.PermissionDenied, status.Code(err))
	answer, err := call("alice")
	require.NoError(t, err)
	require.Equal(t, "alice", answer)
}
