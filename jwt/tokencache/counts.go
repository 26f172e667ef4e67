package tokencache

import "sync/atomic"

// counts are running totals of a cache. Each token counts in one of several parts,
// so that processors that ask for different tokens seldom share a line of memory.
type counts [16]struct {
	hits, misses atomic.Uint64
	_            [112]byte // processors fetch lines of 64 bytes in pairs
}

func (c *counts) hit(h hash) {
	if c != nil {
		c[h.tag()>>28].hits.Add(1)
	}
}

func (c *counts) miss(h hash) {
	if c != nil {
		c[h.tag()>>28].misses.Add(1)
	}
}

func (c *counts) read() (hits, misses uint64) {
	if c == nil {
		return 0, 0
	}
	for i := range c {
		hits += c[i].hits.Load()
		misses += c[i].misses.Load()
	}
	return hits, misses
}
