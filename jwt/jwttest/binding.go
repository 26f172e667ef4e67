package jwttest

import (
	"crypto/sha256"
	"encoding/json"
)

// BoundTo binds the token to the client by its cnf claim: to its key, or by the
// methods that are named, "jkt" (RFC 9449 §6.1) for the key and "x5t#S256"
// (RFC 8705 §3.1) for the certificate.
func BoundTo(c *Client, methods ...string) TokenOption {
	c.helper()
	return Claim("cnf", c.Confirmation(methods...))
}

// Confirmation returns what binds a token to the client, by method, for a token
// that is no JWT: the answer of an introspection endpoint, or a row of a table. The
// methods are those of BoundTo. The map is the caller's own.
func (c *Client) Confirmation(methods ...string) map[string]string {
	c.helper()
	if len(methods) == 0 {
		methods = []string{"jkt"}
	}
	confirmation := make(map[string]string, len(methods))
	for _, method := range methods {
		switch method {
		case "jkt":
			confirmation[method] = thumbprint(c.jwk)
		case "x5t#S256":
			sum := sha256.Sum256(c.certificate.Certificate[0])
			confirmation[method] = encodeBase64(sum[:])
		default:
			c.fail(`Confirmation: method %q is not known; use "jkt" or "x5t#S256"`, method)
		}
	}
	return confirmation
}

// thumbprint is the one of RFC 7638 §3: of the required members only, in the order
// of their names, without a blank. That is how encoding/json writes a map.
func thumbprint(jwk map[string]any) string {
	text, err := json.Marshal(jwk)
	if err != nil {
		panic("jwttest: a JWK of strings is no JSON: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return encodeBase64(sum[:])
}
