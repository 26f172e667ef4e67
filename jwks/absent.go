package jwks

import (
	"hash/maphash"
	"sync"
	"time"
)

// maxAbsent bounds the memory of absent kids. Beyond it the memory starts
// anew: forgetting costs at most a fetch that the token bucket allows.
const maxAbsent = 4096

// absentKids remembers kids that a recent fetch did not find, so that one
// forged token sent again and again does not use up the fetches that a real
// rotation needs. It keeps 64-bit hashes, not kids: their length is the
// sender's choice. The seed is random, so nobody can aim for a collision, and an
// accidental one delays a new key by a cool-down.
type absentKids struct {
	lifetime time.Duration
	seed     maphash.Seed

	mu    sync.Mutex
	since map[uint64]time.Time
}

func newAbsentKids(lifetime time.Duration) *absentKids {
	return &absentKids{lifetime: lifetime, seed: maphash.MakeSeed(), since: make(map[uint64]time.Time)}
}

// add notes that a fetch which began at that time did not find kid.
func (a *absentKids) add(kid string, began time.Time) {
	h := maphash.String(a.seed, kid)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.since) >= maxAbsent {
		clear(a.since)
	}
	a.since[h] = began
}

// has reports whether kid was found absent within the lifetime before now.
func (a *absentKids) has(kid string, now time.Time) bool {
	h := maphash.String(a.seed, kid)
	a.mu.Lock()
	defer a.mu.Unlock()
	began, ok := a.since[h]
	return ok && now.Before(began.Add(a.lifetime))
}
