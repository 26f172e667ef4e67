package protector

import (
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
)

// forwardedCertificates are those that proxies write in a header field.
type forwardedCertificates struct {
	known thumbprints
	read  certificateReader
}

// maxForwarded bounds what is decoded. The longest certificates, of several
// kilobytes, are half as long again as escaped PEM, and some proxies add the chain.
const maxForwarded = 32 << 10

// thumbprint reads a field. Nothing in it is no certificate: so do proxies write that
// the client has presented none.
func (f *forwardedCertificates) thumbprint(text string) (string, error) {
	switch {
	case text == "":
		return "", nil
	case len(text) > maxForwarded:
		return "", certificateError(reasonCertificateTooLarge, "the forwarded certificate is longer than 32 KiB")
	}
	cell := f.known.ofString(text)
	if known := find(cell, text); known != "" {
		return known, nil
	}
	thumbprint, err := f.read(text)
	if err == nil {
		remember(cell, text, thumbprint)
	}
	return thumbprint, err
}

// certificateReader returns the thumbprint of the certificate in a text that is not
// empty.
type certificateReader func(text string) (thumbprint string, err error)

// certificateEncoding is how one kind of proxy writes certificates.
type certificateEncoding struct {
	name   CertificateEncoding
	header string // its usual name, or none
	read   certificateReader
}

func (e certificateEncoding) is(name CertificateEncoding) bool {
	return e.name == name || e.name == CertificateRFC9440 && name == ""
}

var certificateEncodings = []certificateEncoding{
	{CertificateRFC9440, "Client-Cert", readByteSequence},
	{CertificateXFCC, "X-Forwarded-Client-Cert", readXFCC},
	{CertificatePEM, "", readEscapedPEM},
	{CertificateTraefik, "X-Forwarded-Tls-Client-Cert", readTraefik},
	{CertificateDER, "", readBase64},
}

// readByteSequence reads an item of RFC 8941 §3.3.5 (RFC 9440 §2.1), whose base64 is
// written in the one way in which §4.1.8 has it written. RFC 9440 has no parameters.
func readByteSequence(text string) (string, error) {
	if strings.Contains(text, ",") {
		return "", severalCertificates("the header field is a list")
	}
	text, begins := strings.CutPrefix(text, ":")
	text, ends := strings.CutSuffix(text, ":")
	if !begins || !ends {
		return "", malformedCertificate("it is no byte sequence, which begins and ends with a colon")
	}
	return readBase64(text)
}

// readBase64 reads DER in base64.
func readBase64(text string) (string, error) {
	if strings.Contains(text, ",") {
		return "", severalCertificates("the header field is a list")
	}
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || base64.StdEncoding.EncodedLen(len(der)) != len(text) { // without line breaks
		return "", malformedCertificate("it is not in base64")
	}
	return readDER(der)
}

const (
	pemBegin = "-----BEGIN CERTIFICATE-----"
	pemEnd   = "-----END CERTIFICATE-----"
)

// readEscapedPEM reads the one block of PEM that the text must be. The decoder of
// encoding/pem is for files: it skips what is before the block and keeps what is
// behind it.
func readEscapedPEM(text string) (string, error) {
	if strings.Contains(text, ",") {
		return "", severalCertificates("the header field is a list")
	}
	block, err := url.PathUnescape(text) // a plus sign is one
	if err != nil {
		return "", malformedCertificate("it is not URL-encoded")
	}
	block, begins := strings.CutPrefix(block, pemBegin)
	block, ends := strings.CutSuffix(strings.TrimSuffix(block, "\n"), pemEnd)
	if !begins || !ends {
		return "", malformedCertificate("it is no block of PEM, or more than one")
	}
	der, err := base64.StdEncoding.Strict().DecodeString(block) // which overlooks line breaks
	if err != nil {
		return "", malformedCertificate("it is not in base64")
	}
	return readDER(der)
}

// readTraefik reads the first of a chain. White space is where somebody has joined
// two fields to one, of which the first may be anybody's.
func readTraefik(text string) (string, error) {
	if strings.ContainsAny(text, " \t") {
		return "", severalCertificates("the header field was joined from several")
	}
	chain, err := url.PathUnescape(text)
	if err != nil {
		return "", malformedCertificate("it is not URL-encoded")
	}
	leaf, _, _ := strings.Cut(chain, ",")
	return readBase64(leaf)
}

// readXFCC reads the one element that Envoy writes if it keeps no other's. It copies
// names from the certificate without escaping them: with a semicolon, the client can
// write pairs of its own behind Envoy's, and with a comma elements. So each key that
// is used counts once, and one element is all there is.
func readXFCC(text string) (string, error) {
	var hash, cert, other string
	for rest := text; ; {
		key, value, after, ok := cutPair(rest)
		into := &other
		switch {
		case equalFold(key, "Hash"):
			into = &hash
		case equalFold(key, "Cert"):
			into = &cert
		}
		switch {
		case !ok || value == "" && into != &other:
			return "", malformedCertificate("it is no list of pairs")
		case *into != "" && into != &other:
			return "", severalCertificates("a key is there more than once")
		case strings.HasPrefix(after, ","):
			return "", severalCertificates("the header field has several elements")
		}
		*into = value
		if after == "" {
			return readPairs(hash, cert)
		}
		rest = after[1:]
	}
}

// readPairs returns what both say.
func readPairs(hash, cert string) (thumbprint string, err error) {
	if cert != "" {
		if thumbprint, err = readEscapedPEM(cert); err != nil || hash == "" {
			return thumbprint, err
		}
	}
	sum, err := hex.DecodeString(hash)
	if err != nil || len(sum) != sha256.Size {
		return "", malformedCertificate("it has neither Cert nor a Hash of SHA-256")
	}
	if encoded := base64.RawURLEncoding.EncodeToString(sum); cert == "" || encoded == thumbprint {
		return encoded, nil
	}
	return "", malformedCertificate("Cert is not the certificate of Hash")
}

// cutPair returns a pair "key=value", without the quotation marks of the value, and
// what is behind it: nothing, or something that begins with a semicolon or a comma.
func cutPair(text string) (key, value, after string, ok bool) {
	key, value, ok = strings.Cut(text, "=")
	if !ok || key == "" || strings.ContainsFunc(key, isNoLetter) {
		return "", "", "", false
	}
	if quoted, is := strings.CutPrefix(value, `"`); is {
		end := closingQuote(quoted)
		if end < 0 {
			return "", "", "", false
		}
		value, after = quoted[:end], quoted[end+1:]
		return key, value, after, after == "" || after[0] == ';' || after[0] == ','
	}
	if end := strings.IndexAny(value, `;,"`); end >= 0 {
		value, after = value[:end], value[end:]
	}
	return key, value, after, after == "" || after[0] != '"'
}

// isNoLetter: the keys that Envoy knows are of letters only, and so will others be.
func isNoLetter(c rune) bool { return c < 'A' || c > 'Z' && c < 'a' || c > 'z' }

// closingQuote returns where a quotation mark is that no backslash stands before.
func closingQuote(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// readDER sees that the bytes are one ASN.1 SEQUENCE and nothing else, as every
// certificate is. It would be safe without: no other bytes have the thumbprint. But
// what was cut off on the way, or glued to something, is a fault of the proxies and
// not of the token, and should be called so. To parse the certificate would tell no
// more, cost as much as a signature, and refuse some that TLS takes.
func readDER(der []byte) (string, error) {
	var value asn1.RawValue
	rest, err := asn1.Unmarshal(der, &value)
	if err != nil || len(rest) > 0 || value.Class != asn1.ClassUniversal || value.Tag != asn1.TagSequence ||
		!value.IsCompound {
		return "", malformedCertificate("it is not DER, or not all of it")
	}
	return thumbprintOf(der), nil
}

func severalCertificates(what string) error {
	return certificateError(reasonCertificateSeveral,
		what+": the proxy has to replace what the client has sent, and not to add to it")
}

func malformedCertificate(what string) error {
	return certificateError(reasonCertificateMalformed, "the forwarded certificate cannot be read: "+what)
}

func certificateError(reason, cause string) error {
	return errInvalidToken(reason, errors.New(cause))
}
