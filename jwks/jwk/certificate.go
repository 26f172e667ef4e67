package jwk

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var errCertificate = errors.New("x5c: the first certificate holds another key")

// checkCertificate holds the key against the leaf of its x5c chain, if there is one: RFC 7517 §4.7
// wants the same key in both. The chain itself is not verified; trust comes from where the set was
// fetched.
//
// A leaf that cannot be read says nothing about the key, and costs it nothing. Issuers publish
// empty chains, PEM armour, base64url, certificates with a negative serial number, and key types
// that crypto/x509 does not know; to skip the key would be to refuse every token that it signed,
// for a member that nobody here relies on.
func checkCertificate(x5c jsontext.Value, key crypto.PublicKey) error {
	if leaf := leafKey(x5c); leaf != nil && !Same(leaf, key) {
		return errCertificate
	}
	return nil
}

// leafKey is the public key of the first certificate of a chain, nil if it cannot be read. Only
// that one is looked at.
func leafKey(x5c jsontext.Value) crypto.PublicKey {
	var chain []jsontext.Value
	if json.Unmarshal(x5c, &chain) != nil || len(chain) == 0 {
		return nil
	}
	var text string
	if json.Unmarshal(chain[0], &text) != nil {
		return nil
	}
	der, err := base64.StdEncoding.Strict().DecodeString(text) // §4.7: base64, not base64url
	if err != nil {
		return nil
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return leaf.PublicKey
}
