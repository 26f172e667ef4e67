package dpop

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/resourceserver/jwks/jwk"
	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/strictjson"
)

// proof is what a proof says. Nothing of it is trusted before checkPossession.
type proof struct {
	text      jws.Compact
	algorithm *jws.Algorithm
	jwk       string // the JSON text of the header's jwk

	jti, method, uri, tokenHash, nonce string

	issuedAt time.Time
	key      jwk.Key // set by checkPossession
}

// maxValues bounds the members and elements of the claims. A proof has six.
const maxValues = 64

var decoders = sync.Pool{New: func() any { return new(jws.Decoder) }}

// read takes a proof apart (RFC 9449 §4.3, items 2 to 5 and 7, and the types of the
// claims of §4.2).
func (v *Verifier) read(text string) (*proof, error) {
	if text == "" {
		return nil, refused(ReasonMissing, "no DPoP field")
	}
	compact, err := jws.Cut(text, v.config.MaxProofBytes)
	if err != nil {
		return nil, cutError(err)
	}
	p := &proof{text: compact}
	if err := p.readHeader(&v.rules); err != nil {
		return nil, err
	}
	return p, p.readClaims()
}

func cutError(err error) error {
	if errors.Is(err, jws.ErrTooLarge) {
		return refused(ReasonTooLarge, "longer than Config.MaxProofBytes")
	}
	return refused(ReasonMalformed, err.Error())
}

func (p *proof) readHeader(rules *jws.Rules) error {
	var buf [8]strictjson.Member
	parameters, err := jws.ParseHeader(buf[:0], p.text.Header)
	if err != nil {
		return refused(ReasonMalformed, err.Error())
	}
	header, err := rules.Check(parameters)
	if err != nil {
		return headerError(err)
	}
	p.algorithm = header.Algorithm
	for _, parameter := range parameters {
		// A reader that does not mind letter case would find another key than this one.
		if strings.EqualFold(parameter.Name, "jwk") && parameter.Name != "jwk" {
			return refused(ReasonKey, "jwk is spelled in another letter case")
		}
	}
	if p.jwk, _ = parameters.Get("jwk"); p.jwk == "" {
		return refused(ReasonKey, "the header has no jwk")
	}
	return nil
}

func headerError(err error) error {
	switch {
	case errors.Is(err, jws.ErrNoAlgorithm):
		return refused(ReasonAlgorithm, "alg is missing or not a string")
	case errors.Is(err, jws.ErrAlgorithm):
		return refused(ReasonAlgorithm, "alg is not one of Config.Algorithms")
	case errors.Is(err, jws.ErrCritical), errors.Is(err, jws.ErrUnencoded):
		return refused(ReasonCritical, "no extension is understood")
	case errors.Is(err, jws.ErrNoType), errors.Is(err, jws.ErrType), errors.Is(err, jws.ErrTypeJWT):
		return refused(ReasonType, "typ is not dpop+jwt")
	}
	return refused(ReasonMalformed, err.Error())
}

func (p *proof) readClaims() error {
	d := decoders.Get().(*jws.Decoder)
	payload, err := d.Payload(p.text)
	d.Wipe()
	decoders.Put(d)
	if err != nil {
		return refused(ReasonMalformed, err.Error())
	}
	var buf [12]strictjson.Member
	claims, err := strictjson.ParseAtMost(buf[:0], payload, maxValues)
	if err != nil {
		return refused(ReasonMalformed, err.Error())
	}
	for _, claim := range []struct {
		name  string
		value *string
	}{{"jti", &p.jti}, {"htm", &p.method}, {"htu", &p.uri}, {"ath", &p.tokenHash}} {
		text, _ := claims.Get(claim.name)
		if *claim.value, _ = strictjson.String(text); *claim.value == "" {
			return refused(ReasonClaim, claim.name+" is missing, empty or not a string")
		}
	}
	return p.readRest(claims)
}

func (p *proof) readRest(claims strictjson.Object) (err error) {
	iat, _ := claims.Get("iat")
	var ok bool
	if p.issuedAt, ok = strictjson.NumericDate(iat); !ok {
		return refused(ReasonClaim, "iat is missing or not a NumericDate between 1970 and 9999")
	}
	nonce, ok := claims.Get("nonce")
	if !ok {
		return nil
	}
	if p.nonce, ok = strictjson.String(nonce); !ok {
		return refused(ReasonClaim, "nonce is not a string")
	}
	return nil
}

// checkPossession checks that the proof was made with the key that the token is
// bound to (RFC 9449 §4.3, items 6 and 12). The key that is judged is the key that
// verifies, and that whose thumbprint is compared.
func (p *proof) checkPossession(thumbprint string) (err error) {
	if p.key, err = jwk.Parse([]byte(p.jwk)); err != nil {
		if errors.Is(err, jwk.ErrPrivate) {
			return refused(ReasonKey, "jwk holds its private half: the client has to throw this key away")
		}
		return refused(ReasonKey, "jwk: "+err.Error())
	}
	switch {
	case !slices.Contains(p.key.Algorithms, p.algorithm.Name()):
		return refused(ReasonKey, "jwk does not fit alg")
	case thumbprint == "":
		return refused(ReasonBinding, "the token is not bound to a key")
	case subtle.ConstantTimeCompare([]byte(thumbprint), []byte(p.key.Thumbprint)) != 1:
		return refused(ReasonBinding, "the token is bound to another key")
	case !p.verified():
		return refused(ReasonSignature, "the key does not verify the signature")
	}
	return nil
}

func (p *proof) verified() bool {
	d := decoders.Get().(*jws.Decoder)
	defer decoders.Put(d)
	defer d.Wipe()
	signature, err := d.Signature(p.text)
	return err == nil && p.algorithm.Verify(p.key.Public, d.SigningInput(p.text), signature)
}

// id is by which the proof is remembered: its jti, which is unique to its key
// (RFC 9449 §4.2). The hash bounds what the client can make the memory hold, and
// keeps one client from spending the proofs of another.
func (p *proof) id() [32]byte { return sha256.Sum256([]byte(p.key.Thumbprint + p.jti)) }
