package jws

import (
	"errors"
	"strings"
)

// Bounds on lengths before anything is decoded. MaxBytes is beyond what any HTTP
// server takes in a header field. The header's leaves room for a certificate chain,
// which issuers send though nobody uses it; the signature's is that of ML-DSA-87, which
// is more than twice that of the longest RSA key.
const (
	MaxBytes          = 1 << 20
	maxHeaderBytes    = 8 << 10
	maxSignatureBytes = (4627*8 + 5) / 6
)

// The errors of Cut.
var (
	ErrTooLarge          = errors.New("the token is too long")
	ErrHeaderTooLarge    = errors.New("the header is longer than 8 KiB")
	ErrSignatureTooLarge = errors.New("the signature is longer than any key makes")
	ErrEncrypted         = errors.New("a JWE in compact serialization")
	ErrNotCompact        = errors.New("not three segments")
)

// Compact is a JWS cut into its segments, which are still encoded. All of them are
// parts of the text that was cut.
type Compact struct {
	Signed    string // what the signature is over: all before the last dot
	Header    string
	Payload   string
	Signature string
}

// Cut cuts a text of at most maxBytes at its two dots.
func Cut(text string, maxBytes int) (Compact, error) {
	if len(text) > maxBytes {
		return Compact{}, ErrTooLarge
	}
	header, rest, _ := strings.Cut(text, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	switch {
	case !ok || strings.IndexByte(signature, '.') >= 0:
		if IsEncrypted(text) {
			return Compact{}, ErrEncrypted
		}
		return Compact{}, ErrNotCompact
	case len(header) > maxHeaderBytes:
		return Compact{}, ErrHeaderTooLarge
	case len(signature) > maxSignatureBytes:
		return Compact{}, ErrSignatureTooLarge
	}
	return Compact{Signed: text[:len(header)+1+len(payload)], Header: header, Payload: payload, Signature: signature}, nil
}

// IsSigned reports whether text has the outer form of a JWS: three segments, the
// first of which begins as an encoded JSON object does.
func IsSigned(text string) bool { return hasSegments(text, 3) }

// IsEncrypted reports the same of a JWE (RFC 7516 §7.1), which has five segments.
func IsEncrypted(text string) bool { return hasSegments(text, 5) }

// hasSegments knows a JSON object by its first two characters in base64url: "ey" is
// '{' before '"' or a space, and "ew" is '{' before a line break or a tab, since
// some issuers indent their headers.
func hasSegments(text string, n int) bool {
	return (strings.HasPrefix(text, "ey") || strings.HasPrefix(text, "ew")) && strings.Count(text, ".") == n-1
}
