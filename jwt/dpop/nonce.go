package dpop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"time"
)

// nonces makes and knows nonces without remembering any: a nonce is a time step and
// its authentication code. It cannot be foreseen without a key (RFC 9449 §8), and
// every replica with the keys knows it.
type nonces struct {
	step  time.Duration
	keyed []keyed // the first makes nonces, all know theirs
}

// keyed makes the nonce of a time step by one key. The key is nowhere but in the
// function, so that nothing that prints its owner prints the key.
type keyed func(step int64) string

const (
	nonceStepBytes = 8
	nonceCodeBytes = 16
	// nonceContext keeps a key that also does other work from being asked for a code
	// that means something there.
	nonceContext = "dpop-nonce\x00"
)

func newNonces(keys [][]byte, step time.Duration) *nonces {
	n := &nonces{step: step}
	for _, key := range keys {
		n.keyed = append(n.keyed, keyedBy(slices.Clone(key)))
	}
	return n
}

func keyedBy(key []byte) keyed {
	return func(step int64) string {
		nonce := binary.BigEndian.AppendUint64(make([]byte, 0, nonceStepBytes+sha256.Size), uint64(step))
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(nonceContext))
		mac.Write(nonce)
		nonce = mac.Sum(nonce)
		return base64.RawURLEncoding.EncodeToString(nonce[:nonceStepBytes+nonceCodeBytes])
	}
}

func (n *nonces) stepOf(now time.Time) int64 { return now.UnixNano() / int64(n.step) }

// current returns the nonce to hand out at that time.
func (n *nonces) current(now time.Time) string { return n.keyed[0](n.stepOf(now)) }

// knows reports whether nonce is of this step or the last one, by any of the keys;
// fresh says that it is the one that is handed out now.
func (n *nonces) knows(nonce string, now time.Time) (fresh, ok bool) {
	step := n.stepOf(now)
	for i, nonceAt := range n.keyed {
		if equal(nonce, nonceAt(step)) {
			return i == 0, true
		}
		if equal(nonce, nonceAt(step-1)) {
			return false, true
		}
	}
	return false, false
}

// equal compares in constant time: a nonce must not be found letter by letter.
func equal(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }
