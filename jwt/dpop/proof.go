package dpop

import (
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/memo"
	"example.com/resourceserver/jwt/internal/strictjson"
)

// proof is what a proof says. Nothing of it is trusted before checkPossession.
type proof struct {
	text       jws.Compact
	remembered *memo.Cell[signer] // where the signer is, or will be
	signer     *signer            // nil until checkPossession, unless it is remembered
	algorithm  *jws.Algorithm     // these two of a header that is not
	jwk        string             // its JSON text

	jti, method, uri, tokenHash, nonce string

	issuedAt time.Time
}

// maxValues bounds the members and elements of the claims. A proof has six.
const maxValues = 64

var decoders = sync.Pool{New: func() any { return new(jws.Decoder) }}

// read takes a proof apart (RFC 9449 §4.3, items 2 to 5 and 7, and the types of the
// claims of §4.2).
func (v *Verifier) read(text, thumbprint string) (p proof, err error) {
	if text == "" {
		return p, refused(ReasonMissing, "no DPoP field")
	}
	if p.text, err = jws.Cut(text, v.config.MaxProofBytes); err != nil {
		return p, cutError(err)
	}
	if err := v.readHeader(&p, thumbprint); err != nil {
		return p, err
	}
	return p, p.readClaims()
}

func cutError(err error) error {
	if errors.Is(err, jws.ErrTooLarge) {
		return refused(ReasonTooLarge, "longer than Config.MaxProofBytes")
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

// id is what the proof is remembered by: its jti, which is unique to its key
// (RFC 9449 §4.2), and its key. The hashes bound what the client can make the memory
// hold, and keep one client from spending the proofs of another.
func (p *proof) id() (id [32]byte) {
	var space [128]byte
	jti := sha256.Sum256(append(append(space[:0], p.signer.key.Thumbprint...), p.jti...))
	copy(id[:16], p.signer.owner[:])
	copy(id[16:], jti[:])
	return id
}
