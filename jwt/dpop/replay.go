package dpop

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Replay remembers the proofs that were used. Spend adds a proof, atomically, and
// reports whether it was absent; the proof stays until the given time and not
// longer than needed. The same proof always comes with the same time. A store that
// is shared keeps it a little longer, by as much as the clocks may differ. An error
// means that this could not be found out, and the request is not let in.
//
// The first 16 bytes of a proof are of the SHA-256 of its key's thumbprint, and the
// others of that of the thumbprint and its jti. So nobody can spend the proof of
// another's key, and a store can tell by the first half whose proofs fill it. Spend is
// called by many goroutines at once; it must give up when ctx ends.
type Replay interface {
	Spend(ctx context.Context, proof [32]byte, until time.Time) (fresh bool, err error)
}

// ErrFull is reported, by errors.Is, when a [Memory] has no room for another proof
// of the key. None is forgotten to make room: whoever could fill the memory could then
// use a proof twice.
var ErrFull = errors.New("dpop: the memory of used proofs is full: " +
	"raise MemoryConfig.MaxBytes of the Memory in Config.Replay")

const (
	defaultMemoryBytes = 64 << 20
	largestMemoryBytes = 1 << 40
	memoryShards       = 256

	// memoryEntryBytes is what one proof takes in the tables of a [Memory], the room
	// that they keep for growth included.
	memoryEntryBytes = 40
	// memorySlot is the time whose proofs are dropped together.
	memorySlot = 16 * time.Second
)

// MemoryConfig bounds a [Memory].
type MemoryConfig struct {
	_ [0]func() // keyed literals only, and no comparison

	// MaxBytes bounds the memory; a proof takes about 40 bytes. Default: 64 MiB,
	// which is 1.6 million proofs alive at a time. With proofs that are accepted for
	// 60 seconds that is 27 thousand requests a second, of which one key has 13 at
	// most.
	MaxBytes int

	// Now returns the time. Default: time.Now.
	Now func() time.Time
}

// Memory is a [Replay] in the memory of this process. It is not shared: of several
// processes each accepts a proof once. The zero Memory is ready, and as MemoryConfig's
// defaults have it. It may be used by any number of goroutines.
//
// It has 256 parts, and all proofs of one key are in one of them. A part may hold as
// many proofs as there is room left in the whole memory. So a client that sends ever
// new proofs fills half of it, and is refused then, by [ErrFull]; two such clients
// leave a third. The others go on in what is left, but for the one in 256 whose part
// is the same. A client with tokens for many keys counts as many clients: how many
// keys it may have is up to the authorization server.
type Memory struct {
	now        func() time.Time // nil: time.Now
	maxEntries int64            // 0: as many as fit into defaultMemoryBytes
	entries    atomic.Int64
	swept      atomic.Int64 // the slot in which ended proofs were looked for
	shards     [memoryShards]shard
}

// shard is a part, with the proofs of some keys by the time slot in which they end.
// What has ended leaves with its slot: no list is kept in order, and no goroutine
// sweeps.
type shard struct {
	mu      sync.Mutex
	slots   []slot
	held    int64    // proofs, in all slots
	dropped int64    // the latest slot that held proofs and was dropped
	_       [16]byte // shards that are used by two processors do not share a cache line
}

type slot struct {
	number int64 // of the slot since 1970
	proofs map[[16]byte]struct{}
}

// NewMemory makes an empty Memory. The error joins every fault of the config.
func NewMemory(config MemoryConfig) (*Memory, error) {
	if config.MaxBytes < 0 || int64(config.MaxBytes) > largestMemoryBytes {
		return nil, fmt.Errorf("dpop: MemoryConfig.MaxBytes is %d: use up to %d, or leave it 0 for the default",
			config.MaxBytes, int64(largestMemoryBytes))
	}
	return newMemory(orDefault(config.MaxBytes, defaultMemoryBytes), config.Now), nil
}

func newMemory(maxBytes int, now func() time.Time) *Memory {
	return &Memory{now: now, maxEntries: max(int64(maxBytes)/memoryEntryBytes, 1)}
}

// Spend remembers a proof and reports whether it is new. The error is [ErrFull].
//
// A proof whose slot has been dropped is not new: whether it was used is not known
// any more. It is asked about where a request took longer than the rest of its
// proof's time, and where the clock was set back.
//
// The second half identifies a proof in its shard. Two proofs that share it would be
// one: to find such a pair takes 2^64 attempts and costs its finder a refusal; to find
// one to go with somebody else's proof takes 2^128.
func (m *Memory) Spend(_ context.Context, proof [32]byte, until time.Time) (fresh bool, err error) {
	m.sweep()
	s := &m.shards[binary.LittleEndian.Uint64(proof[:8])%memoryShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	end := slotOf(until)
	if end <= s.dropped {
		return false, nil
	}
	proofs := s.slot(end)
	id := [16]byte(proof[16:])
	if _, used := proofs[id]; used {
		return false, nil
	}
	// A fixed share for each would either leave most of the memory unused or let the
	// flood of a few keys fill it.
	if left := m.limit() - m.entries.Add(1); s.held > left {
		m.entries.Add(-1)
		return false, ErrFull
	}
	proofs[id] = struct{}{}
	s.held++
	return true, nil
}

func (m *Memory) limit() int64 { return orDefault(m.maxEntries, defaultMemoryBytes/memoryEntryBytes) }

// sweep drops what has ended, once in each slot: parts that nobody uses any more must
// not take the room of the others. The clock may have been set back since.
func (m *Memory) sweep() {
	now := time.Now
	if m.now != nil {
		now = m.now
	}
	current, swept := slotOf(now()), m.swept.Load()
	if current == swept || !m.swept.CompareAndSwap(swept, current) {
		return
	}
	for i := range m.shards {
		m.entries.Add(-m.shards[i].drop(current - 1))
	}
}

// Usage returns how many proofs are remembered and an estimate of the bytes that
// they take. Proofs that have ended count for up to 16 seconds more, and where no
// others come, until the next does.
func (m *Memory) Usage() (entries, bytes int) {
	n := int(m.entries.Load())
	return n, n * memoryEntryBytes
}

func slotOf(t time.Time) int64 { return t.Unix() / int64(memorySlot/time.Second) }

// slot returns the proofs of one slot. There are few: as many as fit into the time
// that a proof is accepted.
func (s *shard) slot(number int64) map[[16]byte]struct{} {
	for i := range s.slots {
		if s.slots[i].number == number {
			return s.slots[i].proofs
		}
	}
	proofs := make(map[[16]byte]struct{})
	s.slots = append(s.slots, slot{number, proofs})
	return proofs
}

// drop forgets the slots up to last, and returns how many proofs were in them.
func (s *shard) drop(last int64) (dropped int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.slots[:0]
	for _, slot := range s.slots {
		if slot.number <= last {
			dropped += int64(len(slot.proofs))
			s.dropped = max(s.dropped, slot.number)
		} else {
			kept = append(kept, slot)
		}
	}
	clear(s.slots[len(kept):])
	s.slots = kept
	s.held -= dropped
	return dropped
}
