package dpop_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	mathrand "math/rand/v2"
	"runtime"
	"slices"
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

// numbered makes proofs of as many keys.
func numbered(n uint64) [32]byte {
	return sha256.Sum256(binary.LittleEndian.AppendUint64(nil, n))
}

// proofOf makes the nth proof of a key, whose number says which part it is in.
func proofOf(key byte, n uint64) (proof [32]byte) {
	proof[0] = key
	binary.LittleEndian.PutUint64(proof[24:], n)
	return proof
}

// flood spends new proofs of a key until there is no room for them, and returns how
// many there was room for.
func flood(t *testing.T, m *dpop.Memory, key byte, until time.Time) (n uint64) {
	for ; ; n++ {
		fresh, err := m.Spend(context.Background(), proofOf(key, n), until)
		if err != nil {
			require.ErrorIs(t, err, dpop.ErrFull)
			require.ErrorContains(t, err, "MemoryConfig.MaxBytes")
			require.Equal(t, false, fresh)
			return n
		}
		require.Equal(t, true, fresh)
	}
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
// Who fills it gets half of it, and leaves the other half to others.
//
// checklist 144
func TestFloodOfOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ctx, until := memory(t, 40*1000), context.Background(), time.Now().Add(time.Minute)
		require.EqualValues(t, 500, flood(t, m, 1, until))
		require.EqualValues(t, 250, flood(t, m, 2, until), "as many as are left then")
		require.EqualValues(t, 125, flood(t, m, 3, until))
		for key := range byte(100) { // a hundred clients that do no harm, one proof each
			fresh, err := m.Spend(ctx, proofOf(100+key, 0), until)
			require.NoError(t, err)
			require.Equal(t, true, fresh)
		}
		_, bytes := m.Usage()
		require.LessOrEqual(t, bytes, 40*1000)
		for key, n := range map[byte]uint64{1: 500, 2: 250, 3: 125} {
			_, err := m.Spend(ctx, proofOf(key, n), until)
			require.ErrorIs(t, err, dpop.ErrFull)
			for i := range n {
				fresh, err := m.Spend(ctx, proofOf(key, i), until)
				require.NoError(t, err)
				require.Equal(t, false, fresh)
			}
		}

		time.Sleep(80 * time.Second) // a fake clock
		_, err := m.Spend(ctx, proofOf(99, 0), time.Now().Add(time.Minute))
		require.NoError(t, err)
		entries, _ := m.Usage()
		require.Equal(t, 1, entries, "proofs that have ended leave, whether their key is seen again or not")
		require.EqualValues(t, 500, flood(t, m, 1, time.Now().Add(time.Minute)))
	})
}

// A memory of few proofs against a list of them, at random: none is accepted twice, none
// is refused that is new while there is room, and how much room there is, is the rule's.
//
// checklist 144
func TestMemoryAgainstAModel(t *testing.T) {
	const limit = 40
	type used struct {
		proof [32]byte
		until time.Time
	}
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			random := mathrand.New(mathrand.NewPCG(seed, 1))
			m, accepted, full := memory(t, 40*limit), []used(nil), 0
			for step := range uint64(3000) {
				time.Sleep(time.Duration(random.IntN(800)) * time.Millisecond) // a fake clock
				now := time.Now()
				next := used{proofOf(byte(random.IntN(3)*random.IntN(5)), step), now.Add(time.Minute + time.Duration(
					random.IntN(65)-60)*time.Second).Add(time.Millisecond)}
				again := random.IntN(3) == 0 && len(accepted) > 0
				if again {
					next = accepted[random.IntN(len(accepted))]
				}
				fresh, err := m.Spend(context.Background(), next.proof, next.until)
				if again {
					require.NoError(t, err)
					require.Equal(t, false, fresh, "%v before its end", next.until.Sub(now))
					continue
				}
				total, mine := 0, 0
				accepted = slices.DeleteFunc(accepted, func(u used) bool { return u.until.Unix()/16 < now.Unix()/16 })
				for _, u := range accepted {
					total++
					if u.proof[0] == next.proof[0] {
						mine++
					}
				}
				room := mine < limit-total
				require.Equal(t, room, err == nil, "%d of %d are of this key: %v", mine, total, err)
				require.Equal(t, room, fresh)
				if full++; room {
					full--
					accepted = append(accepted, next)
				}
				entries, _ := m.Usage()
				require.Equal(t, len(accepted), entries)
			}
			require.Greater(t, full, 20, "the memory was full now and then")
		})
	}
}

// checklist 144
func TestZeroMemory(t *testing.T) {
	var m dpop.Memory
	c := newClient(t, "EdDSA")
	v := verifier(t, dpop.Config{Replay: &m})
	proof := c.proof(nil, nil)
	require.NoError(t, spent(v, proof, c.get()))
	requireReason(t, dpop.ReasonReplay, spent(v, proof, c.get()))
	entries, _ := m.Usage()
	require.Equal(t, 1, entries)
}

// What a client makes of its own jti fills its own part.
//
// checklist 144
func TestFloodOfOneClient(t *testing.T) {
	m := memory(t, 40*100)
	v := verifier(t, dpop.Config{Replay: m})
	hostile, other := newClient(t, "EdDSA"), newClient(t, "EdDSA")
	for partOf(hostile) == partOf(other) {
		other = newClient(t, "EdDSA")
	}
	n := 0
	for ; ; n++ {
		if err := spent(v, hostile.proof(nil, nil), hostile.get()); err != nil {
			require.ErrorIs(t, err, dpop.ErrFull)
			break
		}
	}
	require.Equal(t, 50, n)
	for range 25 {
		require.NoError(t, spent(v, other.proof(nil, nil), other.get()))
	}
	var e *dpop.Error
	require.NotErrorAs(t, spent(v, hostile.proof(nil, nil), hostile.get()), &e, "not to know is not to refuse")
}

func partOf(c *client) byte {
	sum := sha256.Sum256([]byte(c.bind))
	return sum[0]
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

// A clock that was a day ahead for a moment, and is set right: what ends after that
// leaves as ever.
func TestMemoryAfterAWrongClock(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	now := start.Add(24 * time.Hour)
	m, err := dpop.NewMemory(dpop.MemoryConfig{MaxBytes: 40 * 100, Now: func() time.Time { return now }})
	require.NoError(t, err)
	_, err = m.Spend(context.Background(), proofOf(0, 0), now.Add(time.Minute))
	require.NoError(t, err)
	for now = start; now.Before(start.Add(10 * time.Minute)); now = now.Add(80 * time.Second) {
		require.EqualValues(t, 50, flood(t, m, 1, now.Add(time.Minute)))
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

// A million proofs that are alive take less than 100 MB, and the estimate is not below
// what they take.
func TestMemoryUsageIsHonest(t *testing.T) {
	now := time.Now()
	heap := func() int {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int(s.HeapAlloc)
	}
	for _, n := range []uint64{100_000, 300_000, 1_000_000} {
		before := heap()
		m := memory(t, 0)
		for i := range n {
			_, err := m.Spend(context.Background(), numbered(i), now.Add(time.Minute+time.Duration(i%65)*time.Second))
			require.NoError(t, err)
		}
		taken := heap() - before
		entries, estimate := m.Usage()
		require.EqualValues(t, n, entries)
		t.Logf("%d proofs: %.1f bytes each", n, float64(taken)/float64(n))
		require.LessOrEqual(t, taken, estimate*12/10)
		require.LessOrEqual(t, taken, 100*int(n))
		runtime.KeepAlive(m)
	}
}

// One million live proofs of a thousand keys, and both processors at work.
func BenchmarkMemory(b *testing.B) {
	now := time.Now()
	spend := func(m *dpop.Memory, n uint64) {
		var key [8]byte
		binary.LittleEndian.PutUint64(key[:], n%1000*0x9e3779b97f4a7c15)
		proof := proofOf(0, n)
		copy(proof[:8], key[:])
		until := now.Add(time.Hour + time.Duration(n%60)*time.Second)
		if fresh, err := m.Spend(context.Background(), proof, until); err != nil || !fresh {
			b.Fatal(fresh, err)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m := memory(b, 1<<30)
	for n := range uint64(1_000_000) {
		spend(m, n)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ResetTimer()
	var next atomic.Uint64
	next.Store(1_000_000)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			spend(m, next.Add(1))
		}
	})
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "bytes/proof")
}
