package protector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// Validator tells good tokens of one authentication scheme from bad ones. Build
// one with [Bearer], [Scheme] or [Field]; the zero Validator is refused by [New].
type Validator struct {
	scheme string
	field  string                  // that holds the token and nothing else; empty: Authorization
	match  func(token string) bool // nil: every token of the scheme

	// authenticate gets the request, although Bearer does not pass it on: a
	// scheme with proof of possession needs the method, the URL, other header
	// fields and the TLS state.
	authenticate func(r *http.Request, token string) (Token, error)
	makes        reflect.Type // the type that authenticate returns
	explain      explainFunc  // nil: what is wrong with a token is what authenticate's error says
	proofs       []Proof
	faults       []error
}

// Format names the scheme and nothing else, whatever the verb: a proof, or what
// an authenticate function is a method of, may hold secrets.
func (v Validator) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "protector.Validator(%s)", v.scheme) }

// Bearer is a validator for bearer tokens (RFC 6750). A JWT validator, an
// introspection client and a lookup in the application's own table all plug in
// the same way, and handlers get the type T back from [CurrentToken].
//
// What authenticate returns decides the answer:
//
//   - a token and a nil error: the token is genuine. Whether it has expired,
//     was revoked or is bound to a key is checked by the protector.
//   - a nil token and a nil error: there is no such token. 401 invalid_token.
//     So it is if the token is blank, a pointer to zeros only. A type that cannot
//     be nil is a fault; return a pointer to it.
//   - an error with a method InvalidToken() bool that says true: the token is
//     no good. 401 invalid_token. A method InvalidTokenReason() string names the
//     reason for logs; the client does not see it.
//   - an [*Error]: that answer.
//   - any other error: nobody could tell. 503 with Retry-After, taken from a
//     method RetryAfter() time.Duration where the error has one. It is never
//     401, which would make clients throw good tokens away.
//
// Authenticate is called from many goroutines at once, with the request's
// context, and at most once per request and credential. The token has passed
// the syntax of RFC 6750 §2.1 and the length limit, and nothing else.
//
// A panic in authenticate is not recovered: the handler is not reached, and
// net/http closes the connection and logs the stack. Recovering here would
// present a bug in the program as an outage.
func Bearer[T Token](authenticate func(ctx context.Context, token string) (T, error)) Validator {
	if authenticate == nil {
		return Validator{scheme: bearer, faults: []error{
			errors.New("Bearer was given a nil function: pass the one that validates tokens"),
		}}
	}
	return Scheme(bearer, func(r *http.Request, token string) (T, error) {
		return authenticate(r.Context(), token)
	})
}

// Scheme is a validator for tokens sent under another authentication scheme
// than Bearer, as in "Authorization: Token 3F2A". The name is an RFC 9110 §11.1
// auth-scheme and compares without regard to case. Credentials have the same
// syntax as bearer tokens (token68, RFC 9110 §11.2).
//
// Authenticate follows the rules of [Bearer], and gets the whole request since
// a scheme of one's own may be about more than one field.
func Scheme[T Token](name string, authenticate func(r *http.Request, token string) (T, error)) Validator {
	v := Validator{scheme: name, makes: reflect.TypeFor[T](), faults: tokenFaults(reflect.TypeFor[T]())}
	if !isToken(name) {
		v.faults = append(v.faults, fmt.Errorf(
			"the scheme name %q is not an HTTP token: use letters, digits and hyphens", name))
	}
	if authenticate == nil {
		v.faults = append(v.faults, fmt.Errorf(
			"Scheme %q was given a nil function: pass the one that validates tokens", name))
		return v
	}
	v.authenticate = func(r *http.Request, token string) (Token, error) {
		t, err := authenticate(r, token)
		if err != nil || absent(t) {
			return nil, err
		}
		return t, nil
	}
	if reflect.TypeFor[T]().Kind() == reflect.Interface {
		v.authenticate = judgingTypes(v.authenticate)
	}
	return v
}

// judgingTypes refuses tokens of a type in which New would have found a fault, if
// the function had named it. It is a mistake in the program, and not the client's.
func judgingTypes(authenticate func(*http.Request, string) (Token, error)) func(*http.Request, string) (Token, error) {
	types := new(tokenTypes)
	return func(r *http.Request, credential string) (Token, error) {
		token, err := authenticate(r, credential)
		if err != nil || token == nil {
			return nil, err
		}
		if fault := types.fault(token); fault != nil {
			return nil, errProgram(reasonBadTokenType, fault)
		}
		return token, nil
	}
}

// When narrows the validator to the tokens for which match reports true. It is
// how several kinds of token share a scheme: the first validator that matches
// is the only one asked, so nothing is tried out over the network. The last of
// a scheme may be without a condition; a token that none of them wants is
// answered 401 invalid_token.
//
// Match sees a token that nobody has verified. It must not call out, and what
// it finds in the token is only good for choosing. It is called from many
// goroutines at once. A second When narrows further.
func (v Validator) When(match func(token string) bool) Validator {
	if match == nil {
		v.faults = append(v.faults[:len(v.faults):len(v.faults)],
			errors.New("When was given a nil function: leave When out to match every token"))
		return v
	}
	if outer := v.match; outer != nil {
		inner := match
		match = func(token string) bool { return outer(token) && inner(token) }
	}
	v.match = match
	return v
}

// scheme is the validators of one authentication scheme, and how it presents
// itself in a challenge.
type scheme struct {
	name       string
	field      string  // the header field that holds its tokens alone; empty: Authorization
	params     []Param // of every challenge
	challenge  string  // without error attributes
	validators []Validator
	expired    *expired
}

// validatorFor returns the validator in charge of the token, or nil.
func (s *scheme) validatorFor(token string) *Validator {
	for i := range s.validators {
		if v := &s.validators[i]; v.match == nil || v.match(token) {
			return v
		}
	}
	return nil
}

// add appends a validator, and reports one that could never be asked: it is a
// registration that the program believes in and that has no effect.
func (s *scheme) add(v Validator) []error {
	if n := len(s.validators); n > 0 && s.validators[n-1].match == nil {
		return []error{fmt.Errorf("a validator for the scheme %s already takes every token: "+
			"for several issuers give one that jwt.ByIssuer has joined, put one with When before it, or drop one", s.name)}
	}
	s.validators = append(s.validators, v)
	return s.addParams(v.proofs)
}

// addParams gives the scheme's challenge what the proofs want in it. Two proofs
// may say the same of one attribute, and not two things.
func (s *scheme) addParams(proofs []Proof) (faults []error) {
	for _, proof := range proofs {
		for _, param := range proof.Params() {
			switch value, ok := valueOf(s.params, param.Name); {
			case param.Name == "algs" && namesNone(param.Value):
				faults = append(faults, fmt.Errorf("the proof of %q says that it takes %q: "+
					"leave none out, which signs nothing", proof.Confirms(), param.Value))
			case !param.fits():
				faults = append(faults, fmt.Errorf("the proof of %q has a challenge attribute %q that is %q: "+
					"name and value must fit RFC 6750 §3", proof.Confirms(), param.Name, param.Value))
			case ok && value != param.Value:
				faults = append(faults, fmt.Errorf("the proof of %q has a challenge attribute %s that is %q, "+
					"and another says %q: make them agree", proof.Confirms(), param.Name, param.Value, value))
			case !ok:
				s.params = append(s.params, param)
			}
		}
	}
	s.challenge = challenge(s.name, s.params)
	return faults
}

// namesNone reports whether none is among the algorithms (RFC 9728 §2).
func namesNone(algorithms string) bool {
	return slices.ContainsFunc(strings.Fields(algorithms), func(name string) bool { return equalFold(name, "none") })
}

func valueOf(params []Param, name string) (string, bool) {
	for _, param := range params {
		if equalFold(param.Name, name) {
			return param.Value, true
		}
	}
	return "", false
}
