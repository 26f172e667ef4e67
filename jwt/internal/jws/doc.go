// Package jws reads one signed text: a JWS in compact serialization (RFC 7515
// §7.1). It has one cutter, one header reader and one signature check, for every
// kind of token there is; what kind a token is, and what its claims have to say, is
// for its callers.
//
// Whatever is read is exactly one spelling of what it denotes: two dots, base64url
// without padding and with no bit to spare, one strict JSON object. Signatures are
// checked by the standard library over the very bytes that were sent.
//
// Its errors are fixed words and hold nothing of the text. They say what is wrong;
// what to do about it depends on the kind of token, so each caller has words of its
// own for them.
package jws
