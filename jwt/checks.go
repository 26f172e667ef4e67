package jwt

import (
	"context"
	"crypto"
	"errors"
	"sync"
	"time"

	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/memo"
	"example.com/resourceserver/jwt/internal/strictjson"
)

// check is one thing that is asked of a token. Validate makes the checks in this
// order, each only if those before it found nothing wrong; Explain goes on where it
// can. There is one list for both.
type check int

const (
	checkEncryption     check = iota + 1 // decryption, where that is configured
	checkForm                            // size, two dots
	checkHeader                          // base64url, JSON
	checkAlgorithm                       // alg
	checkExtensions                      // crit, b64
	checkKeyID                           // kid
	checkType                            // typ
	checkEncoding                        // base64url of the signature
	checkKey                             // keys by kid and alg
	checkSignature                       // over the very bytes that came
	checkClaims                          // base64url, JSON
	checkKind                            // what the profile tells access tokens by
	checkIssuer                          // iss
	checkAudience                        // aud
	checkExpiry                          // exp
	checkNotBefore                       // nbf
	checkIssuedAt                        // iat
	checkRequired                        // what RFC 9068 or the profile demands
	checkSubject                         // sub
	checkID                              // jti
	checkClient                          // client_id
	checkAuthentication                  // auth_time, acr, amr
	checkScope                           // scope
	checkConfirmation                    // cnf
	lastCheck           = checkConfirmation
)

// validation is one token on its way through the checks, with what each of them
// found for the later ones. It serves one token after another, and is wiped in
// between.
type validation struct {
	validator *Validator
	token     string // as it was given
	text      string // the JWS in it; "" until it is known
	compact   jws.Compact
	header    jws.Header         // a part of the text
	payload   string             // decoded; "" until it is
	keys      []crypto.PublicKey // none for a shared secret
	claims    claimSet
	now       time.Time
	result    *Token // what Validate returns, if all checks agree

	parameters strictjson.Object // of the header
	remembered *memo.Cell[jws.Header]
	kept       *jws.Header      // a header that may be kept
	key        crypto.PublicKey // the one of keys that verified the signature

	signature []byte // decoded, in memory of the decoder
	decoder   jws.Decoder
	members   claimBuffer
	space     [12]strictjson.Member // of parameters
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

// run makes all checks.
func (v *validation) run(ctx context.Context) (*Token, error) {
	for c := checkEncryption; c <= lastCheck; c++ {
		if c == checkHeader && v.recallHeader() {
			c = checkType // the last one about the header
			continue
		}
		if err := v.pass(ctx, c); err != nil {
			return nil, err
		}
		if c == checkSignature {
			v.rememberHeader()
		}
	}
	return v.result, nil
}

var errNoSuchCheck = errors.New("jwt: no such check")

// pass makes one check.
func (v *validation) pass(ctx context.Context, c check) (err error) {
	switch c {
	case checkEncryption:
		return v.decrypt(ctx)
	case checkForm:
		return v.cut()
	case checkHeader, checkAlgorithm, checkExtensions, checkKeyID, checkType:
		return v.passHeader(c)
	case checkEncoding:
		return v.decodeSignature()
	case checkKey:
		return v.findKeys(ctx)
	case checkSignature:
		return v.checkSignature()
	case checkClaims:
		return v.readClaims()
	}
	return v.passClaims(c)
}

// passClaims makes one check of the claims, which have been read.
func (v *validation) passClaims(c check) error {
	m, t, claims := v.validator.terms, v.result, v.claims
	switch c {
	case checkKind:
		return m.checkKind(claims)
	case checkIssuer:
		return m.checkIssuer(claims)
	case checkAudience:
		return m.checkAudience(t, claims)
	case checkExpiry:
		return v.checkExpiry()
	case checkNotBefore:
		return v.checkNotBefore()
	case checkIssuedAt:
		return v.checkIssuedAt()
	case checkRequired:
		return m.checkRequired(claims)
	case checkSubject:
		return m.readSubject(t, claims)
	case checkID:
		return m.readID(t, claims)
	case checkClient:
		return m.readClient(t, claims)
	case checkAuthentication:
		return m.readAuthentication(t, claims)
	case checkScope:
		return v.readScopes(t, claims)
	case checkConfirmation:
		return v.checkConfirmation()
	}
	return errNoSuchCheck
}

// decrypt finds the JWS. Without Config.Decrypt that is the token itself.
func (v *validation) decrypt(ctx context.Context) error {
	v.text = v.token
	if v.validator.decrypt != nil {
		v.payload = "" // nothing that was read before is of the text inside
		text, err := v.validator.decrypted(ctx, v.token)
		if err != nil {
			return err
		}
		v.text = text
	}
	return nil
}

func (v *validation) cut() (err error) {
	if v.compact, err = jws.Cut(v.text, v.validator.maxTokenBytes); err != nil {
		return refusal(err)
	}
	return nil
}
