package jwt

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// memory remembers what was read from texts that come again and again in the
// tokens of one issuer: the header, which all that are signed with one key share,
// and the scopes, of which most clients have the same few. It is bounded, and what
// is not in it costs a few allocations more. Only the issuer can fill it: what goes in
// comes from tokens whose signature was good.
type memory[T any] struct {
	seed  maphash.Seed
	slots [64]slot[T]
}

// slot is the one place that a text can be in.
type slot[T any] struct{ atomic.Pointer[remembered[T]] }

// remembered does not hold the value but points to it: tokens that are kept may
// keep the value, and need not keep its text.
type remembered[T any] struct {
	text  string
	value *T
}

// maxRemembered is the length up to which a text is remembered. A longer header
// brings a certificate chain, and is not worth the room.
const maxRemembered = 512

func (m *memory[T]) slot(text string) *slot[T] {
	return &m.slots[maphash.String(m.seed, text)%uint64(len(m.slots))]
}

// find returns what was read from text before, or nil.
func (s *slot[T]) find(text string) *T {
	if known := s.Load(); known != nil && known.text == text {
		return known.value
	}
	return nil
}

// add remembers value, which was read from text. The text is cloned: it is a part
// of a bearer token, and would keep all of it in memory. So would a value that
// refers to the text, which is why there must be none.
func (s *slot[T]) add(text string, value *T) {
	if len(text) > maxRemembered {
		return
	}
	if known := s.Load(); known == nil || known.value != value {
		s.Store(&remembered[T]{strings.Clone(text), value})
	}
}
