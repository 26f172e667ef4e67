package dpop

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"

	"example.com/resourceserver/jwks/jwk"
	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/memo"
	"example.com/resourceserver/jwt/internal/strictjson"
)

// signer is what the header of a proof says: who made it, and how. The key that is
// judged is the key that verifies, and that whose thumbprint is compared.
type signer struct {
	algorithm *jws.Algorithm
	key       jwk.Key
	owner     [sha256.Size]byte // of the thumbprint: whose proofs are remembered
}

// A client makes all its proofs under one header, and to read a key costs a fifth of
// checking a signature. So the signer is remembered once a signature has verified with
// the key that a genuine token is bound to.
//
// The place is chosen by that key. A client that writes its header in ever new ways
// has one place, and to take more of them it needs as many tokens, each bound to a key
// of its own. That two clients share a place, which costs both what it costs to read a
// key, is up to the table's secret seed. A signer with its header takes 0.7 KB for an
// EC key and up to 2 KB for one of RSA: all of them together have 6 MB, and 16 MB at
// the very most.
const rememberedSigners = 8192

func newSigners() *memo.Memo[signer] { return memo.New[signer](rememberedSigners) }

// readHeader reads the header, or finds what was read of it before, and refuses what
// can be told to be of another key than the token's.
func (v *Verifier) readHeader(p *proof, thumbprint string) error {
	if thumbprint == "" {
		return refused(ReasonBinding, "the token is not bound to a key")
	}
	p.remembered = v.signers.Cell(thumbprint)
	if p.signer = p.remembered.Find(p.text.Header); p.signer != nil {
		return p.signer.checkBinding(thumbprint)
	}
	var buf [8]strictjson.Member
	parameters, err := jws.ParseHeader(buf[:0], p.text.Header)
	if err != nil {
		return refused(ReasonMalformed, err.Error())
	}
	header, err := v.rules.Check(parameters)
	if err != nil {
		return headerError(err)
	}
	for _, parameter := range parameters {
		// A reader that does not mind letter case would find another key than this one.
		if strings.EqualFold(parameter.Name, "jwk") && parameter.Name != "jwk" {
			return refused(ReasonKey, "jwk is spelled in another letter case")
		}
	}
	if p.jwk, _ = parameters.Get("jwk"); p.jwk == "" {
		return refused(ReasonKey, "the header has no jwk")
	}
	p.algorithm = header.Algorithm
	if claimed, ok := claimedThumbprint(p.jwk); ok && !encodes(thumbprint, claimed) {
		return boundElsewhere()
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

// checkPossession checks that the proof was made with the key that the token is
// bound to (RFC 9449 §4.3, items 6 and 12).
func (v *Verifier) checkPossession(p *proof, thumbprint string) error {
	if err := p.readKey(); err != nil {
		return err
	}
	if err := p.signer.checkBinding(thumbprint); err != nil {
		return err
	}
	if !p.verified() {
		return refused(ReasonSignature, "the key does not verify the signature")
	}
	v.signers.Add(p.remembered, p.text.Header, p.signer)
	return nil
}

// readKey reads and judges the key of a header that is not remembered.
func (p *proof) readKey() error {
	if p.signer != nil {
		return nil
	}
	if isAmbiguous(p.jwk) {
		return refused(ReasonKey, "jwk has a member in another letter case")
	}
	key, err := jwk.Parse([]byte(p.jwk))
	switch {
	case errors.Is(err, jwk.ErrPrivate):
		return refused(ReasonKey, "jwk holds its private half: the client has to throw this key away")
	case err != nil:
		return refused(ReasonKey, "jwk: "+err.Error())
	case !slices.Contains(key.Algorithms, p.algorithm.Name()):
		return refused(ReasonKey, "jwk does not fit alg")
	}
	p.signer = &signer{p.algorithm, key, sha256.Sum256([]byte(key.Thumbprint))}
	return nil
}

// keyMembers are those by which keys are read and told to be private (RFC 7518 §6).
var keyMembers = []string{"kty", "crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// isAmbiguous reports a member that is one of a key's but for its letter case. Readers
// that do not mind the case, and there are many, would find another key than this one,
// or a private half in it.
func isAmbiguous(text string) bool {
	var buf [8]strictjson.Member
	members, _ := strictjson.Parse(buf[:0], text)
	return slices.ContainsFunc(members, func(m strictjson.Member) bool {
		return slices.ContainsFunc(keyMembers, func(name string) bool {
			return m.Name != name && strings.EqualFold(m.Name, name)
		})
	})
}

func (s *signer) checkBinding(thumbprint string) error {
	if subtle.ConstantTimeCompare([]byte(thumbprint), []byte(s.key.Thumbprint)) != 1 {
		return boundElsewhere()
	}
	return nil
}

func boundElsewhere() error { return refused(ReasonBinding, "the token is bound to another key") }

// verified reports whether the key verifies the signature.
func (p *proof) verified() bool {
	d := decoders.Get().(*jws.Decoder)
	defer decoders.Put(d)
	defer d.Wipe()
	signature, err := d.Signature(p.text)
	return err == nil && p.signer.algorithm.Verify(p.signer.key.Public, d.SigningInput(p.text), signature)
}

// claimedThumbprint returns the thumbprint (RFC 7638 §3) that an EC or OKP key of the
// usual form has, if it is sound. By it a key that is not the token's is refused at the
// price of a hash. It lets nothing in: the key itself is read and judged once this
// agrees. For what is not of that form ok is false, and the key is judged at once, so
// that the reason says what is wrong with it. Keys of RSA are accepted only where they
// are asked for, and their numbers have more than one spelling.
func claimedThumbprint(text string) (sum [sha256.Size]byte, ok bool) {
	var buf [8]strictjson.Member
	members, err := strictjson.Parse(buf[:0], text)
	if err != nil || members.Has("d") {
		return sum, false
	}
	kty, _ := members.Get("kty")
	crv, _ := members.Get("crv")
	x, _ := members.Get("x")
	y, _ := members.Get("y")
	var space [256]byte // for the longest, of P-521
	b := append(space[:0], `{"crv":`...)
	switch size := coordinateChars(crv); {
	case kty == `"EC"` && isCoordinate(x, size) && isCoordinate(y, size):
		b = append(append(append(append(append(b, crv...), `,"kty":"EC","x":`...), x...), `,"y":`...), y...)
	case kty == `"OKP"` && isCoordinate(x, size):
		b = append(append(append(b, crv...), `,"kty":"OKP","x":`...), x...)
	default:
		return sum, false
	}
	return sha256.Sum256(append(b, '}')), true
}

// coordinateChars is how long the base64url of a coordinate is on a curve, by the JSON
// text of crv (RFC 7518 §6.2.1, RFC 8037 §2); 0 for an unknown curve.
func coordinateChars(crv string) int {
	switch crv {
	case `"P-256"`, `"Ed25519"`:
		return 43
	case `"P-384"`:
		return 64
	case `"P-521"`:
		return 88
	}
	return 0
}

// isCoordinate reports a JSON string of so many characters, none of them escaped.
func isCoordinate(value string, size int) bool {
	return size > 0 && len(value) == size+len(`""`) && value[0] == '"' && strings.IndexByte(value, '\\') < 0
}
