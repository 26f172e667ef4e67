package jws

import (
	"errors"
	"strings"

	"example.com/resourceserver/jwt/internal/strictjson"
)

// The errors of Rules.Check.
var (
	ErrNoAlgorithm  = errors.New("alg is missing or not a string")
	ErrAlgorithm    = errors.New("alg is not an accepted one")
	ErrCritical     = errors.New("crit is present and no extension is understood")
	ErrUnencoded    = errors.New("b64 is present and no extension is understood")
	ErrKeyID        = errors.New("kid is not a string")
	ErrTypeNoString = errors.New("typ is not a string")
	ErrNoType       = errors.New("typ is missing")
	ErrTypeJWT      = errors.New("typ is JWT")
	ErrType         = errors.New("typ is not an accepted one")
)

// Header is what every kind of token uses of its JOSE header (RFC 7515 §4).
type Header struct {
	Algorithm *Algorithm
	KeyID     string // kid, "" if there is none
}

// Rules say which headers one kind of token may have.
type Rules struct {
	// Algorithms are the accepted algorithms, by the values of alg (RFC 8725 §3.1).
	Algorithms map[string]*Algorithm
	// Types are the accepted values of typ, without "application/".
	Types []string
	// AllowMissingType accepts a header that has no typ.
	AllowMissingType bool
}

// maxHeaderValues bounds the members and elements of a header. It is more than any
// has: the registered parameters are a dozen (RFC 7515 §9.1), a jwk has as many
// members at most, and a certificate chain is shorter. A thousand of them would cost
// more than a signature check, and nobody has signed them yet.
const maxHeaderValues = 64

// ParseHeader appends the parameters of an encoded header to dst and returns the
// result. Errors that are none of this package's are those of strictjson.
func ParseHeader(dst strictjson.Object, encoded string) (strictjson.Object, error) {
	var space [512]byte // as much as most headers take
	text, ok := decode(space[:0], encoded)
	if !ok || len(text) == 0 {
		return nil, ErrHeaderEncoding
	}
	return strictjson.ParseAtMost(dst, string(text), maxHeaderValues)
}

// Check reads a header by the rules. It never looks at jku, jwk, x5u and x5c: a key
// that comes with a token proves nothing about the token (RFC 8725 §3.10). The one
// kind of token that does use its jwk, a proof of possession, takes it from the
// parameters itself.
func (r *Rules) Check(parameters strictjson.Object) (Header, error) {
	alg, err := r.Algorithm(parameters)
	if err != nil {
		return Header{}, err
	}
	if err := CheckExtensions(parameters); err != nil {
		return Header{}, err
	}
	kid, err := KeyID(parameters)
	if err != nil {
		return Header{}, err
	}
	if err := r.CheckType(parameters); err != nil {
		return Header{}, err
	}
	return Header{Algorithm: alg, KeyID: kid}.Clone(), nil
}

// Clone returns a header that may be kept: it does not keep the text that it was read
// from, with a certificate chain in it perhaps.
func (h Header) Clone() Header { return Header{h.Algorithm, strings.Clone(h.KeyID)} }

// Algorithm returns what alg denotes, if it is accepted.
func (r *Rules) Algorithm(parameters strictjson.Object) (*Algorithm, error) {
	value, _ := parameters.Get("alg")
	name, ok := strictjson.String(value)
	if !ok {
		return nil, ErrNoAlgorithm
	}
	alg := r.Algorithms[name]
	if alg == nil {
		return nil, ErrAlgorithm
	}
	return alg, nil
}

// CheckExtensions refuses every extension. None is understood here, so whatever crit
// says, it refuses the token: what it names is unknown, or crit itself is malformed
// (RFC 7515 §4.1.11). b64 must be listed in crit (RFC 7797 §6): without crit it is
// refused too, since other validators would read another payload.
func CheckExtensions(parameters strictjson.Object) error {
	switch {
	case parameters.Has("crit"):
		return ErrCritical
	case parameters.Has("b64"):
		return ErrUnencoded
	}
	return nil
}

// KeyID returns kid, a part of the header's text, or "" if there is none.
func KeyID(parameters strictjson.Object) (string, error) {
	kid, ok := optionalString(parameters, "kid")
	if !ok {
		return "", ErrKeyID
	}
	return kid, nil
}

// CheckType compares typ with the accepted types (RFC 7515 §4.1.9): letter case does
// not matter, and "application/" may be left out.
func (r *Rules) CheckType(parameters strictjson.Object) error {
	typ, ok := optionalString(parameters, "typ")
	if !ok {
		return ErrTypeNoString
	}
	if typ == "" {
		if r.AllowMissingType && !parameters.Has("typ") {
			return nil
		}
		return ErrNoType
	}
	typ = WithoutApplication(typ)
	for _, accepted := range r.Types {
		if strings.EqualFold(typ, accepted) {
			return nil
		}
	}
	if strings.EqualFold(typ, "JWT") {
		return ErrTypeJWT
	}
	return ErrType
}

// WithoutApplication removes the prefix of a typ that may be omitted (RFC 7515
// §4.1.9). It may be omitted only where no other '/' follows.
func WithoutApplication(typ string) string {
	const prefix = "application/"
	if len(typ) <= len(prefix) || !strings.EqualFold(typ[:len(prefix)], prefix) {
		return typ
	}
	if rest := typ[len(prefix):]; !strings.Contains(rest, "/") {
		return rest
	}
	return typ
}

// optionalString returns the string called name, "" where there is none. Null is
// not a string: a header, unlike the claims, has no room for "nothing to say".
func optionalString(parameters strictjson.Object, name string) (s string, ok bool) {
	value, _ := parameters.Get(name)
	s, ok = strictjson.String(value)
	return s, ok || !parameters.Has(name)
}
