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
// A proof is the SHA-256 of its key's thumbprint and its jti: nobody can spend the
// proof of another's key. Spend is called by many goroutines at once; it must give
// up when ctx ends.
type Replay interface {
	Spend(ctx context.Context, proof [32]byte, until time.Time) (fresh bool, err error)
}

// ErrFull is reported, by errors.Is, when a [Memory] has no room for another proof.
// None is forgotten to make room: whoever could fill the memory could then use a
// proof twice.
var ErrFull = errors.New("dpop: the memory of used proofs is full: raise MemoryConfig.MaxBytes")

const (
	defaultMemoryBytes = 64 << 20
	largestMemoryBytes = 1 << 40
	memoryShards       = 64

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
	// which is 1.6 million proofs alive at a time.
	MaxBytes int

	// Now returns the time. Default: time.Now.
	Now func() time.Time
}

// Memory is a [Replay] in the memory of this process. It is not shared: of several
// processes each accepts a proof once. It may be used by any number of goroutines.
type Memory struct {
	now        func() time.Time
	maxEntries int64
	entries    atomic.Int64
	shards     [memoryShards]shard
}

// shard holds the proofs of one part of the keys, by the time slot in which they
// end. What has ended leaves with its slot: no list is kept in order, and no
// goroutine sweeps.
type shard struct {
	mu      sync.Mutex
	slots   []slot
	dropped int64    // the latest slot that held proofs and was dropped
	_       [24]byte // shards that are used by two processors do not share a cache line
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
	if config.Now == nil {
		config.Now = time.Now
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
// Half of the hash identifies the proof. Two proofs that share it would be one:
// to find such a pair takes 2^64 attempts and costs its finder a refusal; to find
// one to go with somebody else's proof takes 2^128.
func (m *Memory) Spend(_ context.Context, proof [32]byte, until time.Time) (fresh bool, err error) {
	s := &m.shards[binary.LittleEndian.Uint64(proof[16:])%memoryShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	m.entries.Add(-s.drop(slotOf(m.now()) - 1))
	end := slotOf(until)
	if end <= s.dropped {
		return false, nil
	}
	proofs := s.slot(end)
	id := [16]byte(proof[:16])
	if _, used := proofs[id]; used {
		return false, nil
	}
	if m.entries.Add(1) > m.maxEntries {
		m.entries.Add(-1)
		return false, ErrFull
	}
	proofs[id] = struct{}{}
	return true, nil
}

// Usage returns how many proofs are remembered and an estimate of the bytes that
// they take. Proofs that have ended count until the next use of their part of the
// memory.
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
	return dropped
}
