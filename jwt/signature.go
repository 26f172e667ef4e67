package jwt

import (
	"context"
	"crypto"
	"fmt"
	"slices"
)

// maxKeysTried bounds the signature checks that one token can cause. Several
// keys under one kid, or a token without kid, are rare, and more than a handful
// of candidates is not a rotation but an attack on the processor.
const maxKeysTried = 8

func (v *validation) decodeSignature() (err error) {
	if v.signature, err = v.decoder.Signature(v.compact); err != nil {
		return refusal(err)
	}
	return nil
}

// findKeys asks the issuer's keys for those that may have signed the token. It is
// the one time that they are asked: a token that is malformed never gets there, and
// a signature that does not verify asks nobody again.
func (v *validation) findKeys(ctx context.Context) (err error) {
	if v.header.Algorithm.Symmetric() {
		return nil
	}
	v.keys, err = v.validator.terms.keys.VerificationKeys(ctx, v.header.KeyID, v.header.Algorithm.Name())
	if err != nil {
		return &undecidedError{"the verification keys are not available", err}
	}
	if len(v.keys) == 0 {
		return unknownKey()
	}
	return nil
}

// checkSignature finds the key that verifies the signature, nil for a shared secret.
// A key that fits but does not verify is an invalid signature and never a reason to
// look for others: that would let a forger cause fetches at will.
//
// What costs more the longer a token is, copying and hashing it, is done here, once
// it is clear that there are keys.
func (v *validation) checkSignature() error {
	alg, signed := v.header.Algorithm, v.decoder.SigningInput(v.compact)
	if alg.Symmetric() {
		if !alg.Authenticates(v.validator.secret(), signed, v.signature) {
			return invalid(ReasonSignature, "", "")
		}
	} else if v.key = v.verifyingKey(signed); v.key == nil {
		return v.noneVerifies()
	}
	return nil
}

func (v *validation) verifyingKey(signed []byte) crypto.PublicKey {
	for _, key := range v.triedKeys() {
		if v.header.Algorithm.Verify(key, signed, v.signature) {
			return key
		}
	}
	return nil
}

func (v *validation) triedKeys() []crypto.PublicKey { return v.keys[:min(len(v.keys), maxKeysTried)] }

// noneVerifies tells an invalid signature from a key that the issuer does not have.
func (v *validation) noneVerifies() error {
	refused := unknownKey()
	if slices.ContainsFunc(v.triedKeys(), v.header.Algorithm.Fits) {
		refused = invalid(ReasonSignature, "", "")
	}
	if n := len(v.keys); n > maxKeysTried {
		refused.detail = fmt.Sprintf("only the first %d of %d keys were tried: Config.Keys has too many for one kid",
			maxKeysTried, n)
	}
	return refused
}

func unknownKey() *Error {
	return invalid(ReasonUnknownKey, "kid", "the issuer has no such key for this algorithm")
}
