package jwk

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// webKey is one JWK as published, all that this package reads of it (RFC 7517 §4, RFC 7518 §6, RFC
// 8037 §2, RFC 9964 §3).
type webKey struct {
	Kty    *string  `json:"kty"`
	Kid    string   `json:"kid"`
	Use    *string  `json:"use"`
	Alg    *string  `json:"alg"`
	KeyOps []string `json:"key_ops"`

	X5c jsontext.Value `json:"x5c"` // of any type: see checkCertificate

	N   string `json:"n"`
	E   string `json:"e"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
	Pub string `json:"pub"`

	// The private members are never read: that they are there is enough.
	D   jsontext.Value `json:"d"`
	P   jsontext.Value `json:"p"`
	Q   jsontext.Value `json:"q"`
	DP  jsontext.Value `json:"dp"`
	DQ  jsontext.Value `json:"dq"`
	QI  jsontext.Value `json:"qi"`
	Oth jsontext.Value `json:"oth"`
	K   jsontext.Value `json:"k"`

	Priv jsontext.Value `json:"priv"`
}

var (
	errNoKeyType   = errors.New("no kty")
	errUnknownType = errors.New("kty is not RSA, EC, OKP or AKP")
	errSymmetric   = errors.New("a symmetric key has no place in what is published")
	errUse         = errors.New("use is not sig")
	errNoVerify    = errors.New("key_ops does not hold verify")
	errOpsRepeat   = errors.New("key_ops names an operation twice")
	errOpsMany     = fmt.Errorf("key_ops names more than %d operations", maxOperations)
	errOpsClash    = errors.New("use and key_ops contradict each other")
)

var keyTypes = []string{"RSA", "EC", "OKP", "AKP"}

// useJWTSVID is how a SPIFFE bundle says sig (SPIFFE Trust Domain and Bundle §4.2.2): the key
// verifies JWTs and nothing else. Its x509-svid is for the certificates of an authority, and is
// another use here.
const useJWTSVID = "jwt-svid"

// checkPurpose looks at everything but the key itself.
func (w *webKey) checkPurpose() error {
	switch {
	case w.Kty == nil:
		return errNoKeyType
	case *w.Kty == "oct":
		return errSymmetric
	case !slices.Contains(keyTypes, *w.Kty):
		return errUnknownType // compared case-sensitively, RFC 7517 §4.1
	case w.private():
		return ErrPrivate
	case w.Use != nil && *w.Use != "sig" && *w.Use != useJWTSVID:
		return errUse
	}
	return w.checkOperations()
}

// private reports private members. To use the public half of such a key would be to trust
// signatures that anybody who read the set can make.
func (w *webKey) private() bool {
	members := []jsontext.Value{w.D, w.P, w.Q, w.DP, w.DQ, w.QI, w.Oth, w.K, w.Priv}
	return slices.ContainsFunc(members, func(v jsontext.Value) bool { return v != nil })
}

// maxOperations is twice what RFC 7517 §4.3 registers. Each is compared with those before it.
const maxOperations = 16

// checkOperations applies RFC 7517 §4.3: no value twice, and consistent with use.
func (w *webKey) checkOperations() error {
	if w.KeyOps == nil {
		return nil
	}
	if len(w.KeyOps) > maxOperations {
		return errOpsMany
	}
	for i, op := range w.KeyOps {
		if slices.Contains(w.KeyOps[:i], op) {
			return errOpsRepeat
		}
		if w.Use != nil && op != "verify" && op != "sign" {
			return errOpsClash
		}
	}
	if !slices.Contains(w.KeyOps, "verify") {
		return errNoVerify
	}
	return nil
}
