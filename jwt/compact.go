package jwt

import (
	"encoding/base64"
	"strings"
)

// maxHeaderBytes bounds the header's encoded length. It leaves room for a
// certificate chain, which issuers send though it is never looked at.
const maxHeaderBytes = 8 << 10

// strictBase64 is base64url without padding that refuses non-zero trailing bits,
// so that one token has one spelling. It skips CR and LF, which is why split
// refuses these beforehand.
var strictBase64 = base64.RawURLEncoding.Strict()

// compact is a JWS in compact serialization (RFC 7515 §7.1), taken apart.
type compact struct {
	signed    []byte // what the signature is over: the ASCII text before the last dot
	header    string // decoded
	payload   []byte // still encoded
	signature []byte // decoded
}

// split takes token apart and decodes the two parts that are needed to verify
// it. The payload stays encoded until the signature has been found good.
func split(token string, maxBytes int) (compact, error) {
	if len(token) > maxBytes {
		return compact{}, invalid(ReasonTooLarge, "", "longer than Config.MaxTokenBytes")
	}
	if isJWE(token) {
		return compact{}, invalid(ReasonEncrypted, "", "a JWE, and Config.Decrypt is not set")
	}
	if strings.Count(token, ".") != 2 {
		return compact{}, invalid(ReasonMalformed, "", "not three segments: if the issuer's access tokens are opaque, they need introspection")
	}
	if strings.IndexByte(token, '\n') >= 0 || strings.IndexByte(token, '\r') >= 0 {
		return compact{}, invalid(ReasonMalformed, "", "a line break")
	}
	first, last := strings.IndexByte(token, '.'), strings.LastIndexByte(token, '.')
	if first > maxHeaderBytes {
		return compact{}, invalid(ReasonTooLarge, "", "the header is longer than 8 KiB")
	}
	// One buffer holds the bytes of the token and, behind them, the signature and
	// later the payload.
	buf := make([]byte, len(token), len(token)+strictBase64.DecodedLen(len(token)-first-1))
	copy(buf, token)
	c := compact{signed: buf[:last], payload: buf[first+1 : last]}
	var err error
	if c.header, err = decodeHeader(buf[:first]); err != nil {
		return compact{}, err
	}
	if c.signature, err = strictBase64.AppendDecode(buf[len(buf):], buf[last+1:]); err != nil {
		return compact{}, invalid(ReasonMalformed, "", "the signature is not base64url")
	}
	return c, nil
}

func decodeHeader(encoded []byte) (string, error) {
	var small [256]byte
	header, err := strictBase64.AppendDecode(small[:0], encoded)
	if err != nil || len(header) == 0 {
		return "", invalid(ReasonMalformed, "", "the header is not base64url")
	}
	return string(header), nil
}

// decodePayload returns the payload's text. It may be called once.
func (c compact) decodePayload() (string, error) {
	payload, err := strictBase64.AppendDecode(c.signature[len(c.signature):], c.payload)
	if err != nil {
		return "", invalid(ReasonMalformed, "", "the payload is not base64url")
	}
	return string(payload), nil
}
