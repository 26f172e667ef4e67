package jwt

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// memo remembers what was read from texts that come again and again in the
// tokens of one issuer: the header, which all that are signed with one key share,
// and the scopes, of which most clients have the same few. It is bounded, and what
// is not in it costs a few allocations more. Only the issuer can fill it: what goes in
// comes from tokens whose signature was good.
type memo[T any] struct {
	seed  maphash.Seed
	cells [64]cell[T]
}

// cell is where a text is, if it is remembered. The last text to come wins.
type cell[T any] struct{ atomic.Pointer[memoized[T]] }

// memoized does not hold the value but points to it: tokens that are kept may
// keep the value, and need not keep its text.
type memoized[T any] struct {
	text  string
	value *T
}

// maxMemoized is the length up to which a text is remembered. A longer header
// brings a certificate chain, and is not worth the room.
const maxMemoized = 512

func newMemo[T any]() memo[T] { return memo[T]{seed: maphash.MakeSeed()} }

func (m *memo[T]) cell(text string) *cell[T] {
	return &m.cells[maphash.String(m.seed, text)%uint64(len(m.cells))]
}

// find returns what was read from text before, or nil.
func (c *cell[T]) find(text string) *T {
	if known := c.Load(); known != nil && known.text == text {
		return known.value
	}
	return nil
}

// add remembers value, which was read from text. The text is cloned: it is a part
// of a bearer token, and would keep all of it in memory. So would a value that
// refers to the text, which is why there must be none.
func (c *cell[T]) add(text string, value *T) {
	if len(text) > maxMemoized {
		return
	}
	if known := c.Load(); known == nil || known.value != value {
		c.Store(&memoized[T]{strings.Clone(text), value})
	}
}
