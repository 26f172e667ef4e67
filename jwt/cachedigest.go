package jwt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"sync"
	"unsafe"
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
	code  cipher.AEAD
	nonce [12]byte
	sums  sync.Pool // of *digest: what goes through an interface would be allocated each time
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
	return &digester{code: code, sums: sync.Pool{New: func() any { return new(digest) }}}, nil
}

// of returns the digest of text, which is read in place: associated data is only
// ever read (see [cipher.AEAD]). A copy would have to be wiped afterwards, and
// would cost as much as a tenth of a hit on a token of a kilobyte.
func (d *digester) of(text string) digest {
	sum := d.sums.Get().(*digest)
	defer d.sums.Put(sum)
	d.code.Seal(sum[:0], d.nonce[:], nil, unsafe.Slice(unsafe.StringData(text), len(text)))
	return *sum
}
