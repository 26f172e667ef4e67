package jwks

import (
	"crypto"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// webKey is one JWK as published, all that this package reads of it (RFC 7517
// §4, RFC 7518 §6, RFC 8037 §2). Other members are ignored.
type webKey struct {
	Kty    *string  `json:"kty"`
	Kid    string   `json:"kid"`
	Use    *string  `json:"use"`
	Alg    *string  `json:"alg"`
	KeyOps []string `json:"key_ops"`
	X5c    []string `json:"x5c"`

	N   string `json:"n"`
	E   string `json:"e"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`

	// Private members. Their content is never looked at: that they are there is enough.
	D   jsontext.Value `json:"d"`
	P   jsontext.Value `json:"p"`
	Q   jsontext.Value `json:"q"`
	DP  jsontext.Value `json:"dp"`
	DQ  jsontext.Value `json:"dq"`
	QI  jsontext.Value `json:"qi"`
	Oth jsontext.Value `json:"oth"`
	K   jsontext.Value `json:"k"`
}

// Why a key is skipped. The texts are what [Status] and the log show.
var (
	errKeyTooLarge  = fmt.Errorf("larger than %d bytes", maxKeyBytes)
	errMalformed    = errors.New("not a JSON object with members of the right types, each once")
	errNoKeyType    = errors.New("no kty")
	errUnknownType  = errors.New("kty is not RSA, EC or OKP")
	errSymmetric    = errors.New("a symmetric key does not belong into a published set")
	errPrivate      = errors.New("holds private key material: the issuer published a secret, treat the key as compromised")
	errUse          = errors.New("use is not sig")
	errNoVerify     = errors.New("key_ops does not hold verify")
	errOpsRepeat    = errors.New("key_ops names an operation twice")
	errOpsMany      = fmt.Errorf("key_ops names more than %d operations", maxOperations)
	errOpsClash     = errors.New("use and key_ops contradict each other")
	errAlgorithm    = errors.New("alg does not fit the key")
	errDisagree     = errors.New("does not read back as what was published")
	errTooManyAlike = fmt.Errorf("more than %d keys share this kid", maxCandidates)
)

// publicKey is a key ready for use.
type publicKey struct {
	kid        string // "" if it has none
	kty        string
	algorithms []string // what it may verify, never empty
	public     crypto.PublicKey
	thumbprint string // RFC 7638, SHA-256, base64url
}

// parseWebKey judges one raw JWK. On error the kid is returned as far as it
// could be read, for the report.
func parseWebKey(raw jsontext.Value) (publicKey, error) {
	if len(raw) > maxKeyBytes {
		return publicKey{}, errKeyTooLarge
	}
	var k webKey
	if err := json.Unmarshal(raw, &k); err != nil || raw.Kind() != '{' {
		return publicKey{kid: legibleKid(raw)}, errMalformed
	}
	key, err := k.judge()
	key.kid = k.Kid
	return key, err
}

// legibleKid reads the kid of a key that is not fit for use.
func legibleKid(raw jsontext.Value) string {
	var k struct {
		Kid string `json:"kid"`
	}
	_ = json.Unmarshal(raw, &k, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return k.Kid
}

func (k *webKey) judge() (publicKey, error) {
	if err := k.checkPurpose(); err != nil {
		return publicKey{}, err
	}
	m, algorithms, err := k.checkMaterial()
	if err != nil {
		return publicKey{}, err
	}
	if k.Alg != nil {
		if !slices.Contains(algorithms, *k.Alg) {
			return publicKey{}, errAlgorithm
		}
		algorithms = []string{*k.Alg}
	}
	public, thumbprint, err := m.read()
	if err != nil {
		return publicKey{}, err
	}
	if err := checkCertificate(k.X5c, public); err != nil {
		return publicKey{}, err
	}
	return publicKey{kty: m.kty, algorithms: algorithms, public: public, thumbprint: thumbprint}, nil
}

// checkPurpose looks at everything but the key itself.
func (k *webKey) checkPurpose() error {
	switch {
	case k.Kty == nil:
		return errNoKeyType
	case *k.Kty == "oct":
		return errSymmetric
	case *k.Kty != "RSA" && *k.Kty != "EC" && *k.Kty != "OKP":
		return errUnknownType // compared case-sensitively, RFC 7517 §4.1
	case k.private():
		return errPrivate
	case k.Use != nil && *k.Use != "sig":
		return errUse
	}
	return k.checkOperations()
}

// private reports private members. Using the public half of such a key would
// mean to trust signatures that anybody who read the set can make.
func (k *webKey) private() bool {
	members := []jsontext.Value{k.D, k.P, k.Q, k.DP, k.DQ, k.QI, k.Oth, k.K}
	return slices.ContainsFunc(members, func(v jsontext.Value) bool { return v != nil })
}

// maxOperations is twice what RFC 7517 §4.3 registers. Each is compared with
// those before it.
const maxOperations = 16

// checkOperations applies RFC 7517 §4.3: no value twice, and consistent with use.
func (k *webKey) checkOperations() error {
	if k.KeyOps == nil {
		return nil
	}
	if len(k.KeyOps) > maxOperations {
		return errOpsMany
	}
	for i, op := range k.KeyOps {
		if slices.Contains(k.KeyOps[:i], op) {
			return errOpsRepeat
		}
		if k.Use != nil && op != "verify" && op != "sign" {
			return errOpsClash
		}
	}
	if !slices.Contains(k.KeyOps, "verify") {
		return errNoVerify
	}
	return nil
}
