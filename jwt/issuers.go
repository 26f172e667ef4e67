package jwt

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/strictjson"
)

// Issuers validates the tokens of several issuers, each by its own validator.
// Make one with [ByIssuer]; it is immutable and may be used by any number of
// goroutines.
type Issuers struct {
	validators    map[string]*Validator
	names         []string
	maxTokenBytes int // the most that any of them takes
	maxIssuer     int // the length of the longest issuer's name
}

// ByIssuer combines validators of different issuers into one. The error joins
// every fault: no validator, a nil one, two for one issuer, one that decrypts or
// takes tokens without iss.
//
// Which validator judges a token is decided by the token's iss claim, for which the
// claims are searched before anything is verified; that choice is all it is used
// for. The chosen validator then makes all its checks, iss included, with the keys
// of its own issuer: a key of one issuer never vouches for another (RFC 8725 §3.8),
// and an issuer without validator is never contacted. An encrypted token has no
// readable iss, so a validator with Config.Decrypt cannot take part.
//
// A cache in front, such as that of package tokencache, does not ask again which
// issuers there are: when one is taken out, tell the cache to forget its tokens.
func ByIssuer(validators ...*Validator) (*Issuers, error) {
	var faults []error
	if len(validators) == 0 {
		faults = append(faults, errors.New("jwt: ByIssuer: no validator: give at least one"))
	}
	i := &Issuers{validators: make(map[string]*Validator, len(validators))}
	for n, v := range validators {
		switch {
		case v == nil:
			faults = append(faults, fmt.Errorf("jwt: ByIssuer: validator %d is nil: remove it", n+1))
			continue
		case v.terms == nil:
			faults = append(faults, fmt.Errorf("jwt: ByIssuer: validator %d is the zero Validator: make it with NewValidator",
				n+1))
			continue
		case v.decrypt != nil:
			faults = append(faults, fmt.Errorf("jwt: ByIssuer: validator %d has Config.Decrypt: "+
				"an encrypted token does not tell its issuer", n+1))
		case v.terms.profile.AllowMissingIssuer:
			faults = append(faults, fmt.Errorf("jwt: ByIssuer: validator %d has Profile.AllowMissingIssuer: "+
				"a token without iss does not tell its issuer", n+1))
		case i.validators[v.terms.issuer] != nil:
			faults = append(faults, fmt.Errorf("jwt: ByIssuer: validator %d is the second for issuer %s: remove one",
				n+1, quoted(v.terms.issuer)))
		}
		i.validators[v.terms.issuer] = v
		i.names = append(i.names, v.terms.issuer)
		i.maxTokenBytes = max(i.maxTokenBytes, v.maxTokenBytes)
		i.maxIssuer = max(i.maxIssuer, len(v.terms.issuer))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return i, nil
}

// Issuers returns the issuers whose tokens are accepted, in the order of the
// validators. The slice is a copy.
func (i *Issuers) Issuers() []string { return slices.Clone(i.names) }

// Validate is [Validator.Validate] of the validator for the token's issuer.
func (i *Issuers) Validate(ctx context.Context, token string) (*Token, error) {
	v := newValidation(token)
	defer v.end()
	if err := i.choose(v); err != nil {
		return nil, err
	}
	return v.run(ctx)
}

// choose finds the validator for the issuer that the claims name.
func (i *Issuers) choose(v *validation) error {
	issuer, err := v.findIssuer(i.maxTokenBytes, i.maxIssuer)
	if err != nil {
		return err
	}
	if v.validator = i.validators[issuer]; v.validator == nil {
		return unknownIssuer("not the Config.Issuer of any validator")
	}
	return nil
}

// findIssuer returns what the claims name as issuer, "" if they name none or one that
// is longer than any. Nobody has signed them yet, so they are not worth more than a
// search for iss. The validator that is chosen by it begins at the first check: all
// that is kept for it is the payload, which is decoded already.
func (v *validation) findIssuer(maxTokenBytes, maxIssuer int) (string, error) {
	compact, err := jws.Cut(v.token, maxTokenBytes)
	if err != nil {
		return "", refusal(err)
	}
	if v.payload, err = v.decoder.Payload(compact); err != nil {
		return "", refusal(err)
	}
	value, err := strictjson.Find(v.payload, "iss")
	if err != nil {
		return "", invalid(ReasonClaims, "", err.Error())
	}
	if len(value) > len(`""`)+strictjson.MaxEscape*maxIssuer { // to decode it would cost something
		return "", nil
	}
	return text("iss", value)
}

func unknownIssuer(detail string) *Error { return invalid(ReasonUnknownIssuer, "iss", detail) }

// IsCompact reports whether token has the outer form of a JWS in compact
// serialization: three segments, the first of which begins as an
// encoded JSON object does. It verifies nothing. Use it to tell JWTs from opaque
// tokens where both are accepted.
func IsCompact(token string) bool { return jws.IsSigned(token) }
