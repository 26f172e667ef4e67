package protector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Field is a validator for tokens that come in a header field of their own, without an
// authentication scheme: those that a proxy adds once it has authenticated the user
// (Cf-Access-Jwt-Assertion, X-Goog-IAP-JWT-Assertion), and those that one service
// passes on to the next (Txn-Token).
//
//	protector.Field("Cf-Access-Jwt-Assertion", assertions.Validate)
//
// Authenticate follows the rules of [Bearer]. Whoever reaches the server writes the
// field, around the proxy too, so it proves what the token in it proves, and nothing
// more: give it a validator that checks a signature, with the issuer and the audience
// of these tokens and no others. A field that names a user in plain text is no token.
//
// The field holds one token and nothing else. Twice, or beside a token in another place
// where the same protector looks, it is answered 400. To have two tokens in one
// request, the user's and the transaction's, put a protector for each in front of the
// handler, which finds both by [TokenOf].
//
// A proxy that knows its users by a cookie adds the field to whatever another site made
// a browser send. So fields are judged like cookies, by Config.CrossOrigin, and their
// answers are private: see "Cookies" and "Caches" in the package documentation.
//
// There is no scheme that a client could answer a challenge in. A 401 must have one
// (RFC 9110 §15.5.2), and it bears the field's name. An Authorization field with that
// for a scheme is no credential.
//
// Fields with a meaning of their own, such as Authorization and Cookie, are faults that
// [New] reports.
func Field[T Token](name string, authenticate func(ctx context.Context, token string) (T, error)) Validator {
	if fault := fieldFault(name); fault != nil {
		return Validator{scheme: name, faults: []error{fault}}
	}
	if authenticate == nil {
		return Validator{scheme: name, faults: []error{
			fmt.Errorf("Field %q was given a nil function: pass the one that validates tokens", name),
		}}
	}
	v := Scheme(name, func(r *http.Request, token string) (T, error) { return authenticate(r.Context(), token) })
	v.field = http.CanonicalHeaderKey(name)
	return v
}

func fieldFault(name string) error {
	switch {
	case !isToken(name):
		return fmt.Errorf("the field name %q is not an HTTP token: use letters, digits and hyphens", name)
	case slices.Contains(reservedFields, http.CanonicalHeaderKey(name)):
		return fmt.Errorf("Field %q has a meaning of its own: "+
			"name one that holds a token alone, or use Bearer, Scheme or Config.AmbientCookie", name)
	}
	return nil
}

// reservedFields have a place of their own here, are taken out of the header by net/http,
// or are what HTTP itself is made of. Bearer, Basic and Dpop are schemes: a challenge of
// that name would ask for something else.
var reservedFields = []string{
	"Authorization", "Proxy-Authorization", "Cookie", "Dpop", "Bearer", "Basic", "Host", protocolField,
	"Connection", "Upgrade", "Transfer-Encoding", "Content-Length", "Content-Type", "Trailer",
}

var errFieldAndScheme = errors.New("a Field and a Scheme have the same name, so that their challenges have it too: " +
	"rename the scheme")

// addFields has the fields of the validators looked at.
func (p *Protector) addFields() {
	for _, s := range p.schemes {
		if s.field != "" {
			p.sources = append(p.sources, source{
				scheme: s, place: "the field " + s.name, field: s.name, find: fieldTokens(s.field), ambient: true,
			})
		}
	}
}

// fieldTokens finds what the fields of the name hold. An empty one is a fault of
// whoever has set it, and no sign that there is no token.
func fieldTokens(name string) func(*http.Request) ([]string, *Error) {
	return func(r *http.Request) ([]string, *Error) { return r.Header[name], nil }
}
