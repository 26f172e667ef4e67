package jwt

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// ways is how many places one digest can be in: as many pointers as a cache line
// holds.
const ways = 8

// table is a set-associative table of verified tokens: a digest chooses a row,
// and may be in any place of that row. Reading takes no lock and writes nothing
// but a mark, once. Its size is fixed from the start, and so is the work of each
// call.
//
// A map with a least-recently-used list was rejected because each read would
// have to move an element under a lock.
type table struct {
	rows     []row
	maxBytes int

	mu    sync.Mutex // for those who write
	bytes int
	count int
	hand  int // the row from which room is made next
}

type row [ways]atomic.Pointer[entry]

type entry struct {
	digest digest
	token  *Token
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

func (t *table) row(d digest) *row {
	return &t.rows[binary.LittleEndian.Uint64(d[:])&uint64(len(t.rows)-1)]
}

func (t *table) find(d digest) *entry {
	r := t.row(d)
	for i := range r {
		if e := r[i].Load(); e != nil && e.digest == d {
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

// add remembers token under d. It evicts what is in the way, and does nothing
// for a token that alone would exceed the bound.
func (t *table) add(d digest, token *Token) {
	e := &entry{digest: d, token: token}
	if e.size() > t.maxBytes {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.set(t.place(t.row(d), d), e)
	for t.bytes > t.maxBytes {
		t.makeRoom(e)
	}
}

// remove forgets e, if it is still there.
func (t *table) remove(e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.row(e.digest)
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

// place returns where in r an entry for d goes: where it is already, or else an
// empty place, or else that of an entry that has expired, or else the first that
// was not used of late.
func (t *table) place(r *row, d digest) *atomic.Pointer[entry] {
	for i := range r {
		if e := r[i].Load(); e != nil && e.digest == d {
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

// entryBytes is what an entry takes beside its claims, as measured.
const entryBytes = 464

// size estimates the memory of e: the text of the claims, which all strings of
// the token but the kid are parts of, and the structures around it.
func (e *entry) size() int {
	t := e.token
	return entryBytes + len(t.claims) + len(t.header.kid) + 16*(t.scopes.Len()+len(t.audience)+len(t.amr))
}

func (e *entry) expired() bool { return !e.token.ValidAt(e.token.by.now()) }
