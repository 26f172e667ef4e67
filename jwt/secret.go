package jwt

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
)

// keyForm returns what kind of key a shared secret is written as, or "" if it is
// just bytes. Most of these forms are those of public keys: whoever has the issuer's
// could make tokens with it (RFC 8725 §2.1). The others, such as an oct JWK, are not
// the secret that the issuer signs with.
func keyForm(secret []byte) string {
	text := bytes.TrimSpace(bytes.TrimPrefix(secret, []byte("\ufeff")))
	switch {
	case bytes.Contains(text, []byte("-----BEGIN ")), bytes.Contains(text, []byte("---- BEGIN ")): // text may come first
		return "a PEM block"
	case isJSONKey(text):
		return "a JWK or a JWK Set"
	case isSSHKey(text):
		return "an SSH public key"
	case isDER(secret):
		return "a certificate or public key in DER"
	case isDER(fromBase64(text)):
		return "a certificate or public key in base64"
	}
	return ""
}

// isJSONKey goes by what a JWK (RFC 7517 §4.1) and a JWK Set (§5) must have. It
// reads no JSON: a set with a mistake in it is as public as one without.
func isJSONKey(text []byte) bool {
	return len(text) > 0 && (text[0] == '{' || text[0] == '[') &&
		(bytes.Contains(text, []byte(`"kty"`)) || bytes.Contains(text, []byte(`"keys"`)))
}

// isSSHKey goes by the name of the key's type, which begins a line of
// authorized_keys (RFC 4253 §6.6, RFC 5656 §3.1).
func isSSHKey(text []byte) bool {
	for _, name := range sshTypes {
		if bytes.HasPrefix(text, []byte(name)) {
			return true
		}
	}
	return false
}

var sshTypes = []string{"ssh-rsa ", "ssh-dss ", "ssh-ed25519 ", "ssh-ed448 ", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"}

// isDER goes by the outer structure, so that a certificate counts that crypto/x509
// would not read. No random bytes have it.
func isDER(data []byte) bool {
	for _, form := range []any{
		new(struct { // Certificate (RFC 5280 §4.1)
			TBS       asn1.RawValue
			Algorithm pkix.AlgorithmIdentifier
			Signature asn1.BitString
		}),
		new(struct { // SubjectPublicKeyInfo (RFC 5280 §4.1)
			Algorithm pkix.AlgorithmIdentifier
			Key       asn1.BitString
		}),
		new(struct { // RSAPublicKey (RFC 8017 §A.1.1)
			N, E *big.Int
		}),
	} {
		if rest, err := asn1.Unmarshal(data, form); err == nil && len(rest) == 0 {
			return true
		}
	}
	return false
}

// fromBase64 decodes what is shown where PEM has lost its first and last line, as
// issuers do on their pages, and what x5c holds.
func fromBase64(text []byte) []byte {
	text = bytes.Join(bytes.Fields(text), nil)
	for _, e := range []*base64.Encoding{
		base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding,
	} {
		if decoded, err := e.AppendDecode(nil, text); err == nil {
			return decoded
		}
	}
	return nil
}
