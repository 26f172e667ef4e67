package jwt

import (
	"sync/atomic"
	"time"
)

// verdicts remember for a while what was refused, so that it is not asked for again.
// They are a table of fixed size in which the last to come wins: whoever makes up
// ever new issuers makes it forget, which costs a question, and cannot make it grow.
//
// Kept is the hash of an issuer and not its text, whose length is the sender's
// choice. The seed of the hash is random, so nobody can aim for a collision; an
// accidental one, of 64 bits, would keep a tenant out for as long as this is
// remembered.
type verdicts [verdictCells]atomic.Pointer[verdict]

const verdictCells = 8192

type verdict struct {
	hash  uint64
	until time.Time
	err   error
}

func (v *verdicts) cell(hash uint64) *atomic.Pointer[verdict] { return &v[hash%verdictCells] }

// find returns what was said about the issuer of that hash, or nil.
func (v *verdicts) find(hash uint64, now time.Time) error {
	if known := v.cell(hash).Load(); known != nil && known.hash == hash && !reached(now, known.until) {
		return known.err
	}
	return nil
}

func (v *verdicts) add(hash uint64, until time.Time, err error) {
	v.cell(hash).Store(&verdict{hash, until, err})
}

func (v *verdicts) forget(hash uint64) {
	if known := v.cell(hash).Load(); known != nil && known.hash == hash {
		v.cell(hash).CompareAndSwap(known, nil)
	}
}

// count returns how many are remembered.
func (v *verdicts) count(now time.Time) (n int) {
	for i := range v {
		if known := v[i].Load(); known != nil && !reached(now, known.until) {
			n++
		}
	}
	return n
}
