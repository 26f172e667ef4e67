package jwttest

import (
	"crypto"
	"sync"
)

// spare holds the key pairs that closed issuers gave back.
//
// An RSA key takes a tenth of a second to make, which a suite of a thousand
// tests would feel, so pairs are reused within the process. They are lent, not
// shared: two issuers that are open at the same time never have a key in
// common, because a test of "the other issuer's token is refused" would then
// pass or fail for the wrong reason.
var spare = struct {
	sync.Mutex
	keys map[kind][]crypto.Signer
}{keys: map[kind][]crypto.Signer{}}

func borrow(k kind) (crypto.Signer, error) {
	if pair := takeSpare(k); pair != nil {
		return pair, nil
	}
	return generate(k)
}

func takeSpare(k kind) crypto.Signer {
	spare.Lock()
	defer spare.Unlock()
	pairs := spare.keys[k]
	if len(pairs) == 0 {
		return nil
	}
	last := len(pairs) - 1
	spare.keys[k] = pairs[:last]
	return pairs[last]
}

func giveBack(k kind, pair crypto.Signer) {
	spare.Lock()
	defer spare.Unlock()
	spare.keys[k] = append(spare.keys[k], pair)
}
