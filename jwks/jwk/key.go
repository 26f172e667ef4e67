package jwk

import (
	"crypto"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Key is a public key for signatures, as [Parse] found it. It is a value of plain fields; two
// goroutines may read one at the same time.
type Key struct {
	ID         string           // kid (RFC 7517 §4.5), "" if it has none
	Type       string           // kty (RFC 7517 §4.1): RSA, EC, OKP or AKP
	Algorithms []string         // what it may verify, never empty
	Public     crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or *mldsa.PublicKey
	Thumbprint string           // RFC 7638, SHA-256, base64url
}

// maxBytes bounds one JWK. A chain of certificates in x5c fits with room to spare.
const maxBytes = 64 << 10

// Why a JWK is refused.
var (
	// ErrPrivate reports, by errors.Is, that a JWK holds private key material. Whoever published it
	// published a secret.
	ErrPrivate = errors.New("holds private key material: the issuer published a secret, treat the key as compromised")

	errTooLarge  = fmt.Errorf("larger than %d bytes", maxBytes)
	errMalformed = errors.New("not a JSON object with members of the right types, each once")
	errAlgorithm = errors.New("alg does not fit the key")
)

// Parse reads one JWK of at most 64 KiB. Members that it does not know are ignored (RFC 7517 §4).
// The errors name what is wrong and repeat nothing of the key; beside one, only the ID is set, as
// far as it could be read, for a report. The key that came with its private half is told by
// [ErrPrivate].
func Parse(raw []byte) (Key, error) {
	if len(raw) > maxBytes {
		return Key{}, errTooLarge
	}
	var w webKey
	if err := json.Unmarshal(raw, &w); err != nil || jsontext.Value(raw).Kind() != '{' {
		return Key{ID: legibleID(raw)}, errMalformed
	}
	key, err := w.key()
	if err != nil {
		return Key{ID: w.Kid}, err
	}
	return key, nil
}

// legibleID reads the kid of what is not fit for use.
func legibleID(raw []byte) string {
	var w struct {
		Kid string `json:"kid"`
	}
	_ = json.Unmarshal(raw, &w, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return w.Kid
}

// key judges the members: first what the key is for, then the key itself.
func (w *webKey) key() (Key, error) {
	if err := w.checkPurpose(); err != nil {
		return Key{}, err
	}
	m, err := w.material()
	if err != nil {
		return Key{}, err
	}
	public, thumbprint, err := m.read()
	if err != nil {
		return Key{}, err
	}
	if err := checkSound(public); err != nil {
		return Key{}, err
	}
	if err := checkFactors(public); err != nil {
		return Key{}, err
	}
	algorithms, err := w.algorithms(public)
	if err != nil {
		return Key{}, err
	}
	if err := checkCertificate(w.X5c, public); err != nil {
		return Key{}, err
	}
	return Key{ID: w.Kid, Type: m.kty, Algorithms: algorithms, Public: public, Thumbprint: thumbprint}, nil
}

// algorithms lists what the key may verify: what its alg says, where it says so (RFC 7517 §4.4).
// EdDSA and Ed25519 are one algorithm for an Ed25519 key (RFC 9864 §2.2), and issuers move from the
// one name to the other in their tokens and their keys at different times: a key that names either
// serves both.
func (w *webKey) algorithms(public crypto.PublicKey) ([]string, error) {
	all := slices.Clone(algorithmsOf(public)) // the caller's own: nobody can change what Fits goes by
	switch {
	case w.Alg == nil:
		return all, nil
	case !slices.Contains(all, *w.Alg):
		return nil, errAlgorithm
	case slices.Contains(edAlgorithms, *w.Alg):
		return all, nil
	default:
		return []string{*w.Alg}, nil
	}
}
