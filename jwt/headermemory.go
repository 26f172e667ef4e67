package jwt

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// headerMemory remembers headers of tokens whose signature was good: all tokens
// that are signed with one key usually have the same. It is bounded, and a header
// that is not in it costs no more than reading it again.
type headerMemory struct {
	seed  maphash.Seed
	slots [16]headerSlot
}

// headerSlot is the one place that a header can be in.
type headerSlot struct{ atomic.Pointer[knownHeader] }

// knownHeader does not hold the header but points to it: tokens that are kept
// keep the header, and need not keep its text.
type knownHeader struct {
	encoded string // as it stands in tokens
	header  *header
}

// maxHeaderKept is the encoded length up to which a header is remembered. A
// longer one brings a certificate chain, and is not worth the room.
const maxHeaderKept = 512

func (m *headerMemory) slot(encoded string) *headerSlot {
	return &m.slots[maphash.String(m.seed, encoded)%uint64(len(m.slots))]
}

// find returns the header that encoded is known to be, or nil.
func (s *headerSlot) find(encoded string) *header {
	if known := s.Load(); known != nil && known.encoded == encoded {
		return known.header
	}
	return nil
}

// add remembers h, which was read from encoded. The text is cloned: it is a part
// of a bearer token, and would keep all of it in memory.
func (s *headerSlot) add(encoded string, h *header) {
	if len(encoded) > maxHeaderKept {
		return
	}
	if known := s.Load(); known == nil || known.header != h {
		s.Store(&knownHeader{strings.Clone(encoded), h})
	}
}
