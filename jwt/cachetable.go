package jwt

import (
	"encoding/binary"
	"strings"
	"sync"
	"sync/atomic"
)

// ways is how many places one token can be in: as many pointers as a cache line
// holds.
const ways = 8

// table is a set-associative table of verified tokens: a digest chooses a row,
// and a token may be in any place of that row. Reading takes no lock and writes
// nothing but a mark, once. Its size is fixed from the start, and so is how many
// places each call looks at.
//
// A map with a least-recently-used list was rejected because each read would
// have to move an element under a lock. The quickest of the caches that others keep
// was tried in its place: it made a hit slower by a tenth, and took the whole
// middleware to the limit that is set for it. Look-ups alone are compared in
// fuzz/speed/libraries.
type table struct {
	rows     []row
	maxBytes int

	mu    sync.Mutex // for those who write
	bytes int
	count int
	hand  int // the row from which room is made next
}

type row [ways]atomic.Pointer[entry]

// cacheKey tells a token from all others. The signature alone would not do: it
// says which token it was made for, and not that this is the token at hand.
type cacheKey struct {
	signed    string // the token's text up to its signature
	signature digest
}

type entry struct {
	key   cacheKey
	token *Token
	// used says that the entry was found since it was last passed over: it gets
	// a second chance before it is evicted.
	used atomic.Bool
}

func newTable(maxEntries, maxBytes int) *table {
	rows := 1
	for rows*ways < maxEntries {
		rows *= 2
	}
	return &table{rows: make([]row, rows), maxBytes: maxBytes}
}

func (t *table) row(k cacheKey) *row {
	return &t.rows[binary.LittleEndian.Uint64(k.signature[:])&uint64(len(t.rows)-1)]
}

func (t *table) find(k cacheKey) *entry {
	r := t.row(k)
	for i := range r {
		if e := r[i].Load(); e != nil && e.key.signature == k.signature && e.key.signed == k.signed {
			return e
		}
	}
	return nil
}

// touch marks e as used. It writes only if that is news, so that readers on
// several processors do not take the line from each other.
func (e *entry) touch() {
	if !e.used.Load() {
		e.used.Store(true)
	}
}

// add remembers token under k. It evicts what is in the way, and does nothing for
// a token that alone would exceed the bound. The text is cloned: it is a part of a
// bearer token, and would keep all of it in memory.
func (t *table) add(k cacheKey, token *Token) {
	k.signed = strings.Clone(k.signed)
	e := &entry{key: k, token: token}
	if e.size() > t.maxBytes {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.set(t.place(k), e)
	for t.bytes > t.maxBytes {
		t.makeRoom(e)
	}
}

// remove forgets e, if it is still there.
func (t *table) remove(e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.row(e.key)
	for i := range r {
		if r[i].Load() == e {
			t.set(&r[i], nil)
		}
	}
}

func (t *table) usage() (entries, bytes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count, t.bytes
}

// place returns where an entry for k goes: where it is already, or else an empty
// place, or else that of an entry that has expired, or else the first that
// was not used of late.
func (t *table) place(k cacheKey) *atomic.Pointer[entry] {
	r := t.row(k)
	for i := range r {
		if e := r[i].Load(); e != nil && e.key == k {
			return &r[i]
		}
	}
	for i := range r {
		if e := r[i].Load(); e == nil || e.expired() {
			return &r[i]
		}
	}
	for i := range r {
		if !r[i].Load().used.Swap(false) {
			return &r[i]
		}
	}
	return &r[0] // all were used: their marks are gone, and one has to go
}

// makeRoom passes over one row, evicting what was not used since the last time,
// except for e, which has only just come.
func (t *table) makeRoom(keep *entry) {
	t.hand = (t.hand + 1) % len(t.rows)
	r := &t.rows[t.hand]
	for i := range r {
		if t.bytes <= t.maxBytes {
			return
		}
		if e := r[i].Load(); e != nil && e != keep && (!e.used.Swap(false) || e.expired()) {
			t.set(&r[i], nil)
		}
	}
}

// set puts e, or nothing, in a place and keeps the books.
func (t *table) set(place *atomic.Pointer[entry], e *entry) {
	if old := place.Swap(e); old != nil {
		t.bytes -= old.size()
		t.count--
	}
	if e != nil {
		t.bytes += e.size()
		t.count++
	}
}

// entryBytes is what an entry takes beside its text and its token.
const entryBytes = 100

// size estimates the memory of e.
func (e *entry) size() int { return entryBytes + len(e.key.signed) + e.token.Size() }

func (e *entry) expired() bool { return !e.token.ValidAt(e.token.terms.now()) }
