package jwks

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/resourceserver/jwks/jwk"
)

var (
	errNotAMap     = errors.New("not a JSON object of certificates by kid, each once")
	errNotText     = errors.New("not a text in PEM")
	errNotPEM      = errors.New("not PEM: it begins with something else than a block")
	errCutOff      = errors.New("PEM that ends within a block: the file is not complete")
	errLastBlock   = errors.New("PEM whose last block has headers, or text after it: remove that")
	errOneBlock    = errors.New("not exactly one block of PEM, without headers and with nothing around it")
	errBlockType   = errors.New("PEM block is neither CERTIFICATE nor PUBLIC KEY")
	errCertificate = errors.New("certificate cannot be read")
	errPublicKey   = errors.New("public key cannot be read")
	errKeyUsage    = errors.New("key usage of the certificate does not allow signatures")
	errKeyType     = errors.New("public key is of no type that this package verifies with")
)

// splitCertificates reads a JSON object of PEM by kid.
func splitCertificates(doc []byte) ([]published, error) {
	if len(doc) > maxDocumentBytes {
		return nil, errTooLarge
	}
	if deeperThan(doc, maxDepth) {
		return nil, errTooDeep
	}
	dec := jsontext.NewDecoder(bytes.NewReader(doc)) // refuses a name that comes twice, and invalid UTF-8
	if first, err := dec.ReadToken(); err != nil || first.Kind() != '{' {
		return nil, errNotAMap
	}
	var all []published
	for dec.PeekKind() == '"' {
		if len(all) == maxKeys {
			return nil, errTooMany
		}
		var kid string
		if err := json.UnmarshalDecode(dec, &kid); err != nil {
			return nil, errNotAMap
		}
		value, err := dec.ReadValue()
		if err != nil {
			return nil, errNotAMap
		}
		all = append(all, certificateOf(kid, value))
	}
	if last, err := dec.ReadToken(); err != nil || last.Kind() != '}' {
		return nil, errNotAMap
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errNotAMap
	}
	return all, nil
}

func certificateOf(kid string, value jsontext.Value) published {
	var text string
	if json.Unmarshal(value, &text) != nil || value.Kind() != '"' {
		return published{kid: kid, err: errNotText}
	}
	return publishedPEM(kid, text)
}

// beginning is how a block of PEM begins (RFC 7468 §2).
const beginning = "-----BEGIN "

// splitPEM cuts a text into blocks, of which each is judged with what follows it. A private key
// costs all of them: which one it belongs to does not matter, since whoever reads the file has it.
// So does a last block that is none: the file is half written, and may not have the keys that are in
// use.
func splitPEM(doc []byte) ([]published, error) {
	if len(doc) > maxDocumentBytes {
		return nil, errTooLarge
	}
	before, rest, found := strings.Cut(string(doc), beginning)
	if !found || strings.Trim(before, " \t\r\n") != "" {
		return nil, errNotPEM
	}
	blocks := strings.Split(rest, beginning)
	if len(blocks) > maxKeys {
		return nil, errTooMany
	}
	all := make([]published, len(blocks))
	for i, block := range blocks {
		all[i] = publishedPEM("", beginning+block)
		if all[i].err == jwk.ErrPrivate {
			return nil, jwk.ErrPrivate
		}
	}
	if all[len(all)-1].err == errOneBlock {
		return nil, lastBlockFault(beginning + blocks[len(blocks)-1])
	}
	return all, nil
}

// lastBlockFault tells a file that is half written from one that somebody has to correct.
func lastBlockFault(text string) error {
	if block, _ := pem.Decode([]byte(text)); block != nil {
		return errLastBlock
	}
	return errCutOff
}

func publishedPEM(kid, text string) published {
	key, err := parsePEM(text)
	if err != nil {
		return published{kid: kid, err: err}
	}
	raw, err := asJWK(kid, key)
	return published{raw, kid, err}
}

// parsePEM reads the public key of a text that is one block and nothing more. pem.Decode looks for
// a block in any text and steps over what it cannot read.
func parsePEM(text string) (crypto.PublicKey, error) {
	text = strings.Trim(text, " \t\r\n")
	label, _, _ := strings.Cut(strings.TrimPrefix(text, beginning), "\n")
	if strings.Contains(label, "PRIVATE KEY") { // however broken the block is
		return nil, jwk.ErrPrivate
	}
	block, rest := pem.Decode([]byte(text))
	switch {
	case block == nil, len(rest) > 0, len(block.Headers) > 0,
		!strings.HasPrefix(text, beginning), strings.Count(text, beginning) != 1:
		return nil, errOneBlock
	case block.Type == "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, errPublicKey
		}
		return key, nil
	case block.Type == "CERTIFICATE":
		return certifiedKey(block.Bytes)
	}
	return nil, errBlockType
}

func certifiedKey(der []byte) (crypto.PublicKey, error) {
	certificate, err := x509.ParseCertificate(der)
	switch {
	case err != nil:
		return nil, errCertificate
	case certificate.KeyUsage != 0 && certificate.KeyUsage&x509.KeyUsageDigitalSignature == 0: // RFC 5280 §4.2.1.3
		return nil, errKeyUsage
	}
	return certificate.PublicKey, nil
}

// asJWK writes a key as a JWK, so that one judge, that of package jwk, reads every key.
func asJWK(kid string, key crypto.PublicKey) (jsontext.Value, error) {
	text := base64.RawURLEncoding.EncodeToString
	var members map[string]string
	switch key := key.(type) {
	case *rsa.PublicKey:
		members = map[string]string{"kty": "RSA", "n": text(key.N.Bytes()), "e": text(big.NewInt(int64(key.E)).Bytes())}
	case *ecdsa.PublicKey:
		point, err := key.Bytes() // the uncompressed form of SEC 1 §2.3.3
		if err != nil {
			return nil, fmt.Errorf("%w: its point is not on the curve", errPublicKey)
		}
		x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
		members = map[string]string{"kty": "EC", "crv": key.Params().Name, "x": text(x), "y": text(y)}
	case ed25519.PublicKey:
		members = map[string]string{"kty": "OKP", "crv": "Ed25519", "x": text(key)}
	default:
		return nil, errKeyType
	}
	if kid != "" {
		members["kid"] = kid
	}
	return json.Marshal(members)
}
