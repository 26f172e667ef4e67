package jwks

import (
	"hash/maphash"
	"sync"
	"time"
)

// maxAbsent bounds the memory of absent keys. Beyond it the memory starts
// anew: forgetting costs at most a fetch that the token bucket allows.
const maxAbsent = 4096

// absentKeys remembers what a recent fetch did not find, a kid and an algorithm, so
// that one forged token sent again and again does not use up the fetches that a
// real rotation needs. It keeps 64-bit hashes, not kids: their length is the
// sender's choice. The seed is random, so nobody can aim for a collision, and an
// accidental one delays a new key by a cool-down.
type absentKeys struct {
	lifetime time.Duration
	seed     maphash.Seed

	mu    sync.Mutex
	since map[uint64]time.Time // nil until the first one
}

// hash is of both: a forged token with a kid that is in use, and an algorithm that
// is not, says nothing about another algorithm under that kid.
func (a *absentKeys) hash(kid, alg string) uint64 {
	return maphash.Comparable(a.seed, [2]string{kid, alg})
}

// add notes that a fetch which began at that time did not find the key.
func (a *absentKeys) add(kid, alg string, began time.Time) {
	h := a.hash(kid, alg)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.since == nil || len(a.since) >= maxAbsent {
		a.since = make(map[uint64]time.Time)
	}
	a.since[h] = began
}

// has reports whether the key was found absent within the lifetime before now.
func (a *absentKeys) has(kid, alg string, now time.Time) bool {
	h := a.hash(kid, alg)
	a.mu.Lock()
	defer a.mu.Unlock()
	began, ok := a.since[h]
	return ok && now.Before(began.Add(a.lifetime))
}
