package jwk

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
)

var errCertificate = errors.New("x5c: the first certificate is unreadable or holds another key")

// checkCertificate holds the key against the leaf of its x5c chain, if there
// is one: RFC 7517 §4.7 wants the same key in both. The chain itself is not
// verified; trust comes from where the set was fetched.
func checkCertificate(chain []string, key crypto.PublicKey) error {
	if chain == nil {
		return nil
	}
	if len(chain) == 0 {
		return errCertificate
	}
	der, err := base64.StdEncoding.Strict().DecodeString(chain[0]) // §4.7: base64, not base64url
	if err != nil {
		return errCertificate
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return errCertificate
	}
	if k, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !k.Equal(key) {
		return errCertificate
	}
	return nil
}
