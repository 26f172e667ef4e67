package redisstore_test

import (
	"encoding/binary"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkSpend asks a server on the same machine, over a Unix socket: the floor
// below which no network gets.
func BenchmarkSpend(b *testing.B) {
	client := startServer(b).client(b)
	store := newStore(b, client)
	until := inAMinute()
	var next atomic.Uint64
	fresh := func() (proof [32]byte) {
		binary.LittleEndian.PutUint64(proof[:], next.Add(1))
		return proof
	}
	b.Run("callers=1", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ok, err := store.Spend(b.Context(), fresh(), until)
			require.True(b, ok && err == nil)
		}
	})
	b.Run("callers=many", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if ok, err := store.Spend(b.Context(), fresh(), until); !ok || err != nil {
					b.Error(ok, err)
				}
			}
		})
	})
	b.Run("floor=ping", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			require.NoError(b, client.Ping(b.Context()).Err())
		}
	})
}
