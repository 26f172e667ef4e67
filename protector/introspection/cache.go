package introspection

import (
	"container/list"
	"sync"
	"time"
)

// cache remembers verdicts under the hash of their token, each until its own
// time, and no more than max of them: the least recently used makes room. It is
// small enough to be our own, where a library would be a dependency for forty
// lines. Expired entries are dropped when met, or pushed out; nothing sweeps,
// so nothing runs in the background.
type cache struct {
	max int

	mu      sync.Mutex
	entries map[cacheKey]*list.Element
	recent  list.List // of *entry, most recently used first
}

type entry struct {
	key     cacheKey
	verdict verdict
	until   time.Time
}

func newCache(max int) *cache {
	return &cache{max: max, entries: make(map[cacheKey]*list.Element)}
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
		c.remove(element)
		return verdict{}, false
	}
	c.recent.MoveToFront(element)
	return e.verdict, true
}

func (c *cache) put(key cacheKey, v verdict, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.entries[key]; ok {
		c.remove(element)
	}
	c.entries[key] = c.recent.PushFront(&entry{key, v, until})
	if c.recent.Len() > c.max {
		c.remove(c.recent.Back())
	}
}

func (c *cache) remove(element *list.Element) {
	c.recent.Remove(element)
	delete(c.entries, element.Value.(*entry).key)
}
