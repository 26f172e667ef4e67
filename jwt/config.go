package jwt

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// KeySource supplies the keys of one issuer. The package jwks has two: a remote
// one that follows the issuer's rotations, and a static one.
//
// VerificationKeys returns the keys that may verify a signature made with alg
// under kid; kid is empty for a token that names none. No keys and no error
// means that the issuer has no such key: the token is refused. An error means
// that the keys could not be had: nothing is known about the token.
//
// A key is an *rsa.PublicKey, an *ecdsa.PublicKey or an ed25519.PublicKey. The
// slice is shared and is not modified. VerificationKeys is called on every
// request, by many goroutines at once.
type KeySource interface {
	VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error)
}

// NoLeeway is the Config.Leeway that forgives no clock difference at all.
const NoLeeway time.Duration = -1

// Defaults and limits of Config, as its fields document them.
const (
	defaultLeeway        = 30 * time.Second
	maxLeeway            = 5 * time.Minute
	defaultMaxTokenBytes = 16 << 10
)

// Config configures a [Validator]. Issuer, Audiences and Keys are required (or
// Secret, in place of Keys); the zero value of everything else is the strict
// choice of RFC 9068.
type Config struct {
	_ [0]func() // keyed literals only, and no comparison

	// Issuer is the exact value of the iss claim: it is compared byte by byte,
	// without any normalization (RFC 9068 §4).
	Issuer string

	// Audiences are the identifiers by which issuers address this resource
	// server. A token must name at least one of them in aud (RFC 9068 §4).
	Audiences []string

	// Keys supplies the issuer's verification keys, and only that issuer's.
	Keys KeySource

	// Algorithms are the accepted values of the alg header. Default: RS256,
	// RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA. Name
	// fewer where the issuer uses fewer. HS256, HS384 and HS512 must be named,
	// need Secret, and do not mix with the others.
	Algorithms []string

	// Secret is the shared HMAC key of HS256, HS384 and HS512, at least as long
	// as the hash (RFC 7518 §3.2). Whoever can check a token with it can also
	// make one: prefer asymmetric keys.
	Secret []byte

	// Profile says how the issuer's access tokens look. The zero value is RFC
	// 9068. What another profile gives up is written beside it.
	Profile Profile

	// Required names claims that must be present and not empty, beyond those of
	// the profile.
	Required []string

	// Confirmations names the cnf methods (RFC 7800 §3.1), such as "jkt" and
	// "x5t#S256", that whoever receives the Token enforces. A token that is
	// bound in any other way is refused. Default: none, so every bound token is
	// refused.
	Confirmations []string

	// Leeway is the clock difference that is forgiven when exp, nbf and iat are
	// compared with the time. Default: 30 seconds, at most 5 minutes; NoLeeway
	// for none.
	Leeway time.Duration

	// MaxTokenBytes bounds the length of a token. A longer one is refused before
	// anything is done with it. Default: 16 KiB.
	MaxTokenBytes int

	// Decrypt turns a JWE in compact serialization into the JWS inside it, for
	// issuers that encrypt access tokens (RFC 9068 §4). Where it is set every
	// token must be encrypted. An error means that the token is no good, unless
	// ctx has ended or the error looks like an outage: a net.Error, a time-out, a
	// cancelled context, or one with a method RetryAfter() time.Duration. A method
	// InvalidToken() bool decides, where the error has one: give it one that
	// returns false where outages look otherwise.
	Decrypt func(ctx context.Context, jwe string) (jws string, err error)

	// Now returns the time. Default: time.Now.
	Now func() time.Time
}

// resolve returns a copy of c with the defaults filled in, or every fault of c.
func (c Config) resolve() (Config, error) {
	faults := slices.Concat(c.identityFaults(), c.keyFaults(), c.limitFaults(), c.Profile.faults(c.Required))
	if len(faults) > 0 {
		return c, errors.Join(faults...)
	}
	c.Audiences = slices.Clone(c.Audiences)
	c.Secret = slices.Clone(c.Secret)
	c.Confirmations = slices.Clone(c.Confirmations)
	c.Profile = c.Profile.resolve(c.Required)
	if c.Algorithms = slices.Clone(c.Algorithms); len(c.Algorithms) == 0 {
		c.Algorithms = slices.Clone(asymmetricAlgorithms)
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

func (c Config) identityFaults() (faults []error) {
	if c.Issuer == "" {
		faults = append(faults, errors.New("jwt: Config.Issuer is empty: set it to the exact iss of the tokens"))
	} else if !isStringOrURI(c.Issuer) {
		faults = append(faults, fmt.Errorf("jwt: Config.Issuer: %q holds a ':' and is not a URI (RFC 7519 §2): no valid token can have it", c.Issuer))
	}
	if len(c.Audiences) == 0 {
		faults = append(faults, errors.New("jwt: Config.Audiences is empty: name the identifier by which the issuer addresses this API"))
	}
	for _, audience := range c.Audiences {
		if !isStringOrURI(audience) {
			faults = append(faults, fmt.Errorf("jwt: Config.Audiences: %q holds a ':' and is not a URI (RFC 7519 §2): no valid token can have it", audience))
		}
	}
	for _, list := range []struct {
		field string
		names []string
	}{{"Audiences", c.Audiences}, {"Required", c.Required}, {"Confirmations", c.Confirmations}} {
		if slices.Contains(list.names, "") {
			faults = append(faults, fmt.Errorf("jwt: Config.%s holds an empty string: remove it", list.field))
		}
	}
	return faults
}

func (c Config) keyFaults() (faults []error) {
	symmetric, asymmetric, longest := 0, 0, 0
	for _, name := range c.Algorithms {
		switch alg := algorithms[name]; {
		case alg == nil:
			faults = append(faults, fmt.Errorf("jwt: Config.Algorithms: %q is not supported: use any of %s, or %s", name,
				strings.Join(asymmetricAlgorithms, ", "), strings.Join(symmetricAlgorithms, ", ")))
		case alg.symmetric():
			if alg.hmac == nil {
				faults = append(faults, fmt.Errorf("jwt: Config.Algorithms: %s: a package of this program has replaced jwx's verifier (jws.RegisterVerifier): remove that", name))
			}
			symmetric++
			longest = max(longest, alg.hash.Size())
		default:
			asymmetric++
		}
	}
	switch {
	case symmetric > 0 && asymmetric > 0:
		faults = append(faults, errors.New("jwt: Config.Algorithms mixes HS algorithms with others: an issuer that does both needs two validators"))
	case symmetric > 0:
		faults = append(faults, c.secretFaults(longest)...)
	default:
		faults = append(faults, c.sourceFaults()...)
	}
	return faults
}

// sourceFaults reports what is wrong with the keys for asymmetric algorithms.
func (c Config) sourceFaults() (faults []error) {
	if isNil(c.Keys) {
		faults = append(faults, errors.New("jwt: Config.Keys is nil: set it to the issuer's keys, such as those of jwks.NewRemote"))
	}
	if c.Secret != nil {
		faults = append(faults, errors.New("jwt: Config.Secret is set and Config.Algorithms names no HS algorithm: remove one or name the other"))
	}
	return faults
}

// secretFaults reports what is wrong with the key for symmetric algorithms.
func (c Config) secretFaults(longest int) (faults []error) {
	if c.Keys != nil {
		faults = append(faults, errors.New("jwt: Config.Keys is set and Config.Algorithms names HS algorithms: these use Config.Secret alone"))
	}
	if len(c.Secret) < longest {
		faults = append(faults, fmt.Errorf("jwt: Config.Secret has %d bytes: the algorithms named need at least %d (RFC 7518 §3.2)", len(c.Secret), longest))
	}
	// Whoever has a public key could make tokens with it (RFC 8725 §2.1).
	if bytes.HasPrefix(bytes.TrimSpace(c.Secret), []byte("-----BEGIN ")) {
		faults = append(faults, errors.New("jwt: Config.Secret is a PEM block: a key pair goes with an asymmetric algorithm and Config.Keys"))
	}
	return faults
}

// isNil also finds the nil pointer that a constructor returned beside an error
// which nobody looked at. It would make each request panic.
func isNil(keys KeySource) bool {
	v := reflect.ValueOf(keys)
	return keys == nil || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil()
}

func (c Config) limitFaults() (faults []error) {
	if c.Leeway > maxLeeway || c.Leeway < NoLeeway {
		faults = append(faults, fmt.Errorf("jwt: Config.Leeway is %v: use up to %v, or NoLeeway", c.Leeway, maxLeeway))
	}
	if c.MaxTokenBytes < 0 {
		faults = append(faults, fmt.Errorf("jwt: Config.MaxTokenBytes is %d: leave it 0 for the default", c.MaxTokenBytes))
	}
	return faults
}
