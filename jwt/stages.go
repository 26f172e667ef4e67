package jwt

import (
	"context"
	"crypto"
	"errors"
	"sync"

	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/memo"
)

// stage is one step of a validation. They are taken in this order, each only if
// those before it found nothing wrong.
type stage int

const (
	stageCut          stage = iota + 1 // decryption, where that is configured; size, two dots
	stageHeader                        // base64url, JSON, alg, crit, b64, kid, typ
	stageKeys                          // base64url of the signature; keys by kid and alg
	stageSignature                     // over the very bytes that came
	stageClaims                        // base64url, JSON, and what RFC 9068 and the profile ask
	stageConfirmation                  // cnf
	lastStage         = stageConfirmation
)

// validation is one token on its way through the stages, with what each of them
// found for the later ones. It serves one token after another, and is wiped in
// between.
type validation struct {
	validator  *Validator
	token      string // as it was given
	compact    jws.Compact
	remembered *memo.Cell[jws.Header] // where the header is, or will be
	header     *jws.Header
	payload    string             // decoded; "" until it is
	keys       []crypto.PublicKey // none for a shared secret
	key        crypto.PublicKey   // the one of keys that verified the signature
	claims     claimSet
	accepted   *Token // what Validate returns, if all stages agree

	signature []byte // decoded, in memory of the decoder
	decoder   jws.Decoder
	members   claimBuffer
}

var validations = sync.Pool{New: func() any { return new(validation) }}

func newValidation(token string) *validation {
	v := validations.Get().(*validation)
	v.token = token
	return v
}

// end forgets the token. Its memory serves others, and a token that was good must
// not stay readable there.
func (v *validation) end() {
	decoder := v.decoder
	decoder.Wipe()
	*v = validation{}
	v.decoder = decoder
	validations.Put(v)
}

// run takes the token through all stages.
func (v *validation) run(ctx context.Context) (*Token, error) {
	for s := stageCut; s <= lastStage; s++ {
		if err := v.pass(ctx, s); err != nil {
			return nil, err
		}
	}
	return v.accepted, nil
}

// pass takes it through one.
func (v *validation) pass(ctx context.Context, s stage) error {
	switch s {
	case stageCut:
		return v.cut(ctx)
	case stageHeader:
		return v.readHeader()
	case stageKeys:
		return v.findKeys(ctx)
	case stageSignature:
		return v.checkSignature()
	case stageClaims:
		return v.readClaims()
	case stageConfirmation:
		return v.checkConfirmation()
	}
	return errors.New("jwt: no such stage")
}

func (v *validation) cut(ctx context.Context) (err error) {
	text := v.token
	if v.validator.decrypt != nil {
		if text, err = v.validator.decrypted(ctx, text); err != nil {
			return err
		}
		v.payload = "" // nothing that was read before is of this text
	}
	if v.compact, err = jws.Cut(text, v.validator.maxTokenBytes); err != nil {
		return refusal(err)
	}
	return nil
}
