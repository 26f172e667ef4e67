package dpop_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
)

func memory(t testing.TB, maxBytes int) *dpop.Memory {
	m, err := dpop.NewMemory(dpop.MemoryConfig{MaxBytes: maxBytes})
	require.NoError(t, err)
	return m
}

func numbered(n uint64) [32]byte {
	return sha256.Sum256(binary.LittleEndian.AppendUint64(nil, n))
}

// checklist 144
func TestMemoryForgetsWhatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ctx := memory(t, 0), context.Background()
		for n := range uint64(10_000) {
			until := time.Now().Add(time.Duration(n%60) * time.Second)
			fresh, err := m.Spend(ctx, numbered(n), until)
			require.NoError(t, err)
			require.Equal(t, true, fresh)
			fresh, err = m.Spend(ctx, numbered(n), until)
			require.NoError(t, err)
			require.Equal(t, false, fresh)
		}
		began := time.Now()
		for range 59 {
			time.Sleep(time.Second) // a fake clock
			now := time.Now()
			for n := range uint64(10_000) {
				if until := began.Add(time.Duration(n%60) * time.Second); now.Before(until) {
					fresh, err := m.Spend(ctx, numbered(n), until)
					require.NoError(t, err)
					require.Equal(t, false, fresh, "%d is remembered until its end", n)
				}
			}
		}
		time.Sleep(time.Minute)
		for n := range uint64(1000) { // every part of the memory is used once more
			_, err := m.Spend(ctx, numbered(1_000_000+n), time.Now().Add(time.Minute))
			require.NoError(t, err)
		}
		entries, _ := m.Usage()
		require.Equal(t, 1000, entries)
	})
}

// A full memory forgets nothing: who could fill it could otherwise use a proof twice.
func TestFullMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ctx, until := memory(t, 4000), context.Background(), time.Now().Add(time.Minute)
		n := uint64(0)
		for ; ; n++ {
			fresh, err := m.Spend(ctx, numbered(n), until)
			if err != nil {
				require.ErrorIs(t, err, dpop.ErrFull)
				require.Equal(t, false, fresh)
				break
			}
		}
		require.EqualValues(t, 100, n)
		_, bytes := m.Usage()
		require.LessOrEqual(t, bytes, 4000)
		for n := range uint64(100) {
			fresh, err := m.Spend(ctx, numbered(n), until)
			require.NoError(t, err)
			require.Equal(t, false, fresh)
		}
		time.Sleep(2 * time.Minute) // a fake clock
		for n := range uint64(1000) {
			_, _ = m.Spend(ctx, numbered(10_000+n), time.Now().Add(time.Minute))
		}
		entries, _ := m.Usage()
		require.Equal(t, 100, entries, "there is room again once proofs have ended")
	})
}

// Between the check of a proof and its use there may be a slow policy, and the proof
// ends: to have forgotten it must not make it new.
//
// checklist 144
func TestMemoryDoesNotTakeTheForgottenForNew(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	for name, later := range map[string]struct{ dropped, now time.Duration }{
		"spent late":         {2 * time.Minute, 2 * time.Minute},
		"the clock set back": {2 * time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			now := start
			m, err := dpop.NewMemory(dpop.MemoryConfig{Now: func() time.Time { return now }})
			require.NoError(t, err)
			spend := func(n uint64, until time.Time) bool {
				fresh, err := m.Spend(context.Background(), numbered(n), until)
				require.NoError(t, err)
				return fresh
			}
			for n := range uint64(1000) {
				require.Equal(t, true, spend(n, start.Add(time.Minute)))
			}
			now = start.Add(later.dropped)
			for n := range uint64(1000) { // every part of the memory is used
				require.Equal(t, true, spend(10_000+n, now.Add(time.Minute)))
			}
			now = start.Add(later.now)
			for n := range uint64(1000) {
				require.Equal(t, false, spend(n, start.Add(time.Minute)))
			}
			// Proofs that are made now are accepted, also after a clock was wrong.
			require.Equal(t, true, spend(20_000, start.Add(3*time.Minute+20*time.Second)))
		})
	}
}

// accepting is a store that forgets what has ended at once.
type accepting struct{}

func (accepting) Spend(_ context.Context, _ [32]byte, until time.Time) (bool, error) {
	return true, nil
}

// checklist 144
func TestAProofThatEndsBeforeItIsSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, "ES256")
		v := verifier(t, dpop.Config{Replay: accepting{}})
		spend, _, err := v.Verify(c.proof(nil, nil), c.get())
		require.NoError(t, err)
		time.Sleep(time.Minute - time.Nanosecond) // a fake clock
		require.NoError(t, spend(context.Background()))
		time.Sleep(time.Nanosecond)
		requireReason(t, dpop.ReasonTime, spend(context.Background()))
	})
}

func TestMemoryIsAtomic(t *testing.T) {
	m, until := memory(t, 0), time.Now().Add(time.Minute)
	var accepted atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := range uint64(2000) {
				if fresh, err := m.Spend(context.Background(), numbered(n), until); fresh && err == nil {
					accepted.Add(1)
				}
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 2000, accepted.Load())
}

// The estimate must not be below what a proof takes.
func TestMemoryUsageIsHonest(t *testing.T) {
	until := time.Now().Add(time.Minute)
	heap := func() uint64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	for _, n := range []uint64{100_000, 200_000, 300_000} {
		before, entries := heap(), n
		m := memory(t, 0)
		for range entries {
			var proof [32]byte
			rand.Read(proof[:])
			_, err := m.Spend(context.Background(), proof, until)
			require.NoError(t, err)
		}
		taken := heap() - before
		_, estimate := m.Usage()
		t.Logf("%d proofs: %.1f bytes each", n, float64(taken)/float64(n))
		require.LessOrEqual(t, taken, uint64(estimate)*12/10)
		runtime.KeepAlive(m)
	}
}

// One million live proofs, and both processors at work.
func BenchmarkMemory(b *testing.B) {
	m, until := memory(b, 512<<20), time.Now().Add(time.Hour)
	for n := range uint64(1_000_000) {
		_, _ = m.Spend(context.Background(), numbered(n), until)
	}
	var next atomic.Uint64
	next.Store(1_000_000)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = m.Spend(context.Background(), numbered(next.Add(1)), until)
		}
	})
}
