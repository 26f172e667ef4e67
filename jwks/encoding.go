package jwks

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/resourceserver/jwks/jwk"
)

// Encoding is how a document writes public keys. It is stated and never guessed:
// what a server sends must not decide by which rules it is read. Whatever the encoding,
// a document is at most 1 MiB and 1024 keys, and each key is judged alone and as in a
// JWK Set.
type Encoding string

const (
	// EncodingJWKSet is a JWK Set (RFC 7517 §5).
	EncodingJWKSet Encoding = ""

	// EncodingCertificates is a JSON object that has a certificate in PEM for each kid, as
	// Google publishes for Firebase. Each text is one CERTIFICATE or PUBLIC KEY and nothing
	// more. Of a certificate only the public key counts, and that its key usage, if it has
	// one, allows signatures. Neither its dates nor its issuer are looked at: what is
	// published is in force, and what is no longer is not.
	EncodingCertificates Encoding = "certificates"

	// EncodingPEM is for Config.File: one or more blocks of PEM, each a CERTIFICATE or a
	// PUBLIC KEY, with nothing between them, and judged like those of EncodingCertificates.
	// They have no kid, so that they are tried for tokens with any, four at most. A
	// private key in the file makes all of it unusable, and so does an end within a block, as
	// of a file that is half written, or text after the last one. Do not put a chain in it: a
	// certificate of an authority is a key like any other.
	EncodingPEM Encoding = "pem"
)

// published is one key of a document: its JWK, or why there is none.
type published struct {
	raw jsontext.Value
	kid string // for the report, if err is set
	err error
}

func (p published) judge() (jwk.Key, error) {
	if p.err != nil {
		return jwk.Key{ID: p.kid}, p.err
	}
	return jwk.Parse(p.raw)
}

// split cuts a document into its keys, within the bounds on it. An error costs all of it.
func (e Encoding) split(doc []byte) ([]published, error) {
	switch e {
	case EncodingCertificates:
		return splitCertificates(doc)
	case EncodingPEM:
		return splitPEM(doc)
	case EncodingJWKSet:
		raws, err := splitSet(doc)
		all := make([]published, len(raws))
		for i, raw := range raws {
			all[i].raw = raw
		}
		return all, err
	}
	return nil, errors.New("unknown encoding") // checked at construction
}
