package jwt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"sync"
)

// digest identifies a token's signature without giving it away.
type digest [16]byte

// digester computes digests: AES-GMAC (NIST SP 800-38D) under a random key.
//
// The code is used as a keyed hash: two different texts have the same digest
// with a probability below 2^-117 at 16 KiB, whoever chose them, as long as the
// key is unknown. The key and all digests stay in this process, which is why the
// constant nonce is sound; a digest that was shown to anybody would not be. A
// plain SHA-256 was rejected because it takes three times as long, and the
// token's text itself as a map key because it would keep usable tokens in memory.
type digester struct {
	code    cipher.AEAD
	nonce   [12]byte
	scratch sync.Pool // of *scratch
}

// scratch is memory for one digest: going through an interface, the arguments
// of the code would otherwise be allocated each time.
type scratch struct {
	text []byte
	code [16]byte
}

func newDigester() (*digester, error) {
	var key [16]byte
	rand.Read(key[:]) // never fails, as its documentation says
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	code, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &digester{code: code, scratch: sync.Pool{New: func() any { return new(scratch) }}}, nil
}

// batch is how many bytes the assembly for most processors takes at a time. The
// rest it takes block by block: text that is filled up takes less time.
const batch = 128

var zeros [batch]byte

// of returns the digest of text. What is digested ends in the length of text, so
// that no two texts are the same once they are filled up. The copy is wiped before
// its memory is used for anything else. To read the text in place, by package
// unsafe, was rejected: it saves a few nanoseconds.
func (d *digester) of(text string) (sum digest) {
	s := d.scratch.Get().(*scratch)
	s.text = append(slices.Grow(s.text[:0], len(text)+batch+8), text...) // more room later would leave a copy behind
	s.text = append(s.text, zeros[:batch-1-(len(text)+7)%batch]...)
	s.text = binary.LittleEndian.AppendUint64(s.text, uint64(len(text)))
	copy(sum[:], d.code.Seal(s.code[:0], d.nonce[:], nil, s.text))
	clear(s.text)
	d.scratch.Put(s)
	return sum
}
