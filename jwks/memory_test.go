package jwks_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// Ten thousand tenants are ten thousand Remotes: each weighs little more than its key.
func TestALoadedRemoteIsSmall(t *testing.T) {
	const many, most = 500, 3 << 10
	e := newEndpoint(jwkOf("2026-01", &rsa2048().PublicKey))
	client := e.client()
	remotes := make([]*jwks.Remote, many)
	before := heap()
	for i := range remotes {
		remotes[i] = newRemote(t, e, func(c *jwks.Config) { c.URL, c.Issuer, c.HTTPClient = "", issuerURL, client })
		require.NoError(t, remotes[i].Refresh(t.Context()))
	}
	e.set(func(e *endpoint) { e.asked, e.fetched = nil, nil })
	each := (int64(heap()) - int64(before)) / many
	require.Less(t, each, int64(most))
	runtime.KeepAlive(remotes)
}

// heap is what is reachable.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what a finalizer or a pool held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
