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
	slots [16]atomic.Pointer[header]
}

// maxHeaderKept is the encoded length up to which a header is remembered. A
// longer one brings a certificate chain, and is not worth the room.
const maxHeaderKept = 512

func (m *headerMemory) slot(encoded string) *atomic.Pointer[header] {
	return &m.slots[maphash.String(m.seed, encoded)%uint64(len(m.slots))]
}

func (m *headerMemory) find(encoded string) *header {
	if h := m.slot(encoded).Load(); h != nil && h.encoded == encoded {
		return h
	}
	return nil
}

// keep remembers h and returns it as a token may keep it: without a reference to
// the text that it came from, which is all of a bearer token.
func (m *headerMemory) keep(h *header) *header {
	if len(h.encoded) > maxHeaderKept {
		return &header{alg: h.alg, kid: strings.Clone(h.kid)}
	}
	slot := m.slot(h.encoded)
	if slot.Load() == h {
		return h
	}
	h = &header{encoded: strings.Clone(h.encoded), alg: h.alg, kid: h.kid}
	slot.Store(h)
	return h
}
