package jwt

import (
	"strings"

	"example.com/resourceserver/jwt/internal/strictjson"
)

// header is what is used of a JOSE header (RFC 7515 §4).
type header struct {
	alg *algorithm
	kid string
}

// header returns the header that a token brings, after every check that needs
// nothing else. The same text has the same answer, so one that is remembered in
// its slot needs no second look.
func (v *Validator) header(slot *slot[header], encoded string) (*header, error) {
	if h := slot.find(encoded); h != nil {
		return h, nil
	}
	text, err := decodeHeader(encoded)
	if err != nil {
		return nil, err
	}
	return v.parseHeader(text)
}

// maxHeaderValues bounds the members and elements of a header. It is more than any
// has: the registered parameters are a dozen (RFC 7515 §9.1), a jwk has as many
// members at most, and a certificate chain is shorter. A thousand of them would cost
// more than a signature check, and nobody has signed them yet.
const maxHeaderValues = 64

// parseHeader reads the header and makes every check that needs nothing else.
// jku, jwk, x5u and x5c are not even looked at: a key that comes with a token
// proves nothing about the token (RFC 8725 §3.10).
func (v *Validator) parseHeader(text string) (*header, error) {
	var buf [12]strictjson.Member
	object, err := strictjson.ParseAtMost(buf[:0], text, maxHeaderValues)
	if err != nil {
		return nil, invalid(ReasonHeader, "", err.Error())
	}
	alg, err := v.algorithmOf(object)
	if err != nil {
		return nil, err
	}
	// No extension is understood here, so whatever crit says, it refuses the
	// token: what it names is unknown, or crit itself is malformed (RFC 7515
	// §4.1.11). b64 must be listed in crit (RFC 7797 §6): without crit it is
	// refused too, since other validators would read another payload.
	for _, name := range []string{"crit", "b64"} {
		if object.Has(name) {
			return nil, invalid(ReasonCritical, name, "no extension is understood")
		}
	}
	kid, err := optionalString(object, "kid")
	if err != nil {
		return nil, err
	}
	if err := v.checkType(object); err != nil {
		return nil, err
	}
	// A Token keeps its header, and must not keep a certificate chain beside it.
	return &header{alg: alg, kid: strings.Clone(kid)}, nil
}

func (v *Validator) algorithmOf(object strictjson.Object) (*algorithm, error) {
	value, _ := object.Get("alg")
	name, ok := strictjson.String(value)
	if !ok {
		return nil, invalid(ReasonAlgorithm, "alg", "missing or not a string")
	}
	alg := v.algorithms[name]
	if alg == nil {
		return nil, invalid(ReasonAlgorithm, "alg", "not one of Config.Algorithms")
	}
	return alg, nil
}

// checkType compares typ with the types of the profile (RFC 9068 §4, RFC 7515
// §4.1.9): letter case does not matter, and "application/" may be left out.
func (v *Validator) checkType(object strictjson.Object) error {
	typ, err := optionalString(object, "typ")
	if err != nil {
		return err
	}
	if typ == "" {
		if v.terms.profile.AllowMissingType && !object.Has("typ") {
			return nil
		}
		return invalid(ReasonType, "typ", "missing: if the issuer's access tokens have none, choose a Config.Profile that says so")
	}
	typ = withoutApplication(typ)
	for _, accepted := range v.terms.profile.Types {
		if strings.EqualFold(typ, accepted) {
			return nil
		}
	}
	if strings.EqualFold(typ, "JWT") {
		return invalid(ReasonType, "typ", "JWT, as ID tokens have it: if the issuer's access tokens do too, choose its Config.Profile")
	}
	return invalid(ReasonType, "typ", "not one of Config.Profile.Types")
}

// withoutApplication removes the prefix that may be omitted (RFC 7515 §4.1.9).
// It may be omitted only where no other '/' follows.
func withoutApplication(typ string) string {
	const prefix = "application/"
	if len(typ) > len(prefix) && strings.EqualFold(typ[:len(prefix)], prefix) && !strings.Contains(typ[len(prefix):], "/") {
		return typ[len(prefix):]
	}
	return typ
}

// optionalString returns the string called name, or "" where there is none. Null
// is not a string: a header, unlike the claims, has no room for "nothing to
// say".
func optionalString(object strictjson.Object, name string) (string, error) {
	value, _ := object.Get(name)
	s, ok := strictjson.String(value)
	if !ok && object.Has(name) {
		return "", invalid(ReasonHeader, name, "not a string")
	}
	return s, nil
}
