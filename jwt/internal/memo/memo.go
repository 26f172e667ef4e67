// Package memo remembers what was read from texts that come again and again: the
// header that all tokens of one key share, the scopes of which most clients have the
// same few, the header of a client's proofs. What is not remembered is read again,
// and costs a little more; nothing else depends on it.
package memo

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Memo is a table of bounded size in which the last text to come wins. Whoever puts
// something in has to see to it that strangers cannot: it is for what comes with a
// signature that was good. It may be used by any number of goroutines.
type Memo[T any] struct {
	seed  maphash.Seed // of each Memo its own, so that nobody can choose whose cell is his
	most  int
	cells atomic.Pointer[[]Cell[T]]
}

// Cell is where a text is, if it is remembered.
type Cell[T any] struct{ atomic.Pointer[remembered[T]] }

// remembered does not hold the value but points to it: tokens that are kept may
// keep the value, and need not keep its text.
type remembered[T any] struct {
	text  string
	value *T
}

// MaxText is the length up to which a text is remembered. The header of a proof by an
// RSA key of 4096 bits fits. A longer header brings a certificate chain, and is not
// worth the room.
const MaxText = 1024

// growth is by how much a table grows, until it has as many cells as it may have.
const growth = 8

// New returns an empty Memo that remembers so many texts at most.
func New[T any](cells int) *Memo[T] {
	m := &Memo[T]{seed: maphash.MakeSeed(), most: cells}
	table := make([]Cell[T], cells)
	m.cells.Store(&table)
	return m
}

// Growing returns one that begins with a single cell, and grows where a text displaces
// another. Most tenants of a service that has thousands have one header and one scope,
// and room for more would weigh as much as all else about them.
func Growing[T any](most int) *Memo[T] {
	m := New[T](1)
	m.most = most
	return m
}

// Cell returns the place for the texts of that name. The name is the text itself
// where all of them come from one hand. Where many fill one Memo, it is that of whose
// text it is: then one who sends ever new texts only ever displaces his own.
func (m *Memo[T]) Cell(name string) *Cell[T] {
	cells := *m.cells.Load()
	if len(cells) == 1 {
		return &cells[0]
	}
	return &cells[maphash.String(m.seed, name)%uint64(len(cells))]
}

// grow makes room, if there may be more, and reports whether it did. What was
// remembered is read again.
func (m *Memo[T]) grow() bool {
	now := m.cells.Load()
	if len(*now) == m.most {
		return false
	}
	next := make([]Cell[T], min(growth*len(*now), m.most))
	m.cells.CompareAndSwap(now, &next)
	return true
}

// Find returns what was read from text before, or nil.
func (c *Cell[T]) Find(text string) *T {
	if known := c.Load(); known != nil && known.text == text {
		return known.value
	}
	return nil
}

// Add remembers value, which was read from text, in a cell that Cell has returned. The
// text is cloned: it is a part of a bearer token, and would keep all of it in memory.
// So would a value that refers to the text, which is why there must be none.
func (m *Memo[T]) Add(c *Cell[T], text string, value *T) {
	known := c.Load()
	switch {
	case known != nil && known.value == value, len(text) > MaxText:
	case known != nil && known.text != text && m.grow(): // its place is there the next time
	default:
		c.Store(&remembered[T]{strings.Clone(text), value})
	}
}
