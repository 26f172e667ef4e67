package jwt

import (
	"context"
	"crypto"
	"errors"
	"slices"
	"time"

	"example.com/resourceserver/jwt/internal/jws"
)

// KeySource supplies the keys of one issuer. The package jwks has three: a remote
// one that follows the issuer's rotations, one for keys that are published one at a
// time, and a static one.
//
// VerificationKeys returns the keys that may verify a signature made with alg
// under kid; kid is empty for a token that names none. alg is EdDSA for a token
// that calls it Ed25519 (RFC 9864), too. At most eight keys are tried. No keys and
// no error means that the issuer has no such key: the token is refused. An error
// means that the keys could not be had: nothing is known about the token.
//
// A key is an *rsa.PublicKey, an *ecdsa.PublicKey, an ed25519.PublicKey or, with
// Go 1.27, an *mldsa.PublicKey of crypto/mldsa. One whose type, curve, size or
// exponent is not right for alg is passed over. Whether anybody can factor an RSA
// key takes too long to ask for each token: that is the source's to find out, as
// those of jwks do.
//
// With a ctx that has ended nothing is to be fetched: what is at hand answers, or an
// error.
//
// The slice is shared and is not modified. VerificationKeys is called on every
// request, by many goroutines at once.
type KeySource interface {
	VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error)
}

// NoLeeway is the Config.Leeway that forgives no clock difference at all.
const NoLeeway time.Duration = -1

// Defaults and limits of Config, as its fields document them.
const (
	defaultLeeway        = 30 * time.Second
	minLeeway            = time.Millisecond
	maxLeeway            = 5 * time.Minute
	defaultMaxTokenBytes = 16 << 10
)

// Config configures a [Validator]. Issuer, Audiences and Keys are required (or
// Secret, in place of Keys); the zero value of everything else is the strict
// choice of RFC 9068.
type Config struct {
	_ [0]func() // keyed literals only, and no comparison

	// Issuer is the exact value of the iss claim: it is compared byte by byte,
	// without any normalization (RFC 9068 §4). It may be left out where Keys has
	// the method Issuer() string and it returns one, as jwks.Remote's does. Where
	// both are given they must be the same.
	Issuer string

	// Audiences are the identifiers by which issuers address this resource
	// server. A token must name at least one of them in aud (RFC 9068 §4).
	Audiences []string

	// Keys supplies the issuer's verification keys, and only that issuer's.
	Keys KeySource

	// Algorithms are the accepted values of the alg header. Default: RS256,
	// RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA and Ed25519.
	// Name fewer where the issuer uses fewer. The last two are one algorithm (RFC
	// 9864 §2.2), of which each issuer uses one name.
	//
	// ML-DSA-44, ML-DSA-65 and ML-DSA-87 (RFC 9964) must be named, and need a
	// program built with Go 1.27 or later. Their signatures have 3227, 4412 and
	// 6170 characters: within MaxTokenBytes, and within what net/http takes, but
	// proxies often stop at 8 KiB for all header fields together.
	//
	// HS256, HS384 and HS512 must be named, need Secret, and do not mix with the
	// others.
	Algorithms []string

	// Secret is the shared HMAC key of HS256, HS384 and HS512, at least as long
	// as the hash (RFC 7518 §3.2). Whoever can check a token with it can also
	// make one: prefer asymmetric keys. A text that is a public key, in whatever
	// form, is a fault: anybody could make tokens with it (RFC 8725 §2.1).
	Secret []byte

	// Profile says how the issuer's access tokens look. The zero value is RFC
	// 9068. What another profile gives up is written beside it.
	Profile Profile

	// Required names claims that must be present and not empty, beyond those of
	// the profile.
	Required []string

	// Confirmations names the cnf methods (RFC 7800 §3.1), such as "jkt" and
	// "x5t#S256", that whoever receives the Token enforces. A token that is
	// bound in any other way is refused; members of cnf that are no method are
	// ignored. Default: none, so every bound token is refused.
	Confirmations []string

	// Leeway is the clock difference that is forgiven when exp, nbf and iat are
	// compared with the time. Default: 30 seconds; between a millisecond and 5
	// minutes; NoLeeway for none.
	Leeway time.Duration

	// MaxTokenBytes bounds the length of a token. A longer one is refused before
	// anything is done with it. Default: 16 KiB, at most 1 MiB.
	MaxTokenBytes int

	// Decrypt turns a JWE in compact serialization into the JWS inside it, for
	// issuers that encrypt access tokens (RFC 9068 §4). Where it is set every
	// token must be encrypted.
	//
	// Its errors, and those that they wrap, are of two kinds. A method
	// InvalidToken() bool decides where there is one. Without it, what follows is
	// an outage, and says nothing about the token: anything once ctx has ended; a
	// net.Error, such as every *url.Error of an HTTP client; a time-out; a
	// cancelled context; an *fs.PathError; a method RetryAfter() time.Duration;
	// and a method StatusCode, HTTPStatusCode or HTTPCode() int that returns 401,
	// 403, 407, 408, 425, 429, or 500 and more.
	// Every other error means that the token is no good, as the plain errors of
	// the libraries that decrypt do. Where a key is elsewhere, and its client's
	// errors have none of these (some have the status in a field), wrap them in
	// one whose InvalidToken returns false.
	Decrypt func(ctx context.Context, jwe string) (jws string, err error)

	// Now returns the time. Default: time.Now.
	Now func() time.Time
}

// resolve returns a copy of c with the defaults filled in, or every fault of c.
func (c Config) resolve() (Config, error) {
	if c.Issuer == "" {
		c.Issuer = issuerOf(c.Keys)
	}
	if faults := c.faults(); len(faults) > 0 {
		return c, errors.Join(faults...)
	}
	c.Audiences = slices.Clone(c.Audiences)
	c.Secret = slices.Clone(c.Secret)
	c.Confirmations = slices.Clone(c.Confirmations)
	c.Profile = c.Profile.resolve(c.Required)
	if c.Algorithms = slices.Clone(c.Algorithms); len(c.Algorithms) == 0 {
		c.Algorithms = slices.Clone(jws.Asymmetric)
	}
	switch c.Leeway {
	case 0:
		c.Leeway = defaultLeeway
	case NoLeeway:
		c.Leeway = 0
	}
	if c.MaxTokenBytes == 0 {
		c.MaxTokenBytes = defaultMaxTokenBytes
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

// issuerOf returns the issuer that a key source states, or "".
func issuerOf(keys KeySource) string {
	if stated, ok := keys.(interface{ Issuer() string }); ok && !isNil(keys) {
		return stated.Issuer()
	}
	return ""
}
