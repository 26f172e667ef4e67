package jwt

import (
	"encoding/base64"
	"strings"
	"sync"
)

// Bounds on the encoded lengths of segments. That of the header leaves room for a
// certificate chain, which issuers send though it is never looked at; that of the
// signature is what the longest RSA key makes.
const (
	maxHeaderBytes    = 8 << 10
	maxSignatureBytes = (maxRSABits/8*8 + 5) / 6
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

// compact is a JWS in compact serialization (RFC 7515 §7.1), taken apart and
// still encoded.
type compact struct {
	signed    string // what the signature is over: all before the last dot
	header    string
	payload   string
	signature string
}

func errTooLarge() *Error {
	return invalid(ReasonTooLarge, "", "longer than Config.MaxTokenBytes")
}

// split takes token apart.
func split(token string, maxBytes int) (compact, error) {
	if len(token) > maxBytes {
		return compact{}, errTooLarge()
	}
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok || strings.IndexByte(signature, '.') >= 0 {
		if isJWE(token) {
			return compact{}, invalid(ReasonEncrypted, "", "a JWE, and Config.Decrypt is not set")
		}
		return compact{}, invalid(ReasonMalformed, "", "not three segments: if the issuer's access tokens are opaque, they need introspection")
	}
	if len(header) > maxHeaderBytes {
		return compact{}, invalid(ReasonTooLarge, "", "the header is longer than 8 KiB")
	}
	if len(signature) > maxSignatureBytes {
		return compact{}, invalid(ReasonTooLarge, "", "the signature is longer than any key makes")
	}
	return compact{signed: token[:len(header)+1+len(payload)], header: header, payload: payload, signature: signature}, nil
}

// decodeHeader returns the header's text.
func decodeHeader(encoded string) (string, error) {
	text, ok := decode(nil, encoded)
	if !ok || len(text) == 0 {
		return "", invalid(ReasonMalformed, "", "the header is not base64url")
	}
	return string(text), nil
}

// workspace is memory for the validation of one token. It serves many tokens, one
// after the other, and is wiped in between: a token that was good does not stay
// readable in it.
type workspace struct {
	signed    []byte // what the signature is over
	signature []byte // decoded
	payload   []byte // decoded
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// maxWorkspace is the size up to which memory is kept for later tokens.
const maxWorkspace = 64 << 10

func takeWorkspace() *workspace { return workspaces.Get().(*workspace) }

func (w *workspace) release() {
	if cap(w.signed)+cap(w.signature)+cap(w.payload) > maxWorkspace {
		return
	}
	clear(w.signed)
	clear(w.signature)
	clear(w.payload)
	workspaces.Put(w)
}

func (w *workspace) decodeSignature(jws compact) error {
	var ok bool
	if w.signature, ok = decode(w.signature[:0], jws.signature); !ok {
		return invalid(ReasonMalformed, "", "the signature is not base64url")
	}
	if len(w.signature) == 0 {
		return invalid(ReasonSignature, "", "empty")
	}
	return nil
}

// signingInput returns a copy of what was signed, for the functions that want bytes.
func (w *workspace) signingInput(jws compact) []byte {
	w.signed = append(w.signed[:0], jws.signed...)
	return w.signed
}

// decodePayload returns the text of the payload.
func (w *workspace) decodePayload(jws compact) (string, error) {
	var ok bool
	if w.payload, ok = decode(w.payload[:0], jws.payload); !ok {
		return "", invalid(ReasonMalformed, "", "the payload is not base64url")
	}
	return string(w.payload), nil
}
