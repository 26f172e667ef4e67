package jwt

import (
	"context"
	"slices"

	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/memo"
	"example.com/resourceserver/scopes"
)

// Validator decides whether a string is a valid access token of one issuer for
// this resource server, now. Make one with [NewValidator]; it is immutable and
// may be used by any number of goroutines.
type Validator struct {
	terms         *terms
	rules         jws.Rules     // of the header
	secret        func() []byte // returns Config.Secret; a function, because nothing prints what one holds
	maxTokenBytes int
	decrypt       func(ctx context.Context, jwe string) (jws string, err error)
	headers       *memo.Memo[jws.Header]
	scopes        *memo.Memo[scopes.Set]
}

// memoCells is how many headers, and how many texts of scopes, a validator remembers.
// An issuer has a few of each, and nobody but the issuer can fill them.
const memoCells = 64

// NewValidator returns the validator that config describes. It does no I/O. The
// error joins every fault of the config, each with its remedy.
func NewValidator(config Config) (*Validator, error) {
	c, err := config.resolve()
	if err != nil {
		return nil, err
	}
	terms, secret := termsOf(c), c.Secret
	return &Validator{
		terms: terms, rules: rulesOf(c.Algorithms, &terms.profile), secret: func() []byte { return secret },
		maxTokenBytes: c.MaxTokenBytes, decrypt: c.Decrypt,
		headers: memo.Growing[jws.Header](memoCells), scopes: memo.Growing[scopes.Set](memoCells),
	}, nil
}

// rulesOf returns what a config that has been resolved says of the header.
func rulesOf(algorithms []string, p *Profile) jws.Rules {
	known := usualAlgorithms
	if !slices.Equal(algorithms, jws.Asymmetric) {
		known = algorithmsOf(algorithms)
	}
	return jws.Rules{Algorithms: known, Types: p.Types, AllowMissingType: p.AllowMissingType}
}

// usualAlgorithms are those of a config that names none.
var usualAlgorithms = algorithmsOf(jws.Asymmetric)

func algorithmsOf(names []string) map[string]*jws.Algorithm {
	known := make(map[string]*jws.Algorithm, len(names))
	for _, name := range names {
		known[name] = jws.AlgorithmOf(name)
	}
	return known
}

// Issuer returns the issuer whose tokens v accepts.
func (v *Validator) Issuer() string { return v.terms.issuer }

// Issuers returns the one issuer, as [Issuers.Issuers] returns several: whatever
// publishes the issuers of a service need not know how many there are.
func (v *Validator) Issuers() []string { return []string{v.terms.issuer} }

// Validate returns what token says if it is a valid access token: a JWS in
// compact serialization, of an allowed algorithm and the profile's type, signed
// by a key of the issuer, issued by that issuer for one of the audiences, in
// time, and with every required claim (RFC 9068 §4, RFC 8725 §3, RFC 7519 §7.2).
//
// An error of type [*Error] says that the token is not valid. Any other error
// says that this could not be decided, because the keys are not available or ctx
// ended: it wraps the cause, and it says nothing about the token.
//
// The claims that are returned are those of the very bytes whose signature was
// verified.
func (v *Validator) Validate(ctx context.Context, token string) (*Token, error) {
	r := newValidation(token)
	defer r.end()
	r.validator = v
	return r.run(ctx)
}
