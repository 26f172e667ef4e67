package redisstore_test

import (
	"context"
	"net"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// newCluster makes a client of two masters, which share the slots of a cluster. The
// client is told who has which, so the masters need not agree upon it first.
func newCluster(t *testing.T, first, second *server) *redis.ClusterClient {
	const slots = 16384
	client := redis.NewClusterClient(&redis.ClusterOptions{
		ClusterSlots: func(context.Context) ([]redis.ClusterSlot, error) {
			return []redis.ClusterSlot{
				{Start: 0, End: slots/2 - 1, Nodes: []redis.ClusterNode{{Addr: first.socket()}}},
				{Start: slots / 2, End: slots - 1, Nodes: []redis.ClusterNode{{Addr: second.socket()}}},
			}, nil
		},
		Dialer: func(ctx context.Context, _, socket string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		ReadOnly: true, RouteRandomly: true, ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { client.Close() })
	return client
}

// checklist 144, 145
func TestACluster(t *testing.T) {
	first, second := startServer(t), startServer(t)
	store := newStore(t, newCluster(t, first, second))
	require.NoError(t, store.Verify(t.Context()))
	const proofs = 40 // both masters get some of them, whatever their hashes are
	for _, want := range []bool{true, false} {
		for n := range proofs {
			fresh, err := store.Spend(t.Context(), proof(n), inAMinute())
			require.NoError(t, err)
			require.Equal(t, want, fresh)
		}
	}
	for _, master := range []*server{first, second} {
		kept, err := master.client(t).DBSize(t.Context()).Result()
		require.NoError(t, err)
		require.NotZero(t, kept)
		require.Less(t, kept, int64(proofs))
	}

	// Nobody else remembers what a master does that is down.
	second.kill()
	unknown := false
	for n := 0; !unknown; n++ {
		fresh, err := store.Spend(t.Context(), proof(n), inAMinute())
		require.False(t, fresh)
		unknown = err != nil
	}
}

func TestVerifyAsksEveryMaster(t *testing.T) {
	evicting := startServer(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lfu")
	store := newStore(t, newCluster(t, startServer(t), evicting))
	require.ErrorContains(t, store.Verify(t.Context()), `maxmemory-policy is "allkeys-lfu"`)
}
