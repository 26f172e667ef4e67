package protector

import (
	"crypto/sha256"
	"encoding/base64"
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// thumbprintOf returns base64url(SHA-256(DER)) (RFC 8705 §3.1).
func thumbprintOf(der []byte) string {
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// thumbprints remembers those of the certificates that come again and again. To
// compare a certificate takes a fraction of the time that hashing or even decoding
// it takes.
//
// Strangers can fill it, since anybody can make certificates. So it is bounded, by
// 4 MiB at the worst, and the last one to come wins: what is lost to them costs its
// next request what the first has cost. A weak pointer to the certificate of each
// connection would be as quick and hold less, but the certificates that proxies
// forward have no pointer that stays the same.
type thumbprints struct {
	seed  maphash.Seed
	cells *[1024]thumbprintCell
}

type thumbprintCell struct {
	atomic.Pointer[knownThumbprint]
}

type knownThumbprint struct{ text, thumbprint string }

// maxKnown is the longest text that is remembered. Few certificates are as long.
const maxKnown = 4 << 10

func newThumbprints() thumbprints {
	return thumbprints{maphash.MakeSeed(), new([1024]thumbprintCell)}
}

func (t *thumbprints) ofBytes(text []byte) *thumbprintCell {
	return t.cell(maphash.Bytes(t.seed, text))
}

func (t *thumbprints) ofString(text string) *thumbprintCell {
	return t.cell(maphash.String(t.seed, text))
}

// cell returns where a text of this hash is, if it is remembered.
func (t *thumbprints) cell(hash uint64) *thumbprintCell { return &t.cells[hash%uint64(len(t.cells))] }

// find returns the thumbprint that is remembered of a text, or nothing.
func find[T string | []byte](c *thumbprintCell, text T) string {
	if known := c.Load(); known != nil && known.text == string(text) { // which copies nothing
		return known.thumbprint
	}
	return ""
}

// remember keeps a copy, since what the text was cut from is longer.
func remember[T string | []byte](c *thumbprintCell, text T, thumbprint string) {
	if len(text) <= maxKnown {
		c.Store(&knownThumbprint{strings.Clone(string(text)), thumbprint})
	}
}
