package jwt

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// headerMemory remembers headers of tokens that were found valid: all tokens
// that are signed with one key usually have the same. It is bounded, and a header
// that is not in it costs no more than reading it again.
type headerMemory struct {
	seed  maphash.Seed
	slots [16]atomic.Pointer[knownHeader]
}

// knownHeader does not hold the header but points to it: tokens that are kept
// keep the header, and need not keep its text.
type knownHeader struct {
	encoded string // as it stands in tokens
	header  *header
}

// maxHeaderKept is the encoded length up to which a header is remembered. A
// longer one brings a certificate chain, and is not worth the room.
const maxHeaderKept = 512

func (m *headerMemory) slot(encoded string) *atomic.Pointer[knownHeader] {
	return &m.slots[maphash.String(m.seed, encoded)%uint64(len(m.slots))]
}

// find returns the header that encoded is known to be, or nil.
func (m *headerMemory) find(encoded string) *header {
	if known := m.slot(encoded).Load(); known != nil && known.encoded == encoded {
		return known.header
	}
	return nil
}

// add remembers h, which was read from encoded. The text is cloned: it is a part
// of a bearer token, and would keep all of it in memory.
func (m *headerMemory) add(encoded string, h *header) {
	if len(encoded) > maxHeaderKept {
		return
	}
	slot := m.slot(encoded)
	if known := slot.Load(); known == nil || known.header != h {
		slot.Store(&knownHeader{strings.Clone(encoded), h})
	}
}
