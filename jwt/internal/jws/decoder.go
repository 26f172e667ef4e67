package jws

import (
	"encoding/base64"
	"errors"
)

// The errors of what is decoded.
var (
	ErrHeaderEncoding    = errors.New("the header is not base64url")
	ErrPayloadEncoding   = errors.New("the payload is not base64url")
	ErrSignatureEncoding = errors.New("the signature is not base64url")
	ErrNoSignature       = errors.New("the signature is empty")
)

// strictBase64 is base64url without padding that refuses non-zero trailing bits,
// so that one token has one spelling. Use it through decode.
var strictBase64 = base64.RawURLEncoding.Strict()

// decode appends to dst what a segment denotes. ok is false if that is not
// base64url (RFC 7515 §2).
//
// The encoding skips CR and LF. Whatever is skipped shortens the result: the
// lengths that segments can have, 4n, 4n+2 and 4n+3, all denote different
// lengths. To look for the two characters first would read a token twice more.
func decode(dst []byte, segment string) (_ []byte, ok bool) {
	before := len(dst)
	dst, err := strictBase64.AppendDecode(dst, []byte(segment))
	return dst, err == nil && len(segment)%4 != 1 && len(dst)-before == strictBase64.DecodedLen(len(segment))
}

// Decoder decodes one JWS after another into the same memory. Wipe it in between:
// a token that was good must not stay readable in it. The zero value is ready.
type Decoder struct {
	signed    []byte
	signature []byte
	payload   []byte
}

// Signature returns the signature. It is good until the next call.
func (d *Decoder) Signature(c Compact) ([]byte, error) {
	var ok bool
	if d.signature, ok = decode(d.signature[:0], c.Signature); !ok {
		return nil, ErrSignatureEncoding
	}
	if len(d.signature) == 0 {
		return nil, ErrNoSignature
	}
	return d.signature, nil
}

// SigningInput returns a copy of what was signed, for the functions that want
// bytes. It is good until the next call.
func (d *Decoder) SigningInput(c Compact) []byte {
	d.signed = append(d.signed[:0], c.Signed...)
	return d.signed
}

// Payload returns the payload as a text of its own, for whoever keeps it.
func (d *Decoder) Payload(c Compact) (string, error) {
	var ok bool
	if d.payload, ok = decode(d.payload[:0], c.Payload); !ok {
		return "", ErrPayloadEncoding
	}
	return string(d.payload), nil
}

// maxKept is the size up to which a Decoder keeps its memory for the next JWS. A
// pool of decoders that anybody could make large would be a leak.
const maxKept = 64 << 10

// Wipe overwrites what was decoded, or lets go of the memory if it is large.
func (d *Decoder) Wipe() {
	if cap(d.signed)+cap(d.signature)+cap(d.payload) > maxKept {
		*d = Decoder{}
		return
	}
	clear(d.signed)
	clear(d.signature)
	clear(d.payload)
}
