package introspection

import (
	"container/list"
	"sync"
	"time"
)

// cache remembers verdicts under the hash of their token, each until its own
// time, within bounds of number and of bytes: the least recently used make room.
// It is small enough to be our own, where a library would be a dependency for
// forty lines. Entries that are out of time are replaced or pushed out; nothing
// sweeps, so nothing runs in the background.
type cache struct {
	maxEntries, maxBytes int

	mu      sync.Mutex
	entries map[cacheKey]*list.Element
	recent  list.List // of *entry, most recently used first
	bytes   int       // what the entries take, as estimated
}

type entry struct {
	key     cacheKey
	verdict verdict
	until   time.Time
	bytes   int
}

func newCache(maxEntries, maxBytes int) *cache {
	return &cache{maxEntries: maxEntries, maxBytes: maxBytes, entries: make(map[cacheKey]*list.Element)}
}

func (c *cache) get(key cacheKey, now time.Time) (verdict, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[key]
	if !ok {
		return verdict{}, false
	}
	e := element.Value.(*entry)
	// By either clock: the monotonic one stops while the machine sleeps, the
	// wall clock, which Round(0) leaves alone, can be set back.
	if !now.Before(e.until) || !now.Round(0).Before(e.until.Round(0)) {
		return verdict{}, false
	}
	c.recent.MoveToFront(element)
	return e.verdict, true
}

// holds says whether there is an entry, in time or not.
func (c *cache) holds(key cacheKey) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.entries[key]
	return ok
}

func (c *cache) put(key cacheKey, v verdict, until time.Time) {
	e := &entry{key, v, until, entryBytes + v.size()}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(key)
	if e.bytes > c.maxBytes {
		return // it would push out all others and then itself
	}
	c.entries[key] = c.recent.PushFront(e)
	c.bytes += e.bytes
	for c.recent.Len() > c.maxEntries || c.bytes > c.maxBytes {
		c.remove(c.recent.Back().Value.(*entry).key)
	}
}

func (c *cache) forget(key cacheKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(key)
}

func (c *cache) remove(key cacheKey) {
	element, ok := c.entries[key]
	if !ok {
		return
	}
	c.recent.Remove(element)
	c.bytes -= element.Value.(*entry).bytes
	delete(c.entries, key)
}
