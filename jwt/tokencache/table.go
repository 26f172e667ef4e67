package tokencache

import (
	"hash/maphash"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// ways is how many places one token can be in: as many pointers as a cache line
// holds.
const ways = 8

// table is a set-associative table of verified tokens: a hash chooses a row, and a
// token may be in any place of that row. Reading takes no lock and writes nothing
// but a mark, once. Its size is fixed from the start, and so is how many places
// each call looks at.
//
// A map with a least-recently-used list was rejected because each read would
// have to move an element under a lock. The quickest of the caches that others keep
// was tried in its place: it made a hit slower by a tenth, and took the whole
// middleware to the limit that is set for it.
type table[T Entry] struct {
	seed     maphash.Seed
	macOf    func(string) mac
	rows     []row[T]
	maxBytes int
	// epoch counts the calls of outdate: what was validated in an earlier one is
	// not remembered. It changes under mu.
	epoch atomic.Uint64

	mu    sync.Mutex // for those who write
	bytes int64      // twice maxBytes while room is made, which an int of 32 bits could not hold
	count int
	hand  int // the row from which room is made next
}

type row[T Entry] [ways]atomic.Pointer[entry[T]]

// entry is a verified token. Its text is kept up to the second dot: a header and a
// payload. The rest, a signature, or all by which a JWE could be decrypted, is kept
// as its code. The code alone would not do: it says which text was signed, and not
// that this is the text at hand.
//
// Its fields fill a size class of the allocator: with a place of its own for the
// mark below, each token would take 16 bytes more.
type entry[T Entry] struct {
	signed string
	rest   mac
	value  T
	size   uint32 // as it was estimated when the entry came
	// tag is that of the token's hash, and the mark used. The latter says that the
	// entry was found since it was last passed over: it gets a second chance
	// before it is evicted.
	tag atomic.Uint32
}

const used = 1

// hash says where a token is looked for, and tells it from most others. Its lower
// half chooses the row.
type hash uint64

// tag returns the upper half of h, whose last bit is the place of a mark.
func (h hash) tag() uint32 { return uint32(h>>32) &^ used }

// tail is how much of a token is hashed. Its end is the signature's, which differs
// from that of any other token.
const tail = 32

// hashOf returns the hash of token. It looks at the end and the length alone:
// what it costs does not depend on how much a stranger sends, and neither does all
// that is done with a token before it is validated. Texts with the same end and
// different lengths never have the same hash.
func (t *table[T]) hashOf(token string) hash {
	return hash(maphash.String(t.seed, token[max(0, len(token)-tail):]) ^ uint64(len(token))<<33)
}

func newTable[T Entry](config Config) *table[T] {
	rows := 1
	for rows*ways < config.MaxEntries {
		rows *= 2
	}
	return &table[T]{
		seed: maphash.MakeSeed(), macOf: newMAC(), rows: make([]row[T], rows), maxBytes: config.MaxBytes,
	}
}

func (t *table[T]) row(h hash) *row[T] { return &t.rows[uint64(h)&uint64(len(t.rows)-1)] }

// find returns the entry of token, or nil. The code is computed only for a token
// whose header and payload are those of an entry.
func (t *table[T]) find(h hash, token string) *entry[T] {
	r := t.row(h)
	for i := range r {
		e := r[i].Load()
		if e != nil && e.tag.Load()&^used == h.tag() && strings.HasPrefix(token, e.signed) &&
			t.macOf(token[len(e.signed):]) == e.rest {
			return e
		}
	}
	return nil
}

// touch marks e as used. It writes only if that is news, so that readers on
// several processors do not take the line from each other.
func (e *entry[T]) touch() {
	if e.tag.Load()&used == 0 {
		e.tag.Or(used)
	}
}

// passOver takes the mark away and reports whether it was there.
func (e *entry[T]) passOver() bool { return e.tag.And(^uint32(used))&used != 0 }

// add remembers value, the token that was validated in that epoch. It evicts what
// is in the way, and does nothing for a token that has no two dots or no size, or
// would exceed the bound alone. The text is cloned: it is a part of a bearer token,
// and would keep all of it in memory.
func (t *table[T]) add(h hash, token string, value T, epoch uint64) {
	header, rest, _ := strings.Cut(token, ".")
	payload, _, ok := strings.Cut(rest, ".")
	signed := len(header) + 1 + len(payload)
	size, fits := t.sizeOf(value, signed)
	if !ok || !fits {
		return
	}
	e := &entry[T]{signed: strings.Clone(token[:signed]), rest: t.macOf(token[signed:]), value: value, size: size}
	e.tag.Store(h.tag())
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.epoch.Load() != epoch {
		return
	}
	t.set(t.row(h).placeFor(e), e)
	for t.bytes > int64(t.maxBytes) {
		t.makeRoom(e)
	}
}

// sizeOf estimates the memory of an entry: its token's, that of so much text, which
// the allocator rounds up by half a step of an eighth on average, and its own. fits
// is false for one that is not to be remembered.
func (t *table[T]) sizeOf(value T, text int) (size uint32, fits bool) {
	own := text + text/16 + int(unsafe.Sizeof(entry[T]{}))
	n := value.Size()
	if n <= 0 || n > t.maxBytes-own || uint64(n+own) > math.MaxUint32 {
		return 0, false
	}
	return uint32(n + own), true
}

// remove forgets e, whose token has that hash, if it is still there.
func (t *table[T]) remove(h hash, e *entry[T]) {
	r := t.row(h)
	for i := range r {
		t.empty(&r[i], e)
	}
}

// empty forgets e if it is in that place, and reports whether it was.
func (t *table[T]) empty(place *atomic.Pointer[entry[T]], e *entry[T]) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if place.Load() != e {
		return false
	}
	t.set(place, nil)
	return true
}

// outdate lets nothing be added that is being validated now.
func (t *table[T]) outdate() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.epoch.Add(1)
}

// forget removes the entries whose token matches, and returns how many they were.
// match is called without the lock: it is the application's, and may take long.
func (t *table[T]) forget(match func(T) bool) (n int) {
	for i := range t.rows {
		for j := range t.rows[i] {
			place := &t.rows[i][j]
			e := place.Load()
			if e != nil && (match == nil || match(e.value)) && t.empty(place, e) {
				n++
			}
		}
	}
	return n
}

func (t *table[T]) usage() (entries, bytes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count, int(t.bytes)
}

// placeFor returns where e goes: where its token is already, or else an empty
// place, or else the first that was not used of late. An expired token is not used,
// and is one of those before long.
func (r *row[T]) placeFor(e *entry[T]) *atomic.Pointer[entry[T]] {
	for i := range r {
		if old := r[i].Load(); old != nil && old.rest == e.rest && old.signed == e.signed {
			return &r[i]
		}
	}
	for i := range r {
		if r[i].Load() == nil {
			return &r[i]
		}
	}
	for i := range r {
		if !r[i].Load().passOver() {
			return &r[i]
		}
	}
	return &r[0] // all were used: their marks are gone, and one has to go
}

// makeRoom passes over one row, evicting what was not used since the last time,
// except for e, which has only just come.
func (t *table[T]) makeRoom(keep *entry[T]) {
	t.hand = (t.hand + 1) % len(t.rows)
	r := &t.rows[t.hand]
	for i := range r {
		if t.bytes <= int64(t.maxBytes) {
			return
		}
		if e := r[i].Load(); e != nil && e != keep && !e.passOver() {
			t.set(&r[i], nil)
		}
	}
}

// set puts e, or nothing, in a place and keeps the books.
func (t *table[T]) set(place *atomic.Pointer[entry[T]], e *entry[T]) {
	if old := place.Swap(e); old != nil {
		t.bytes -= int64(old.size)
		t.count--
	}
	if e != nil {
		t.bytes += int64(e.size)
		t.count++
	}
}
