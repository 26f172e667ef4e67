package jwt

import (
	"encoding/base64"
	"slices"
	"strings"
	"sync"
)

// maxHeaderBytes bounds the header's encoded length. It leaves room for a
// certificate chain, which issuers send though it is never looked at.
const maxHeaderBytes = 8 << 10

// strictBase64 is base64url without padding that refuses non-zero trailing bits,
// so that one token has one spelling. It skips CR and LF, which is why split
// refuses these beforehand.
var strictBase64 = base64.RawURLEncoding.Strict()

// compact is a JWS in compact serialization (RFC 7515 §7.1), taken apart and
// still encoded.
type compact struct {
	signed    string // what the signature is over: all before the last dot
	header    string
	payload   string
	signature string
}

// split takes token apart.
func split(token string, maxBytes int) (compact, error) {
	if len(token) > maxBytes {
		return compact{}, invalid(ReasonTooLarge, "", "longer than Config.MaxTokenBytes")
	}
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok || strings.IndexByte(signature, '.') >= 0 {
		if isJWE(token) {
			return compact{}, invalid(ReasonEncrypted, "", "a JWE, and Config.Decrypt is not set")
		}
		return compact{}, invalid(ReasonMalformed, "", "not three segments: if the issuer's access tokens are opaque, they need introspection")
	}
	if strings.IndexByte(token, '\n') >= 0 || strings.IndexByte(token, '\r') >= 0 {
		return compact{}, invalid(ReasonMalformed, "", "a line break")
	}
	if len(header) > maxHeaderBytes {
		return compact{}, invalid(ReasonTooLarge, "", "the header is longer than 8 KiB")
	}
	return compact{signed: token[:len(header)+1+len(payload)], header: header, payload: payload, signature: signature}, nil
}

// decodeHeader returns the header's text.
func decodeHeader(encoded string) (string, error) {
	text, err := strictBase64.DecodeString(encoded)
	if err != nil || len(text) == 0 {
		return "", invalid(ReasonMalformed, "", "the header is not base64url")
	}
	return string(text), nil
}

// workspace is memory for the validation of one token. It serves many tokens, one
// after the other, and is wiped in between, so that none stays readable in it.
type workspace struct {
	token     []byte // the text without its last dot
	signed    []byte // the part of it that the signature is over
	signature []byte // decoded
	payload   []byte // decoded
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// maxWorkspace is the size up to which memory is kept for later tokens.
const maxWorkspace = 64 << 10

func (w *workspace) release() {
	if cap(w.token) > maxWorkspace {
		return
	}
	clear(w.token)
	clear(w.signature)
	clear(w.payload)
	workspaces.Put(w)
}

// open copies jws and decodes its signature. The payload stays encoded until the
// signature has been found good.
func (w *workspace) open(jws compact) (err error) {
	w.token = slices.Grow(w.token[:0], len(jws.signed)+len(jws.signature))
	w.token = append(append(w.token, jws.signed...), jws.signature...)
	w.signed = w.token[:len(jws.signed)]
	w.signature, err = strictBase64.AppendDecode(w.signature[:0], w.token[len(jws.signed):])
	if err != nil {
		return invalid(ReasonMalformed, "", "the signature is not base64url")
	}
	return nil
}

// claims decodes the payload of the token that was opened.
func (w *workspace) claims(jws compact) (text string, err error) {
	w.payload, err = strictBase64.AppendDecode(w.payload[:0], w.signed[len(jws.header)+1:])
	if err != nil {
		return "", invalid(ReasonMalformed, "", "the payload is not base64url")
	}
	return string(w.payload), nil
}
