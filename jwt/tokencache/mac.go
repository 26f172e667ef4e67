package tokencache

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	stdhash "hash"
	"slices"
	"sync"
)

// mac is a message authentication code: it identifies the end of a token without
// giving it away. Two different texts have the same code with a probability below
// 2^-117 at 16 KiB, whoever chose them, as long as the key is unknown.
type mac [16]byte

// maxScratch is the size up to which memory is kept for later tokens.
const maxScratch = 64 << 10

// newMAC returns a function that computes codes under a random key.
//
// The code is used as a keyed hash. A plain SHA-256 was rejected because it takes
// three times as long and can be computed by anybody, and the text itself because
// it would keep usable tokens in memory.
func newMAC() func(text string) mac {
	var key [32]byte
	rand.Read(key[:]) // never fails, as its documentation says
	if g, err := newGMAC(key); err == nil {
		return g.of
	}
	// A program that is restricted to FIPS 140 may not use GCM with a nonce of
	// its own.
	return newHMAC(key).of
}

// gmac computes AES-GMAC (NIST SP 800-38D). The key and all codes stay in this
// process, which is why the constant nonce is sound; a code that was shown to
// anybody would not be.
type gmac struct {
	aead  cipher.AEAD
	nonce [12]byte
	pool  sync.Pool // of *gmacScratch
}

// gmacScratch is memory for one code: going through an interface, the arguments
// would otherwise be allocated each time.
type gmacScratch struct {
	text []byte
	code mac
}

func newGMAC(key [32]byte) (*gmac, error) {
	block, err := aes.NewCipher(key[:16]) // ten rounds: the code has 128 bits
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &gmac{aead: aead, pool: sync.Pool{New: func() any { return new(gmacScratch) }}}, nil
}

// batch is how many bytes the assembly for most processors takes at a time. The
// rest it takes block by block: text that is filled up takes less time.
const batch = 128

var zeros [batch]byte

// of returns the code of text. What is authenticated ends in the length of text,
// so that no two texts are the same once they are filled up. The copy is wiped
// before its memory is used for anything else. To read the text in place, by
// package unsafe, was rejected: it saves a few nanoseconds.
func (g *gmac) of(text string) (code mac) {
	s := g.pool.Get().(*gmacScratch)
	s.text = append(slices.Grow(s.text[:0], len(text)+batch+8), text...) // more room later would leave a copy behind
	s.text = append(s.text, zeros[:batch-1-(len(text)+7)%batch]...)
	s.text = binary.LittleEndian.AppendUint64(s.text, uint64(len(text)))
	copy(code[:], g.aead.Seal(s.code[:0], g.nonce[:], nil, s.text))
	clear(s.text)
	if cap(s.text) <= maxScratch {
		g.pool.Put(s)
	}
	return code
}

// hmacSHA256 computes HMAC-SHA-256 (RFC 2104), cut to the length of a mac (NIST SP
// 800-107 §5.3.1).
type hmacSHA256 struct {
	pool sync.Pool // of *hmacScratch
}

type hmacScratch struct {
	keyed stdhash.Hash
	text  []byte
	sum   [sha256.Size]byte
}

func newHMAC(key [32]byte) *hmacSHA256 {
	return &hmacSHA256{sync.Pool{New: func() any {
		keyed := hmac.New(sha256.New, key[:])
		keyed.Reset() // from the first time on it keeps its state, and a later one wipes what was written
		return &hmacScratch{keyed: keyed}
	}}}
}

// of returns the code of text. The copy is wiped before its memory is used for
// anything else.
func (h *hmacSHA256) of(text string) (code mac) {
	s := h.pool.Get().(*hmacScratch)
	s.text = append(slices.Grow(s.text[:0], len(text)), text...)
	s.keyed.Write(s.text)
	copy(code[:], s.keyed.Sum(s.sum[:0]))
	clear(s.text)
	s.keyed.Reset() // its buffer holds the end of the text
	if cap(s.text) <= maxScratch {
		h.pool.Put(s)
	}
	return code
}
