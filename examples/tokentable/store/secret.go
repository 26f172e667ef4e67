package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// prefix makes the tokens of this application easy to recognise: by Lookup, and
// by scanners that look for secrets in source code.
const prefix = "tt_"

const secretSize = 32

// strict has one spelling for each secret.
var strict = base64.RawURLEncoding.Strict()

var textSize = len(prefix) + strict.EncodedLen(secretSize)

// newSecret is what a client gets to see, once.
func newSecret() string {
	var secret [secretSize]byte
	rand.Read(secret[:]) // never fails: it ends the program instead
	return prefix + strict.EncodeToString(secret[:])
}

// hashOf is what the table knows a token by. Whatever is not made like a token
// of ours has none, and is not looked for.
func hashOf(token string) (hash string, ok bool) {
	encoded, found := strings.CutPrefix(token, prefix)
	if !found || len(token) != textSize {
		return "", false
	}
	secret, err := strict.DecodeString(encoded)
	if err != nil || len(secret) != secretSize {
		return "", false
	}
	sum := sha256.Sum256(secret)
	return hex.EncodeToString(sum[:]), true
}
